"""Exercises on semantic search, and the sentences to search in, which the package carries.

Whose sentences they are stands in data/search/SOURCES.md.
"""

from __future__ import annotations

import json
import lzma
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from companion.learning.exercises import FunctionExercise, Mistake
from companion.resources import packaged
from companion.types import Language

NOTEBOOK = "1_cpu/03_semantic_search"
ASKED: dict[Language, int] = {"en": 0, "fr": 2}
KEPT: dict[Language, int] = {"en": 1, "fr": 3}
SMOOTHING = 60
"""Of reciprocal rank fusion, as its authors chose it (Cormack, Clarke and Büttcher, 2009)."""


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


@dataclass
class Recall(FunctionExercise):
    """Of all the right texts, which share was found?"""

    variable = "recall"
    hints = (
        "Count the right ones that are in `found`, then make a share of it.",
        "`len(set(found) & set(right))` counts the positions that are in both.",
        "A share of the right ones: divide by how many right ones there are.",
    )
    code = """
        def recall(found, right):
            return len(set(found) & set(right)) / len(right)
    """

    @classmethod
    def example(cls) -> Recall:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [([4, 7, 9], [7]), ([4, 7, 9], [1]), ([4, 7, 9], [4, 9, 2, 3]), ([5], [5, 6])]

    def reference(self) -> Callable[..., float]:
        return lambda found, right: len(set(found) & set(right)) / len(right)

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda found, right: len(set(found) & set(right)) / len(found),
                "That is the share of what was found that is right: precision.",
            ),
            Mistake(
                lambda found, right: len(set(found) & set(right)),
                "That is how many were found. A share is asked for.",
            ),
            Mistake(
                lambda found, right: float(bool(set(found) & set(right))),
                "It says whether anything right was found. How much of it?",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        found, right = arguments
        return f"Right is {right}; of that, {sorted(set(found) & set(right))} is in {found}."


@dataclass
class ReciprocalRank(FunctionExercise):
    """How far down the list stands the right text? First: 1; second: 1/2; not found: 0."""

    variable = "reciprocal_rank"
    hints = (
        "If the right position is not in the list, the answer is 0.",
        "`found.index(right)` counts from 0, and people count ranks from 1.",
        "`1 / (found.index(right) + 1)` when it is there, `0.0` when it is not.",
    )
    code = """
        def reciprocal_rank(found, right):
            return 1 / (found.index(right) + 1) if right in found else 0.0
    """

    @classmethod
    def example(cls) -> ReciprocalRank:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [([4, 7, 9], 4), ([4, 7, 9], 7), ([4, 7, 9, 2], 2), ([4, 7, 9], 1)]

    def reference(self) -> Callable[..., float]:
        return lambda found, right: 1 / _rank(found, right) if right in found else 0.0

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda found, right: _rank(found, right) if right in found else 0,
                "That is the rank itself. Its reciprocal is one divided by it.",
            ),
            Mistake(
                lambda found, right: 1 / (_rank(found, right) + 1) if right in found else 0.0,
                "The best one stands on rank 1, and should count fully.",
            ),
            Mistake(
                lambda found, right: 1 / _rank(found, right) if right in found else 1.0,
                "What was not found should count nothing.",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        found, right = arguments
        if right not in found:
            return f"{right} is not in the list, so it counts nothing."
        return f"{right} stands on rank {_rank(found, right)}."


@dataclass
class Rarity(FunctionExercise):
    """How much does a word say about the text it stands in?"""

    variable = "rarity"
    hints = (
        "How many times more texts are there than texts with this word? Then the logarithm.",
        "In Python: `math.log(x)`, the natural logarithm, so that a word in every text weighs 0.",
        "`math.log(texts / having)`",
    )
    code = """
        import math

        def rarity(texts, having):
            return math.log(texts / having)
    """

    @classmethod
    def example(cls) -> Rarity:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(100, 100), (100, 1), (2000, 40)]

    def reference(self) -> Callable[..., float]:
        return lambda texts, having: math.log(texts / having)

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda texts, having: math.log(having / texts),
                "Turn the division round: rare words should weigh more, not less.",
            ),
            Mistake(
                lambda texts, having: texts / having,
                "Without the logarithm, one rare word outweighs all the others together.",
            ),
            Mistake(
                lambda texts, having: math.log10(texts / having),
                "That is the logarithm to base ten. Take the natural one.",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        texts, having = arguments
        return f"There are {texts / having:g} times as many texts as texts with the word."


@dataclass
class Fuse(FunctionExercise):
    """One list out of several, without comparing their scores: reciprocal rank fusion."""

    variable = "fuse"
    hints = (
        "Keep a dictionary from position to score. Walk through every list and add to it.",
        "`enumerate(ranking, start=1)` gives the ranks 1, 2, 3…; each adds `1 / (60 + rank)`.",
        "At last: `sorted(scores, key=scores.get, reverse=True)`, the highest score first.",
    )
    code = """
        def fuse(rankings):
            scores = {}
            for ranking in rankings:
                for rank, position in enumerate(ranking, start=1):
                    scores[position] = scores.get(position, 0) + 1 / (60 + rank)
            return sorted(scores, key=scores.get, reverse=True)
    """

    @classmethod
    def example(cls) -> Fuse:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [([[4, 7, 9]],), ([[1, 3, 2], [3, 4, 2]],), ([[8, 5], [5, 6, 7]],)]

    def reference(self) -> Callable[..., list[int]]:
        return lambda rankings: _fused(rankings, lambda rank: 1 / (SMOOTHING + rank))

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda rankings: _fused(rankings, lambda rank: 1 / rank),
                "Without the 60, one first place counts more than two third places.",
            ),
            Mistake(
                lambda rankings: _fused(rankings, lambda rank: 1 / (SMOOTHING + rank))[::-1],
                "The best should stand first.",
            ),
            Mistake(
                lambda rankings: list(dict.fromkeys(place for some in rankings for place in some)),
                "Those are the lists one behind the other: the second one has no say.",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        best = self.reference()(*arguments)[0]
        return f"{best} has the highest sum of 1 / (60 + rank), so it should stand first."


def _rank(found: list[int], right: int) -> int:
    return found.index(right) + 1


def _fused(rankings: Sequence[Sequence[int]], worth: Callable[[int], float]) -> list[int]:
    """All positions, those with the highest sum of worth first."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, position in enumerate(ranking, start=1):
            scores[position] = scores.get(position, 0) + worth(rank)
    return sorted(scores, key=lambda position: scores[position], reverse=True)
