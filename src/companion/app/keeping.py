"""What one visitor's pages keep in the journal, and how it comes back from there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

from pydantic import ValidationError

from companion import memory
from companion.app.conversation import Conversation, Truth, Turn
from companion.errors import InputError, JournalError
from companion.memory import (
    Answer,
    Conversations,
    Fact,
    Found,
    Journal,
    Memory,
    Summary,
    forget_request,
)

P = ParamSpec("P")
T = TypeVar("T")

CUT_OFF = "cut_off"
"""Among the figures of a reply that ended because its page was closed."""


class Keeper:
    """Keeps for the user of one token; without a journal, or a token, nothing is kept.

    What cannot be kept is no error for a page: it goes on without, and `trouble` says why.
    """

    def __init__(self, journal: Journal | None = None, token: str = "", learn: bool = True) -> None:
        self.memory: Memory | None = None
        self.trouble = ""
        self.token = token
        self._journal, self._learn = journal, learn
        if journal:
            with suppress(InputError):
                self.memory = journal.user(token)

    @property
    def keeps(self) -> bool:
        """Whether the last thing that was to be kept is kept."""
        return self.memory is not None and not self.trouble

    async def begin(self, turn: Turn, conversation: str, number: int | None) -> None:
        """Keep what the user says, before the page shows it as said."""
        turn.kept = None
        if kept := self.memory:
            said = (conversation, turn.user, number, turn.private)
            turn.kept = await self._tried(None, kept.conversations.begin, *said)
        if turn.kept and self.memory and self._learn and forget_request(turn.user) is None:
            await self._tried([], self.memory.facts.learn, turn.kept)

    async def end(self, turn: Turn) -> None:
        """Keep what came of it; given again, the newest counts."""
        if self.memory and turn.kept and turn.forgotten != "everything":
            await self._tried(None, _ended, self.memory.conversations, turn)

    async def read(self, conversation: str) -> Conversation | None:
        """The conversation as it was kept; None where there is no such."""
        if not self.memory or not self._journal or not conversation:
            return None
        try:
            return _shown(await self._journal.aside(self.memory.conversations.read, conversation))
        except JournalError:
            return None

    async def delete(self, conversation: str) -> None:
        """Take it out of the journal, where it is there at all."""
        if self.memory and await self.read(conversation):
            await self._tried(None, self.memory.conversations.delete, conversation)

    async def rename(self, conversation: str, title: str) -> None:
        """Give it that title, where it is there at all."""
        if self.memory and await self.read(conversation):
            await self._tried(None, self.memory.conversations.rename, conversation, title)

    async def list(self) -> Sequence[Summary]:
        """The conversations, the one that changed last first."""
        return await self._tried([], self.memory.conversations.list) if self.memory else []

    async def search(self, words: str) -> Sequence[Found]:
        """The turns that have all these words, the best match first."""
        search = self.memory.conversations.search if self.memory else None
        return await self._tried([], search, words) if search else []

    async def facts(self) -> Sequence[Fact]:
        """What is known of the user, oldest first."""
        return await self._tried([], self.memory.facts.current) if self.memory else []

    async def correct(self, fact: int, value: str) -> None:
        """It is so, the user says."""
        if self.memory and value.strip():
            await self._tried(None, self.memory.facts.correct, fact, value)

    async def forget(self, fact: int | None) -> None:
        """Take out that fact and the words that told it; None is everything of this user."""
        if self.memory and fact is None:
            await self._tried(None, self.memory.forget_everything)
        elif self.memory and fact is not None:
            await self._tried(None, self.memory.facts.forget, fact)

    async def _tried(
        self, otherwise: T, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        assert self._journal
        try:
            done = await self._journal.aside(work, *args, **kwargs)
        except JournalError as error:
            self.trouble = f"{error.what}. {error.repair}".strip()
            return otherwise
        self.trouble = ""
        return done


def _ended(conversations: Conversations, turn: Turn) -> None:
    assert turn.kept
    figures: dict[str, Any] = turn.truth.model_dump(mode="json", exclude={"recalled"})
    if turn.state == "open":
        figures[CUT_OFF] = True
    answer = Answer(turn.reply, turn.truth.model, turn.truth.reason, figures)
    match turn.state:
        case "done":
            conversations.finish(turn.kept, answer)
        case "failed":
            conversations.fail(turn.kept, turn.trouble, answer)
        case _:
            conversations.stop(turn.kept, answer)


def _shown(kept: memory.Conversation) -> Conversation:
    """A kept conversation as pages show it."""
    return Conversation(id=kept.id, turns=[_turn(one) for one in kept.turns])


def _turn(kept: memory.Turn) -> Turn:
    figures = dict(kept.answer.figures)
    cut_off = figures.pop(CUT_OFF, False)
    try:
        truth = Truth.model_validate(figures)
    except ValidationError:  # an import of somebody else's, or words in it were forgotten
        truth = Truth(model=kept.answer.model, reason=kept.answer.reason)
    return Turn(
        user=kept.said,
        reply=kept.answer.reply,
        state="open" if cut_off else kept.state,
        truth=truth,
        trouble=kept.trouble,
        private=kept.private,
        kept=kept.id,
    )
