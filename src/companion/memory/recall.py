"""What is known of the user, as sentences for a prompt: the name first, then what matters."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from companion.memory.folding import folded
from companion.memory.records import Fact
from companion.memory.sentences import NOTES, sentence
from companion.types import Language

if TYPE_CHECKING:
    from companion.embeddings import Embedder

Meaning: TypeAlias = Callable[[Sequence[str], str], Sequence[float]]
"""How near in meaning each of these sentences is to a message, from -1 to 1."""

MEANING_WEIGHT = 4.0
"""A sentence that means the message weighs as much as one with a rare word or two of it."""
RECENCY_WEIGHT = 0.5
"""Among facts that have as much to do with the message, the newer ones come first."""


def meaning(embedder: Embedder) -> Meaning:
    """Nearness in meaning by cosines, as with all-MiniLM-L6-v2, where a model of it is at hand."""

    def near(sentences: Sequence[str], message: str) -> list[float]:
        vectors = embedder.encode([message, *sentences])
        return [float(cosine) for cosine in vectors[1:] @ vectors[0]]

    return near


def characters(text: str) -> int:
    """About how many tokens a text has: one for four characters."""
    return math.ceil(len(text) / 4)


def recalled(
    facts: Sequence[Fact],
    message: str,
    language: Language,
    budget: int,
    count: Callable[[str], int] = characters,
    near: Meaning | None = None,
) -> str:
    """What a model should know for this message, to stand after the persona; "" where nothing fits.

    The name comes first, in the words that companion-tiny was taught; then, marked as notes and no
    instructions, the facts that have most to do with the message, as many as fit into `budget`
    tokens by `count`. `facts` are those that stand, oldest first.
    """
    names = [sentence(fact, language) for fact in facts if fact.kind == "name"][-1:]
    others = [fact for fact in facts if fact.kind != "name"]
    text = names[0] if names and count(names[0]) <= budget else ""
    notes = NOTES[language]
    for line in _by_weight([sentence(fact, language) for fact in others], message, near):
        longer = " ".join(filter(None, [text, notes, line]))
        if count(longer) <= budget:
            text, notes = longer, ""
    return text


def _by_weight(lines: list[str], message: str, near: Meaning | None) -> list[str]:
    """The sentences that have most to do with the message first; of equals, the newest."""
    weights = _shared_words(lines, message)
    cosines = near(lines, message) if near and lines else [0.0] * len(lines)
    newest = len(lines) or 1
    total = [
        weight + MEANING_WEIGHT * close + RECENCY_WEIGHT * age / newest
        for age, (weight, close) in enumerate(zip(weights, cosines, strict=True), start=1)
    ]
    return [line for _, line in sorted(zip(total, lines, strict=True), key=lambda one: -one[0])]


def _shared_words(lines: list[str], message: str) -> list[float]:
    """BM25 of each sentence (Robertson and Zaragoza, 2009), k1 1.2 and b 0 as all are short."""
    bags = [set(_stems(line)) for line in lines]
    found_in = Counter(word for bag in bags for word in bag)
    asked = set(_stems(message))

    def rarity(word: str) -> float:
        return math.log(1 + (len(lines) - found_in[word] + 0.5) / (found_in[word] + 0.5))

    return [sum(rarity(word) for word in bag & asked) for bag in bags]


def _stems(text: str) -> list[str]:
    """The words without accents and plural, those of one or two letters left out."""
    return [word.rstrip("s") for word in re.findall(r"[^\W_]{3,}", folded(text))]
