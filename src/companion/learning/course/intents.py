"""Exercises on intents: the weight of a word, two figures for "none of these", and the line."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from companion.learning.exercises import FunctionExercise, Mistake

NOTEBOOK = "1_cpu/02_intents"

Intents: TypeAlias = Sequence[str | None]
"""The intent of each question; None is out of scope in the truth, and rejected in an answer."""


@dataclass
class Idf(FunctionExercise):
    """How much does it tell that a text has this word?"""

    variable = "idf"
    hints = (
        "A word that every text has should weigh nothing, a rare one much.",
        "How many times more texts are there than texts with this word?",
        "Take the natural logarithm, `math.log`, of that ratio: of 1 it is 0.",
    )
    code = """
        import math

        def idf(texts, with_word):
            return math.log(texts / with_word)
    """

    @classmethod
    def example(cls) -> Idf:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(1000, 1000), (1000, 10), (15100, 3)]

    def reference(self) -> Callable[..., float]:
        return lambda texts, with_word: math.log(texts / with_word)

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda texts, with_word: texts / with_word,
                "A word ten times as rare would weigh ten times as much. Take the logarithm.",
            ),
            Mistake(lambda texts, with_word: math.log(with_word / texts), "Turn the ratio round."),
            Mistake(lambda texts, with_word: math.log10(texts / with_word), "That is base 10."),
        ]


@dataclass
class InScopeAccuracy(FunctionExercise):
    """Of the questions that have an intent, how many are given it?"""

    variable = "in_scope_accuracy"
    hints = (
        "Look at those questions alone whose truth is not None.",
        "A rejected one among them, predicted None, is an error: it was a question for us.",
        "Count `true == guess` among them, and divide by how many they are.",
    )
    code = """
        def in_scope_accuracy(truth, predicted):
            pairs = [(t, p) for t, p in zip(truth, predicted) if t is not None]
            return sum(t == p for t, p in pairs) / len(pairs)
    """

    @classmethod
    def example(cls) -> InScopeAccuracy:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return _CASES

    def reference(self) -> Callable[..., float]:
        return lambda truth, predicted: _share(
            [t == p for t, p in zip(truth, predicted, strict=True) if t is not None]
        )

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda truth, predicted: _share(
                    [t == p for t, p in zip([t for t in truth if t], predicted, strict=False)]
                ),
                "Leaving questions out of one list shifts it against the other: pair them first.",
            ),
            Mistake(
                lambda truth, predicted: _share(
                    [t == p for t, p in zip(truth, predicted, strict=True)]
                ),
                "Questions out of scope were counted too.",
            ),
            Mistake(
                lambda truth, predicted: _share(
                    [t == p for t, p in zip(truth, predicted, strict=True) if t and p]
                ),
                "Who rejects a question for us makes an error: do not leave those out.",
            ),
            Mistake(
                lambda truth, predicted: sum(
                    t == p for t, p in zip(truth, predicted, strict=True) if t is not None
                ),
                "That is how many. What share are they?",
            ),
        ]


@dataclass
class OutOfScopeRecall(FunctionExercise):
    """Of the questions that have no intent, how many are rejected?"""

    variable = "out_of_scope_recall"
    hints = (
        "Look at those questions alone whose truth is None.",
        "Rejected means: predicted None.",
        "Count the rejected ones among them, and divide by how many they are.",
    )
    code = """
        def out_of_scope_recall(truth, predicted):
            answers = [p for t, p in zip(truth, predicted) if t is None]
            return sum(p is None for p in answers) / len(answers)
    """

    @classmethod
    def example(cls) -> OutOfScopeRecall:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return _CASES

    def reference(self) -> Callable[..., float]:
        return lambda truth, predicted: _share(
            [p is None for t, p in zip(truth, predicted, strict=True) if t is None]
        )

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda truth, predicted: predicted.count(None) / truth.count(None),
                "Every rejected question was counted, those that were for us among them.",
            ),
            Mistake(
                lambda truth, predicted: _share(
                    [t is None for t, p in zip(truth, predicted, strict=True) if p is None]
                ),
                "That is precision: how many of the rejected ones had no intent.",
            ),
            Mistake(
                lambda truth, predicted: _share([p is None for p in predicted]),
                "Those are all rejections. Look only at questions without an intent.",
            ),
            Mistake(
                lambda truth, predicted: _share(
                    [p is not None for t, p in zip(truth, predicted, strict=True) if t is None]
                ),
                "Those are the ones that slipped through.",
            ),
        ]


@dataclass
class StrictestThreshold(FunctionExercise):
    """How high may the line be, if this share of the right answers may fall below it?"""

    variable = "strictest_threshold"
    hints = (
        "Put the scores of the right answers in order, the lowest first.",
        "With 200 of them and a share of 0.01, two may be lost: the line is the third lowest.",
        "How many may be lost is `int(may_lose * len(scores))`. Use it as a place in the list.",
    )
    code = """
        def strictest_threshold(scores, may_lose):
            return sorted(scores)[int(may_lose * len(scores))]
    """

    @classmethod
    def example(cls) -> StrictestThreshold:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [
            ([0.9, 0.2, 0.7, 0.4], 0.25),
            ([0.9, 0.2, 0.7, 0.4], 0.0),
            ([0.31, 0.95, 0.88, 0.61, 0.42, 0.79, 0.55, 0.7, 0.99, 0.83], 0.35),
        ]

    def reference(self) -> Callable[..., float]:
        return lambda scores, may_lose: sorted(scores)[int(may_lose * len(scores))]

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda scores, may_lose: sorted(scores)[::-1][int(may_lose * len(scores))],
                "This begins with the highest score, and would lose nearly everything.",
            ),
            Mistake(
                lambda scores, may_lose: scores[int(may_lose * len(scores))],
                "The scores are not in order yet.",
            ),
            Mistake(lambda scores, may_lose: min(scores), "That loses nothing, but may lose more."),
            Mistake(
                lambda scores, may_lose: sorted(scores)[int(may_lose * len(scores)) + 1],
                "That loses one more than is allowed.",
            ),
        ]


_CASES: list[tuple[Intents, Intents]] = [
    ([None, None, "weather", "alarm"], [None, None, "weather", "timer"]),
    (["alarm", "weather", None], ["alarm", "alarm", None]),
    (["alarm", "weather", "timer", None, None], ["alarm", None, "timer", "timer", None]),
    (
        ["alarm", "alarm", "timer", None, None, None, None],
        [None, None, "timer", None, "alarm", None, None],
    ),
]


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found)
