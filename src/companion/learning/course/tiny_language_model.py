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
        nat = math.log(2)
        wrong: dict[str, Callable[[float, int, int], float]] = {
            "Those are nats, not bits.": lambda loss, tokens, size: loss * tokens / size,
            "Those are bits for a token. How many bytes is one?": lambda loss, n, size: loss / nat,
            "There must be more bits than nats: a bit is less.": lambda x, n, size: (
                x * n * nat / size
            ),
            "`loss` is for one token only.": lambda loss, tokens, size: loss / nat / size,
            "In nats, for one token: two steps are missing.": lambda loss, tokens, size: (
                loss / size
            ),
            "Those bits are of the whole text. It has `size` bytes.": lambda x, n, size: (
                x * n / nat
            ),
            "Upside down: so many bytes a bit pays for.": lambda x, n, size: size * nat / x / n,
            "Upside down, and still in nats.": lambda loss, tokens, size: size / (loss * tokens),
            "`tokens` and `size` have changed places.": lambda x, n, size: x * size / nat / n,
            "No 8: these bits measure surprise, not storage.": lambda x, n, size: (
                x * n / nat / size / 8
            ),
            "`loss` is a logarithm already.": lambda x, n, size: math.log2(x) * n / size,
        }
        return [Mistake(answer, why) for why, answer in wrong.items()]

    def expected(self, *arguments: Any) -> str:
        loss, tokens, size = arguments
        return f"All tokens together cost {loss * tokens:.3g} nats; the text has {size} bytes."


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
                lambda place, other: other > place,
                "That is exactly what is forbidden: the tokens that are still to come.",
            ),
            Mistake(
                lambda place, other: True,
                "Everybody sees everything: then guessing the next token is copying it.",
            ),
            Mistake(
                lambda place, other: False,
                "Nobody sees anything: then there is nothing to guess from.",
            ),
            Mistake(
                lambda place, other: other == place,
                "Only itself? What was said before is there to be looked at as well.",
            ),
            Mistake(
                lambda place, other: other != place,
                "Another one is not enough. On which side does it stand?",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        place, other = arguments
        if place == other:
            return "That is the token itself, which is there."
        side = "before" if other < place else "after"
        return f"Place {other} comes {side} place {place}."


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
        too_many: dict[str, Callable[[int, int, int, int], int]] = {
            "The rows of the tokens count once: the output uses the same.": lambda v, w, n, f: (
                v * w
            ),
            "The rows are looked up once, not in each layer.": lambda v, w, n, f: (n - 1) * v * w,
            "And the tokens? Each has a row of `width` numbers.": lambda v, w, n, f: -v * w,
            "How many layers are there?": lambda v, w, n, f: (1 - n) * _layer(w, f),
            "SwiGLU has a third matrix, the gate.": lambda v, w, n, f: -n * w * f,
            "Attention has a fourth matrix, `o_proj`.": lambda v, w, n, f: -n * w * w,
            "Norms are small, but they learn numbers too.": lambda v, w, n, f: -(2 * n + 1) * w,
            "There are two norms in a layer, not one.": lambda v, w, n, f: -n * w,
            "One more norm stands behind the last layer.": lambda v, w, n, f: -w,
            "The last norm stands once, not in each layer.": lambda v, w, n, f: (n - 1) * w,
            "No matrix has a bias: see `bias=False`.": lambda v, w, n, f: n * (5 * w + 2 * f),
        }
        return [_off_by(extra, why) for why, extra in too_many.items()]

    def expected(self, *arguments: Any) -> str:
        vocabulary, width, _, _ = arguments
        return f"Even without any layer there would be {(vocabulary + 1) * width}."


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
            ([0.25, 0.25, 0.25, 0.25], 0.75),
        ]

    def reference(self) -> Callable[..., int]:
        return lambda probabilities, p: 1 + sum(r < p for r in _largest(probabilities)[:-1])

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda probabilities, p: sum(reached < p for reached in _largest(probabilities)),
                "The token with which the sum reaches `p` is missing.",
            ),
            Mistake(
                lambda probabilities, p: sum(reached <= p for reached in _largest(probabilities)),
                "Where no sum is exactly `p`, the token that carries it beyond belongs to it too.",
            ),
            Mistake(
                lambda probabilities, p: 1 + sum(r <= p for r in _largest(probabilities)[:-1]),
                "A sum of exactly `p` is enough: `>=`, not `>`.",
            ),
            Mistake(
                lambda probabilities, p: 1 + sum(r < p for r in _sums(sorted(probabilities))[:-1]),
                "That begins with the smallest. The fewest tokens reach `p` from the largest on.",
            ),
            Mistake(
                lambda probabilities, p: 1 + sum(r < p for r in _sums(probabilities)[:-1]),
                "The probabilities need not come in order. The likeliest token is taken first.",
            ),
            Mistake(
                lambda probabilities, p: sum(one >= p for one in probabilities),
                "Not each token alone is compared with `p`, but their sum.",
            ),
            Mistake(
                lambda probabilities, p: sum(
                    one >= p * max(probabilities) for one in probabilities
                ),
                "That is min-p, which compares each token with the likeliest.",
            ),
            Mistake(
                lambda probabilities, p: min(r for r in _largest(probabilities) if r >= p),
                "That is the sum itself. How many tokens does it take?",
            ),
            Mistake(
                lambda probabilities, p: len(probabilities),
                "Those are all tokens. How many of them are enough to reach `p`?",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        probabilities, p = arguments
        return f"From the likeliest on, the sums are {_largest(probabilities)}, and {p} is wanted."


def _parameters(vocabulary: int, width: int, layers: int, feed_forward: int) -> int:
    return vocabulary * width + layers * _layer(width, feed_forward) + width


def _layer(width: int, feed_forward: int) -> int:
    return 4 * width * width + 3 * width * feed_forward + 2 * width


def _off_by(extra: Callable[..., int], why: str) -> Mistake[Callable[..., Any]]:
    """A count that is wrong by as many as `extra` says for a shape."""
    return Mistake(lambda *shape: _parameters(*shape) + extra(*shape), why)


def _sums(probabilities: Sequence[float]) -> list[float]:
    return list(accumulate(probabilities))


def _largest(probabilities: Sequence[float]) -> list[float]:
    return _sums(sorted(probabilities, reverse=True))
