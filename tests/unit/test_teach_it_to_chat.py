"""What people who teach a model for the first time answer, and what they are told."""

from __future__ import annotations

import math
from typing import Any

import pytest

from companion.learning import Exercise, Verdict
from companion.learning.course.teach_it_to_chat import FairPace, HeldOutBits, Keep, Labels, Scene
from companion.training.grammar import performed, slots

PET = [
    "[I have|I've got] a {animal}.",
    "[How nice!|Lovely!]",
    "Yes.",
    "What is it like?",
    "Do you remember my pet?",
    "Yes, your {animal}.",
]


def pet(**lines: str) -> list[str]:
    """The scene about a pet, with some lines written differently: `last="…"`."""
    names = ("first", "reply", "more", "then", "question", "last")
    return [lines.get(name, line) for name, line in zip(names, PET, strict=True)]


def numbers_for_marks(ids: list[int], assistant: int, end: int) -> list[int]:
    return [token if token in (assistant, end) else -100 for token in ids]


def shorter(ids: list[int], assistant: int, end: int) -> list[int]:
    return [token for token in ids if token not in (assistant, end)]


@pytest.mark.parametrize(
    ("scene", "told"),
    [
        (["Hi [Lia|there], I have a {animal}.", "Nice.", "Yes."], "six lines or more"),
        ([*PET, "Thank you."], "the number of lines is even"),
        (pet(reply="[How nice!|Good"), "has no partner, or a `|` no brackets, in: [How nice!|Good"),
        (pet(then="So|And?"), "in: So|And?"),
        (pet(more="A {}?"), "in: A {}?"),
        (pet(first="[I have|I've got] a {animal."), "in: [I have|I've got] a {animal."),
        (pet(then=""), "Line 4 may come out empty."),
        (pet(reply="[How nice!|]"), "Line 2 may come out empty."),
        (pet(then="And a {unicorn}?"), "no words for {unicorn}"),
        (pet(first="[I have|I've got] a cat.", last="A cat."), "the same slot"),
        (pet(first="I have [a {animal}|nothing]."), "{animal} in some wordings only"),
        (pet(last="Your [{animal}|{town}]."), "{animal} in some wordings only"),
        (pet(question="What is it?"), "does not say `remember`"),
        (pet(question="Do you remember my {animal}?"), "gives {animal} away"),
        (pet(first="[Hi|Hello]{dear}.", last="Hello{dear}."), "the same slot"),
        ([*PET[:3], 5, *PET[4:]], "5 is not"),
        ("I have a {animal}.", "a list of lines"),
    ],
)
def test_a_scene_that_does_not_teach_to_remember_is_told_why(scene: Any, told: str) -> None:
    verdict, why = Scene(slots("en")).judge(scene)
    assert verdict is Verdict.WRONG
    assert told in why


@pytest.mark.parametrize(
    "scene",
    [
        PET,
        tuple(PET),
        pet(last="[Your [old|big] {animal}|A {Animal}, was it?]"),
        pet(first="I have a {animal} in {town}.", last="A {animal} in [{town}|your town]."),
    ],
)
def test_a_right_scene_can_be_performed_and_says_the_word_again(scene: list[str]) -> None:
    assert Scene(slots("en")).judge(scene)[0] is Verdict.RIGHT
    for seed in range(5):
        first, *_, last = performed({"turns": scene}, "en", seed).turns
        told = first.lower().split(" a ", 1)[1].split(" in ")[0].rstrip(".").split()[-1]
        assert told in last.lower()


@pytest.mark.parametrize(
    ("exercise", "answer", "told"),
    [
        (Labels, numbers_for_marks, "Where are the words?"),
        (Labels, lambda ids, a, e: list(ids), "speak for the user"),
        (Labels, lambda ids, a, e: [-100] * len(ids), "nothing is learnt"),
        (Labels, shorter, "Of 8 labels, those of the companion's words are [30, 31]"),
        (Labels, lambda ids, a, e: ids[ids.index(a) :], "2 closes any"),
        (FairPace, lambda rows, padding, s: len(rows) / s, "rows a second"),
        (FairPace, lambda rows, padding, s: sum(t != padding for t in rows[0]) / s, "one row"),
        (FairPace, lambda rows, padding, s: sum(t != 0 for r in rows for t in r) / s, "not always"),
        (FairPace, lambda rows, padding, s: (rows != padding).sum() / s, "row by row"),
        (FairPace, lambda rows, padding, s: 7, "There are 5 tokens without padding, in 0.5 s."),
        (HeldOutBits, lambda nats, turns: sum(nats) * math.log(2) / 8, "is 3.5 nats in all, and 8"),
        (HeldOutBits, lambda nats, turns: sum(nats) / math.log(2) / len(turns), "for each turn"),
        (HeldOutBits, lambda nats, turns: sum(nats) / math.log(2), "How many for one byte?"),
        (Keep, lambda best, bits, noise: best - bits >= noise, "even without noise"),
        (Keep, lambda best, bits, noise: best - bits > 2 * noise, "is enough, once"),
        (Keep, lambda best, bits, noise: bits < best * (1 - noise), "not a share"),
        (Keep, lambda best, bits, noise: False, "keeps nothing"),
        (Keep, lambda best, bits, noise: best - bits, "True or False is wanted"),
        (Keep, lambda best, bits, noise: best != bits, "2.0 bits have become 1.9375"),
    ],
)
def test_a_wrong_function_is_told_its_own_reason(
    exercise: type[Exercise[Any]], answer: Any, told: str
) -> None:
    verdict, why = exercise.example().judge(answer)
    assert verdict is Verdict.WRONG
    assert told in why


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        (FairPace, lambda rows, padding, s: sum(len(r) - r.count(padding) for r in rows) / s),
        (
            HeldOutBits,
            lambda nats, turns: sum(nats) * math.log2(math.e) / len("".join(turns).encode()),
        ),
        (Keep, lambda best, bits, noise: bits + noise < best),
    ],
)
def test_another_way_to_the_same_is_right(exercise: type[Exercise[Any]], answer: Any) -> None:
    assert exercise.example().judge(answer)[0] is Verdict.RIGHT
