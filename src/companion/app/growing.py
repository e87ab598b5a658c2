"""The companion's events become a turn that grows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from typing import TypeAlias

from companion import tracing
from companion.app.conversation import Turn, hear
from companion.errors import CompanionError
from companion.memory import Memory
from companion.pipeline import Companion
from companion.types import Language, Message, TurnDone, TurnEvent

Events: TypeAlias = AsyncGenerator[TurnEvent, None]

PAINT_SECONDS = 0.05
"""Twenty paints a second look continuous, and leave the processor to the model."""

GONE_SECONDS = 0.5
"""How long a listener may be gone before its reply is stopped: Gradio lets go of a generator whose
listener has left when it yields, and not before. A slow model may be silent for long."""

UNEXPECTED = "Something unexpected went wrong. The terminal shows the details."

log = logging.getLogger(__name__)


def silent(events: Events) -> Events:
    """A turn that nobody says aloud."""
    return events


async def nowhere(turn: Turn) -> None:
    """Keep a turn that nobody keeps."""


async def answer(
    companion: Companion,
    turn: Turn,
    history: Sequence[Message],
    language: Language,
    voiced: Callable[[Events], Events] = silent,
    memory: Memory | None = None,
    conversation: str = "",
    keep: Callable[[Turn], Awaitable[None]] = nowhere,
) -> AsyncGenerator[None, None]:
    """Let the turn grow, and yield after each event. An error ends it, and is never its text.

    `voiced` may let the events be said aloud on their way. The whole reply is kept by `keep` before
    the turn says that it is done.
    """
    place = (memory, conversation, turn.private)
    said = companion.turn(turn.user, history, language, *place)
    events = tracing.traced(voiced(said), companion.settings, words=memory is None)
    try:
        async with aclosing(events):
            async for event in events:
                if isinstance(event, TurnDone):
                    done = turn.model_copy(deep=True)
                    hear(done, event)
                    await keep(done)
                hear(turn, event)
                yield
    except CompanionError as error:
        turn.reply, turn.state, turn.trouble = "", "failed", str(error)
    except Exception:
        log.exception("a turn failed unexpectedly")
        turn.reply, turn.state, turn.trouble = "", "failed", UNEXPECTED
    finally:
        if turn.state == "open":
            turn.state = "stopped"


async def painted(growing: AsyncGenerator[None, None]) -> AsyncGenerator[None, None]:
    """What grows, at the pace of paints: a slow listener slows neither reply nor figures.

    It yields while nothing changes, too, so that it can be closed.
    """
    changed = asyncio.Event()
    following = asyncio.create_task(follow(growing, changed))
    try:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), GONE_SECONDS)
            changed.clear()
            over = following.done()
            yield
            if over:
                return
            await asyncio.sleep(PAINT_SECONDS)
    finally:
        following.cancel()
        await asyncio.wait([following])


async def follow(growing: AsyncGenerator[None, None], changed: asyncio.Event) -> None:
    """Let it grow to its end, and tell of each change."""
    try:
        async with aclosing(growing):
            async for _ in growing:
                changed.set()
    finally:
        changed.set()
