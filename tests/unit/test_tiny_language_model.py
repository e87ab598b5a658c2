"""What people who are new to language models write in these exercises, and what they are told."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import Any

import pytest
import torch

from companion.learning import Exercise, Verdict
from companion.learning.course.tiny_language_model import BitsPerByte, MaySee, Nucleus, Parameters

NAT = math.log(2)


def first_beyond(probabilities: list[float], p: float) -> int | None:
    """Stops when the sum is larger than `p`, so an exact sum takes one token too many."""
    reached = 0.0
    for number, probability in enumerate(sorted(probabilities, reverse=True), start=1):
        reached += probability
        if reached > p:
            return number
    return None


def smallest_first(probabilities: list[float], p: float) -> int:
    sums = list(accumulate(sorted(probabilities)))
    return next(number for number, reached in enumerate(sums, start=1) if reached >= p)


def without_o_proj(vocabulary: int, width: int, layers: int, feed_forward: int) -> int:
    layer = 3 * width * width + 3 * width * feed_forward + 2 * width
    return vocabulary * width + layers * layer + width


@pytest.mark.parametrize(
    ("exercise", "answer", "told"),
    [
        (BitsPerByte, lambda loss, tokens, size: loss / size, "two steps are missing"),
        (BitsPerByte, lambda loss, tokens, size: loss / NAT / size, "for one token only"),
        (BitsPerByte, lambda loss, tokens, size: loss * tokens / NAT, "of the whole text"),
        (BitsPerByte, lambda loss, tokens, size: size / (loss * tokens / NAT), "Upside down"),
        (BitsPerByte, lambda loss, tokens, size: loss * tokens, "cost 10 nats; the text has 10"),
        (
            BitsPerByte,
            lambda loss, tokens, size: torch.tensor(loss * tokens / NAT / size),
            "tensor",
        ),
        (MaySee, lambda place, other: other > place, "exactly what is forbidden"),
        (MaySee, lambda place, other: place - other, "a number, and True or False is wanted"),
        (Parameters, without_o_proj, "`o_proj`"),
        (Parameters, lambda v, w, n, f: v * w, "there would be 44"),
        (Nucleus, smallest_first, "begins with the smallest"),
        (Nucleus, first_beyond, "`>=`, not `>`"),
        (Nucleus, lambda probabilities, p: 1, "the sums are [0.5, 0.75, 1.0], and 0.6"),
    ],
)
def test_a_wrong_answer_is_told_its_own_reason(
    exercise: type[Exercise[Any]], answer: Any, told: str
) -> None:
    verdict, why = exercise.example().judge(answer)
    assert verdict is Verdict.WRONG
    assert told in why


def test_a_tensor_is_no_number_and_is_told_what_makes_one_of_it() -> None:
    verdict, why = BitsPerByte().judge(lambda loss, tokens, size: torch.tensor(loss))
    assert verdict is Verdict.WRONG
    assert "returns tensor(1.0). That is a tensor, and a number is wanted." in why
    assert "`.item()`" in why


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        (BitsPerByte, lambda loss, tokens, size: math.log2(math.exp(loss)) * tokens / size),
        (MaySee, lambda place, other: not other > place),
        (Parameters, lambda v, w, n, f: w * (v + 1 + n * (4 * w + 3 * f + 2))),
        (
            Nucleus,
            lambda probabilities, p: (
                1
                + (torch.tensor(probabilities).sort(descending=True)[0].cumsum(0) < p).sum().item()
            ),
        ),
    ],
)
def test_another_way_to_the_same_is_right(exercise: type[Exercise[Any]], answer: Any) -> None:
    assert exercise.example().judge(answer)[0] is Verdict.RIGHT
