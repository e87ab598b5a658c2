"""What people write in the exercises on intents, and what they are told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import mean
from typing import Any

import numpy as np
import pytest

from companion.learning import Exercise, Verdict
from companion.learning.course.intents import (
    Idf,
    InScopeAccuracy,
    OutOfScopeRecall,
    StrictestThreshold,
)

TEXTS = [
    "wake me at six",
    "wake me at seven",
    "how are you",
    "what is my balance",
    "how old are you",
]


def test_the_weight_is_the_one_that_the_library_computes() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    library = TfidfVectorizer().fit(TEXTS)
    for word, place in library.vocabulary_.items():
        having = sum(word in text.split() for text in TEXTS)
        assert Idf().reference()(len(TEXTS), having) == pytest.approx(library.idf_[place])


def by_hand(truth: Sequence[str | None], predicted: Sequence[str | None]) -> Any:
    right, asked = 0, 0
    for wanted, guess in zip(truth, predicted, strict=True):
        asked += wanted is not None
        right += wanted is not None and wanted == guess
    return right / asked


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        (Idf, lambda texts, with_word: np.log((1 + texts) / (1 + with_word)) + 1),
        (Idf, lambda texts, with_word: math.log(1 + texts) - math.log(1 + with_word) + 1),
        (InScopeAccuracy, by_hand),
        (InScopeAccuracy, lambda t, p: mean(a == b for a, b in zip(t, p, strict=True) if a)),
        (
            OutOfScopeRecall,
            lambda t, p: mean(b is None for a, b in zip(t, p, strict=True) if not a),
        ),
        (StrictestThreshold, lambda scores, lose: np.sort(scores)[math.floor(lose * len(scores))]),
        (StrictestThreshold, lambda scores, lose: sorted(scores)[int(lose * len(scores)) :][0]),
    ],
)
def test_another_way_to_the_same_is_as_right(exercise: type[Exercise[Any]], answer: Any) -> None:
    assert exercise.example().judge(answer)[0] is Verdict.RIGHT


@pytest.mark.parametrize(
    ("exercise", "answer", "told"),
    [
        (Idf, lambda texts, having: np.log2((1 + texts) / (1 + having)) + 1, "base 2"),
        (Idf, lambda texts, having: math.log(texts / having), "the textbook's"),
        (Idf, lambda texts, having: math.log(1 + texts / 1 + having) + 1, "1000 + 1 by 1000 + 1"),
        (
            InScopeAccuracy,
            lambda t, p: sum(a == b for a, b in zip(t, p, strict=True) if a) / len(t),
            "divide by all questions",
        ),
        (InScopeAccuracy, lambda t, p: round(100 * by_hand(t, p), 9), "Per cent"),
        (InScopeAccuracy, lambda t, p: 0.5, "3 have an intent, and 2 of those"),
        (OutOfScopeRecall, lambda t, p: p.count(None) / len(t), "all rejections"),
        (OutOfScopeRecall, lambda t, p: 0.5, "2 have no intent; 2 of those are rejected"),
        (StrictestThreshold, lambda scores, lose: np.percentile(scores, 100 * lose), "A quantile"),
        (
            StrictestThreshold,
            lambda scores, lose: sorted(scores)[round(lose * len(scores))],
            "near",
        ),
        (StrictestThreshold, lambda scores, lose: max(scores), "1 of these 4 scores may fall"),
    ],
)
def test_a_wrong_answer_is_told_its_own_reason(
    exercise: type[Exercise[Any]], answer: Any, told: str
) -> None:
    verdict, why = exercise.example().judge(answer)
    assert verdict is Verdict.WRONG
    assert told in why
