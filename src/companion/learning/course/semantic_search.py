"""Exercises on semantic search: how good a list is, what a word weighs, two lists in one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from companion.learning.exercises import FunctionExercise, Mistake

NOTEBOOK = "1_cpu/03_semantic_search"
SMOOTHING = 60
"""Of reciprocal rank fusion, as its authors chose it (Cormack, Clarke and Büttcher, 2009)."""
LONG = [[*range(1, 15)], [7, 10, 4, 9, 3, 14, 5, 11, 6, 12, 13, 1, 8, 2]]
"""Long enough to tell ranks that begin with 1 from ranks that begin with 0."""


@dataclass
class Recall(FunctionExercise):
    """Of all the right texts, which share was found?"""

    variable = "recall"
    hints = (
        "Count the right ones that are in `found`, then make a share of it.",
        "A share of the right ones: divide by how many right ones there are.",
        "`set(found) & set(right)` are the positions that are in both.",
    )
    code = """
        def recall(found, right):
            return len(set(found) & set(right)) / len(right)
    """

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
            Mistake(
                lambda found, right: [position in found for position in right],
                "That says of each right one whether it was found. Which share of them was?",
            ),
            Mistake(
                _is_in,
                "That says of each right one whether it was found, as an array. Which share was?",
            ),
            Mistake(
                lambda found, right: 100 * len(set(found) & set(right)) / len(right),
                "Those are per cent. A share lies between 0 and 1.",
            ),
            Mistake(
                lambda found, right: len(found & right) / len(right),
                "Lists know no `&`. Make a `set(…)` of each first.",
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
        "If the right position is not in the list, the answer is 0. Ask first: `right in found`.",
        "`found.index(right)` counts from 0, and people count ranks from 1.",
        "There are two cases, and each needs its own `return`: one divided by the rank, or 0.",
    )
    code = """
        def reciprocal_rank(found, right):
            return 1 / (found.index(right) + 1) if right in found else 0.0
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [([4, 7, 9], 4), ([4, 7, 9], 7), ([4, 7, 9, 2], 9), ([4, 7, 9], 1)]

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
            Mistake(
                lambda found, right: 1 / found.index(right) if right in found else 0.0,
                "`index` counts from 0, and nothing can be divided by 0. Ranks begin with 1.",
            ),
            Mistake(
                lambda found, right: 1 / (found.index(right) + 1),
                "`index` fails when there is nothing to find. Look first whether it is there.",
            ),
            Mistake(
                lambda found, right: round(1 / _rank(found, right), 2) if right in found else 0.0,
                "It was rounded. Return what the division gives.",
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
        "Two steps: how many times more texts are there than texts with this word? Then take the "
        "logarithm of that.",
        "How many times more: that is a division. For a word in every text it gives 1, and the "
        "logarithm of 1 is 0.",
        "After `import math`, `math.log(x)` is the natural logarithm of `x`.",
    )
    code = """
        import math

        def rarity(texts, having):
            return math.log(texts / having)
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(100, 100), (100, 1), (2000, 458)]

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
            Mistake(
                lambda texts, having: math.log2(texts / having),
                "That is the logarithm to base two. Take the natural one.",
            ),
            Mistake(
                lambda texts, having: math.log(texts / having) + 1,
                "A word in every text should weigh nothing: add no 1.",
            ),
            Mistake(
                lambda texts, having: math.log(texts - having),
                "How many times more is a division, not a difference.",
            ),
            Mistake(
                lambda texts, having: math.log(texts // having),
                "`//` leaves out what stands behind the point. Divide with `/`.",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        texts, having = arguments
        if texts == having:
            return "A word that is in every text should weigh nothing."
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

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [([[4, 7, 9]],), ([[1, 3, 2], [3, 4, 2]],), ([[8, 5], [5, 6, 7]],), (LONG,)]

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
            Mistake(
                lambda rankings: _fused(rankings, lambda rank: 1 / (SMOOTHING + rank - 1)),
                "Here the first rank counts as 0. Ranks begin with 1.",
            ),
            Mistake(
                lambda rankings: _fused(rankings, lambda rank: 1000 - rank),
                "The ranks are added up as they are. Each text gets `1 / (60 + rank)` instead.",
            ),
            Mistake(
                lambda rankings: _scores(rankings, lambda rank: 1 / (SMOOTHING + rank)),
                "Those are the sums. A list of positions is asked for, the highest sum first.",
            ),
            Mistake(
                lambda rankings: _pairs(rankings, lambda rank: 1 / (SMOOTHING + rank)),
                "Each position comes with its sum. Only the positions are asked for.",
            ),
            Mistake(_fused_of_two, "There may be any number of lists, also one. Walk through all."),
        ]

    def expected(self, *arguments: Any) -> str:
        first = self.reference()(*arguments)[:3]
        return f"By the sums of 1 / (60 + rank), {first} should stand first, in this order."


def _is_in(found: list[int], right: list[int]) -> Any:
    import numpy as np

    return np.isin(right, found)


def _rank(found: list[int], right: int) -> int:
    return found.index(right) + 1


def _fused(rankings: Sequence[Sequence[int]], worth: Callable[[int], float]) -> list[int]:
    """All positions, those with the highest sum of worth first."""
    return [position for position, _ in _pairs(rankings, worth)]


def _pairs(
    rankings: Sequence[Sequence[int]], worth: Callable[[int], float]
) -> list[tuple[int, float]]:
    scores = _scores(rankings, worth)
    return sorted(scores.items(), key=lambda pair: pair[1], reverse=True)


def _scores(rankings: Sequence[Sequence[int]], worth: Callable[[int], float]) -> dict[int, float]:
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, position in enumerate(ranking, start=1):
            scores[position] = scores.get(position, 0) + worth(rank)
    return scores


def _fused_of_two(rankings: Sequence[Sequence[int]]) -> list[int]:
    one, other = rankings
    return _fused([one, other], lambda rank: 1 / (SMOOTHING + rank))
