"""Exercises on a free GPU: scaling a loss, and counting what training and talking take."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from companion.learning.exercises import FunctionExercise, Mistake

NOTEBOOK = "2_cloud/01_a_free_gpu"
LARGEST = 65504.0
"""The largest number of float16."""


class BestScale(FunctionExercise):
    """By how much gradients can be enlarged before the largest of them is too large."""

    variable = "best_scale"
    hints = (
        "`65504 / largest` is the factor that brings the largest gradient to the very edge.",
        "Among powers of two, take the last one that is not beyond that factor.",
        "`math.log2` of the factor, rounded down, is the power.",
    )
    code = """
        import math

        def best_scale(largest):
            return 2.0 ** math.floor(math.log2(65504 / largest))
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(1.0,), (0.5,), (0.3,), (3e-5,), (1000.0,), (65504.0,)]

    def reference(self) -> Callable[..., float]:
        return lambda largest: 2.0 ** math.floor(math.log2(LARGEST / largest))

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: dict[str, Callable[..., Any]] = {
            "That factor is no power of two, so dividing by it later would round every number.": (
                lambda largest: LARGEST / largest
            ),
            "One doubling too many: the largest gradient becomes infinite. Round down.": (
                lambda largest: 2.0 ** math.ceil(math.log2(LARGEST / largest))
            ),
            "Rounded to the nearest power, it is sometimes too large. Round down.": (
                lambda largest: 2.0 ** round(math.log2(LARGEST / largest))
            ),
            "That brings the largest to 1 at most, and float16 goes up to 65504.": (
                lambda largest: 2.0 ** math.floor(math.log2(1 / largest))
            ),
            "That is the power; the factor is 2 to that power.": (
                lambda largest: math.floor(math.log2(LARGEST / largest))
            ),
            "float16 ends at 65504, a little below 65536.": (
                lambda largest: 2.0 ** math.floor(math.log2(65536 / largest))
            ),
        }
        return [Mistake(answer, why) for why, answer in wrong.items()]

    def expected(self, largest: float) -> str:
        return f"The factor may be {LARGEST / largest:.4g} at most, and has to be a power of two."


class NextScale(FunctionExercise):
    """The rule by which a scale finds its own size: half after a failure, double after a while."""

    variable = "next_scale"
    hints = (
        "There are three cases: the gradients were not finite, this was the last of `interval` "
        "good steps in a row, or it was just another good step.",
        "What was not finite halves the scale, and the counting of good steps begins again.",
        "`good` is how many there were *before* this step.",
    )
    code = """
        def next_scale(scale, good, finite, interval):
            if not finite:
                return scale / 2, 0
            if good + 1 == interval:
                return scale * 2, 0
            return scale, good + 1
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        steps = [(1024.0, 0, True, 3), (1024.0, 1, False, 3), (1024.0, 2, True, 3)]
        return [*steps, (512.0, 1, True, 3), (1.0, 0, False, 5), (8.0, 0, True, 1)]

    def reference(self) -> Callable[..., tuple[float, int]]:
        return _next_scale

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: dict[str, Callable[..., Any]] = {
            "After a failure, the good steps are counted from 0 again.": (
                lambda s, g, ok, n: (s / 2, g) if not ok else _next_scale(s, g, ok, n)
            ),
            "After doubling, the good steps are counted from 0 again.": (
                lambda s, g, ok, n: (
                    (s * 2, g + 1) if ok and g + 1 == n else _next_scale(s, g, ok, n)
                )
            ),
            "It never doubles, so after one bad batch it stays low for ever.": (
                lambda s, g, ok, n: _never_doubled(s, g, ok)
            ),
            "It doubles after every good step, and so fails at every other one.": (
                lambda s, g, ok, n: (s * 2, 0) if ok else (s / 2, 0)
            ),
            "The scale alone is not enough: return it with the number of good steps.": (
                lambda s, g, ok, n: _next_scale(s, g, ok, n)[0]
            ),
            "The scale comes first, and the count after it.": (
                lambda s, g, ok, n: _next_scale(s, g, ok, n)[::-1]
            ),
            "`finite` is True when all went well: the two cases are the wrong way round.": (
                lambda s, g, ok, n: _next_scale(s, g, not ok, n)
            ),
            "Half of 1 is 0.5: `//` rounds it down to 0, and a scale of 0 never grows again.": (
                lambda s, g, ok, n: _next_scale(s, g, ok, n) if ok else (s // 2, 0)
            ),
        }
        return [Mistake(answer, why) for why, answer in wrong.items()]

    def expected(self, scale: float, good: int, finite: bool, interval: int) -> str:
        if not finite:
            return "The gradients were not finite: half the scale, and count from 0."
        return f"Good steps in a row are now {good + 1}, and after {interval} the scale doubles."


class TrainingBytes(FunctionExercise):
    """Bytes of a training with AdamW: frozen weights cost themselves, trained ones four times."""

    variable = "training_bytes"
    hints = (
        "A frozen weight is only stored. What does a trained one need beside itself?",
        "A trained weight has a gradient and two moments, all four in float32 of 4 bytes.",
        "So it is `frozen * frozen_bytes + trained * 16`.",
    )
    code = """
        def training_bytes(frozen, trained, frozen_bytes):
            return frozen * frozen_bytes + trained * (4 + 4 + 2 * 4)
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(0, 10, 2), (100, 0, 2), (1000, 10, 2), (1000, 10, 0.5)]

    def reference(self) -> Callable[..., float]:
        return lambda frozen, trained, width: frozen * width + 16 * trained

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: dict[str, Callable[..., Any]] = {
            "AdamW keeps two moments of each trained weight.": lambda f, t, w: f * w + 12 * t,
            "The moments are missing.": lambda f, t, w: f * w + 8 * t,
            "Gradient and moments are missing.": lambda f, t, w: f * w + 4 * t,
            "What is frozen has neither gradient nor moments.": lambda f, t, w: 16 * (f + t),
            "Only what is trained is counted.": lambda f, t, w: 16 * t,
            "What is frozen has no gradient.": lambda f, t, w: f * (w + 4) + 16 * t,
            "A frozen weight has `frozen_bytes` bytes, and not always 4.": (
                lambda f, t, w: f * 4 + 16 * t
            ),
            "`frozen_bytes` are bytes already, not bits.": lambda f, t, w: f * w / 8 + 16 * t,
            "Bytes are wanted, not thousand millions of them.": (
                lambda f, t, w: (f * w + 16 * t) / 1e9
            ),
        }
        return [Mistake(answer, why) for why, answer in wrong.items()]

    def expected(self, frozen: int, trained: int, frozen_bytes: float) -> str:
        return (
            f"{frozen} frozen weights of {frozen_bytes} bytes each, and {trained} trained, each "
            "with its gradient and its moments."
        )


class CacheBytes(FunctionExercise):
    """Bytes of a conversation's KV cache."""

    variable = "cache_bytes"
    hints = (
        "For each token, each layer keeps what later tokens look it up by, and what they find.",
        "A key and a value are both vectors of `heads * head_size` numbers.",
        "So two vectors for each layer and token, and `number_bytes` for each number.",
    )
    code = """
        def cache_bytes(layers, heads, head_size, tokens, number_bytes):
            return 2 * layers * heads * head_size * tokens * number_bytes
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(1, 1, 1, 1, 4), (4, 5, 64, 512, 4), (32, 8, 128, 8192, 2)]

    def reference(self) -> Callable[..., int]:
        return lambda layers, heads, size, tokens, width: 2 * layers * heads * size * tokens * width

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: dict[str, Callable[..., Any]] = {
            "Keys and values are two vectors.": lambda n, h, d, t, b: n * h * d * t * b,
            "Each layer keeps its own.": lambda n, h, d, t, b: 2 * h * d * t * b,
            "Each head keeps its own.": lambda n, h, d, t, b: 2 * n * d * t * b,
            "These are numbers, not bytes.": lambda n, h, d, t, b: 2 * n * h * d * t,
            "The tokens' square is the matrix of attention, which nobody keeps.": (
                lambda n, h, d, t, b: 2 * n * h * d * t * t * b
            ),
            "Bytes are wanted, not bits.": lambda n, h, d, t, b: 16 * n * h * d * t * b,
            "Each head keeps a vector of `head_size` numbers.": lambda n, h, d, t, b: (
                2 * n * h * t * b
            ),
            "Each token leaves its own.": lambda n, h, d, t, b: 2 * n * h * d * b,
            "The query is used at once and not kept.": lambda n, h, d, t, b: 3 * n * h * d * t * b,
            "Bytes are wanted, not millions of them.": (
                lambda n, h, d, t, b: 2 * n * h * d * t * b / 1e6
            ),
        }
        return [Mistake(answer, why) for why, answer in wrong.items()]

    def expected(self, layers: int, heads: int, size: int, tokens: int, number: int) -> str:
        return (
            f"In each of {layers} layers, each of {tokens} tokens leaves a key and a value for "
            f"each of {heads} heads: vectors of {size} numbers, each of {number} bytes."
        )


def _next_scale(scale: float, good: int, finite: bool, interval: int) -> tuple[float, int]:
    if not finite:
        return scale / 2, 0
    return (scale * 2, 0) if good + 1 == interval else (scale, good + 1)


def _never_doubled(scale: float, good: int, finite: bool) -> tuple[float, int]:
    return (scale, good + 1) if finite else (scale / 2, 0)
