"""Taking turns: the companion's events become a turn that grows, on a page that shows it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, TypeAlias
from uuid import uuid4

from companion import tracing
from companion.app.conversation import Conversation, Turn, hear
from companion.app.heard import kept
from companion.app.keeping import Keeper
from companion.errors import CompanionError
from companion.memory import Fact, Found, Memory, Summary
from companion.pipeline import Companion
from companion.types import (
    Language,
    Listened,
    Message,
    TurnDone,
    TurnEvent,
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
    said = companion.turn(turn.user, history, language, memory, conversation)
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


class Visit:
    """One open page: the conversation on it, and the reply that is being given.

    Whatever the user does interrupts that reply, which keeps what was shown of it.
    """

    def __init__(
        self,
        companion: Companion,
        language: Language,
        conversation: Conversation,
        keeper: Keeper | None = None,
    ) -> None:
        self.conversation = conversation
        self.language = language
        self.keeper = keeper or Keeper()
        self.listed: Sequence[Summary] = ()
        self.facts: Sequence[Fact] = ()  # what is known of the user
        self.searched, self.found = "", list[Found]()
        self.others: Callable[[], list[Visit]] = list  # this user's other pages
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
        await self.refresh()

    async def delete(self) -> None:
        """Throw away what is on the page, and begin anew."""
        gone = self.conversation.id
        await self.stop()
        await self.keeper.delete(gone)
        await self.open(Conversation())
        for other in self.others():
            await other.follow(gone)

    async def refresh(self) -> None:
        """Look what is kept by now, and show it."""
        self.listed, self.facts = await self.keeper.list(), await self.keeper.facts()
        self._changed.set()

    async def search(self, words: str) -> None:
        """Show the turns that have these words."""
        self.found = list(await self.keeper.search(words)) if words else []
        self.searched = words
        self._changed.set()

    async def follow(self, conversation: str) -> None:
        """Another page of the same user has changed that conversation."""
        if self.conversation.id == conversation and not self.answering:
            self.conversation = await self.keeper.read(conversation) or Conversation()
        await self.refresh()

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
        place = None if number is None else sum(one.kept is not None for one in before.turns)
        await self.keeper.begin(turn, before.id, place)
        self.conversation = Conversation(id=before.id, turns=[*before.turns, turn])
        voiced = partial(self.voice.aloud.voiced, listened=listened) if self.voice else silent
        self._answering = asyncio.create_task(self._answer(turn, before, voiced))
        await self.refresh()

    async def _answer(
        self, turn: Turn, before: Conversation, voiced: Callable[[Events], Events]
    ) -> None:
        """Let the turn grow to its end, and keep what came of it."""
        memory, keep = self.keeper.memory, self.keeper.end
        place = (memory, before.id, keep)
        growing = answer(self._companion, turn, before.history(), self.language, voiced, *place)
        try:
            await _follow(growing, self._changed)
        finally:
            cut_off = self._over and turn.state == "stopped"
            if turn.state != "done":
                await keep(turn.model_copy(update={"state": "open"}) if cut_off else turn)
            await self._settle(turn)

    async def _settle(self, turn: Turn) -> None:
        """What was forgotten is gone from the pages too, and they know what is kept."""
        if turn.forgotten == "everything":
            self.conversation = Conversation(turns=[turn.model_copy(update={"kept": None})])
        elif turn.forgotten:
            self.conversation = await self.keeper.read(self.conversation.id) or self.conversation
        await self.refresh()
        for other in self.others():
            if turn.forgotten:
                await other.follow(other.conversation.id)
            else:
                await other.follow(self.conversation.id)

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
                await self.keeper.end(turn)
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
        """End the visit: the reply is cut off, and nothing more is painted."""
        self._over = True
        await self.stop()
        if self.voice:
            await self.voice.close()
        self._changed.set()

    def repaint(self) -> None:
        """Show the conversation again as it is."""
        self._changed.set()


class Visits(dict[str, Visit]):
    """The pages that are open, by their session."""

    def add(self, session: str, visit: Visit) -> None:
        """A page was opened."""
        self[session] = visit
        token = visit.keeper.token
        visit.others = lambda: [
            one for one in self.values() if token and one is not visit and one.keeper.token == token
        ]

    def of(self, key: str) -> Visit | None:
        """The one with that key."""
        return next((visit for visit in self.values() if visit.key == key), None)

    async def close(self) -> None:
        """End them all, as when the server ends."""
        for visit in list(self.values()):
            await visit.close()
