"""Ending an answer at words that a client named, which are not said themselves."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from companion.types import Attempt, Chunk, End, Restart, Text, Usage


class Stop:
    """Hears an answer piece by piece and lets through what cannot be the beginning of such a word.

    `hit`: one of them came, and the answer is over.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.hit = False
        self._words, self._held = words, ""

    def hear(self, text: str) -> str:
        """What may be said now."""
        held = self._held + text
        found = [at for word in self._words if (at := held.find(word)) >= 0]
        self.hit = bool(found)
        cut = min(found) if found else len(held) - self._beginning(held)
        self._held = "" if self.hit else held[cut:]
        return held[:cut]

    def rest(self) -> str:
        """What was held back in vain."""
        held, self._held = self._held, ""
        return held

    def _beginning(self, held: str) -> int:
        """How many letters at the end may be the beginning of a word."""
        lengths = [
            n for word in self._words for n in range(1, len(word)) if held.endswith(word[:n])
        ]
        return max(lengths, default=0)


async def until(
    words: Sequence[str], stream: AsyncGenerator[Chunk, None]
) -> AsyncGenerator[Chunk, None]:
    """The answer as it comes, up to the first of the words. Its tokens are not known then."""
    stop, model = Stop(words), ""
    async with aclosing(stream) as chunks:
        async for chunk in chunks:
            if isinstance(chunk, Text):
                if said := stop.hear(chunk.text):
                    yield Text(said)
                if stop.hit:
                    yield End(model, "stop", Usage(None, None, None))
                    return
                continue
            if isinstance(chunk, Attempt) and not chunk.error:
                model = chunk.model
            if isinstance(chunk, Restart):
                stop.rest()
            if isinstance(chunk, End) and (said := stop.rest()):
                yield Text(said)
            yield chunk
