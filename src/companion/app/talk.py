"""Taking turns: the companion's events become a turn that grows, until it ends or is stopped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from companion import tracking
from companion.app.conversation import Conversation, Truth, Turn, weakness
from companion.errors import CompanionError, InputError
from companion.pipeline import Companion
from companion.types import (
    Degraded,
    Language,
    Message,
    Routed,
    TextDelta,
    TurnDone,
    TurnEvent,
    Withdrawn,
)

PAINT_SECONDS = 0.05
"""Twenty paints a second look continuous, and leave the processor to the model."""

UNEXPECTED = "Something unexpected went wrong. The terminal shows the details."

log = logging.getLogger(__name__)


@dataclass
class Speaking:
    """The companion is answering on one page: how to stop it, and when it has stopped."""

    conversation: Conversation
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)


async def answer(
    companion: Companion,
    turn: Turn,
    history: Sequence[Message],
    language: Language,
    stop: asyncio.Event,
) -> AsyncGenerator[None, None]:
    """Let the turn grow, and yield each time it is worth painting; the last time at its end."""
    listening = asyncio.create_task(_listen(companion, turn, history, language))
    stopping = asyncio.create_task(stop.wait())
    painted: Turn | None = None
    try:
        while not listening.done() and not stop.is_set():
            await asyncio.wait(
                (listening, stopping),
                timeout=PAINT_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if painted != turn and not listening.done():
                painted = turn.model_copy(deep=True)
                yield
    finally:
        await _cancelled(listening, stopping)
    if turn.state == "open":
        turn.state = "stopped"
    yield


async def _cancelled(*tasks: asyncio.Task[object]) -> None:
    """The tasks' ends, with what they had begun put away."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def _listen(
    companion: Companion, turn: Turn, history: Sequence[Message], language: Language
) -> None:
    """Follow one turn's events to its end. An error ends the turn, and is never its text."""
    events = tracking.traced(companion.turn(turn.user, history, language), companion.settings)
    try:
        async with aclosing(events):
            async for event in events:
                _hear(turn, event)
    except InputError as error:
        turn.state, turn.trouble = "refused", str(error)
    except CompanionError as error:
        turn.reply, turn.state, turn.trouble = "", "failed", str(error)
    except Exception:
        log.exception("a turn failed unexpectedly")
        turn.reply, turn.state, turn.trouble = "", "failed", UNEXPECTED


def _hear(turn: Turn, event: TurnEvent) -> None:
    match event:
        case Routed(model, reason):
            turn.truth.model, turn.truth.reason = model, reason
        case TextDelta(text):
            turn.reply += text
        case Withdrawn():
            turn.reply = ""
        case Degraded():
            turn.truth.degraded.append(weakness(event))
        case TurnDone():
            turn.reply, turn.state, turn.truth = event.text, "done", Truth.of(event)
