"""Spot machines that are taken back: the simulation against the mean in closed form."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable

import pytest

from companion.errors import ConfigError
from companion.planning.interruptions import (
    HOURS,
    hourly_rate,
    simulate,
    stretch,
    stretches,
)
from companion.planning.prices import assumptions


@pytest.mark.parametrize(
    ("rate", "restart", "checkpoint"), [(0.5, 0.2, 1.0), (1.0, 0.0, 2.0), (0.05, 1.0, 4.0)]
)
def test_many_courses_take_as_long_as_the_formula_says(
    rate: float, restart: float, checkpoint: float
) -> None:
    runs = [simulate(200, rate, restart, checkpoint, seed) for seed in range(400)]
    paid = [one.paid for one in runs]
    doubt = 4 * statistics.stdev(paid) / math.sqrt(len(paid))
    assert doubt < 0.05 * 200
    assert statistics.mean(paid) == pytest.approx(
        200 * stretch(rate, restart, checkpoint), abs=doubt
    )


def test_what_is_paid_adds_up() -> None:
    one = simulate(100, 0.3, 0.5, 2.0, seed=7)
    assert one.interruptions > 0
    assert one.restarting == one.interruptions * 0.5
    assert one.redone <= one.interruptions * 2.0
    assert one.paid == one.work + one.redone + one.restarting
    assert 0 < one.available < 1


def test_a_seed_has_one_course() -> None:
    assert simulate(50, 0.3, 0.1, 1.0, seed=3) == simulate(50, 0.3, 0.1, 1.0, seed=3)
    assert len({simulate(50, 0.3, 0.1, 1.0, seed).paid for seed in range(10)}) == 10


def test_without_interruptions_nothing_is_lost() -> None:
    one = simulate(10, 0, 5.0, 3.0)
    assert (one.paid, one.interruptions, one.available) == (10, 0, 1)
    assert stretch(0, 5.0, 3.0) == 1


def test_rare_interruptions_cost_half_a_piece_and_a_restart_each() -> None:
    rate, restart, checkpoint = 1e-5, 0.25, 0.5
    assert stretch(rate, restart, checkpoint) - 1 == pytest.approx(
        rate * (checkpoint / 2 + restart), rel=1e-3
    )


def test_more_of_anything_bad_costs_more() -> None:
    usual = stretch(0.1, 0.2, 1.0)
    assert usual < stretch(0.2, 0.2, 1.0)
    assert usual < stretch(0.1, 0.4, 1.0)
    assert usual < stretch(0.1, 0.2, 2.0)
    value, low, high = stretches()
    assert 1 < low < value < high


def test_the_share_of_a_month_is_met_after_a_month() -> None:
    rate = hourly_rate(0.2)
    assert 1 - math.exp(-rate * HOURS) == pytest.approx(0.2)
    taken = sum(simulate(HOURS, rate, 0, HOURS, seed).interruptions > 0 for seed in range(2000))
    assert taken / 2000 == pytest.approx(0.2, abs=0.04)


def test_the_assumptions_are_minutes() -> None:
    told = assumptions()
    rate = hourly_rate(told["spot-interrupted"].value)
    restart, saved = told["spot-restart"].value / 60, told["spot-checkpoint"].value / 60
    assert stretches(told)[0] == stretch(rate, restart, saved)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: simulate(0, 0.1, 0.1, 1), "0 hours of work"),
        (lambda: simulate(math.inf, 0.1, 0.1, 1), "inf hours of work"),
        (lambda: simulate(10, -1, 0.1, 1), "A rate of -1"),
        (lambda: simulate(10, 0.1, -2, 1), "restart of -2"),
        (lambda: stretch(0.1, 0.1, 0), "saved every 0 hours"),
        (lambda: simulate(10, 20, 0.1, 1), "Save it more often"),
        (lambda: hourly_rate(1), "1 is no share"),
        (lambda: hourly_rate(-0.1), "-0.1 is no share"),
    ],
)
def test_what_cannot_be_is_refused(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ask()
