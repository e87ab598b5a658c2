"""What memory is made of: turns, conversations, facts. Times are in seconds since 1970."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from companion.types import Language, Message

State: TypeAlias = Literal["open", "done", "stopped", "failed"]
Kind: TypeAlias = Literal["name", "like", "dislike", "place", "work", "family", "pet", "date"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the companion said, by which model, why that one; `figures` is anything JSON can hold.

    Where it was stopped, `reply` is what was heard of it.
    """

    reply: str
    model: str = ""
    reason: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """What the user said and what came of it, as it is seen now.

    A turn is "open" until its end is on disk; one that is no longer answered was cut off.
    `trouble` says why a failed turn has no reply. `private`: it was said under `local_only`.
    """

    id: int
    at: float
    said: str
    answer: Answer = Answer("")
    state: State = "open"
    trouble: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation in a list: its title, when it began and last changed, how many turns it has.

    The title is the one it was given, else the first words that were said.
    """

    id: str
    title: str
    opened: float
    changed: float
    turns: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as it is seen now: what was edited away is not in it."""

    id: str
    title: str
    opened: float
    changed: float
    turns: tuple[Turn, ...]

    def history(self) -> list[Message]:
        """What was really said, for a model: no trouble, no figures, no unanswered messages."""
        pairs = [(turn.said, turn.answer.reply) for turn in self.turns if turn.answer.reply]
        return [
            message
            for said, reply in pairs
            for message in (Message("user", said), Message("assistant", reply))
        ]


@dataclass(frozen=True, slots=True)
class Found:
    """A turn that a search found; `number` counts the turns of its conversation from 0.

    `hits` are the (start, end) of the words that matched, in characters of the `snippet`.
    """

    conversation: str
    title: str
    number: int
    at: float
    snippet: str
    hits: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something that the user's words tell about the user.

    `about` narrows the kind: a relation ("sister"), an animal ("dog"), an event ("birthday"),
    "home" or "origin", "job", "workplace" or "studies", "favourite colour"; else it is empty.
    `words` are the user's own. `holds` is False for what is said to be untrue, or true no more; an
    empty `value` then stands for any. `instead` is True where the words correct what was said
    before ("actually").
    """

    kind: Kind
    value: str
    words: str
    language: Language
    about: str = ""
    holds: bool = True
    instead: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """Something known about the user, since when, and from which words in which turn.

    `words` is empty and `turn` None where the user wrote it in the panel. `superseded` facts are
    kept until they are forgotten, and never recalled; `private` ones, which were learnt under
    `local_only`, are recalled there alone.
    """

    id: int
    kind: Kind
    value: str
    about: str
    language: Language
    at: float
    words: str
    conversation: str
    turn: int | None
    superseded: bool = False
    private: bool = False
