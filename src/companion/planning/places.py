"""Where a companion can run: machines that are there, lent or rented, and what they cost.

Memory is in bytes. What the planner may fill of a GPU is nine tenths; of a computer's RAM, what its
system leaves, as the profile ram-8gb has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from companion.errors import ConfigError
from companion.planning.bills import Bill, Term
from companion.planning.catalogue import Room, free_notebooks, room
from companion.planning.hosting import electricity, hosted, own_machine
from companion.planning.interruptions import HOURS
from companion.planning.licences import forbids
from companion.planning.memory import GIGABYTE
from companion.planning.parts import part, parts
from companion.planning.prices import Offer, assumptions, machines, offers
from companion.planning.situation import Goal, Situation
from companion.planning.tables import while_settings_stand
from companion.sections.catalogue import Part

SHARE = 0.9
"""Of a GPU's memory, what one model may take; the rest is for other programs and the screen."""

SYSTEM_SHARE = 0.5
"""Of little RAM, the share that a system keeps; of more, the assumption `system-ram`."""

HOURS_FOR: dict[Goal, float] = {"learn": 40, "prototype": 80, "product": HOURS, "scale": HOURS}
"""Hours a month that a machine runs: our assumption for those who try, a whole month for others."""

Firmness: TypeAlias = Literal[0, 1, 2, 3]
"""How sure it is to be there: 0 is lent for a session, 1 spot, 2 rented, 3 one's own."""


@dataclass(frozen=True, slots=True)
class Place:
    """A machine by its row in the catalogue; `room` is the memory of one GPU, else of its RAM.

    `gpus` are how many such memories it has. `offer` is the key of its price where it is rented;
    `hardware` what draws electricity where it is one's own, None a computer without a GPU;
    `bought` says that it is not there yet.
    """

    part: Part
    room: Room
    ram_gb: float
    firmness: Firmness
    gpus: int = 1
    offer: str | None = None
    hardware: str | None = None
    bought: bool = False

    @property
    def own(self) -> bool:
        """Whether what is said there stays on a machine of one's own."""
        return self.firmness == 3

    def likes(self, profile: str) -> int:
        """2 for the profile of this machine, 1 for that of another rented or own one, else 0."""
        if profile == self.part.profile:
            return 2
        alike = (one.profile for one in parts("hosting") if one.form == self.part.form)
        return int(profile in alike)

    def bill(self, goal: Goal, count: int = 1) -> Bill:
        """What so many of them cost a month for that goal."""
        hours = HOURS_FOR[goal]
        if self.offer:
            return hosted(self.offer, hours, spot=self.firmness == 1, machines=count)
        if not self.own:
            return Bill((_lent(self.part),))
        if self.bought and self.hardware:
            return own_machine(self.hardware, hours)
        return electricity(self.hardware, hours)

    def to_pay(self, bill: Bill) -> float:
        """US dollars of the bill that go to somebody for a machine: all but electricity at home."""
        if not self.own:
            return bill.total
        return round(sum(term.total for term in bill.terms if term.bought), 2)


def _lent(one: Part) -> Term:
    return Term(one.title, 0, "USD/month", source=one.source, date=str(one.date))


def places(situation: Situation) -> tuple[Place, ...]:
    """All that the situation allows; only the one that it names, where it names one.

    Raises ConfigError for a hosting or a GPU that is not known, and for a hosting that cannot be:
    without figures, not private, not allowed for the use.
    """
    if situation.hosting is not None:
        return tuple(_named(part(situation.hosting), situation))
    lent = [] if situation.private else _elsewhere(situation)
    return (_here(situation), *lent)


def _elsewhere(situation: Situation) -> Iterator[Place]:
    for one in parts("hosting"):
        usable = one.status == "current" and not forbids(one, situation.use)
        if one.form == "service" and usable:
            found = _rented(one, situation)
            yield from (x for x in found if x.firmness or not situation.for_others)


def _named(one: Part, situation: Situation) -> list[Place]:
    """The place that the situation asks for."""
    where = f"--hosting {one.name}"
    machines_there = ", ".join(x.name for x in parts("hosting") if x.gives)
    repair = f"Name a machine: own-pc, {machines_there}."
    if one.kind != "hosting":
        raise ConfigError(
            f"{one.title} is no machine: it is {one.kind}", where=where, repair=repair
        )
    found = [_own(one, situation)] if one.form == "machine" else list(_rented(one, situation))
    if not found:
        what = f"Nothing says how much memory {one.title} has, and what it costs"
        raise ConfigError(what, where=where, repair=repair)
    if situation.private and one.form == "service":
        what = f"{one.title} belongs to others, and what is said has to stay private"
        raise ConfigError(what, where="--hosting, --private", repair="Leave one of them out.")
    if situation.for_others and found[0].firmness == 0:
        what = f"{one.title} lends a machine to one person, and others are to talk with it"
        raise ConfigError(what, where=where, repair="Name a machine that is rented, or your own.")
    if why := forbids(one, situation.use):
        raise ConfigError(why.rstrip("."), where="--hosting, --use", repair="Name another machine.")
    return found


def _rented(one: Part, situation: Situation) -> Iterator[Place]:
    """A machine of others: lent, or rented on demand and on spot."""
    memory, gives = _room(one), one.gives
    if memory is None or gives is None:
        return
    let, ram, gpus = offered(one), gives.ram_gb or situation.ram_gb, max(1, gives.gpus)
    if one.name in free_notebooks():
        yield Place(one, memory, ram, 0)
    elif let:
        yield Place(one, memory, let.ram_gb or ram, 2, gpus, let.key)
        if let.spot_usd is not None:
            yield Place(one, memory, let.ram_gb or ram, 1, gpus, let.key)


def _own(one: Part, situation: Situation) -> Place:
    """A machine of that row: the one that is there, else one that is to be bought."""
    memory, gives = _room(one), one.gives
    if memory is None or gives is None:
        return _here(situation)
    there = memory.kind == "ram" or (_own_room(situation).bytes_there >= memory.bytes_there)
    bought = one.name in machines() and not there
    ram = gives.ram_gb or situation.ram_gb
    return Place(one, memory, ram, 3, hardware=_hardware(one.name, memory), bought=bought)


def offered(one: Part) -> Offer | None:
    """The price of a rented machine: that of the offer with its name, dots and dashes alike."""
    alike = (x for x in offers() if one.name in (_plain(x.key), _plain(x.name)))
    return next(alike, None)


def _plain(name: str) -> str:
    return name.lower().replace(".", "-").replace(" ", "-")


def _here(situation: Situation) -> Place:
    """The machine that the reader has: its GPU where it has one, else its RAM."""
    row, memory = _row(situation), _own_room(situation)
    return Place(row, memory, situation.ram_gb, 3, hardware=_hardware(row.name, memory))


def _row(situation: Situation) -> Part:
    """Its row in the catalogue, or one that says which GPU it has."""
    own, gpu = part("own-pc"), situation.gpu
    known = [one for one in parts("hosting") if one.form == "machine" and gpu]
    named = [one for one in known if gpu in (one.room, one.name)]
    if named or not (gpu or situation.vram_gb):
        return named[0] if named else own
    about = gpu or f"a GPU of {situation.vram_gb:g} GB"
    return own.model_copy(update={"title": f"Own computer with {about}", "name": "own-gpu"})


def _own_room(situation: Situation) -> Room:
    if situation.gpu:
        row = next((one for one in parts("hosting") if one.name == situation.gpu), None)
        found = (row and _room(row)) or _known(situation.gpu)
        if found.kind == "gpu":
            return found
        raise ConfigError(f"{situation.gpu} has no GPU", where="--gpu", repair="Leave it out.")
    return _gpu("here", situation.vram_gb) if situation.vram_gb else _ram("here", situation.ram_gb)


def _room(one: Part) -> Room | None:
    """The memory for models of a machine in the catalogue, of each of its GPUs."""
    if one.room:
        return _known(one.room)
    if one.gives and one.gives.vram_gb:
        return _gpu(one.name, one.gives.vram_gb)
    return _ram(one.name, one.gives.ram_gb) if one.gives and one.gives.ram_gb else None


@while_settings_stand
def _known(name: str) -> Room:
    """The memory of that name for `companion fit`, which reads every profile to find it."""
    return room(name)


def _gpu(name: str, vram_gb: float) -> Room:
    usable = SHARE * vram_gb
    why = f"{usable:.3g} GB usable, {SHARE:.0%} of {vram_gb:g} GB"
    return Room(name, "gpu", usable * GIGABYTE, why)


def _ram(name: str, ram_gb: float) -> Room:
    usable = usable_ram(ram_gb)
    why = f"{usable:.3g} GB usable, as the system keeps the rest of {ram_gb:g} GB"
    return Room(name, "ram", usable * GIGABYTE, why)


def usable_ram(ram_gb: float) -> float:
    """Gigabytes of RAM that a system leaves to others."""
    return ram_gb - min(assumptions()["system-ram"].value, SYSTEM_SHARE * ram_gb)


def _hardware(name: str, memory: Room) -> str | None:
    """What draws the electricity: that machine, else the smallest card with so much memory."""
    known = machines()
    if name in known or memory.kind == "ram":
        return name if name in known else None
    enough = [one for one in known if known[one].memory_gb * SHARE * GIGABYTE >= memory.bytes_there]
    least = min(enough, key=lambda one: known[one].watts, default=None)
    return least or max(known, key=lambda one: known[one].watts)
