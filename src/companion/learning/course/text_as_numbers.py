"""Exercises on text as numbers: bytes, merges, tokens per word, and the angle between words."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from companion.learning.exercises import FunctionExercise, Mistake

NOTEBOOK = "1_cpu/01_text_as_numbers"


@dataclass
class BytesPerCharacter(FunctionExercise):
    """How many bytes does a text take for each of its characters?"""

    variable = "bytes_per_character"
    hints = (
        "You need two lengths: that of the text, and that of the text as bytes.",
        'The bytes are `text.encode("utf-8")`, and `len` counts them.',
        "Bytes for each character: divide the bytes by the characters.",
    )
    code = """
        def bytes_per_character(text):
            return len(text.encode("utf-8")) / len(text)
    """

    @classmethod
    def example(cls) -> BytesPerCharacter:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [("tea",), ("été",), ("Ça va 🙂",)]

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
        ]


@dataclass
class Merge(FunctionExercise):
    """One step of byte-pair encoding: a pair of pieces becomes one piece."""

    variable = "merge"
    hints = (
        "Walk through the pieces from left to right, and build a new list while you walk.",
        "At place `i`, look at `pieces[i]` and `pieces[i + 1]`. If both fit, go on by two places.",
        "`tuple(pieces[i : i + 2]) == pair` is safe at the last place too.",
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

    @classmethod
    def example(cls) -> Merge:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [
            (["c", "a", "t"], ("a", "t")),
            (["c", "h", "a", "t"], ("o", "n")),
            (["t", "h", "i", "r", "t", "e", "e", "n", "t", "h"], ("t", "h")),
            (["a", "a", "a"], ("a", "a")),
            ([], ("a", "t")),
        ]

    def reference(self) -> Callable[..., list[str]]:
        return _merged

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(_merged_once, "Only the first pair was merged. Go on to the end."),
            Mistake(
                _merged_overlapping,
                "A piece was used twice: after a merge, step over both of its parts.",
            ),
            Mistake(
                lambda pieces, pair: [
                    pair if found else piece for found, piece in _walk(pieces, pair)
                ],
                "The new piece is one string, the two parts joined, not a tuple of two.",
            ),
        ]


@dataclass
class Fertility(FunctionExercise):
    """How many tokens does a word cost, over many sentences?"""

    variable = "fertility"
    hints = (
        "Put all sentences together: how many tokens, and how many words?",
        "`sum(tokens)` counts the tokens of all sentences.",
        "Tokens for each word: divide the tokens by the words.",
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
        ]


@dataclass
class Cosine(FunctionExercise):
    """Do two vectors point the same way? 1: yes; 0: nothing in common; -1: the opposite way."""

    variable = "cosine"
    hints = (
        "Multiply the vectors number by number and add up. Then make the lengths not count.",
        "A vector's length is the square root of the sum of its squares: `math.hypot(*a)`.",
        "Divide the sum of products by the length of `a` and by the length of `b`.",
    )
    code = """
        import math

        def cosine(a, b):
            product = sum(x * y for x, y in zip(a, b))
            return product / (math.hypot(*a) * math.hypot(*b))
    """

    @classmethod
    def example(cls) -> Cosine:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [
            ([1.0, 0.0], [0.0, 1.0]),
            ([3.0, 4.0], [6.0, 8.0]),
            ([1.0, 2.0], [-1.0, -2.0]),
            ([2.0, 0.0, 0.0], [1.0, 1.0, 0.0]),
        ]

    def reference(self) -> Callable[..., float]:
        return lambda a, b: _product(a, b) / (math.hypot(*a) * math.hypot(*b))

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(_product, "Long vectors get large values. Divide by both lengths."),
            Mistake(lambda a, b: math.dist(a, b), "That is the distance between their tips."),
            Mistake(
                lambda a, b: _product(a, b) / (math.hypot(*a) * math.hypot(*b)) ** 2,
                "The lengths are not squared in the division.",
            ),
        ]


def _product(a: Sequence[float], b: Sequence[float]) -> float:
    return float(sum(x * y for x, y in zip(a, b, strict=True)))


def _walk(pieces: list[str], pair: tuple[str, str]) -> list[tuple[bool, str]]:
    """(whether the pair was found here, the piece) from left to right; found pairs use up two."""
    walked, i = [], 0
    while i < len(pieces):
        found = tuple(pieces[i : i + 2]) == pair
        walked.append((found, pieces[i]))
        i += 2 if found else 1
    return walked


def _merged(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    return ["".join(pair) if found else piece for found, piece in _walk(pieces, pair)]


def _merged_once(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    for i in range(len(pieces) - 1):
        if (pieces[i], pieces[i + 1]) == pair:
            return [*pieces[:i], "".join(pair), *pieces[i + 2 :]]
    return pieces


def _merged_overlapping(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    """What comes out when the walk goes on by one place after a merge."""
    ahead = zip(pieces, [*pieces[1:], ""], strict=False)
    return ["".join(pair) if (here, following) == pair else here for here, following in ahead]
