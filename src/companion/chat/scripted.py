"""Written replies: the last resort, which needs nothing and cannot fail.

The reply is found by the words it shares with examples, rare words counting more than common ones
(inverse document frequency), in both languages at once.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import yaml

from companion.resources import packaged
from companion.types import (
    Attempt,
    Capabilities,
    ChatRequest,
    Chunk,
    End,
    Language,
    Message,
    Text,
    Usage,
)

ENOUGH = 0.5
"""Share of a message's weight that an example must cover; below it, no reply fits."""

MOOD_LASTS = 3
"""Messages of the user after which a mood they spoke of is not spoken of any more."""

_DENIED = re.compile(r"\b(?:not|never|isn't|wasn't|pas|jamais)\s+(?:\w+\s)?\w+", re.IGNORECASE)

USER_NAME = re.compile(
    r"\b(?:my name is|call me|i am called|je m['\u2019]appelle|mon nom est|appelle-moi)\s+"
    r"([^\W\d_][\w'\u2019-]{0,30})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Example:
    """Something a user may say, and the replies to it."""

    words: frozenset[str]
    language: Language
    replies: tuple[str, ...]


class Scripted:
    """A `ChatModel` that chooses among the replies in `data/scripted/replies.yaml`."""

    languages: frozenset[Language] = frozenset({"en", "fr"})
    capabilities = Capabilities(system_prompt=False, local=True)

    def __init__(self, name: str, companion: str) -> None:
        self.name = name
        self._companion = companion

    def load(self) -> None:
        """Read the replies, which takes milliseconds."""
        _weights()

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        yield Attempt(self.name, "It chooses among replies written in advance.")
        reply = self.reply(request)
        for word in re.findall(r"\S+\s*", reply):
            yield Text(word)
        yield End(self.name, "stop", Usage(None, None))

    def reply(self, request: ChatRequest) -> str:
        """The best reply to the last message; the same request always gets the same one."""
        said = request.messages[-1].content
        example = _nearest(_words(said), request.language)
        turn = sum(message.role == "user" for message in request.messages) - 1
        text = example.replies[(turn + (request.seed or 0)) % len(example.replies)]
        user, mood = _user_name(request.messages), _mood(request.messages, example.language)
        return text.format(
            companion=request.companion or self._companion,
            user=f", {user}" if user else "",
            mood=f"{mood} " if mood else "",
            time=datetime.now().strftime("%H:%M"),
        )


def _nearest(words: frozenset[str], language: Language) -> Example:
    """The example that covers most of what was said; ties go to the language of the page."""
    weights = _weights()
    unseen = max(weights.values())  # a word that no example has is as telling as the rarest one
    total = sum(weights.get(word, unseen) for word in words) or 1.0

    def covered(example: Example) -> tuple[float, bool, int]:
        share = sum(weights[word] for word in words & example.words) / total
        return share, example.language == language, -len(example.words)

    best = max((example for example in _examples() if example.words), key=covered)
    return best if covered(best)[0] >= ENOUGH else _anything(language)


def _anything(language: Language) -> Example:
    return next(e for e in _examples() if not e.words and e.language == language)


@cache
def _examples() -> tuple[Example, ...]:
    return tuple(_read())


def _read() -> Iterator[Example]:
    """Every example of the file; an intent without examples answers when nothing else fits."""
    file = packaged("data/scripted/replies.yaml")
    for intent in yaml.safe_load(file.read_text(encoding="utf-8")).values():
        for language, lines in intent.items():
            for heard in lines["heard"] or [""]:
                yield Example(_words(heard), language, tuple(lines["said"]))


@cache
def _weights() -> dict[str, float]:
    """Inverse document frequency of every word of the examples."""
    counts = Counter(word for example in _examples() for word in example.words)
    return {word: math.log(1 + len(_examples()) / count) for word, count in counts.items()}


def _words(text: str) -> frozenset[str]:
    """Words in lower case without accents, so that "ca va" finds "ça va"."""
    folded = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return frozenset(re.findall(r"[a-z0-9]+", plain))


def _mood(messages: Sequence[Message], language: Language) -> str:
    """A sentence on how the user last said they feel, or nothing.

    A mood passes: only their last few messages count. What is denied ("not happy") is not felt.
    """
    said = [message.content for message in messages if message.role == "user"]
    for text in said[: -MOOD_LASTS - 1 : -1]:
        felt = _words(_DENIED.sub("", text))
        for heard, sentence in _moods(language):
            if felt & heard:
                return sentence
    return ""


@cache
def _moods(language: Language) -> tuple[tuple[frozenset[str], str], ...]:
    """(words, sentence) of every mood."""
    text = packaged("data/scripted/moods.yaml").read_text(encoding="utf-8")
    moods = yaml.safe_load(text)[language].values()
    return tuple((_words(" ".join(mood["heard"])), mood["said"]) for mood in moods)


def _user_name(messages: Sequence[Message]) -> str:
    """The name the user last gave, in their own spelling, or nothing."""
    for message in reversed(messages):
        if message.role == "user" and (found := USER_NAME.search(message.content)):
            return found[1]
    return ""
