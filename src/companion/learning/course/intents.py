"""Exercises on intents: the weight of a word, two figures for "none of these", and the line."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from companion.learning.exercises import FunctionExercise, Mistake

NOTEBOOK = "1_cpu/02_intents"

Intents: TypeAlias = Sequence[str | None]
"""The intent of each question; None is out of scope in the truth, and rejected in an answer."""


@dataclass
class Idf(FunctionExercise):
    """How much does it tell that a text has this word? scikit-learn's formula."""

    variable = "idf"
    hints = (
        "Begin with the textbook: how many times more texts are there than texts with this word?",
        "Add 1 to both numbers before you divide, and 1 to the logarithm of what comes out.",
        "After `import math`, `math.log(x)` is the natural logarithm of `x`.",
    )
    code = """
        import math

        def idf(texts, with_word):
            return math.log((1 + texts) / (1 + with_word)) + 1
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(1000, 1000), (1000, 10), (15100, 3), (20, 0)]

    def reference(self) -> Callable[..., float]:
        return _idf

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(partial(_idf, before=0, after=0), "That is the textbook's: add the three 1s."),
            Mistake(partial(_idf, before=0), "Both numbers need a 1 too, before you divide."),
            Mistake(partial(_idf, after=0), "The 1 behind the logarithm is missing."),
            Mistake(
                partial(_idf, log=math.log1p, after=0), "Add the last 1 outside the logarithm."
            ),
            Mistake(partial(_idf, log=math.log2), "That is base 2. Take the natural logarithm."),
            Mistake(partial(_idf, log=math.log10), "That is base 10. Take the natural logarithm."),
            Mistake(
                partial(_idf, log=float),
                "A word ten times as rare would weigh ten times as much. Take the logarithm.",
            ),
            Mistake(
                partial(_idf, log=lambda ratio: -math.log(ratio)),
                "Turn the division round: rare words should weigh more, not less.",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        texts, with_word = arguments
        return f"Divide {texts} + 1 by {with_word} + 1, take the logarithm of that, then add 1."


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

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return _CASES

    def reference(self) -> Callable[..., float]:
        return _accuracy

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda truth, predicted: _share(
                    [t == p for t, p in zip([t for t in truth if t], predicted, strict=False)]
                ),
                "Leaving questions out of one list shifts it against the other: pair them first.",
            ),
            Mistake(_agreement, "Questions out of scope were counted too."),
            Mistake(
                lambda truth, predicted: _share(
                    [t == p for t, p in zip(truth, predicted, strict=True) if t and p]
                ),
                "Who rejects a question for us makes an error: do not leave those out.",
            ),
            Mistake(
                lambda truth, predicted: _accuracy(truth, predicted) * _known(truth),
                "That is how many. What share are they?",
            ),
            Mistake(lambda t, p: 100 * _accuracy(t, p), "Per cent. A share is from 0 to 1."),
            Mistake(
                lambda truth, predicted: _accuracy(truth, predicted) * _known(truth) / len(truth),
                "You divide by all questions. Divide by those that have an intent.",
            ),
            Mistake(
                lambda truth, predicted: _agreement(truth, predicted) * len(truth) / _known(truth),
                "Rejected strangers were counted as right answers: None equals None.",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        pairs = [(t, p) for t, p in zip(*arguments, strict=True) if t is not None]
        right = sum(t == p for t, p in pairs)
        return (
            f"Of these questions, {len(pairs)} have an intent, and {right} of those are given it."
        )


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

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return _CASES

    def reference(self) -> Callable[..., float]:
        return _recall

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda truth, predicted: predicted.count(None) / truth.count(None),
                "Every rejected question was counted, those that were for us among them.",
            ),
            Mistake(
                lambda truth, predicted: _recall(predicted, truth),
                "That is precision: how many of the rejected ones had no intent.",
            ),
            Mistake(
                lambda truth, predicted: predicted.count(None) / len(predicted),
                "Those are all rejections. Look only at questions without an intent.",
            ),
            Mistake(lambda t, p: 1 - _recall(t, p), "Those are the ones that slipped through."),
            Mistake(lambda t, p: 100 * _recall(t, p), "Per cent. A share is from 0 to 1."),
            Mistake(
                lambda truth, predicted: _recall(truth, predicted) * truth.count(None),
                "That is how many. What share are they?",
            ),
            Mistake(
                lambda truth, predicted: _recall(truth, predicted) * truth.count(None) / len(truth),
                "You divide by all questions. Divide by those that have no intent.",
            ),
            Mistake(_accuracy, "That is the in-scope accuracy of the exercise before."),
        ]

    def expected(self, *arguments: Any) -> str:
        guesses = [p for t, p in zip(*arguments, strict=True) if t is None]
        rejected = guesses.count(None)
        return (
            f"Of these questions, {len(guesses)} have no intent; {rejected} of those are rejected."
        )


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

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [
            ([0.9, 0.2, 0.7, 0.4], 0.25),
            ([0.9, 0.2, 0.7, 0.4], 0.0),
            ([0.8, 0.35, 0.6, 0.95, 0.5], 0.25),
            ([0.31, 0.95, 0.88, 0.61, 0.42, 0.79, 0.55, 0.7, 0.99, 0.83], 0.35),
        ]

    def reference(self) -> Callable[..., float]:
        return _score_at(int)

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
            Mistake(_score_at(lambda lost: int(lost) + 1), "That loses one more than is allowed."),
            Mistake(
                _score_at(lambda lost: max(0, int(lost) - 1)),
                "That loses one fewer than is allowed: places in a list are counted from 0.",
            ),
            Mistake(_score_at(round), "Rounded to the nearest, it can lose one more than allowed."),
            Mistake(_score_at(math.ceil), "Rounded up, it can lose one more than allowed."),
            Mistake(
                _quantile,
                "A quantile is drawn between two scores. The line must be one of the scores.",
            ),
            Mistake(
                lambda scores, may_lose: int(may_lose * len(scores)),
                "That is how many may be lost. Which score is the lowest that stays?",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        scores, may_lose = arguments
        lost = int(may_lose * len(scores))
        return f"{lost} of these {len(scores)} scores may fall below the line, and no more."


_CASES: list[tuple[Intents, Intents]] = [
    ([None, None, "weather", "alarm"], [None, None, "weather", "timer"]),
    (["alarm", "weather", None], ["alarm", "alarm", None]),
    (["alarm", "weather", "timer", None, None], ["alarm", None, "timer", "timer", None]),
    (
        ["alarm", "alarm", "timer", None, None, None, None],
        [None, None, "timer", None, "alarm", None, None],
    ),
]


def _idf(
    texts: int,
    with_word: int,
    log: Callable[[float], float] = math.log,
    before: int = 1,
    after: int = 1,
) -> float:
    """scikit-learn's IDF; its three parts can be changed into what people write instead."""
    return log((texts + before) / (with_word + before)) + after


def _accuracy(truth: Intents, predicted: Intents) -> float:
    return _share([t == p for t, p in zip(truth, predicted, strict=True) if t is not None])


def _recall(truth: Intents, predicted: Intents) -> float:
    return _share([p is None for t, p in zip(truth, predicted, strict=True) if t is None])


def _agreement(truth: Intents, predicted: Intents) -> float:
    return _share([t == p for t, p in zip(truth, predicted, strict=True)])


def _known(truth: Intents) -> int:
    """How many have an intent."""
    return sum(intent is not None for intent in truth)


def _score_at(place: Callable[[float], int]) -> Callable[[Sequence[float], float], float]:
    """The score at the place that is made of how many may be lost."""
    return lambda scores, may_lose: sorted(scores)[place(may_lose * len(scores))]


def _quantile(scores: Sequence[float], may_lose: float) -> float:
    import numpy as np

    return float(np.quantile(scores, may_lose))


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found)
