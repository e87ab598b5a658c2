"""Taking turns: the companion's events become a turn that grows, on a page that shows it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, TypeAlias
from uuid import uuid4

from companion import tracing
from companion.app.conversation import Conversation, Truth, Turn, weakness
from companion.app.heard import kept
from companion.errors import CompanionError
from companion.pipeline import Companion
from companion.types import (
    Degraded,
    Language,
    Listened,
    Message,
    Routed,
    TextDelta,
    TurnDone,
    TurnEvent,
    Withdrawn,
)

if TYPE_CHECKING:
    from companion.app.voice import Channel

Events: TypeAlias = AsyncGenerator[TurnEvent, None]

PAINT_SECONDS = 0.05
"""Twenty paints a second look continuous, and leave the processor to the model."""

BEAT_SECONDS = 2.0
"""How long a page may be gone before its reply is stopped."""

UNEXPECTED = "Something unexpected went wrong. The terminal shows the details."

log = logging.getLogger(__name__)


def silent(events: Events) -> Events:
    """A turn that nobody says aloud."""
    return events


async def answer(
    companion: Companion,
    turn: Turn,
    history: Sequence[Message],
    language: Language,
    voiced: Callable[[Events], Events] = silent,
) -> AsyncGenerator[None, None]:
    """Let the turn grow, and yield after each event. An error ends it, and is never its text.

    `voiced` may let the events be said aloud on their way.
    """
    spoken = voiced(companion.turn(turn.user, history, language))
    events = tracing.traced(spoken, companion.settings)
    try:
        async with aclosing(events):
            async for event in events:
                _hear(turn, event)
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
    """What grows, at the pace of paints: a slow listener slows neither reply nor figures."""
    changed = asyncio.Event()
    following = asyncio.create_task(_follow(growing, changed))
    try:
        while True:
            await changed.wait()
            changed.clear()
            over = following.done()
            yield
            if over:
                return
            await asyncio.sleep(PAINT_SECONDS)
    finally:
        following.cancel()
        await asyncio.wait([following])


async def _follow(growing: AsyncGenerator[None, None], changed: asyncio.Event) -> None:
    try:
        async with aclosing(growing):
            async for _ in growing:
                changed.set()
    finally:
        changed.set()


def _hear(turn: Turn, event: TurnEvent) -> None:
    match event:
        case Listened(transcript, taken):
            turn.truth.recognizer, turn.truth.heard_seconds = transcript.recognizer, taken
        case Routed(model, reason):
            turn.truth.model, turn.truth.reason = model, reason
        case TextDelta(text):
            turn.reply += text
        case Withdrawn():
            turn.reply = ""
        case Degraded():
            turn.truth.degraded.append(weakness(event))
        case TurnDone():
            heard = {"recognizer", "heard_seconds"}
            truth = Truth.of(event).model_copy(update=turn.truth.model_dump(include=heard))
            turn.reply, turn.state, turn.truth = event.text, "done", truth


class Visit:
    """One open page: the conversation on it, and the reply that is being given.

    Whatever the user does interrupts that reply, which keeps what was shown of it.
    """

    def __init__(
        self, companion: Companion, language: Language, conversation: Conversation
    ) -> None:
        self.conversation = conversation
        self.language = language
        self.key = uuid4().hex  # what only this page knows
        self.voice: Channel | None = None  # its line for sound, while it has one
        self._companion = companion
        self._stopping = asyncio.Lock()
        self._answering: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._changed.set()
        self._over = False

    @property
    def answering(self) -> bool:
        """Whether a reply is being given."""
        return self._answering is not None and not self._answering.done()

    async def open(self, conversation: Conversation) -> None:
        """Go on with this conversation."""
        await self.stop()
        self.conversation = conversation
        self._changed.set()

    @property
    def speaking(self) -> bool:
        """Whether the page is still saying a reply aloud."""
        return self.voice is not None and self.voice.aloud.playing

    async def say(
        self, text: str, number: int | None = None, listened: Listened | None = None
    ) -> None:
        """Answer `text` as the turn of that number, after which nothing stays; else as the next.

        `listened` tells how it was heard, where it was not typed.
        Raises InputError, before anything has changed, for a text that cannot be answered.
        """
        self._companion.check(text)
        await self.stop()
        before = self.conversation.before(number)
        turn = Turn(user=text)
        self.conversation = Conversation(id=before.id, turns=[*before.turns, turn])
        voiced = partial(self.voice.aloud.voiced, listened=listened) if self.voice else silent
        growing = answer(self._companion, turn, before.history(), self.language, voiced)
        self._answering = asyncio.create_task(_follow(growing, self._changed))
        self._changed.set()

    async def stop(self) -> None:
        """Interrupt the reply, if one is being given.

        Of what was being said aloud, only what was heard stays.
        """
        async with self._stopping:
            turn = self.conversation.turns[-1] if self.conversation.turns else None
            heard = self.voice.aloud.hush() if self.voice else None
            if self._answering:
                self._answering.cancel()
                await asyncio.wait([self._answering])
            if heard and turn and (words := await heard()) is not None:
                turn.reply, turn.state = kept(turn.reply, words), "stopped"
                turn.truth.finish_reason = None
                self._changed.set()

    async def paints(self) -> AsyncGenerator[bool, None]:
        """For as long as the page is open: True when there is something new to show on it."""
        while not self._over:
            try:
                await asyncio.wait_for(self._changed.wait(), BEAT_SECONDS)
            except TimeoutError:
                yield False
                continue
            self._changed.clear()
            yield True
            await asyncio.sleep(PAINT_SECONDS)

    async def close(self) -> None:
        """End the visit: the reply is stopped, and nothing more is painted."""
        await self.stop()
        if self.voice:
            await self.voice.close()
        self._over = True
        self._changed.set()

    def repaint(self) -> None:
        """Show the conversation again as it is."""
        self._changed.set()


class Visits(dict[str, Visit]):
    """The pages that are open, by their session."""

    def of(self, key: str) -> Visit | None:
        """The one with that key."""
        return next((visit for visit in self.values() if visit.key == key), None)

    async def close(self) -> None:
        """End them all, as when the server ends."""
        for visit in list(self.values()):
            await visit.close()
