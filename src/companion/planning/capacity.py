"""How many GPUs, how much RAM and disk so many people need, from a speed that was measured.

needed(100, "rtx-4090").gpus

A GPU answers as many conversations at once as its speed was measured with, each at its share of
that speed; messages wait in one line for all of them (`queues.py`). While fewer are answered, each
is faster than that, so that real waits are shorter. Memory is the memory planner's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from companion.errors import ConfigError
from companion.planning.catalogue import find
from companion.planning.memory import GIGABYTE, Plan, plan
from companion.planning.money import HOURS, Usage
from companion.planning.precisions import PRECISIONS
from companion.planning.prices import Assumptions, assumptions
from companion.planning.queues import Queue, smallest
from companion.planning.tables import read_table
from companion.resources import configs
from companion.sections.assumptions import Speed

CONTEXT = 4096
"""Tokens of a conversation that memory is planned for."""


PHASES = (100, 1_000, 10_000)
"""Users at once in the documents' phases."""


@dataclass(frozen=True, slots=True)
class Share:
    """Gigabytes of 10^9 bytes and what they are for, with who says so and when."""

    what: str
    gigabytes: float
    source: str
    date: str

    def __str__(self) -> str:
        return f"{self.what}: {self.gigabytes:,.2f} GB [{self.source}, {self.date}]"


@dataclass(frozen=True, slots=True)
class Capacity:
    """What is needed, all machines together, and how long messages wait then.

    `gpus` are machines with one GPU each, or without one where the speed was that of processors.
    """

    speed: Speed
    queue: Queue
    patience: float
    gpus: int
    plan: Plan
    ram: tuple[Share, ...]
    disk: tuple[Share, ...]

    @property
    def vram_gb(self) -> float:
        """Memory that each GPU must have; 0 where the model is in RAM."""
        return self.plan.total / GIGABYTE if self.speed.kind == "gpu" else 0.0

    @property
    def ram_gb(self) -> float:
        """RAM of all machines."""
        return sum(one.gigabytes for one in self.ram)

    @property
    def disk_gb(self) -> float:
        """Disk of all machines."""
        return sum(one.gigabytes for one in self.disk)

    def lines(self) -> Iterator[str]:
        """All of it in sentences, as it is printed."""
        one, line = self.speed, self.queue
        whole = f"{self.gpus} machine{'s' * (self.gpus > 1)}"
        whole += " with a GPU each" if one.kind == "gpu" else " without a GPU"
        yield f"Measured: {one.what}: {one.tokens_per_second:g} tokens a second, {one.at_once}"
        yield f"  at once, so {one.each:.3g} for each [{one.source}, {one.date}]."
        yield f"{line.per_second:.3g} messages a second, answers of {line.seconds:.3g} seconds:"
        yield f"  a load of {line.load:.4g}, on {line.places} places of {whole}."
        yield f"{line.busy:.0%} of the places are busy; {line.must_wait:.1%} of messages wait,"
        yield f"  {line.late(self.patience):.1%} longer than {self.patience:g} seconds."
        if self.vram_gb:
            yield f"Each GPU needs {self.vram_gb:.3g} GB for {one.at_once} conversations at once,"
            yield f"  each of {self.plan.context:,} tokens."
        yield f"RAM {self.ram_gb:,.1f} GB:"
        yield from (f"  {share}" for share in self.ram)
        yield f"Disk {self.disk_gb:,.1f} GB:"
        yield from (f"  {share}" for share in self.disk)

    def __str__(self) -> str:
        return "\n".join(self.lines())


def speeds() -> dict[str, Speed]:
    """The speeds that were measured, by name, from `configs/catalogue/speeds.yaml`."""
    return dict(read_table("catalogue/speeds", Speed))


def needed(
    who: int | Usage, speed: str | Speed, told: Assumptions | None = None, context: int = CONTEXT
) -> Capacity:
    """What so many people at once, or the users of a usage in their busiest hour, need.

    `speed` is a measurement or its name, and `context` the tokens of a conversation.
    Raises ConfigError for fewer than one user, an unknown speed, or a model that cannot be planned.
    """
    told, measured = told or assumptions(), speed if isinstance(speed, Speed) else _speed(speed)
    patience = told["patience"].value
    seconds = _tokens(who, told) / measured.each
    least = smallest(_per_second(who, told), seconds, patience, told["late"].value)
    gpus = math.ceil(least.places / measured.at_once)
    queue = Queue(least.per_second, seconds, gpus * measured.at_once)
    model = find(measured.shape)
    tokens = min(context, model.longest)
    fits = plan(model, PRECISIONS[measured.precision], tokens, measured.at_once, measured.kind)
    ram, disk = tuple(_ram(measured, fits, gpus, told)), tuple(_disk(who, fits, gpus, told))
    return Capacity(measured, queue, patience, gpus, fits, ram, disk)


def busy_share(usage: Usage, speed: str | Speed) -> float:
    """The share of a month in which a card answers, one after another; 1 where one is too few."""
    measured = speed if isinstance(speed, Speed) else _speed(speed)
    return min(1.0, usage.turns * usage.answer_tokens / measured.each / 3600 / HOURS)


def by_phase(speed: str | Speed) -> Iterator[dict[str, object]]:
    """A row for each of the documents' phases, with the fewest and most GPUs beside the usual."""
    for users in PHASES:
        usual, (fewest, most) = needed(users, speed), fewest_and_most(users, speed)
        yield {
            "users at once": users,
            "GPUs": usual.gpus,
            "fewest": fewest,
            "most": most,
            "GB a GPU": usual.vram_gb,
            "GB of RAM": usual.ram_gb,
            "GB of disk": usual.disk_gb,
            "must wait": f"{usual.queue.must_wait:.1%}",
            "95 % within, s": usual.queue.wait_of(0.95),
        }


def fewest_and_most(who: int | Usage, speed: str | Speed) -> tuple[int, int]:
    """GPUs with all assumptions and the speed at the ends that need fewest, and at the others."""
    measured = speed if isinstance(speed, Speed) else _speed(speed)
    slow, fast = measured.low, measured.high
    best = measured.model_copy(update={"tokens_per_second": fast or measured.tokens_per_second})
    worst = measured.model_copy(update={"tokens_per_second": slow or measured.tokens_per_second})
    return needed(who, best, _at_ends(good=True)).gpus, needed(
        who, worst, _at_ends(good=False)
    ).gpus


def _at_ends(good: bool) -> Assumptions:
    """All that capacity depends on at one end: long pauses, short answers, patience; or not."""
    told = assumptions()
    more_is_good = {"turn-every": True, "patience": True, "late": True}
    for name in ("turn-every", "answer-length", "busiest-hour", "patience", "late"):
        high = more_is_good.get(name, False) == good
        told[name] = told[name].model_copy(update={"value": told[name].ends[high]})
    return told


def _speed(name: str) -> Speed:
    found = speeds()
    if name not in found:
        raise ConfigError(
            f"No speed was measured under the name {name!r}",
            where=str(configs() / "catalogue" / "speeds.yaml"),
            repair=f"Use one of: {', '.join(found)}; or give a Speed of your own.",
        )
    return found[name]


def _per_second(who: int | Usage, told: Assumptions) -> float:
    """Messages that come in a second at the busiest time."""
    if isinstance(who, Usage):
        a_day = who.users * who.turns_per_day
        return a_day * told["busiest-hour"].value / 3600
    if who < 1:
        raise ConfigError(f"{who} users cannot be planned for", repair="Give 1 or more.")
    return who / told["turn-every"].value


def _tokens(who: int | Usage, told: Assumptions) -> float:
    return who.answer_tokens if isinstance(who, Usage) else told["answer-length"].value


def _ram(speed: Speed, fits: Plan, machines: int, told: Assumptions) -> Iterator[Share]:
    """What a system keeps, the weights on their way to the GPU or all of the model, and a cache."""
    system, cache = told["system-ram"], told["cache-ram"]
    each = f"{machines} x {system.value:g} GB"
    yield Share(f"Systems, {each}", machines * system.value, system.source, str(system.date))
    model = fits.total if speed.kind == "ram" else fits.weights
    what = "The model" if speed.kind == "ram" else "Weights while they are loaded"
    gigabytes = model / GIGABYTE
    planner = "memory planner: companion fit"
    many = f"{what}, {machines} x {gigabytes:.3g} GB"
    yield Share(many, machines * gigabytes, planner, str(speed.date))
    yield Share("Cache", cache.value, cache.source, str(cache.date))


def _disk(who: int | Usage, fits: Plan, machines: int, told: Assumptions) -> Iterator[Share]:
    """Systems, weights, and the journal of a year."""
    system, journal = told["system-disk"], told["journal"]
    each = f"{machines} x {system.value:g} GB"
    yield Share(f"Systems, {each}", machines * system.value, system.source, str(system.date))
    weights = fits.weights / GIGABYTE
    planner = "memory planner: companion fit"
    each = f"{machines} x {weights:.3g} GB"
    yield Share(f"Weights, {each}", machines * weights, planner, str(journal.date))
    a_day = _turns_a_day(who, told)
    kept = f"Journal of 365 days of {a_day:,.0f} turns"
    gigabytes = 365 * a_day / 1000 * journal.value / 1000
    yield Share(kept, gigabytes, journal.source, str(journal.date))


def _turns_a_day(who: int | Usage, told: Assumptions) -> float:
    """Of all users, of whom only a share is there at the busiest moment."""
    if isinstance(who, Usage):
        return who.users * who.turns_per_day
    return who / told["online"].value * told["turns-a-day"].value
