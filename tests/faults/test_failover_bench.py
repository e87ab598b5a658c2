"""The sixteen scenarios of Failover Bench, in fast form: a fault, and what the caller must see.

The scenarios and the scoring follow the catalogue and the methodology (v0.1) that the repository
failoverbench/failoverbench publishes; the server and the scorer are ours. "pass" means rescued with
every check clean, "partial" that an advisory check failed, "safe" a clean error in time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pytest

from companion.breaking import ANSWER, Exchange, Fault, FaultServer, Seen, broken, healthy
from companion.chat import ChatModel
from companion.config import Routing, load
from companion.errors import CompanionError
from companion.routing import Candidate, Health, Router, candidates
from companion.types import ChatRequest, End, Message, Restart, Text
from tests.fault_server import without_prefill

RULES = Routing(
    deadline_seconds=12,
    first_token_seconds=1.5,
    stall_seconds=1,
    cooldown_seconds=0.4,
    longest_cooldown_seconds=0.8,
)
SILENCE = 6.0
"""Seconds that a silent server stays silent: longer than any limit above."""
DOWN = 1.5
"""Seconds for which the flapping server is down."""
REQUEST = ChatRequest((Message("user", "Tell me of the harbour."),))
PREFILL = ["streaming", "system_prompt", "prefill"]


@dataclass
class Result:
    """What the caller saw (`text` or `error`, and when) and what the server saw."""

    text: str = ""
    end: End | None = None
    error: CompanionError | None = None
    seconds: float = 0.0
    alive_after: bool = False
    primary: list[Seen] = field(default_factory=list)
    fallback: list[Seen] = field(default_factory=list)
    series: list[Result] = field(default_factory=list)
    began: float = 0.0

    @property
    def rescued(self) -> bool:
        """Whether the caller has the whole answer, letter by letter."""
        return self.end is not None and self.text == ANSWER

    @property
    def gap(self) -> float:
        """Seconds between the first two requests to the primary; 0 without a second."""
        return self.primary[1].at - self.primary[0].at if len(self.primary) > 1 else 0.0


Check = Callable[[Result], bool]
Verdict = Literal["pass", "partial", "safe", "fail"]


# ---- faults --------------------------------------------------------------------------------------


async def busy_once(exchange: Exchange) -> None:
    if exchange.attempt == 1:
        return await exchange.refuse(429, "rate_limit_exceeded", {"Retry-After": "1"})
    return await healthy(exchange)


async def busy(exchange: Exchange) -> None:
    await exchange.refuse(429, "rate_limit_exceeded")


async def trouble_once(exchange: Exchange) -> None:
    return await (exchange.refuse(500) if exchange.attempt == 1 else healthy(exchange))


async def overloaded(exchange: Exchange) -> None:
    await exchange.refuse(503, "overloaded")


async def reset_once(exchange: Exchange) -> None:
    return exchange.reset() if exchange.attempt == 1 else await healthy(exchange)


async def silent(exchange: Exchange) -> None:
    await exchange.silence(SILENCE)


async def slow(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.silence(SILENCE / 2)
    await exchange.say(exchange.words)
    await exchange.finish()


async def cut(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.say(exchange.words[:40])


async def stalled(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.say(exchange.words[:20])
    await exchange.silence(SILENCE)


async def malformed(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.say(exchange.words[:9])
    await exchange.raw(b'data: {"choices": [{"delta": {"content": \n\n')
    await exchange.say(exchange.words[9:])
    await exchange.finish()


async def without_done(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.say(exchange.words)
    await exchange.finish(done=False)


async def too_long(exchange: Exchange) -> None:
    await exchange.refuse(400, "context_length_exceeded")


async def filtered(exchange: Exchange) -> None:
    await exchange.refuse(400, "content_policy_violation")


def flapping() -> Fault:
    """Down from the first request on, for a while."""
    began: list[float] = []

    async def fault(exchange: Exchange) -> None:
        began.append(exchange.seen.at)
        down = exchange.seen.at - began[0] < DOWN
        return await (overloaded(exchange) if down else healthy(exchange))

    return fault


# ---- checks --------------------------------------------------------------------------------------


def primary_requests(least: int = 0, most: int = 99) -> Check:
    return lambda seen: least <= len(seen.primary) <= most


def no_hammering(most: int, within: float) -> Check:
    return lambda seen: sum(one.at - seen.primary[0].at < within for one in seen.primary) <= most


def ended_within(seconds: float) -> Check:
    return lambda seen: seen.seconds <= seconds


def alive(seen: Result) -> bool:
    return seen.alive_after


def no_half_answer(seen: Result) -> bool:
    return seen.end is None or seen.text == ANSWER


def usage_told(seen: Result) -> bool:
    return seen.end is not None and seen.end.usage.completion_tokens is not None


def answered_by_fallback(seen: Result) -> bool:
    return seen.end is not None and seen.end.model == "fallback"


def no_refused_beginning(seen: Result) -> bool:
    begun = [one for one in seen.fallback if one.body["messages"][-1]["role"] == "assistant"]
    return seen.error is None or not begun


def served_while_down(seen: Result) -> bool:
    return all(one.rescued for one in seen.series if one.began < DOWN)


def primary_used_again(seen: Result) -> bool:
    return any(one.end and one.end.model == "primary" for one in seen.series)


@dataclass(frozen=True)
class Scenario:
    """A fault of the primary, and what a correct client does about it."""

    title: str
    fault: Callable[[], Fault]
    required: Sequence[Check] = ()
    advisory: Sequence[Check] = ()
    fallback: Fault = healthy
    features: Sequence[str] = tuple(PREFILL)
    ideal: Literal["answer", "error"] = "answer"
    requests: int = 1

    def verdict(self, seen: Result) -> Verdict:
        """As the methodology scores a cell."""
        half = seen.end is not None and seen.text != ANSWER
        if half or not all(check(seen) for check in self.required):
            return "fail"
        rescued = seen.rescued if self.ideal == "answer" else seen.error is not None
        if not rescued:
            return "safe" if self.ideal == "answer" else "partial"
        return "pass" if all(check(seen) for check in self.advisory) else "partial"


LONGEST = 8.0
"""Seconds after which a call counts as hanging."""

SCENARIOS = {
    "S01": Scenario(
        "429 with Retry-After",
        lambda: busy_once,
        [no_hammering(2, 0.75)],
        [primary_requests(2), lambda seen: seen.gap >= 0.9],
    ),
    "S02": Scenario(
        "429 without Retry-After, persistent",
        lambda: busy,
        [no_hammering(4, 3), primary_requests(most=6)],
    ),
    "S03": Scenario("500 once, then healthy", lambda: trouble_once, [], [primary_requests(2)]),
    "S04": Scenario("503 persistent", lambda: overloaded, [primary_requests(most=6)]),
    "S05": Scenario("reset before headers", lambda: reset_once),
    "S06": Scenario(
        "no response at all", lambda: silent, [ended_within(5)], [primary_requests(most=1)]
    ),
    "S07": Scenario("slow first token", lambda: slow, [], [ended_within(SILENCE / 2)]),
    "S08": Scenario("stream cut in the middle", lambda: cut, [no_half_answer]),
    "S09": Scenario("stream stalls", lambda: stalled, [ended_within(5), no_half_answer, alive]),
    "S10": Scenario(
        "malformed chunk", lambda: malformed, [alive, no_half_answer], [lambda seen: seen.rescued]
    ),
    "S11": Scenario("no [DONE]", lambda: without_done, [ended_within(2)], [usage_told]),
    "S12": Scenario("context length exceeded", lambda: too_long, [primary_requests(1, 1)]),
    "S13": Scenario("content filter", lambda: filtered, [primary_requests(1, 1)], ideal="error"),
    "S14": Scenario(
        "fallback rejects prefill",
        lambda: cut,
        [no_refused_beginning, no_half_answer],
        fallback=without_prefill,
        features=tuple(PREFILL[:2]),
    ),
    "S15": Scenario(
        "primary flaps", flapping, [served_while_down, primary_used_again], requests=10
    ),
    "S16": Scenario(
        "fail-over accounting",
        lambda: overloaded,
        [answered_by_fallback, primary_requests(most=6)],
        [usage_told],
    ),
}


# ---- running -------------------------------------------------------------------------------------


def routed(server: FaultServer, scenario: Scenario) -> list[Candidate]:
    """The primary with its fallback, as the settings would name them."""
    both = {"kind": "openai", "base_url": server.url, "languages": ["en"]}
    models = {
        "primary": {**both, "model": "primary", "context": 8192},
        "fallback": {
            **both,
            "model": "fallback",
            "context": 131072,
            "features": list(scenario.features),
        },
    }
    return candidates(load(models=models, chat={"models": list(models)}))


async def call(model: ChatModel) -> Result:
    """One answer as the caller has it: what is withdrawn is gone."""
    seen, began = Result(), time.monotonic()
    try:
        async with asyncio.timeout(LONGEST):
            async for chunk in model.stream(REQUEST):
                match chunk:
                    case Text(text):
                        seen.text += text
                    case Restart():
                        seen.text = ""
                    case End():
                        seen.end = chunk
    except CompanionError as error:
        seen.error = error
    seen.seconds = time.monotonic() - began
    return seen


async def run(scenario: Scenario, server: FaultServer, bare: bool = False) -> Result:
    """The scenario, then one healthy request through the same health."""
    health = Health(RULES)
    both = routed(server, scenario)
    model = both[0].model if bare else Router(both, RULES, health=health)
    began, series = time.monotonic(), list[Result]()
    for number in range(scenario.requests):
        await asyncio.sleep(max(0.0, began + number * 0.4 - time.monotonic()))
        sent = time.monotonic() - began
        series.append(await call(model))
        series[-1].began = sent
    seen = next((one for one in series if not one.rescued), series[-1])
    seen.primary, seen.fallback = server.of("primary"), server.of("fallback")
    seen.series = series
    seen.alive_after = (await call(Router(both[1:], RULES, health=health))).rescued
    return seen


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_routed_answer_passes(name: str) -> None:
    scenario = SCENARIOS[name]
    with broken({"primary": scenario.fault(), "fallback": scenario.fallback}) as server:
        seen = asyncio.run(run(scenario, server))
    assert scenario.verdict(seen) == "pass", (scenario.title, seen)


BARE: dict[str, Verdict] = {
    "S01": "safe",
    "S04": "safe",
    "S08": "safe",
    "S11": "pass",
    "S13": "pass",
}


@pytest.mark.parametrize("name", BARE)
def test_the_scorer_tells_a_bare_client_from_a_routed_one(name: str) -> None:
    scenario = SCENARIOS[name]
    with broken({"primary": scenario.fault(), "fallback": scenario.fallback}) as server:
        seen = asyncio.run(run(scenario, server, bare=True))
    assert scenario.verdict(seen) == BARE[name], (scenario.title, seen)
