"""Traffic for a lesson: held for real, repeated under a set clock, in process and over HTTP."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from pathlib import Path

import pytest

from companion.breaking import broken
from companion.chat import build
from companion.config import Budget, Price, Routing, load
from companion.errors import NotebookError
from companion.learning.traffic import Clock, Held, Recorded, Visit, hold, month, relive, repeating
from companion.pipeline import Companion
from companion.routing import Books, Candidate, Ledger, Router, savings
from companion.types import ChatRequest, Chunk, End, Message, Text

PRICE = Price(input=1, output=2, date=date(2026, 1, 2))
FIRST = datetime(2026, 2, 1)
SHARES = {"code": 1.0, "assistant": 3.0}


def held(*lines: str) -> list[Held]:
    """Turns of a hundred tokens read for each message, and ten written."""
    history: tuple[Message, ...] = ()
    turns = []
    for line in lines:
        history = (*history, Message("user", line))
        turns.append(Held(history, f"You say: {line}", 100 * len(history), 10, 0.5))
        history = (*history, Message("assistant", turns[-1].text))
    return turns


TALKS = [held("Hello!", "And you?", "Bye."), held("Good evening.")]
TURNS = [turn for talk in TALKS for turn in talk]


def test_a_conversation_is_held_with_the_model_and_each_turn_reads_what_was_said() -> None:
    lia = Companion(load(chat={"models": ["companion-tiny"], "seed": 7}))
    first, second = asyncio.run(hold(lia, ["Hello!", "How are you?"]))
    assert [message.role for message in first.asked] == ["system", "user"]
    assert second.asked[:2] == first.asked
    assert second.asked[2:] == (Message("assistant", first.text), Message("user", "How are you?"))
    assert second.prompt_tokens > first.prompt_tokens > 0
    assert first.completion_tokens > 0
    assert first.seconds > 0


def test_a_model_that_counts_no_tokens_is_no_base_for_costs() -> None:
    lia = Companion(load(chat={"models": ["scripted"]}))
    with pytest.raises(NotebookError, match="scripted does not count its tokens"):
        asyncio.run(hold(lia, ["Hello!"]))


def test_a_month_is_the_same_for_the_same_seed_and_stays_in_its_month() -> None:
    visits = month(TALKS, FIRST, 20, SHARES, seed=3)
    assert visits == month(TALKS, FIRST, 20, SHARES, seed=3) != month(TALKS, FIRST, 20, SHARES, 4)
    assert visits == sorted(visits, key=lambda visit: visit.at)
    assert {visit.at.month for visit in visits} == {2}
    assert {visit.at.day for visit in visits} == set(range(1, 29))


def test_a_month_has_about_as_many_conversations_as_asked_and_the_shares_of_its_agents() -> None:
    begun = [visit for visit in month(TALKS, FIRST, 50, SHARES, 3) if len(visit.held.asked) == 1]
    assert len(begun) / 28 == pytest.approx(50, rel=0.1)
    assert sum(visit.agent == "code" for visit in begun) / len(begun) == pytest.approx(
        0.25, abs=0.05
    )
    hours = [visit.at.hour for visit in begun]
    assert sum(hour >= 18 for hour in hours) > 3 * sum(hour < 6 for hour in hours)


def test_turns_are_asked_again_at_their_time_for_their_tokens_and_under_a_budget(
    tmp_path: Path,
) -> None:
    clock, ledger = Clock(FIRST), Ledger(tmp_path / "ledger.db")
    both = [
        Candidate(Recorded("far", TURNS, PRICE), price=PRICE),
        Candidate(Recorded("near", TURNS)),
    ]
    rules = Routing(budget=Budget(daily=2 * PRICE.of(100, 10)))
    routers = {"code": Router(both, rules, agent="code", books=Books(ledger, clock.now))}
    times = [FIRST.replace(hour=hour) for hour in (1, 2, 3)] + [FIRST.replace(day=2)]
    asyncio.run(relive([Visit(at, "code", TURNS[0]) for at in times], routers, clock))
    entries = ledger.entries()
    assert [datetime.fromtimestamp(one.at) for one in entries] == times
    assert [one.model for one in entries] == ["far", "far", "near", "far"]
    assert [one.prompt_tokens for one in entries] == [100] * 4
    found = savings(ledger, PRICE)
    assert found.spent == pytest.approx(3 * PRICE.of(100, 10))
    assert found.all_cloud == pytest.approx(4 * PRICE.of(100, 10))


def test_over_http_the_same_is_said_for_the_same_tokens() -> None:
    with broken({"m": repeating(TURNS)}) as server:
        far = server.url.replace("127.0.0.1", "127.1")
        section = {"kind": "openai", "base_url": far, "model": "m", "languages": ["en"]}
        model = build("far", load(models={"far": section | {"price": PRICE.model_dump()}}))

        async def collect() -> list[Chunk]:
            return [chunk async for chunk in model.stream(ChatRequest(TURNS[1].asked))]

        chunks = asyncio.run(collect())
    assert not model.capabilities.local
    assert "".join(chunk.text for chunk in chunks if isinstance(chunk, Text)) == TURNS[1].text
    end = chunks[-1]
    assert isinstance(end, End)
    assert (end.usage.prompt_tokens, end.usage.completion_tokens) == (300, 10)
    assert end.usage.cost == pytest.approx(PRICE.of(300, 10))
