"""The sentences that the search notebook searches in, and what an unforeseen answer is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from companion.learning.course.semantic_search import Fuse, Rarity, Recall, ReciprocalRank
from companion.learning.exercises import FunctionExercise
from companion.learning.sentences import captions, library, lookalikes
from companion.types import Language


def words(text: str) -> set[str]:
    return set(text.lower().replace("'", " ").strip(".?!").split())


def test_each_question_has_one_right_text_which_is_not_itself() -> None:
    whole = library("en", "en", every=1, seed=7)
    assert (len(whole.questions), len(whole.texts)) == (480, 2000)
    assert len(set(whole.places)) == 480
    for question, place in zip(whole.questions, whole.places, strict=True):
        assert question != whole.texts[place]
        assert whole.texts.count(whole.texts[place]) == 1


def test_languages_are_shuffled_alike_and_the_seed_decides() -> None:
    pairs: list[tuple[Language, Language]] = [
        ("en", "en"),
        ("fr", "en"),
        ("en", "fr"),
        ("fr", "fr"),
    ]
    some = [library(asked, kept, every=5, seed=7) for asked, kept in pairs]
    assert {tuple(one.places) for one in some} == {tuple(some[0].places)}
    assert some[0].texts == some[1].texts
    assert some[0].questions == some[2].questions
    assert some[1].questions == some[3].questions != some[0].questions
    assert library("en", "en", every=5, seed=8).places != some[0].places


def test_captions_are_the_same_pairs_in_both_languages() -> None:
    english, french = captions("en"), captions("fr")
    assert [score for *_, score in english] == [score for *_, score in french]
    assert len(english) == 249
    assert all(0 <= score <= 5 for *_, score in english)
    assert all(one != other for (one, _, _), (other, _, _) in zip(english, french, strict=True))


def test_a_lookalike_shares_more_words_with_what_is_asked_than_the_same_meaning_does() -> None:
    kinds = lookalikes()
    assert list(kinds) == ["negation", "number", "name", "role"]
    assert {len(rows) for rows in kinds.values()} == {16}
    for asked, same, other in (row for rows in kinds.values() for row in rows):
        assert len({asked, same, other}) == 3
        alike = [
            len(words(asked) & words(text)) / len(words(asked) | words(text))
            for text in (same, other)
        ]
        assert alike[0] < alike[1], asked


@pytest.mark.parametrize(
    ("exercise", "answer", "reason"),
    [
        (Recall, lambda found, right: 7, r"Right is \[7\]; of that, \[7\] is in \[4, 7, 9\]"),
        (ReciprocalRank, lambda found, right: 7, "4 stands on rank 1"),
        (
            ReciprocalRank,
            lambda found, right: 1 / (found.index(right) + 1) if right in found else 9,
            "1 is not in",
        ),
        (Rarity, lambda texts, having: 7, "in every text should weigh nothing"),
        (Fuse, lambda rankings: [], r"\[4, 7, 9\] should stand first"),
        (Fuse, lambda rankings: {4: 1}, "That is a dict, and a list is wanted"),
    ],
)
def test_an_unforeseen_answer_is_told_what_a_right_one_does(
    exercise: type[FunctionExercise], answer: Callable[..., Any], reason: str
) -> None:
    assert re.search(reason, exercise.example().judge(answer)[1])
