"""The sentences that the course searches in, which the package carries.

Whose sentences they are stands in data/search/SOURCES.md.
"""

from __future__ import annotations

import json
import lzma
import random
from dataclasses import dataclass

import yaml

from companion.resources import packaged
from companion.types import Language

ASKED: dict[Language, int] = {"en": 0, "fr": 2}
KEPT: dict[Language, int] = {"en": 1, "fr": 3}


@dataclass(frozen=True, slots=True)
class Library:
    """Texts to search in, questions to ask, and for each question the position of its text."""

    texts: list[str]
    questions: list[str]
    places: list[int]


def library(asked: Language, kept: Language, every: int, seed: int) -> Library:
    """Sentences of Tatoeba: each question says in other words what one of the texts says.

    Of the 480 questions and 2,000 texts each `every`-th is taken. The texts are shuffled, so that
    a search that knows nothing finds nothing; the same seed shuffles all languages alike.
    """
    with lzma.open(packaged("data/search/tatoeba.json.xz"), "rt", encoding="utf-8") as file:
        sentences = json.load(file)
    meanings = sentences["paraphrases"][::every]
    others = [pair[0 if kept == "en" else 1] for pair in sentences["others"][::every]]
    texts = [meaning[KEPT[kept]] for meaning in meanings] + others
    order = random.Random(seed).sample(range(len(texts)), len(texts))
    places = {number: place for place, number in enumerate(order)}
    return Library(
        [texts[number] for number in order],
        [meaning[ASKED[asked]] for meaning in meanings],
        [places[number] for number in range(len(meanings))],
    )


def captions(language: Language) -> list[tuple[str, str, float]]:
    """249 pairs of captions, and how alike people found the two: 0 nothing in common, 5 the same.

    They are the image captions of the STS benchmark's development part; the French was translated
    by a machine, and keeps the scores of the English.
    """
    with lzma.open(packaged("data/search/captions.json.xz"), "rt", encoding="utf-8") as file:
        return [(one, other, score) for one, other, score in json.load(file)[language]]


def lookalikes() -> dict[str, list[tuple[str, str, str]]]:
    """By kind: a sentence, the same in other words, and nearly the same words that mean another."""
    text = packaged("data/search/lookalikes.yaml").read_text(encoding="utf-8")
    return {kind: [tuple(row) for row in rows] for kind, rows in yaml.safe_load(text).items()}
