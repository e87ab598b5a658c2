"""A conversation as a page shows it: turns, how each one ended, and what is true of it."""

from __future__ import annotations

from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, Field

from companion.types import (
    Degraded,
    Forgotten,
    Listened,
    Message,
    Recalled,
    Routed,
    TextDelta,
    TurnDone,
    TurnEvent,
    Waiting,
    Withdrawn,
)


class Weakness(BaseModel):
    """Something that was weaker than configured: what (a model, or a part), and why."""

    what: str
    why: str


class Truth(BaseModel):
    """Who answered and what it took. None is "not known", never a guess.

    `model` is empty as long as none has begun to answer, `recognizer` where the message was typed.
    `heard_seconds` lie between the user's last sound and the words, `first_audio_seconds` between
    the words and the companion's first sound. `recalled` is what whoever answered was told of the
    user, which is shown and not kept. `persona` is the id of the character that the turn is with.
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
    recalled: str = ""
    persona: str = ""

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
    a closed page. `private`: it is said under `local_only`. `trouble` says why a failed turn has no
    reply. `kept` is its number in the journal, None where it is not there; `forgotten` is what was
    forgotten in it. `ahead` are those who are answered before it, None where it does not wait.
    """

    user: str
    reply: str = ""
    state: Literal["open", "done", "stopped", "failed"] = "open"
    truth: Truth = Field(default_factory=Truth)
    trouble: str = ""
    private: bool = False
    kept: int | None = None
    ahead: int | None = None
    forgotten: Literal["", "everything", "that", "facts"] = ""


class Conversation(BaseModel):
    """Turns in order, under a name that does not change."""

    id: str = Field(default_factory=lambda: uuid4().hex)
    turns: list[Turn] = Field(default_factory=list)

    @property
    def persona(self) -> str:
        """The id of the character that it is with; "" as long as nothing was said."""
        return next((t.truth.persona for t in reversed(self.turns) if t.truth.persona), "")

    @property
    def private(self) -> bool:
        """Whether some of it was said under `local_only`, so that none of it may leave here."""
        return any(turn.private for turn in self.turns)

    def history(self) -> list[Message]:
        """What was really said, for the model: no notices, no figures, no unanswered messages."""
        return [message for turn in self.turns if turn.reply for message in _said(turn)]

    def before(self, number: int | None) -> Conversation:
        """The same conversation up to that turn, which is left out; the whole of it for None."""
        return Conversation(id=self.id, turns=self.turns[:number])


def hear(turn: Turn, event: TurnEvent) -> None:
    """Let the turn grow by what its stream of events tells."""
    turn.ahead = event.ahead if isinstance(event, Waiting) else None
    match event:
        case Listened(transcript, taken):
            turn.truth.recognizer, turn.truth.heard_seconds = transcript.recognizer, taken
        case Recalled(text):
            turn.truth.recalled = text
        case Forgotten(what):
            turn.forgotten = what
        case Routed(model, reason):
            turn.truth.model, turn.truth.reason = model, reason
        case TextDelta(text):
            turn.reply += text
        case Withdrawn():
            turn.reply = ""
        case Degraded():
            turn.truth.degraded.append(weakness(event))
        case TurnDone():
            heard = {"recognizer", "heard_seconds", "recalled", "persona"}
            truth = Truth.of(event).model_copy(update=turn.truth.model_dump(include=heard))
            turn.reply, turn.state, turn.truth = event.text, "done", truth


def weakness(event: Degraded) -> Weakness:
    """The event in a form that JSON can carry."""
    return Weakness(what=event.what, why=event.why)


def _said(turn: Turn) -> tuple[Message, Message]:
    return Message("user", turn.user), Message("assistant", turn.reply)
