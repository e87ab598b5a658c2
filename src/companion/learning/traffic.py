"""A month of traffic in seconds: turns that were really held, asked for again under a set clock.

A model that repeats an answer takes no time to think, so nothing here says how fast anything is.
"""

from __future__ import annotations

import json
import random
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta

from companion.breaking import Exchange, Fault
from companion.config import Price
from companion.errors import IncompleteAnswer, NotebookError
from companion.pipeline import Companion
from companion.routing import Router
from companion.types import (
    Attempt,
    Capabilities,
    ChatRequest,
    Chunk,
    End,
    Language,
    Message,
    Text,
    TurnDone,
    Usage,
)

Asked = tuple[Message, ...]

HOURS = (1, 1, 1, 0, 0, 0, 1, 3, 4, 3, 3, 3, 4, 4, 3, 3, 3, 4, 6, 8, 9, 9, 7, 4)
"""How many of a day's conversations begin in each hour, in proportion: people talk in the evening.
An assumption, not a measurement."""

PAUSE_SECONDS = (20.0, 120.0)
"""How long people read and think between two turns, at least and at most: assumed, too."""


@dataclass(frozen=True, slots=True)
class Held:
    """One turn that was held: what the model read, what it said, tokens of both, and seconds."""

    asked: Asked
    text: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Visit:
    """One turn of the month: when it is asked, for which agent, and which of the held turns."""

    at: datetime
    agent: str
    held: Held


@dataclass
class Clock:
    """A clock that stands where it is put."""

    at: datetime

    def now(self) -> datetime:
        """The time that it shows."""
        return self.at


async def hold(companion: Companion, lines: Sequence[str]) -> list[Held]:
    """Say the lines one after another, and return the turns.

    Raises NotebookError when the model that answers does not count tokens, and ModelError when none
    answers.
    """
    about = Message("system", companion.settings.persona.about[companion.settings.language])
    history: Asked = ()
    turns = list[Held]()
    for line in lines:
        done = await _answered(companion, line, history)
        asked = (about, *history, Message("user", line))
        turns.append(Held(asked, done.text, *_counted(done), done.total_seconds))
        history = (*asked[1:], Message("assistant", done.text))
    return turns


async def _answered(companion: Companion, line: str, history: Asked) -> TurnDone:
    async with aclosing(companion.turn(line, history)) as events:
        async for event in events:
            if isinstance(event, TurnDone):
                return event
    raise IncompleteAnswer("The answer broke off without its end", where=companion.model.name)


def _counted(done: TurnDone) -> tuple[int, int]:
    read, written = done.usage.prompt_tokens, done.usage.completion_tokens
    if read is None or written is None:
        raise NotebookError(
            f"{done.model} does not count its tokens, and this lesson lives on them",
            repair="Install the local extra: pip install 'companion-lab[local]'.",
        )
    return read, written


def month(
    conversations: Sequence[Sequence[Held]],
    first: datetime,
    a_day: int,
    shares: Mapping[str, float],
    seed: int,
) -> list[Visit]:
    """What is asked from that day to the end of its month, in order of time.

    Each day brings about `a_day` conversations, each of one agent, who has that share of them.
    """
    chance, day, visits = random.Random(seed), first, list[Visit]()
    while day.month == first.month:
        for _ in range(sum(chance.random() < 0.5 for _ in range(2 * a_day))):
            [hour] = chance.choices(range(24), HOURS)
            [agent] = chance.choices(list(shares), list(shares.values()))
            at = day.replace(hour=hour, minute=chance.randrange(60), second=chance.randrange(60))
            visits += _visits(chance.choice(conversations), at, agent, chance)
        day += timedelta(days=1)
    inside = (visit for visit in visits if visit.at.month == first.month)
    return sorted(inside, key=lambda visit: visit.at)


def _visits(
    turns: Iterable[Held], at: datetime, agent: str, chance: random.Random
) -> Iterable[Visit]:
    for held in turns:
        yield Visit(at, agent, held)
        at += timedelta(seconds=chance.uniform(*PAUSE_SECONDS))


async def relive(visits: Iterable[Visit], routers: Mapping[str, Router], clock: Clock) -> None:
    """Ask for every turn again, each at its time, of the router of its agent."""
    for visit in visits:
        clock.at = visit.at
        async with aclosing(routers[visit.agent].stream(ChatRequest(visit.held.asked))) as chunks:
            async for _ in chunks:
                pass


class Recorded:
    """A `ChatModel` that says again what was said then, for the tokens it took then.

    With a `price` it stands for a model elsewhere, and what it says costs that much.
    """

    languages: frozenset[Language] = frozenset({"en"})

    def __init__(self, name: str, turns: Iterable[Held], price: Price | None = None) -> None:
        self.name, self._price = name, price
        self.capabilities = Capabilities(local=price is None)
        self._turns = {held.asked: held for held in turns}

    def load(self) -> None:
        """Nothing to load."""

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        held = self._turns[request.messages]
        yield Attempt(self.name, "as it was said")
        yield Text(held.text)
        read, written = held.prompt_tokens, held.completion_tokens
        cost = self._price.of(read, written) if self._price else 0.0
        yield End(self.name, "stop", Usage(read, written, cost))


def repeating(turns: Iterable[Held]) -> Fault:
    """The same behind HTTP: a model for a server of `companion.breaking`, which does not break."""
    known = {held.asked: held for held in turns}

    async def answer(exchange: Exchange) -> None:
        asked = (Message(m["role"], m["content"]) for m in exchange.seen.body["messages"])
        held = known[tuple(asked)]
        usage = {"prompt_tokens": held.prompt_tokens, "completion_tokens": held.completion_tokens}
        await exchange.begin()
        await exchange.event({"content": held.text})
        await exchange.event({}, "stop")
        await exchange.raw(f"data: {json.dumps({'choices': [], 'usage': usage})}\n\n".encode())
        await exchange.raw(b"data: [DONE]\n\n")
        await exchange.end()

    return answer
