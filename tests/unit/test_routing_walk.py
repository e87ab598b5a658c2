"""Falling back over anything that can be asked, by a clock that a test turns."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from companion.config import Routing
from companion.errors import (
    CompanionError,
    ContentFiltered,
    ContextTooLong,
    EverythingFailed,
    IncompleteAnswer,
    KeyRefused,
    MissingExtra,
    ModelBusy,
    ModelError,
    ModelUnavailable,
    RequestRefused,
)
from companion.routing.health import Health
from companion.routing.walk import Trial, Walk, first_answer

RULES = Routing(deadline_seconds=60, first_token_seconds=30, patience_seconds=2)


class Clock:
    """Time that passes where somebody sleeps, or where a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Voice:
    """Something that can be asked: it plays its errors first, and then answers with its name."""

    name: str
    errors: list[Exception] = field(default_factory=list)
    takes: float = 0.0
    provider: str = ""
    asked_at: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.provider = self.provider or self.name


@dataclass
class World:
    """A clock and the health that goes by it."""

    clock: Clock = field(default_factory=Clock)
    rules: Routing = RULES

    def __post_init__(self) -> None:
        self.health = Health(self.rules, self.clock)
        self.walk: Walk[Voice] | None = None

    def ask(self, *voices: Voice, unfit: Callable[[Voice], str] = lambda one: "") -> str:
        """The answer of the first that gives one."""

        async def speak(one: Voice) -> str:
            one.asked_at.append(self.clock.now)
            self.clock.now += one.takes
            if one.errors:
                raise one.errors.pop(0)
            return one.name

        walk = Walk(voices, self.health, unfit=unfit, sleep=self.clock.sleep)
        self.walk = walk
        return asyncio.run(first_answer(walk, speak))


@pytest.fixture
def world() -> World:
    return World()


def test_the_first_that_answers_is_heard_and_the_others_are_not_asked(world: World) -> None:
    a, b, c = Voice("a", [ModelUnavailable("down")]), Voice("b"), Voice("c")
    assert world.ask(a, b, c) == "b"
    assert c.asked_at == []


@pytest.mark.parametrize(
    "error",
    [
        RequestRefused("wrong", status=400),
        RequestRefused("wrong", status=422),
        KeyRefused("not valid", status=401),
        KeyRefused("not allowed", status=403),
        ContentFiltered("kept back"),
    ],
)
def test_what_the_caller_must_mend_is_asked_of_nobody_else(world: World, error: ModelError) -> None:
    other = Voice("b")
    with pytest.raises(type(error)) as raised:
        world.ask(Voice("a", [error]), other)
    assert raised.value is error
    assert other.asked_at == []
    assert world.health.of("a").wait() == 0, "the provider did its part"


@pytest.mark.parametrize(
    "error",
    [
        ModelUnavailable("down"),
        ModelUnavailable("not here", status=404),
        ModelUnavailable("overloaded", status=503),
        ModelBusy("busy", status=429),
        IncompleteAnswer("cut"),
        ContextTooLong("too long"),
        KeyRefused("not set"),
        MissingExtra("torch", "local"),
        ModelError("something else"),
    ],
)
def test_what_another_may_mend_falls_over_at_once(world: World, error: CompanionError) -> None:
    assert world.ask(Voice("a", [error]), Voice("b")) == "b"
    assert world.clock.now == 0


def test_a_model_that_is_not_there_is_no_fault_of_its_server(world: World) -> None:
    for _ in range(5):
        world.ask(Voice("a", [ModelUnavailable("not here", status=404)]), Voice("b"))
    assert world.health.of("a").wait() == 0


@pytest.mark.parametrize("status", [500, 502])
def test_trouble_that_passes_is_asked_once_more_after_a_moment(world: World, status: int) -> None:
    a, b = Voice("a", [ModelUnavailable("oops", status=status)]), Voice("b")
    assert world.ask(a, b) == "a"
    first, second = a.asked_at
    assert 0.05 <= second - first <= 0.16


def test_trouble_that_stays_is_not_asked_a_third_time(world: World) -> None:
    a = Voice("a", [ModelUnavailable("oops", status=500) for _ in range(3)])
    assert world.ask(a, Voice("b")) == "b"
    assert len(a.asked_at) == 2


def test_a_short_pause_is_kept_and_a_long_one_is_not_waited_for(world: World) -> None:
    short = Voice("a", [ModelBusy("busy", retry_after=2)])
    assert world.ask(short, Voice("b")) == "a"
    assert 2 <= short.asked_at[1] - short.asked_at[0] < 2.2
    long, before = Voice("c", [ModelBusy("busy", retry_after=60)]), world.clock.now
    assert world.ask(long, Voice("b")) == "b"
    assert world.clock.now == before
    assert world.ask(long, Voice("b")) == "b"
    assert len(long.asked_at) == 1, "it is not asked before its minute is over"
    world.clock.now += 60
    assert world.ask(long, Voice("b")) == "c"


def test_a_long_pause_is_waited_for_when_nobody_else_is_left(world: World) -> None:
    a = Voice("a", [ModelBusy("busy", retry_after=20)])
    assert world.ask(a, Voice("b", [ModelUnavailable("down")])) == "a"
    assert 20 <= world.clock.now < 20.5


def test_no_pause_is_waited_for_beyond_the_deadline(world: World) -> None:
    with pytest.raises(EverythingFailed, match="a: busy"):
        world.ask(Voice("a", [ModelBusy("busy", retry_after=61)]))
    assert world.clock.now == 0


def test_a_provider_that_rests_is_asked_all_the_same_when_nobody_else_is_left(
    world: World,
) -> None:
    a = Voice("a", [ModelUnavailable("down"), ModelUnavailable("down")])
    for _ in range(2):
        world.ask(a, Voice("b"))
    assert world.ask(a) == "a"


def test_a_dead_provider_costs_two_slow_calls_and_then_none(world: World) -> None:
    slow = [world.rules.first_token_seconds] * 2
    costs = []
    for _ in range(12):
        before = world.clock.now
        dead = Voice("a", [ModelUnavailable("No answer")], takes=30)
        assert world.ask(dead, Voice("b")) == "b"
        costs.append(world.clock.now - before)
    assert costs == slow + [0.0] * 10


def test_one_deadline_is_shared_and_the_last_one_still_gets_its_turn(world: World) -> None:
    limits: list[float] = []

    async def go() -> None:
        voices = [Voice(name) for name in "abcd"]
        walk = Walk(voices, world.health, sleep=world.clock.sleep)
        while trial := await walk.next():
            limits.append(trial.limit)
            with trial:
                world.clock.now += trial.limit
                raise ModelUnavailable("No answer")

    asyncio.run(go())
    assert limits == [30, 15, 7.5, 7.5]
    assert world.clock.now == world.rules.deadline_seconds


def test_time_in_which_an_answer_flows_is_not_waiting(world: World) -> None:
    async def go() -> float:
        walk = Walk([Voice("a"), Voice("b")], world.health, sleep=world.clock.sleep)
        trial = await walk.next()
        assert trial
        with trial:
            for word in range(100):
                world.clock.now += 1
                trial.heard(first=word == 0)
            world.clock.now += 3
            raise IncompleteAnswer("cut")
        return walk.left

    assert asyncio.run(go()) == 57


def test_everything_that_failed_is_told_with_its_cause(world: World) -> None:
    with pytest.raises(EverythingFailed) as raised:
        world.ask(
            Voice("a", [ModelUnavailable("down")]),
            Voice("b"),
            Voice("c", [IncompleteAnswer("cut")]),
            unfit=lambda one: "it costs too much" if one.name == "b" else "",
        )
    assert raised.value.attempts == [("a", "down."), ("b", "it costs too much"), ("c", "cut.")]
    assert [type(error) for error in raised.value.errors] == [ModelUnavailable, IncompleteAnswer]


def test_who_rests_after_failures_counts_as_failed(world: World) -> None:
    for _ in range(2):
        with pytest.raises(EverythingFailed) as raised:
            world.ask(Voice("a", [ModelBusy("busy", retry_after=600)]))
    [(_, cause)] = raised.value.attempts
    assert cause != "busy."
    assert [type(error) for error in raised.value.errors] == [ModelUnavailable]


def test_who_leaves_blames_nobody_and_frees_the_probe(world: World) -> None:
    for _ in range(2):
        world.ask(Voice("a", [ModelUnavailable("down")]), Voice("b"))
    world.clock.now += 5

    async def leave() -> Trial[Voice] | None:
        trial = await Walk([Voice("a")], world.health).next()
        assert trial
        with pytest.raises(asyncio.CancelledError), trial:
            raise asyncio.CancelledError
        return trial

    left = asyncio.run(leave())
    assert left
    assert left.outcome == "left"
    assert world.ask(Voice("a"), Voice("b")) == "a"


def test_a_mistake_of_ours_is_hidden_by_nobody(world: World) -> None:
    with pytest.raises(ZeroDivisionError):
        world.ask(Voice("a", [ZeroDivisionError()]), Voice("b"))


def test_what_takes_too_long_for_real_is_given_up() -> None:
    async def speak(one: Voice) -> str:
        await asyncio.sleep(5 if one.name == "a" else 0)
        return one.name

    walk = Walk([Voice("a"), Voice("b")], Health(Routing(first_token_seconds=0.1)))
    assert asyncio.run(first_answer(walk, speak)) == "b"
    assert [one.cause for one in walk.failures] == ["No answer within 0.1 s (a)."]


def test_the_same_walk_serves_other_protocols() -> None:
    """Speech: from text to samples, asked of voices that know nothing of chat."""

    @dataclass
    class Speech:
        name: str
        provider: str
        say: Callable[[str], Awaitable[bytes]]

    async def hoarse(text: str) -> bytes:
        raise ModelUnavailable("no voice", status=503)

    async def clear(text: str) -> bytes:
        return text.encode()

    walk = Walk([Speech("a", "x", hoarse), Speech("b", "y", clear)], Health())
    assert asyncio.run(first_answer(walk, lambda one: one.say("hello"))) == b"hello"
