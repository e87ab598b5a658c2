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
            Mistake(_merged_past_the_end, "Behind the last piece there is no other."),
            Mistake(_merged_without_the_last, "The last piece got lost on the way."),
            Mistake(_merged_in_place, self.if_changed),
        ]

    def expected(self, *arguments: Any) -> str:
        pieces, pair = arguments
        times = sum(found for found, _ in _walk(pieces, pair))
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
        ]


def _lengths(a: Sequence[float], b: Sequence[float]) -> float:
    return math.hypot(*a) * math.hypot(*b)


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


def _merged_past_the_end(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    merged, i = [], 0
    while i < len(pieces):
        found = (pieces[i], pieces[i + 1]) == pair
        merged.append("".join(pair) if found else pieces[i])
        i += 2 if found else 1
    return merged


def _merged_without_the_last(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    """What comes out when the walk ends where no pair can begin any more."""
    last_alone = not pieces or not _walk(pieces[-2:], pair)[0][0]
    return _merged(pieces, pair)[: -1 if last_alone else None]


def _merged_in_place(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    pieces[:] = _merged(pieces, pair)
    return pieces
