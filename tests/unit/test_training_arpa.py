"""The text that a recogniser reads says what the counts say, and its chances sum to one."""

from __future__ import annotations

import math

import pytest

from companion.training.arpa import BEGIN, END, ORDER, arpa
from companion.training.ngram import KneserNey

SENTENCES = [
    line.split()
    for line in (
        "how are you",
        "how are you today",
        "how old are you",
        "who are you",
        "i am well",
        "i am well today",
        "are you well",
        "good night",
        "good night",
    )
]
Grams = dict[tuple[str, ...], tuple[float, float]]


def read(text: str) -> Grams:
    """Each n-gram with its two logarithms; 0 where there is no second one."""
    found: Grams = {}
    order = 0
    for line in text.splitlines():
        if line.endswith("-grams:"):
            order = int(line[1])
        elif order and len(fields := line.split()) > order:
            left = float(fields[order + 1]) if order < ORDER else 0.0
            found[tuple(fields[1 : order + 1])] = float(fields[0]), left
    return found


def chance(grams: Grams, context: tuple[str, ...], word: str) -> float:
    """What a recogniser makes of the text: the longest n-gram there is, and what is left."""
    left = 0.0
    while (*context, word) not in grams:
        left += grams.get(context, (0.0, 0.0))[1]
        context = context[1:]
    return float(10 ** (left + grams[*context, word][0]))


GRAMS = read(arpa(SENTENCES))
WORDS = [gram[0] for gram in GRAMS if len(gram) == 1 and gram[0] != BEGIN]


def test_it_announces_how_many_lines_there_are() -> None:
    text = arpa(SENTENCES)
    for order in range(1, ORDER + 1):
        count = sum(len(gram) == order for gram in GRAMS)
        assert f"ngram {order}={count}\n" in text
    assert text.endswith("\n\\end\\\n")


@pytest.mark.parametrize(
    "context", [(BEGIN,), (BEGIN, "how"), ("are", "you"), ("old",), ("today", "good")]
)
def test_the_chances_of_all_words_sum_to_one(context: tuple[str, ...]) -> None:
    total = sum(chance(GRAMS, context, word) for word in WORDS)
    assert total == pytest.approx(1, abs=0.06)  # two places of each logarithm are written


def test_it_says_what_the_counts_say() -> None:
    words = [BEGIN, *sorted(set(WORDS) - {END}), END]
    numbers = [[words.index(word) for word in (*said, END)] for said in SENTENCES]
    counts = KneserNey(numbers, len(words), ORDER)
    for said in ("how old am i", "good day", "you are well today", "night night"):
        heard = [word for word in said.split() if word in words]
        told = [words.index(word) for word in (*heard, END)]
        nats = counts.surprise([0, 0, *told])[1:]
        spoken = [BEGIN, *heard, END]
        for at, nat in enumerate(nats, 1):
            mine = chance(GRAMS, tuple(spoken[max(0, at - 2) : at]), spoken[at])
            assert math.log(mine) == pytest.approx(-nat, abs=0.08)


def test_a_sentence_that_was_said_twice_is_likelier() -> None:
    once = read(arpa([*SENTENCES[:-1]]))
    assert chance(GRAMS, (BEGIN,), "good") > chance(once, (BEGIN,), "good")
