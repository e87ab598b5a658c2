"""An open page: its conversation, whom it is with, and the reply that is being given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from companion.app.cast import Cast, Character, embodied
from companion.app.conversation import Conversation, Truth, Turn
from companion.app.growing import GONE_SECONDS, PAINT_SECONDS, Events, answer, follow, silent
from companion.app.heard import kept
from companion.app.keeping import Keeper
from companion.app.transcript import beginning
from companion.memory import Fact, Found, Summary
from companion.pipeline import Companion
from companion.types import Language, Listened

if TYPE_CHECKING:
    from companion.app.voice import Channel

BEAT_SECONDS = 2.0
"""How often a page on which nothing happens hears that its server is there."""


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
        cast: Cast | None = None,
    ) -> None:
        self.conversation = conversation
        self.language = language
        self.keeper = keeper or Keeper()
        self.cast = cast or Cast(companion.settings)
        self.listed: Sequence[Summary] = ()
        self.facts: Sequence[Fact] = ()  # what is known of the user
        self.searched, self.found = "", list[Found]()
        self.others: Callable[[], list[Visit]] = list  # this user's other pages
        self.key = uuid4().hex  # what only this page knows
        self.voice: Channel | None = None  # its line for sound, while it has one
        self.companion = companion  # as the character with whom one talks
        self._companion = companion
        self._stopping = asyncio.Lock()
        self._answering: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._changed.set()
        self._over = False
        self._unfolded = ("", 0)  # the conversation and its length of which all is shown

    @property
    def answering(self) -> bool:
        """Whether a reply is being given."""
        return self._answering is not None and not self._answering.done()

    @property
    def character(self) -> Character:
        """Whom this conversation is with: as it went on last, or else as the visitor chose."""
        return self.cast.of(self.conversation.persona or self.cast.chosen)

    async def choose(self, character: str) -> None:
        """Talk with that one from now on; what was said to another stays a conversation of its own.

        Raises CardError when the choice cannot be kept.
        """
        await asyncio.to_thread(self.cast.choose, character)
        if self.conversation.turns and self.character.id != self.cast.chosen:
            await self.open(Conversation())
        for visit in (self, *self.others()):
            await visit.refresh()

    async def dismiss(self, character: str) -> None:
        """Throw away a card that the visitor had brought."""
        await asyncio.to_thread(self.cast.dismiss, character)
        for visit in (self, *self.others()):
            await visit.refresh()

    async def open(self, conversation: Conversation) -> None:
        """Go on with this conversation."""
        await self.stop()
        self.conversation = conversation
        await self.refresh()

    async def delete(self, conversation: str) -> None:
        """Throw that conversation away; a page that shows it begins anew."""
        if self.conversation.id == conversation:
            await self.stop()
        await self.keeper.delete(conversation)
        for visit in (self, *self.others()):
            await visit.follow(conversation)

    async def rename(self, conversation: str, title: str) -> None:
        """Give that conversation another title."""
        await self.keeper.rename(conversation, title)
        for visit in (self, *self.others()):
            await visit.refresh()

    async def refresh(self) -> None:
        """Look what is kept by now, and show it."""
        self.listed, self.facts = await self.keeper.list(), await self.keeper.facts()
        await asyncio.to_thread(self.cast.read)
        self.companion = await self._embodied()
        self._changed.set()

    async def _embodied(self) -> Companion:
        """The companion as whom one talks with now."""
        return await asyncio.to_thread(embodied, self._companion, self.character.persona)

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
        self.companion = await self._embodied()
        private = await asyncio.to_thread(self._private, text, before)
        turn = Turn(user=text, truth=Truth(persona=self.character.id), private=private)
        place = None if number is None else sum(one.kept is not None for one in before.turns)
        await self.keeper.begin(turn, before.id, place)
        self.conversation = Conversation(id=before.id, turns=[*before.turns, turn])
        self._answering = asyncio.create_task(self._answer(turn, before, self._voiced(listened)))
        await self.refresh()

    def _private(self, text: str, before: Conversation) -> bool:
        """Whether nothing of what is said now may leave this machine."""
        said = (text, before.history(), self.language)
        return before.private or self.companion.stays_here(*said)

    def _voiced(self, listened: Listened | None) -> Callable[[Events], Events]:
        """What lets a turn be said aloud, in the voice of the character."""
        if self.voice is None:
            return silent
        aloud, persona = self.voice.aloud, self.character.persona
        return partial(aloud.voiced, listened=listened, persona=persona)

    async def _answer(
        self, turn: Turn, before: Conversation, voiced: Callable[[Events], Events]
    ) -> None:
        """Let the turn grow to its end, and keep what came of it."""
        memory, keep = self.keeper.memory, self.keeper.end
        place = (memory, before.id, keep)
        growing = answer(self.companion, turn, before.history(), self.language, voiced, *place)
        try:
            await follow(growing, self._changed)
        finally:
            cut_off = self._over and turn.state == "stopped"
            if turn.state != "done":
                await keep(turn.model_copy(update={"state": "open"}) if cut_off else turn)
            await self._settle(turn)

    async def _settle(self, turn: Turn) -> None:
        """What was forgotten is gone from the pages too, and they know what is kept."""
        if turn.forgotten == "everything":
            await asyncio.to_thread(self.cast.forget)
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
                beat = GONE_SECONDS if self.answering else BEAT_SECONDS
                await asyncio.wait_for(self._changed.wait(), beat)
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

    @property
    def first(self) -> int:
        """The turn with which the page begins to show the conversation."""
        turns = len(self.conversation.turns)
        return 0 if self._unfolded == (self.conversation.id, turns) else beginning(turns)

    def unfold(self) -> None:
        """Show the whole conversation, until more is said in it."""
        self._unfolded = (self.conversation.id, len(self.conversation.turns))
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
