"""Exercises on four bits: whole numbers with a scale, levels by quantiles, bytes, and a count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from companion.learning.exercises import FunctionExercise, Mistake

NOTEBOOK = "3_quantized/01_four_bits"
Wrong = dict[str, Callable[..., Any]]
"""What to tell a learner -> the wrong answer that it fits."""


@dataclass
class Absmax(FunctionExercise):
    """Weights as whole numbers of eight bits: the largest in size becomes 127 or -127."""

    variable = "to_int8"
    dtype = "int8"
    hints = (
        "The scale is the largest size of a weight: look at sizes, then take the largest of them.",
        "Divided by the scale, all weights are between -1 and 1. They should be whole numbers "
        "between -127 and 127.",
        "`np.rint` rounds an array to the nearest whole numbers, `.astype(np.int8)` stores them "
        "in one byte each.",
    )
    code = """
        import numpy as np

        def to_int8(weights):
            return np.rint(weights / np.abs(weights).max() * 127).astype(np.int8)
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        import numpy as np

        rows = ([0.5, -1.0, 0.0], [0.1, -0.4, 0.3], [0.02, -0.017, 0.05, 0.006])
        return [(np.array(row),) for row in rows]

    def reference(self) -> Callable[..., Any]:
        return lambda weights: _rounded(weights / abs(weights).max() * 127)

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "`astype` alone cuts off what stands behind the point. Round to the nearest.": (
                lambda w: (w / abs(w).max() * 127).astype("int8")
            ),
            "The scale is the largest size: -1 is larger than 0.5.": (
                lambda w: _rounded(w / w.max() * 127)
            ),
            "One byte goes from -128 to 127, so 128 has no place. Use 127.": (
                lambda w: _rounded(w / abs(w).max() * 128)
            ),
            "Those are not whole numbers yet.": lambda w: w / abs(w).max() * 127,
            "Between -1 and 1 only three whole numbers are left. Use the 127.": (
                lambda w: _rounded(w / abs(w).max())
            ),
            "They are weights again. The codes are asked for, not what they stand for.": (
                lambda w: _rounded(w / abs(w).max() * 127) * abs(w).max() / 127
            ),
            "Without a scale, small weights all become 0.": lambda w: _rounded(w * 127),
            "Divide by the scale. Multiplied by it, small weights stay small.": (
                lambda w: _rounded(w * abs(w).max() * 127)
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        return f"The scale is {abs(arguments[0]).max():g}: what has this size becomes 127 or -127."


@dataclass
class BitsPerWeight(FunctionExercise):
    """What a weight costs: its own bits, and its share of a scale."""

    variable = "bits_per_weight"
    hints = (
        "Every weight has its own `bits`. How many weights pay for one scale?",
        "A scale has `scale_bits` bits, and the `block` weights of a block share them.",
        "Its own bits, plus a share: a division.",
    )
    code = """
        def bits_per_weight(bits, scale_bits, block):
            return bits + scale_bits / block
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(4, 32, 64), (8, 16, 32), (4, 8, 128)]

    def reference(self) -> Callable[..., float]:
        return lambda bits, scale_bits, block: bits + scale_bits / block

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "Each weight would have a scale of its own. They share one.": lambda b, s, n: b + s,
            "That is a whole block. What does one weight cost?": lambda b, s, n: b * n + s,
            "The share is upside down: the larger the block, the smaller it is.": (
                lambda b, s, n: b + n / s
            ),
            "The scale costs something too, if less than a whole bit.": lambda b, s, n: b,
            "Only the scale is shared. Each weight has `bits` for itself.": (
                lambda b, s, n: (b + s) / n
            ),
            "That is the share of the scale alone.": lambda b, s, n: s / n,
            "Those are bytes.": lambda b, s, n: (b + s / n) / 8,
            "A share is a division, not a product.": lambda b, s, n: b + s * n,
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        bits, scale_bits, block = arguments
        return f"{block} weights have {bits} bits each, and {scale_bits} more together."


@dataclass
class Quantiles(FunctionExercise):
    """One side of the levels of NF4: quantiles at even steps of probability, down to the middle."""

    variable = "side"
    hints = (
        "First the probabilities: `np.linspace(top, 0.5, count + 1)` goes down in even steps.",
        "The last of them is 0.5, and its quantile is 0, the middle. It is not asked for.",
        "After `from statistics import NormalDist`, `NormalDist().inv_cdf(p)` is the quantile of "
        "one probability `p`. Make a list of them.",
    )
    code = """
        from statistics import NormalDist

        import numpy as np

        def side(top, count):
            steps = np.linspace(top, 0.5, count + 1)[:-1]
            return [NormalDist().inv_cdf(float(p)) for p in steps]
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(0.9, 2), (0.975, 4), (0.9677083, 8)]

    def reference(self) -> Callable[..., list[float]]:
        return lambda top, count: _quantiles(_steps(top, count))

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "Those are the probabilities. Which number lies above so many of all?": (
                lambda top, count: _steps(top, count)
            ),
            "The middle is not asked for: it would come twice, once from each side.": (
                lambda top, count: [*_quantiles(_steps(top, count)), 0.0]
            ),
            "That goes up. The largest should stand first.": (
                lambda top, count: _quantiles(_steps(top, count))[::-1]
            ),
            "The steps end at 0.5, not at 0: half of all normal numbers lie below the middle.": (
                lambda top, count: _quantiles([top * (1 - i / count) for i in range(count)])
            ),
            "The last of them is the middle, which is not asked for: one step more is needed.": (
                lambda top, count: [*_quantiles(_steps(top, count - 1)), 0.0]
            ),
            "Here the numbers have even distances. It is the probabilities that should.": (
                lambda top, count: [
                    NormalDist().inv_cdf(top) * (1 - i / count) for i in range(count)
                ]
            ),
            "`cdf` goes the other way, from a number to its probability.": (
                lambda top, count: [NormalDist().cdf(p) for p in _steps(top, count)]
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        top, count = arguments
        return f"The {count} probabilities go down from {top} in even steps; below them comes 0.5."


@dataclass
class Pack(FunctionExercise):
    """Two codes of four bits in each byte, the first in its upper half."""

    variable = "pack"
    dtype = "uint8"
    hints = (
        "`codes[::2]` are the first of each pair, `codes[1::2]` the second.",
        "Moved up by four bits, a code leaves room for another: `codes[::2] << 4`.",
        "`|` puts both into one byte. Adding does the same here, as no bit is in both.",
    )
    code = """
        def pack(codes):
            return (codes[::2] << 4) | codes[1::2]
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        import numpy as np

        rows = ([1, 2], [15, 0, 3, 12], [7, 7, 8, 9, 10, 1])
        return [(np.array(row, dtype=np.uint8),) for row in rows]

    def reference(self) -> Callable[..., Any]:
        return lambda codes: (codes[::2] << 4) | codes[1::2]

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "The two have changed places: the first belongs into the upper half.": (
                lambda codes: codes[::2] | (codes[1::2] << 4)
            ),
            "Both codes lie in the same four bits. Move the first one up.": (
                lambda codes: codes[::2] | codes[1::2]
            ),
            "Moved up by one bit only, the first overlaps the second.": (
                lambda codes: (codes[::2] << 1) | codes[1::2]
            ),
            "Moved up by eight bits, the first falls out of the byte.": (
                lambda codes: (codes[::2] << 8) | codes[1::2]
            ),
            "Ten is the step between decimal digits. Four bits are sixteen steps.": (
                lambda codes: codes[::2] * 10 + codes[1::2]
            ),
            "Neighbours share a byte, not the first half of all with the second.": (
                lambda codes: (codes[: len(codes) // 2] << 4) | codes[len(codes) // 2 :]
            ),
            "`&` keeps only bits that are in both. Use `|`.": (
                lambda codes: (codes[::2] << 4) & codes[1::2]
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        first, second = arguments[0][:2].tolist()
        return f"The first byte should hold {first:04b} and then {second:04b}."


@dataclass
class DoubleBits(FunctionExercise):
    """What a weight costs when its scale is itself a code, with a scale of its own."""

    variable = "double_bits"
    hints = (
        "Three parts: the weight's code, its share of a small scale, its share of a large one.",
        "One small scale of 8 bits serves `block` weights. One large scale of 32 bits serves "
        "`group` small ones. How many weights are that?",
        "The large scale is shared by `block * group` weights.",
    )
    code = """
        def double_bits(bits, block, group):
            return bits + 8 / block + 32 / (block * group)
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(4, 64, 256), (4, 32, 16), (8, 128, 64)]

    def reference(self) -> Callable[..., float]:
        return lambda bits, block, group: bits + 8 / block + 32 / (block * group)

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "`group` counts scales, not weights. How many weights has each scale?": (
                lambda b, n, g: b + 8 / n + 32 / g
            ),
            "There are not more blocks now: the small scales have 8 bits, not 32.": (
                lambda b, n, g: b + 32 / n + 8 / (n * g)
            ),
            "The scales of the scales cost something too.": lambda b, n, g: b + 8 / n,
            "So it is with scales of 32 bits.": lambda b, n, g: b + 32 / n,
            "The 32 bits are shared: `group` blocks have them together.": (
                lambda b, n, g: b + (8 + 32) / n
            ),
            "That is the share of the scales alone.": lambda b, n, g: 8 / n + 32 / (n * g),
            "The 8 bits are shared by one block, not by all blocks of a group.": (
                lambda b, n, g: b + (8 + 32) / (n * g)
            ),
            "Only the scales' own scales have 32 bits.": lambda b, n, g: b + 32 / n + 32 / (n * g),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        bits, block, group = arguments
        return f"{block * group} weights have {bits} bits each, {group} scales and one large scale."


def _mistakes(wrong: Wrong) -> list[Mistake[Callable[..., Any]]]:
    return [Mistake(answer, why) for why, answer in wrong.items()]


def _rounded(weights: Any) -> Any:
    """The nearest whole numbers, in a byte each; what has no place there wraps round."""
    import numpy as np

    return np.rint(weights).astype(np.int64).astype(np.int8)


def _steps(top: float, count: int) -> list[float]:
    """Even steps from `top` towards 0.5, which is not among them."""
    return [top + (0.5 - top) * i / count for i in range(count)]


def _quantiles(probabilities: Sequence[float]) -> list[float]:
    return [NormalDist().inv_cdf(p) for p in probabilities]
