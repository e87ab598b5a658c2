"""A model that says it is human is corrected, before its sentence is seen or heard."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass

from companion.safety.honesty import claims_to_be_human
from companion.safety.replies import written
from companion.types import Attempt, Chunk, End, Language, Restart, Text

CLAIMED = "it claimed to be human, so its words were replaced from there on"

_QUOTED = re.compile(r'"[^"\n]*(?:"|$)|“[^”\n]*(?:”|$)|«[^»\n]*(?:»|$)', re.MULTILINE)
_SENTENCE = re.compile(r"\S[^\n]*?(?:[.!?…]+(?=\s)|\n|$)")


async def honest(
    chunks: AsyncGenerator[Chunk, None], language: Language, name: str
) -> AsyncGenerator[Chunk, None]:
    """Pass an answer on, without a sentence in which it claims that `name` is human.

    A sentence that may become one is held back until it ends. If it is one, an `Attempt` with an
    error tells so, the answer is withdrawn, and it is said again up to there, with the truth behind
    it. What the model goes on to say is read to its end, for its figures, and not passed on.
    """
    words = _Words(written("human", language=language).format(name=name))
    async with aclosing(chunks) as stream:
        async for chunk in stream:
            match chunk:
                case Attempt(model, _, None):
                    words.model = model
                case Restart():
                    words = _Words(words.truth, words.model)
                case Text(text):
                    words.held += text
            if isinstance(chunk, Text | End):
                for news in words.news(over=isinstance(chunk, End)):
                    yield news
            if not isinstance(chunk, Text):
                yield chunk


@dataclass
class _Words:
    """What a model has said: passed on, and still held back."""

    truth: str
    model: str = ""
    said: str = ""
    held: str = ""
    corrected: bool = False

    def news(self, over: bool) -> Iterator[Chunk]:
        """What can be passed on by now; `over` when nothing more comes."""
        whole = self.said + self.held
        if self.corrected or not self.held:
            return
        start, ended = _claim(whole)
        if start is None or (not ended and not over):
            if start is None:
                yield Text(self.held)
                self.said, self.held = whole, ""
            return
        self.corrected = True
        yield Attempt(self.model, "", error=CLAIMED)
        yield Restart(CLAIMED)
        yield Text(whole[:start] + self.truth)


def _claim(whole: str) -> tuple[int | None, bool]:
    """Where the first sentence that claims to be human begins, and whether it has ended.

    What stands in quotation marks is somebody else's.
    """
    own = _QUOTED.sub(lambda found: "_" * len(found[0]), whole)
    for sentence in _SENTENCE.finditer(own):
        if claims_to_be_human(sentence[0]):
            return sentence.start(), sentence.end() < len(own)
    return None, True
