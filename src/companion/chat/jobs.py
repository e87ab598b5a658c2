"""One answer that a local model is to give, and what its listener is told of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from companion.errors import ModelError
from companion.types import FinishReason

if TYPE_CHECKING:
    from companion.chat.sampling import Chooser


@dataclass(frozen=True, slots=True)
class Token:
    """The next token of the answer."""

    id: int


@dataclass(frozen=True, slots=True)
class Place:
    """All places are taken: so many are ahead, those who are being answered among them."""

    ahead: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer is complete."""

    reason: FinishReason


News: TypeAlias = Token | Place | Finished | ModelError


@dataclass(eq=False)
class Job:
    """`tokens` are the prompt and then, one by one, what is said; `limit` bounds the latter.

    `unasked` is the prompt that the answer is led away from, with this `guidance`, if any.
    `tell` is called from the thread that answers, for every piece of news; the last is Finished or
    an error. Who sets `left` hears no more, and its place is given back.
    """

    tokens: list[int]
    limit: int
    ends: frozenset[int]
    chooser: Chooser
    tell: Callable[[News], None]
    unasked: Sequence[int] = ()
    guidance: float = 1.0
    left: threading.Event = field(default_factory=threading.Event)
    said: int = 0
    ahead: int | None = None

    @property
    def prompts(self) -> list[Sequence[int]]:
        """What has to be read before the first token; each takes a row."""
        return [list(self.tokens), *([self.unasked] if self.unasked else [])]

    def say(self, token: int) -> bool:
        """The next token; whether the answer goes on behind it."""
        self.tokens.append(token)
        self.said += 1
        self.tell(Token(token))
        ended = token in self.ends
        if not ended and self.said < self.limit:
            return True
        self.tell(Finished("stop" if ended else "length"))
        return False

    def wait(self, ahead: int) -> None:
        """There are so many ahead; told once for each number."""
        if ahead != self.ahead:
            self.ahead = ahead
            self.tell(Place(ahead))
