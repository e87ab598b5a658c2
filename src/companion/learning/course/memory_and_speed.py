"""Exercises on memory and speed: bytes, what is saved, the limit of memory, surprise, a choice."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from companion.learning.exercises import FunctionExercise, Mistake

NOTEBOOK = "3_quantized/02_memory_and_speed"
Wrong = dict[str, Callable[..., Any]]
"""What to tell a learner -> the wrong answer that it fits."""


class ModelBytes(FunctionExercise):
    """Bytes of a model whose matrices have so many bits, and all else sixteen."""

    variable = "model_bytes"
    hints = (
        "Two kinds of weights: the matrices have `bits` bits each, the rest 16.",
        "How many bits has a byte?",
        "The bits of both kinds together, divided by 8.",
    )
    code = """
        def model_bytes(matrices, rest, bits):
            return (matrices * bits + rest * 16) / 8
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(1000, 200, 4.5), (6400, 64, 8), (64, 64, 4.127)]

    def reference(self) -> Callable[..., float]:
        return lambda matrices, rest, bits: (matrices * bits + rest * 16) / 8

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "Those are bits. A byte has eight.": lambda m, r, b: m * b + r * 16,
            "The rest is there, too, with 16 bits a weight.": lambda m, r, b: m * b / 8,
            "The rest stays in 16 bits; only the matrices are made coarse.": (
                lambda m, r, b: (m + r) * b / 8
            ),
            "Sixteen bits are two bytes: both kinds are divided by 8.": (
                lambda m, r, b: m * b / 8 + r * 16
            ),
            "The two have changed places.": lambda m, r, b: (m * 16 + r * b) / 8,
            "Do not round: a formula may say half a byte.": (
                lambda m, r, b: int((m * b + r * 16) / 8)
            ),
            "Do not round up: a formula may say half a byte.": (
                lambda m, r, b: math.ceil((m * b + r * 16) / 8)
            ),
            "Those are millions of bytes.": lambda m, r, b: (m * b + r * 16) / 8e6,
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        matrices, rest, bits = arguments
        return f"{matrices} weights have {bits} bits each and {rest} have 16; a byte has 8."


class Saved(FunctionExercise):
    """The share of sixteen bits that is saved, when each part has bits of its own."""

    variable = "saved"
    hints = (
        "How many bits are there now? Each part has `weights * bits` of them.",
        "With 16 bits each, there would be 16 times the number of all weights.",
        "The share that is left is the one divided by the other. What is saved is the rest to 1.",
    )
    code = """
        def saved(parts):
            now = sum(weights * bits for weights, bits in parts)
            before = sum(weights * 16 for weights, bits in parts)
            return 1 - now / before
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [([(100, 4)],), ([(900, 4.127), (100, 16)],), ([(50, 8), (30, 4.5), (20, 16)],)]

    def reference(self) -> Callable[..., float]:
        return _saved

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "That is the share that is left. What is saved is the rest to 1.": (
                lambda parts: sum(w * b for w, b in parts) / sum(w * 16 for w, _ in parts)
            ),
            "A mean over the parts forgets that they are of different sizes.": (
                lambda parts: 1 - sum(b for _, b in parts) / (16 * len(parts))
            ),
            "Only the first part is counted.": lambda parts: 1 - parts[0][1] / 16,
            "It is compared with 32 bits; models are handed out in 16.": (
                lambda parts: 1 - sum(w * b for w, b in parts) / sum(w * 32 for w, _ in parts)
            ),
            "Those are bits saved, not a share of all.": (
                lambda parts: sum(w * (16 - b) for w, b in parts)
            ),
            "A share is between 0 and 1, and not in per cent.": lambda parts: 100 * _saved(parts),
            "That is how many times smaller it is. Which share is gone?": (
                lambda parts: sum(w * 16 for w, _ in parts) / sum(w * b for w, b in parts)
            ),
            "Those are the bits of a weight, on average. Which share of 16 is gone?": (
                lambda parts: sum(w * b for w, b in parts) / sum(w for w, _ in parts)
            ),
            "Do not round what is returned; a table may.": lambda parts: round(_saved(parts), 2),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        now = sum(weights * bits for weights, bits in arguments[0])
        before = 16 * sum(weights for weights, _ in arguments[0])
        return f"There were {before} bits, in all parts together, and {now:g} are left."


class Limit(FunctionExercise):
    """The most tokens a second that memory allows, when every token reads all weights."""

    variable = "limit"
    hints = (
        "How often can all weights be read within one second?",
        "Each time they are read, every conversation of the batch gets one token.",
        "Bytes a second, divided by the bytes of the model, times the batch.",
    )
    code = """
        def limit(bytes_per_second, model_bytes, batch):
            return bytes_per_second / model_bytes * batch
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(100, 20, 1), (1000, 4, 4), (50, 200, 16), (100, 30, 1)]

    def reference(self) -> Callable[..., float]:
        return lambda speed, size, batch: speed / size * batch

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "Those are seconds for a token. How many tokens has a second?": (
                lambda speed, size, batch: size / speed
            ),
            "Weights are read once for the whole batch, and each gets a token of it.": (
                lambda speed, size, batch: speed / size
            ),
            "A batch does not read the weights once for each: that is its point.": (
                lambda speed, size, batch: speed / (size * batch)
            ),
            "A product grows with the model. Larger models are slower.": (
                lambda speed, size, batch: speed * size * batch
            ),
            "Those are seconds for a token of one conversation.": (
                lambda speed, size, batch: size / speed / batch
            ),
            "Do not round: in a long time, a part of a token is many.": (
                lambda speed, size, batch: round(speed / size * batch)
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        speed, size, _ = arguments
        return f"In one second, {speed} bytes pass, and a step of the batch reads {size}."


class Perplexity(FunctionExercise):
    """Bits a byte as perplexity a token: among how many tokens a model as good as guesses."""

    variable = "perplexity"
    hints = (
        "How many bits of surprise has a token? It has several bytes.",
        "One bit is a choice between two, two bits one among four, three one among eight.",
        "Two to the power of the bits of one token.",
    )
    code = """
        def perplexity(bits_per_byte, bytes_per_token):
            return 2 ** (bits_per_byte * bytes_per_token)
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(1.0, 3.0), (1.25, 3.2), (0.5, 4.0), (1.2, 3.1)]

    def reference(self) -> Callable[..., float]:
        return lambda bits, length: float(2 ** (bits * length))

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "Those are the bits of a token. Among how many does one choose with them?": (
                lambda bits, length: bits * length
            ),
            "Bits count in powers of 2. `exp` is for nats.": (
                lambda bits, length: 2.718281828 ** (bits * length)
            ),
            "That is the perplexity of a byte. A token has several.": (
                lambda bits, length: 2.0**bits
            ),
            "The choices of the bytes multiply, so the bits add up: use the length in the power.": (
                lambda bits, length: 2.0**bits * length
            ),
            "Longer tokens have more bits, not fewer.": lambda bits, length: 2 ** (bits / length),
            "The power is upside down: two to the bits, not the bits squared.": (
                lambda bits, length: (bits * length) ** 2
            ),
            "In Python, a power is `**`.": lambda bits, length: 2 ^ (bits * length),
            "Do not round: one is seldom unsure among a whole number.": (
                lambda bits, length: int(2 ** (bits * length))
            ),
            "The bits that surprise are counted already: a byte's eight do not come in.": (
                lambda bits, length: 2 ** (8 * bits * length)
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        bits, length = arguments
        return f"Each of {length} bytes has {bits} bits of surprise."


class Fastest(FunctionExercise):
    """The name of the fastest rung that fits, or "none"."""

    variable = "fastest"
    hints = (
        "First leave out what does not fit: `row['peak'] <= room`.",
        "`max(rows, key=...)` finds the row that is the largest by what `key` makes of it.",
        "Of no rows there is no largest: answer 'none' then.",
    )
    code = """
        def fastest(rows, room):
            fit = [row for row in rows if row["peak"] <= room]
            if not fit:
                return "none"
            return max(fit, key=lambda row: row["tokens_per_second"])["rung"]
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        rows = [
            {"rung": name, "peak": peak, "tokens_per_second": speed}
            for name, peak, speed in (
                ("a", 40, 9.0),
                ("b", 20, 12.0),
                ("c", 10, 7.0),
                ("d", 30, 5.0),
            )
        ]
        return [(rows, 100), (rows, 15), (rows, 20), (rows[:1], 50), (rows, 5)]

    def reference(self) -> Callable[..., str]:
        return _fastest

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "The smallest is not always the fastest. Among those that fit, look at speed.": (
                lambda rows, room: _best(rows, room, lambda row: -row["peak"])
            ),
            "The fastest of all may not fit.": (
                lambda rows, room: max(rows, key=lambda row: row["tokens_per_second"])["rung"]
            ),
            "That is the slowest: more tokens a second are faster.": (
                lambda rows, room: _best(rows, room, lambda row: -row["tokens_per_second"])
            ),
            "The largest that fits wastes what you have: look at speed.": (
                lambda rows, room: _best(rows, room, lambda row: row["peak"])
            ),
            "What takes exactly the room that there is fits.": (
                lambda rows, room: _fastest(rows, room - 0.5)
            ),
            "Where nothing fits, there is none to choose from: see to that first.": (
                lambda rows, room: max(
                    (row for row in rows if row["peak"] <= room),
                    key=lambda row: row["tokens_per_second"],
                )["rung"]
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        rows, room = arguments
        fit = [row["rung"] for row in rows if row["peak"] <= room]
        if not fit:
            return f"In {room}, there is room for none of them, and the word is 'none' then."
        return f"In {room}, there is room for: {', '.join(fit)}."


def _saved(parts: Sequence[tuple[float, float]]) -> float:
    return 1 - sum(w * b for w, b in parts) / sum(w * 16 for w, _ in parts)


def _fastest(rows: Sequence[dict[str, Any]], room: float) -> str:
    return _best(rows, room, lambda row: row["tokens_per_second"])


def _best(
    rows: Sequence[dict[str, Any]], room: float, worth: Callable[[dict[str, Any]], float]
) -> str:
    fit = [row for row in rows if row["peak"] <= room]
    return str(max(fit, key=worth)["rung"]) if fit else "none"


def _mistakes(wrong: Wrong) -> list[Mistake[Callable[..., Any]]]:
    return [Mistake(answer, why) for why, answer in wrong.items()]
