"""The 5-gram model against the definition, and against what it must be able to foresee."""

from __future__ import annotations

import numpy as np
import pytest

from companion.training.ngram import KneserNey
from companion.training.recipe import TrainingError

CHANCE = np.random.default_rng(0)
TEXT = [CHANCE.integers(0, 20, 200).tolist() for _ in range(5)]


def test_the_chances_of_all_tokens_sum_to_one() -> None:
    counts = KneserNey(TEXT, vocabulary=20)
    for context in ([3], TEXT[0][:4], [19, 19, 19, 19]):
        nats = [counts.surprise([*context, token])[-1] for token in range(20)]
        assert np.exp(-np.array(nats)).sum() == pytest.approx(1)


def test_one_bigram_step_by_step() -> None:
    """By hand, for "a b a b a c": D of each order is n1 / (n1 + 2 n2)."""
    a, b, c = 1, 2, 3
    counts = KneserNey([[a, b, a, b, a, c]], vocabulary=4)
    unigram = counts.levels[0]
    # different tokens in front: of a are 0 (the beginning) and b; of b only a; of c only a
    assert dict(zip(unigram.grams.tolist(), unigram.counts.tolist(), strict=True)) == {
        a: 2,
        b: 1,
        c: 1,
    }
    assert unigram.discount == 2 / (2 + 2 * 1)


def test_what_was_seen_often_is_foreseen_and_what_is_new_is_not() -> None:
    counts = KneserNey([[5, 6, 7, 8, 9] * 40], vocabulary=4096)
    seen = counts.surprise([5, 6, 7, 8, 9, 5, 6])
    new = counts.surprise([5, 900, 17, 8, 901])
    assert seen[-1] < 0.1
    assert new.min() > 2


def test_a_vocabulary_that_does_not_fit_is_refused() -> None:
    with pytest.raises(TrainingError, match="at most 4096"):
        KneserNey(TEXT, vocabulary=5000)
