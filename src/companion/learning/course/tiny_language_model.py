"""Exercises on a language model: who sees whom, how large it is, how good, and what it may say."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from companion.learning.exercises import FunctionExercise, Mistake

NOTEBOOK = "1_cpu/04_a_tiny_language_model"


@dataclass
class BitsPerByte(FunctionExercise):
    """A fair figure for any tokenizer: how many bits does a byte of text cost?"""

    variable = "bits_per_byte"
    hints = (
        "First the sum: `loss` is for one token, and there are `tokens` of them.",
        "The loss is in nats. One bit is `math.log(2)` nats.",
        "All nats, divided by `math.log(2)`, are all bits; divide them by `size`.",
    )
    code = """
        import math

        def bits_per_byte(loss, tokens, size):
            return loss * tokens / math.log(2) / size
    """

    @classmethod
    def example(cls) -> BitsPerByte:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(1.0, 10, 10), (2.0, 100, 300), (math.log(2), 1, 8)]

    def reference(self) -> Callable[..., float]:
        return lambda loss, tokens, size: loss * tokens / math.log(2) / size

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(lambda loss, tokens, size: loss * tokens / size, "Those are nats, not bits."),
            Mistake(
                lambda loss, tokens, size: loss / math.log(2),
                "Those are bits for each token. How many bytes is a token?",
            ),
            Mistake(
                lambda loss, tokens, size: loss * tokens * math.log(2) / size,
                "A bit is less than a nat, so there must be more bits than nats.",
            ),
        ]


@dataclass
class MaySee(FunctionExercise):
    """The rule behind the triangle: which places may a token look at?"""

    variable = "may_see"
    hints = (
        "While the model writes, what stands to the right is not there yet.",
        "A token may look at itself as well.",
        "Compare the two places with `<=`.",
    )
    code = """
        def may_see(place, other):
            return other <= place
    """

    @classmethod
    def example(cls) -> MaySee:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(2, 1), (1, 2), (0, 0), (0, 3), (3, 0)]

    def reference(self) -> Callable[..., bool]:
        return lambda place, other: other <= place

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda place, other: other < place,
                "The first token would have nothing to look at. May it look at itself?",
            ),
            Mistake(lambda place, other: other >= place, "That one looks into the future."),
            Mistake(
                lambda place, other: True,
                "Everybody sees everything: then guessing the next token is copying it.",
            ),
        ]


@dataclass
class Parameters(FunctionExercise):
    """How many numbers must such a model learn?"""

    variable = "parameters"
    hints = (
        "One row for each token; then the same again for each layer; then the last norm.",
        "Attention has four matrices of `width * width`, SwiGLU three of `width * feed_forward`.",
        "A layer has two norms with `width` numbers each. The output uses the rows of the input "
        "again, so they count once.",
    )
    code = """
        def parameters(vocabulary, width, layers, feed_forward):
            attention = 4 * width * width
            swiglu = 3 * width * feed_forward
            layer = attention + swiglu + 2 * width
            return vocabulary * width + layers * layer + width
    """

    @classmethod
    def example(cls) -> Parameters:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(10, 4, 1, 8), (1000, 64, 2, 160), (4096, 320, 4, 864)]

    def reference(self) -> Callable[..., int]:
        return _parameters

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda v, w, n, f: _parameters(v, w, n, f) + v * w,
                "The rows of the tokens are counted twice: the output uses the same ones.",
            ),
            Mistake(lambda v, w, n, f: _parameters(v, w, 1, f), "How many layers are there?"),
            Mistake(
                lambda v, w, n, f: _parameters(v, w, n, f) - n * w * f,
                "SwiGLU has a third matrix, the gate.",
            ),
            Mistake(
                lambda v, w, n, f: _parameters(v, w, n, f) - (2 * n + 1) * w,
                "Norms are small, but they learn numbers too.",
            ),
        ]


@dataclass
class Nucleus(FunctionExercise):
    """How many tokens does top-p keep?"""

    variable = "nucleus"
    hints = (
        "Put the largest probability first, and add them up one by one.",
        "Stop as soon as the sum has reached `p`. The token that reached it is kept as well.",
        "`itertools.accumulate` gives the sums. Count those below `p`, and add one.",
    )
    code = """
        from itertools import accumulate

        def nucleus(probabilities, p):
            sums = accumulate(sorted(probabilities, reverse=True))
            return 1 + sum(reached < p for reached in list(sums)[:-1])
    """

    @classmethod
    def example(cls) -> Nucleus:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [
            ([0.5, 0.25, 0.25], 0.5),
            ([0.5, 0.25, 0.25], 0.6),
            ([0.125, 0.25, 0.625], 0.75),
            ([0.25, 0.25, 0.25, 0.25], 1.0),
        ]

    def reference(self) -> Callable[..., int]:
        return lambda probabilities, p: (
            1 + sum(reached < p for reached in _sums(sorted(probabilities, reverse=True))[:-1])
        )

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda probabilities, p: sum(
                    reached < p for reached in _sums(sorted(probabilities, reverse=True))
                ),
                "The token with which the sum reaches `p` is missing.",
            ),
            Mistake(
                lambda probabilities, p: 1 + sum(r < p for r in _sums(probabilities)[:-1]),
                "The probabilities need not come in order. The likeliest token is taken first.",
            ),
            Mistake(
                lambda probabilities, p: sum(one >= p for one in probabilities),
                "Not each token alone is compared with `p`, but their sum.",
            ),
        ]


def _parameters(vocabulary: int, width: int, layers: int, feed_forward: int) -> int:
    layer = 4 * width * width + 3 * width * feed_forward + 2 * width
    return vocabulary * width + layers * layer + width


def _sums(probabilities: Sequence[float]) -> list[float]:
    return list(accumulate(probabilities))
