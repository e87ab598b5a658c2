"""A conversation as the browser keeps it: turns, how each one ended, and what is true of it.

The browser owns the conversation and hands it over when the page is opened, so a server that was
started again, or a page that was loaded again, goes on where it was.
"""

from __future__ import annotations

from typing import Any, Literal
from uuid import uuid4

from pydantic import BaseModel, Field, ValidationError

from companion.types import Degraded, Message, TurnDone


class Weakness(BaseModel):
    """Something that was weaker than configured: what (a model, or a part), and why."""

    what: str
    why: str


class Truth(BaseModel):
    """Who answered and what it took. None is "not known", never a guess.

    `model` is empty as long as none has begun to answer, `recognizer` where the message was typed.
    `heard_seconds` lie between the user's last sound and the words, `first_audio_seconds` between
    the words and the companion's first sound.
    """

    model: str = ""
    reason: str = ""
    finish_reason: Literal["stop", "length"] | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    first_token_seconds: float | None = None
    total_seconds: float | None = None
    tokens_per_second: float | None = None
    degraded: list[Weakness] = Field(default_factory=list)
    recognizer: str = ""
    heard_seconds: float | None = None
    first_audio_seconds: float | None = None

    @classmethod
    def of(cls, done: TurnDone) -> Truth:
        """What a finished turn tells, in a form that JSON can carry."""
        return cls(
            model=done.model,
            reason=done.reason,
            finish_reason=done.finish_reason,
            prompt_tokens=done.usage.prompt_tokens,
            completion_tokens=done.usage.completion_tokens,
            cost=done.usage.cost,
            first_token_seconds=done.first_token_seconds,
            total_seconds=done.total_seconds,
            tokens_per_second=done.tokens_per_second,
            first_audio_seconds=done.first_audio_seconds,
            degraded=[weakness(event) for event in done.degraded],
        )


class Turn(BaseModel):
    """What the user said and what came of it.

    A turn is `open` until its end is known; one that is open but no longer answered was cut off by
    a closed page. `trouble` says why a failed turn has no reply.
    """

    user: str
    reply: str = ""
    state: Literal["open", "done", "stopped", "failed"] = "open"
    truth: Truth = Field(default_factory=Truth)
    trouble: str = ""


class Conversation(BaseModel):
    """Turns in order, under a name that does not change."""

    id: str = Field(default_factory=lambda: uuid4().hex)
    turns: list[Turn] = Field(default_factory=list)

    @classmethod
    def read(cls, stored: Any) -> Conversation:
        """What the browser sent; anything that is no conversation is a new, empty one."""
        try:
            text = isinstance(stored, str)
            return cls.model_validate_json(stored) if text else cls.model_validate(stored)
        except ValidationError:
            return cls()

    def history(self) -> list[Message]:
        """What was really said, for the model: no notices, no figures, no unanswered messages."""
        return [message for turn in self.turns if turn.reply for message in _said(turn)]

    def before(self, number: int | None) -> Conversation:
        """The same conversation up to that turn, which is left out; the whole of it for None."""
        return Conversation(id=self.id, turns=self.turns[:number])


def weakness(event: Degraded) -> Weakness:
    """The event in a form that JSON can carry."""
    return Weakness(what=event.what, why=event.why)


def _said(turn: Turn) -> tuple[Message, Message]:
    return Message("user", turn.user), Message("assistant", turn.reply)
