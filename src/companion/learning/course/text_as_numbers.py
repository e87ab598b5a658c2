"""Exercises on text as numbers: bytes, merges, tokens per word, and the angle between words."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from companion.learning import merges
from companion.learning.exercises import FunctionExercise, Mistake

NOTEBOOK = "1_cpu/01_text_as_numbers"
DECOMPOSED = "cafe\u0301"
"""Five characters that look like four: what was normalised first gets another figure."""


@dataclass
class BytesPerCharacter(FunctionExercise):
    """How many bytes does a text take for each of its characters?"""

    variable = "bytes_per_character"
    hints = (
        "Bytes for each character: a number of bytes, divided by a number of characters.",
        "`len(text)` counts the characters. What must `len` be given to count the bytes?",
        'The bytes are `text.encode("utf-8")`.',
    )
    code = """
        def bytes_per_character(text):
            return len(text.encode("utf-8")) / len(text)
    """

    @classmethod
    def example(cls) -> BytesPerCharacter:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [("tea",), ("été",), ("Ça va 🙂",), (DECOMPOSED,)]

    def reference(self) -> Callable[..., float]:
        return lambda text: len(text.encode()) / len(text)

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(lambda text: len(text.encode()), "Those are all the bytes together."),
            Mistake(lambda text: len(text) / len(text.encode()), "Turn the division round."),
            Mistake(
                lambda text: len(text.encode("utf-16-le")) / len(text),
                "That is another way to write bytes: UTF-16. Ask for UTF-8.",
            ),
            Mistake(
                lambda text: len(text.encode()) // len(text),
                "`//` leaves out what stands behind the point. Divide with `/`.",
            ),
            Mistake(
                lambda text: round(len(text.encode()) / len(text), 2),
                "It was rounded. Return what the division gives.",
            ),
            Mistake(
                lambda text: len(_joined(text).encode()) / len(_joined(text)),
                "It was normalised first. Count the text as it is.",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        (text,) = arguments
        return (
            f"It has {len(text)} characters, and UTF-8 writes them as {len(text.encode())} bytes."
        )


@dataclass
class Merge(FunctionExercise):
    """One step of byte-pair encoding: a pair of pieces becomes one piece."""

    variable = "merge"
    hints = (
        "Walk through the pieces from left to right, and build a new list while you walk.",
        "At place `i`, look at `pieces[i]` and `pieces[i + 1]`. If both fit, go on by two places.",
        "The slice `pieces[i : i + 2]` may run past the end without an error. It is a list, and "
        "`pair` is a tuple: `tuple(…)` makes one out of a list.",
    )
    code = """
        def merge(pieces, pair):
            merged, i = [], 0
            while i < len(pieces):
                found = tuple(pieces[i : i + 2]) == pair
                merged.append("".join(pair) if found else pieces[i])
                i += 2 if found else 1
            return merged
    """
    if_changed = "It changes the list that it was given. Build a new one."

    @classmethod
    def example(cls) -> Merge:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [
            (["c", "a", "t"], ("a", "t")),
            (["c", "h", "a", "t"], ("o", "n")),
            (["t", "h", "i", "r", "t", "e", "e", "n", "t", "h"], ("t", "h")),
            (["a", "a", "a"], ("a", "a")),
            (["ca", "t"], ("a", "t")),
            (["a", "tea"], ("a", "t")),
            (["t", "a"], ("a", "t")),
            ([], ("a", "t")),
        ]

    def reference(self) -> Callable[..., list[str]]:
        return merges.merged

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(merges.merged_once, "Only the first pair was merged. Go on to the end."),
            Mistake(
                merges.merged_overlapping,
                "A piece was used twice: after a merge, step over both of its parts.",
            ),
            Mistake(
                lambda pieces, pair: [
                    pair if found else piece for found, piece in merges.walk(pieces, pair)
                ],
                "The new piece is one string, the two parts joined, not a tuple of two.",
            ),
            Mistake(
                lambda pieces, pair: list(pieces),
                "Nothing was merged. A slice of a list is a list, `pair` is a tuple, and a list "
                "never equals a tuple.",
            ),
            Mistake(
                lambda pieces, pair: (
                    " ".join(pieces).replace(" ".join(pair), "".join(pair)).split()
                ),
                "In one long string, the end of a piece and the beginning of the next look like "
                "the pair. Compare whole pieces.",
            ),
            Mistake(merges.merged_past_the_end, "Behind the last piece there is no other."),
            Mistake(merges.merged_without_the_last, "The last piece got lost on the way."),
            Mistake(merges.merged_in_place, self.if_changed),
            Mistake(
                merges.merged_either_way, "A pair has an order: `t`, `a` is not the pair `a`, `t`."
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        pieces, pair = arguments
        times = sum(found for found, _ in merges.walk(pieces, pair))
        return f"From left to right, {pair} stands {times} time{'s' * (times != 1)} in it."


@dataclass
class Fertility(FunctionExercise):
    """How many tokens does a word cost, over many sentences?"""

    variable = "fertility"
    hints = (
        "Put all sentences together: how many tokens are there, and how many words?",
        "Tokens for each word: which of the two numbers must be divided by the other?",
        "`sum(tokens)` counts the tokens of all sentences. The words are counted alike.",
    )
    code = """
        def fertility(words, tokens):
            return sum(tokens) / sum(words)
    """

    @classmethod
    def example(cls) -> Fertility:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [([4], [6]), ([1, 9], [3, 9]), ([5, 2, 8], [5, 4, 10])]

    def reference(self) -> Callable[..., float]:
        return lambda words, tokens: sum(tokens) / sum(words)

    def expected(self, *arguments: Any) -> str:
        words, tokens = arguments
        return f"There, {sum(words)} words cost {sum(tokens)} tokens."

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda words, tokens: (
                    sum(t / w for w, t in zip(words, tokens, strict=True)) / len(words)
                ),
                "That gives a sentence of one word as much weight as a long one.",
            ),
            Mistake(lambda words, tokens: sum(words) / sum(tokens), "Those are words per token."),
            Mistake(lambda words, tokens: sum(tokens) - sum(words), "A ratio is asked for."),
            Mistake(
                lambda words, tokens: tokens / words,
                "Lists cannot be divided. Make one number out of each.",
            ),
            Mistake(
                lambda words, tokens: [t / w for w, t in zip(words, tokens, strict=True)],
                "That is one number for each sentence. One is asked for, over all of them.",
            ),
        ]


@dataclass
class Cosine(FunctionExercise):
    """Do two vectors point the same way? 1: yes; 0: nothing in common; -1: the opposite way."""

    variable = "cosine"
    hints = (
        "Multiply the vectors number by number and add up. Then make the lengths not count.",
        "`a @ b` is the sum of the products. A vector's length is the square root of the sum of "
        "its squares: `np.linalg.norm(a)`.",
        "Divide the sum of products by both lengths. After a `/`, mind the brackets.",
    )
    code = """
        import numpy as np

        def cosine(a, b):
            return a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
    """

    @classmethod
    def example(cls) -> Cosine:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        import numpy as np

        pairs = [
            ([1.0, 0.0], [0.0, 1.0]),
            ([3.0, 4.0], [6.0, 8.0]),
            ([1.0, 2.0], [-1.0, -2.0]),
            ([2.0, 0.0, 0.0], [1.0, 1.0, 0.0]),
        ]
        return [(np.array(one), np.array(other)) for one, other in pairs]

    def reference(self) -> Callable[..., float]:
        return lambda a, b: _product(a, b) / _lengths(a, b)

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(_product, "Long vectors get large values. Divide by both lengths."),
            Mistake(lambda a, b: math.dist(a, b), "That is the distance between their tips."),
            Mistake(
                lambda a, b: _product(a, b) / _lengths(a, b) ** 2,
                "The lengths are not squared in the division.",
            ),
            Mistake(
                lambda a, b: a * b / _lengths(a, b),
                "That is one number for each place. Add the products up.",
            ),
            Mistake(
                lambda a, b: _product(a, b) / math.hypot(*a) * math.hypot(*b),
                "`x / y * z` divides by `y` and multiplies by `z`. Both lengths should divide.",
            ),
            Mistake(
                lambda a, b: math.acos(max(-1, min(1, _product(a, b) / _lengths(a, b)))),
                "That is the angle itself. Its cosine is asked for.",
            ),
            Mistake(
                lambda a, b: _product(a, b) / math.hypot(*a),
                "Only one length divides. Both should.",
            ),
            Mistake(
                lambda a, b: abs(_product(a, b)) / _lengths(a, b),
                "The sign got lost: vectors that point opposite ways have the cosine -1.",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        product, lengths = _product(*arguments), _lengths(*arguments)
        return f"Their products add up to {product:g}, and their lengths multiply to {lengths:.3g}."


def _joined(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _lengths(a: Sequence[float], b: Sequence[float]) -> float:
    return math.hypot(*a) * math.hypot(*b)


def _product(a: Sequence[float], b: Sequence[float]) -> float:
    return float(sum(x * y for x, y in zip(a, b, strict=True)))
