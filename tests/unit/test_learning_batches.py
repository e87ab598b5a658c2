"""What the notebook on batching is made of: four ways that say the same, and a queue played out."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from companion.errors import ModelError
from companion.learning import batches, queueing
from companion.learning.course.batching import ContinuousEnds, StaticEnds
from companion.learning.queueing import Cost, Request, Served
from companion.resources import packaged
from tests.unit.test_learning_exercises import EXERCISES

STEPS = Cost(0.0, 0.0, (1.0,) * 8)
"""A step takes a second for however many, and a prompt nothing: seconds are steps."""

FEW = [Request(0.0, 10, 4), Request(0.0, 3, 9), Request(0.0, 6, 2), Request(0.0, 5, 6)]


@pytest.fixture(scope="module")
def network(tiny_folder: Path) -> Any:
    return batches.network(tiny_folder)


def test_all_four_ways_answer_every_request(network: Any, tiny_folder: Path) -> None:
    monotone = batches.prompt(0, 8)
    assert len(set(monotone)) == 8
    few = [Request(0.0, one.read, one.said) for one in FEW]
    ways: list[Callable[[], Sequence[Served]]] = [
        lambda: batches.one_by_one(network, few),
        lambda: batches.static(network, few, 2),
        lambda: batches.continuous(batches.engine(network, 2), network, few),
        lambda: batches.paged(batches.network(tiny_folder), few),
    ]
    for way in ways:
        served = way()
        assert [one.request for one in served] == few
        assert all(0 < one.first <= one.done for one in served)


def test_the_thread_of_transformers_may_die_and_that_is_no_answer(
    network: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no memory for pages")

    from transformers.generation.continuous_batching import continuous_api

    monkeypatch.setattr(continuous_api.ContinuousBatchingManager, "_generation_step", broken)
    with pytest.raises(ModelError, match="Continuous batching of transformers failed"):
        batches.paged(network, FEW)


def test_what_a_step_costs_is_measured_for_every_number_of_rows() -> None:
    network = batches.network(packaged("data/companion-tiny"))
    cost = batches.cost(network, slots=3, rounds=1)
    assert len(cost.steps) == 3
    assert min(cost.steps) > 0
    assert cost.read(100) >= cost.read(10) >= 0


def test_a_queue_that_is_played_ends_as_one_counts_by_hand() -> None:
    """The first token comes with the prompt, so an answer of n tokens takes n - 1 more steps."""
    said = [one.said for one in FEW]
    static = [one.done for one in queueing.padded(FEW, STEPS, 2)]
    assert static == [8, 8, 8 + 5, 8 + 5]
    assert [one.done for one in queueing.padded(FEW, STEPS, 1)] == [3, 11, 12, 17]
    one_more = [Request(0.0, 1, one + 1) for one in said]
    ends = {one.request.said - 1: one.done for one in queueing.continuous(one_more, STEPS, 2)}
    counted = ContinuousEnds().reference()(said, 2)
    assert [ends[one] for one in said] == counted
    assert StaticEnds().reference()(said, 2) == [9, 9, 15, 15]


def test_nobody_is_answered_before_they_come_and_all_are() -> None:
    crowd = queueing.people(300, 0.4, seed=5)
    assert crowd == queueing.people(300, 0.4, seed=5) != queueing.people(300, 0.4, seed=6)
    for served in (
        queueing.padded(crowd, STEPS, 1),
        queueing.padded(crowd, STEPS, 8),
        queueing.continuous(crowd, STEPS, 8),
    ):
        assert {one.request for one in served} == set(crowd)
        assert all(one.waited >= 0 and one.took >= one.request.said - 1 for one in served)


def test_one_by_one_waits_as_the_formula_of_pollaczek_and_khinchine_says() -> None:
    """A queue with one server and random arrivals: the mean wait is known exactly."""
    rate, crowd = 0.02, queueing.people(60_000, 0.02, seed=1)
    times = [one.said - 1 for one in crowd]
    used = rate * mean(times)
    expected = rate * mean(time**2 for time in times) / (2 * (1 - used))
    waited = mean(one.waited for one in queueing.padded(crowd, STEPS, 1))
    assert math.isclose(waited, expected, rel_tol=0.1)


def test_people_come_at_random_as_often_as_was_said() -> None:
    times = [one.at for one in queueing.people(20_000, 5.0, seed=2)]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert math.isclose(mean(gaps), 0.2, rel_tol=0.03)
    assert math.isclose(mean(gap < 0.02 for gap in gaps), 1 - math.exp(-0.1), rel_tol=0.05)


def test_a_percentile_is_a_value_that_was_there() -> None:
    values = [random.Random(0).random() for _ in range(99)]
    assert queueing.percentile([3, 1, 2, 4], 0.5) == 2
    assert queueing.percentile([3, 1, 2, 4], 0.95) == 4
    assert queueing.percentile(values, 0.95) in values


def test_the_course_asks_all_of_it() -> None:
    assert {StaticEnds, ContinuousEnds} <= set(EXERCISES)
