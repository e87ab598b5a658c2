"""A breaker, by a clock that a test turns: when it rests, for how long, and who may look again."""

from __future__ import annotations

import pytest

from companion.config import Routing
from companion.routing.health import PROBE_PEEK, Breaker, Gate, Health

RULES = Routing(failures_to_open=2, cooldown_seconds=5, longest_cooldown_seconds=30)


class Clock:
    """A clock that stands still until it is turned."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(RULES, clock)


def opened(breaker: Breaker) -> None:
    for _ in range(RULES.failures_to_open):
        breaker.failed(breaker.enter())


def test_one_failure_is_forgiven_two_in_a_row_are_not(breaker: Breaker) -> None:
    breaker.failed(breaker.enter())
    breaker.succeeded(breaker.enter())
    breaker.failed(breaker.enter())
    assert breaker.wait() == 0
    breaker.failed(breaker.enter())
    gate = breaker.enter()
    assert (gate.wait, gate.asked) == (5, False)
    assert "2 times in a row" in gate.why


def test_after_its_rest_one_call_at_a_time_looks_again(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 5
    probe, other = breaker.enter(), breaker.enter()
    assert (probe.wait, other.wait) == (0, PROBE_PEEK)
    breaker.succeeded(probe)
    assert breaker.enter().wait == breaker.enter().wait == 0


def test_words_are_enough_for_the_others_and_a_cut_is_not_forgotten(
    breaker: Breaker, clock: Clock
) -> None:
    opened(breaker)
    clock.now += 5
    probe = breaker.enter()
    breaker.spoke(probe)
    assert breaker.enter().wait == 0
    breaker.failed(probe)
    assert breaker.enter().wait == 10


def test_each_rest_is_twice_the_last_up_to_a_limit(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    rests = []
    for _ in range(5):
        rests.append(breaker.wait())
        clock.now += breaker.wait()
        breaker.failed(breaker.enter())
    assert rests == [5, 10, 20, 30, 30]


def test_what_fails_while_it_rests_began_before_and_lengthens_nothing(breaker: Breaker) -> None:
    early = [breaker.enter() for _ in range(8)]
    for gate in early:
        breaker.failed(gate)
    assert breaker.wait() == 5


def test_a_probe_that_is_left_lets_the_next_one_look(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 5
    breaker.left(breaker.enter())
    assert breaker.enter().wait == 0


def test_another_call_that_ends_is_not_the_probe(breaker: Breaker, clock: Clock) -> None:
    old = breaker.enter()
    opened(breaker)
    clock.now += 5
    breaker.enter()
    breaker.left(old)
    assert breaker.enter().wait == PROBE_PEEK


def test_a_probe_that_never_reports_is_forgotten(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 5
    breaker.enter()
    clock.now += RULES.deadline_seconds
    assert breaker.enter().wait == 0


@pytest.mark.parametrize(("asked", "rests"), [(60.0, 60.0), (0.0, 0.0), (-3.0, 0.0), (1e9, 3600.0)])
def test_a_pause_that_is_asked_for_is_kept(breaker: Breaker, asked: float, rests: float) -> None:
    breaker.paused(breaker.enter(), asked)
    gate = breaker.enter()
    assert (gate.wait, gate.asked) == (rests, rests > 0)


def test_busy_without_saying_how_long_rests_as_after_failures(breaker: Breaker) -> None:
    breaker.paused(breaker.enter(), None)
    assert (breaker.wait(), breaker.enter().asked) == (5, True)


def test_a_shorter_pause_does_not_cut_a_longer_one(breaker: Breaker) -> None:
    first, second = breaker.enter(), breaker.enter()
    breaker.paused(first, 60)
    breaker.paused(second, 1)
    assert breaker.wait() == 60


def test_a_success_from_before_ends_no_pause(breaker: Breaker, clock: Clock) -> None:
    old = breaker.enter()
    breaker.paused(breaker.enter(), 60)
    breaker.succeeded(old)
    assert breaker.wait() == 60
    clock.now += 60
    assert isinstance(breaker.enter(), Gate)
    assert breaker.wait() == PROBE_PEEK, "the first one after a pause goes alone"


def test_options_of_one_provider_share_one_breaker() -> None:
    health = Health(RULES)
    assert health.of("a") is health.of("a")
    assert health.of("a") is not health.of("b")


def test_whoever_has_nobody_else_may_look_at_once_unless_it_is_busy(breaker: Breaker) -> None:
    opened(breaker)
    assert breaker.wait(nobody_else=True) == 0
    probe = breaker.enter(nobody_else=True)
    assert (probe.wait, breaker.enter(nobody_else=True).wait) == (0, PROBE_PEEK)
    breaker.paused(probe, 60)
    assert breaker.enter(nobody_else=True).wait == 60
