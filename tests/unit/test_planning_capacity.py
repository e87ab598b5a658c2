"""Queues against the textbook and a simulation; what so many people need against sums by hand."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from companion.errors import ConfigError
from companion.planning import PRECISIONS, find, plan
from companion.planning.capacity import (
    PHASES,
    Capacity,
    busy_share,
    by_phase,
    fewest_and_most,
    needed,
    speeds,
)
from companion.planning.money import Usage
from companion.planning.prices import assumptions
from companion.planning.queues import Queue, erlang_b, erlang_c, smallest


def closed_form(load: float, places: int) -> float:
    """Erlang C as textbooks write it, with factorials."""
    waiting = load**places / math.factorial(places) * places / (places - load)
    free = sum(load**k / math.factorial(k) for k in range(places))
    return waiting / (free + waiting)


@pytest.mark.parametrize("places", [1, 2, 3, 5, 10, 40, 100])
@pytest.mark.parametrize("busy", [0.05, 0.5, 0.8, 0.99])
def test_erlang_c_is_that_of_the_textbook(places: int, busy: float) -> None:
    load = busy * places
    assert erlang_c(load, places) == pytest.approx(closed_form(load, places), rel=1e-9)


def test_one_and_two_places_have_short_formulas() -> None:
    for busy in (0.1, 0.5, 0.9):
        assert erlang_c(busy, 1) == pytest.approx(busy)
        assert erlang_c(2 * busy, 2) == pytest.approx(2 * busy**2 / (1 + busy))
        assert erlang_b(busy, 1) == pytest.approx(busy / (1 + busy))
    assert erlang_c(3, 3) == erlang_c(5, 3) == 1


def simulated(queue: Queue, messages: int, seed: int) -> list[float]:
    """The waits of so many messages, first come, first served; the first tenth warms it up."""
    chance, now, waits = random.Random(seed), 0.0, []
    free = [0.0] * queue.places
    for _ in range(messages):
        now += chance.expovariate(queue.per_second)
        begins = max(now, heapq.heappop(free))
        heapq.heappush(free, begins + chance.expovariate(1 / queue.seconds))
        waits.append(begins - now)
    return waits[messages // 10 :]


@pytest.mark.parametrize("queue", [Queue(0.7, 1.0, 1), Queue(2.0, 2.0, 5), Queue(6.0, 2.5, 18)])
def test_a_simulated_line_is_as_long(queue: Queue) -> None:
    waits = simulated(queue, 150_000, seed=11)
    had_to = sum(wait > 0 for wait in waits) / len(waits)
    assert had_to == pytest.approx(queue.must_wait, abs=0.02)
    assert sum(waits) / len(waits) == pytest.approx(queue.mean_wait, rel=0.1)
    late = sum(wait > 1.5 for wait in waits) / len(waits)
    assert late == pytest.approx(queue.late(1.5), abs=0.02)
    assert sorted(waits)[int(0.9 * len(waits))] == pytest.approx(
        queue.wait_of(0.9), rel=0.1, abs=0.05
    )


def test_waits_and_shares_are_two_sides_of_one_curve() -> None:
    queue = Queue(6.0, 2.5, 18)
    assert queue.late(queue.wait_of(0.95)) == pytest.approx(0.05)
    assert queue.late(0) == queue.must_wait
    assert Queue(0.1, 1.0, 10).wait_of(0.95) == 0


def test_the_smallest_is_enough_and_one_less_is_not() -> None:
    chance = random.Random(5)
    for _ in range(100):
        per_second, seconds = chance.uniform(0.01, 20), chance.uniform(0.1, 10)
        patience, late = chance.uniform(0, 5), chance.uniform(0.005, 0.5)
        found = smallest(per_second, seconds, patience, late)
        assert found.late(patience) <= late
        if found.places - 1 > found.load:
            assert Queue(per_second, seconds, found.places - 1).late(patience) > late


def test_a_capacity_by_hand() -> None:
    told, speed = assumptions(), speeds()["rtx-4090"]
    found = needed(1000, "rtx-4090")
    assert found.queue.per_second == 1000 / told["turn-every"].value
    assert found.queue.seconds == told["answer-length"].value / (speed.tokens_per_second / 16)
    assert found.queue.places == 16 * found.gpus
    assert found.queue.late(found.patience) <= told["late"].value
    model = plan(find("mistral-7b"), PRECISIONS["fp16"], 4096, 16)
    assert found.vram_gb == model.total / 1e9
    weights, system = model.weights / 1e9, told["system-ram"].value
    assert found.ram_gb == pytest.approx(found.gpus * (weights + system) + told["cache-ram"].value)
    days = 365 * 1000 / told["online"].value * told["turns-a-day"].value
    journal = days / 1000 * told["journal"].value / 1000
    disk = found.gpus * (weights + told["system-disk"].value) + journal
    assert found.disk_gb == pytest.approx(disk)
    assert speed.source in str(found)


def test_a_card_is_busy_as_long_as_it_answers() -> None:
    usage = Usage(100, 36, 400, 50)
    seconds = 100 * 36 * 365 / 12 * 50 / (644 / 16)
    assert busy_share(usage, "rtx-4090") == pytest.approx(seconds / (730 * 3600))
    assert busy_share(Usage(10**6, 36, 400, 50), "rtx-4090") == 1


def test_the_busiest_hour_of_a_usage() -> None:
    found = needed(Usage(10_000, 36, 400, 50), "a40")
    assert found.queue.per_second == pytest.approx(10_000 * 36 * 0.10 / 3600)
    assert found.queue.seconds == pytest.approx(50 / (1016.6 / 50))
    assert "without a GPU" in str(needed(10, "two-cores"))
    assert needed(10, "two-cores").vram_gb == 0


@pytest.mark.parametrize("speed", list(speeds()))
def test_the_documents_phases_need_more_and_more(speed: str) -> None:
    found = [needed(users, speed) for users in PHASES]
    rows = list(by_phase(speed))
    assert [row["users at once"] for row in rows] == [100, 1000, 10_000]
    assert [row["GPUs"] for row in rows] == [one.gpus for one in found]
    for less, more in pairwise(found):
        assert less.gpus <= more.gpus
        assert less.ram_gb <= more.ram_gb
        assert less.disk_gb < more.disk_gb
    assert found[0].gpus < found[-1].gpus


def test_ends_are_around_what_is_usual() -> None:
    for speed in ("rtx-3090", "rtx-4090"):
        fewest, most = fewest_and_most(1000, speed)
        assert fewest <= needed(1000, speed).gpus <= most
        assert fewest < most


def test_more_people_and_slower_models_never_need_less() -> None:
    chance, told = random.Random(9), speeds()["a100-40gb"]
    last: Capacity | None = None
    for users in sorted(chance.randrange(1, 20_000) for _ in range(40)):
        found = needed(users, told)
        slower = needed(users, told.model_copy(update={"tokens_per_second": 250}))
        assert slower.gpus >= found.gpus >= (last.gpus if last else 1)
        assert math.ceil(found.queue.load / 8) <= found.gpus
        last = found


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: needed(0, "a40"), "0 users cannot be planned for"),
        (lambda: needed(-3, "a40"), "-3 users"),
        (lambda: needed(10**9, "rtx-3090"), "More than 1,000,000 places"),
        (lambda: needed(10, "rtx-5090"), "Use one of: two-cores"),
        (lambda: needed(Usage(5, 0, 1, 1), "a40"), "are no load"),
        (lambda: Queue(2, 1, 2), "Give 3 places or more"),
        (lambda: Queue(1, 1, 0), "0 places are too few"),
        (lambda: smallest(1, 1, 1, 0), "cannot be planned"),
        (lambda: Queue(0.5, 1, 1).wait_of(1), "no share below 1"),
    ],
)
def test_what_cannot_be_planned_is_refused(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ask()
