"""Exercises on hearing: how loud, how much noise, when a turn is over, how many words are wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from companion.learning.exercises import FunctionExercise, Mistake

NOTEBOOK = "6_senses/02_listen"
QUIETEST = -100.0
"""Decibels that stand for silence, whose logarithm does not exist."""


class Loudness(FunctionExercise):
    """How loud a frame is, in decibels below the loudest there can be."""

    variable = "loudness"
    hints = (
        "The power of a frame is the mean of the squares of its samples.",
        "Decibels are ten times the logarithm to the base 10 of the power: `math.log10`.",
        "Silence has the power 0, which has no logarithm: give -100.0 where it is 1e-10 or less.",
    )
    code = """
        import math

        def loudness(frame):
            power = sum(sample * sample for sample in frame) / len(frame)
            return 10 * math.log10(power) if power > 1e-10 else -100.0
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [([1.0, -1.0],), ([0.1, -0.1, 0.1, -0.1],), ([0.5, 0.0, -0.5],), ([0.0, 0.0],)]

    def reference(self) -> Callable[..., float]:
        return loudness

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda frame: _decibels(sum(frame) / len(frame)),
                "Samples swing around 0, so that their mean is nearly 0 however loud. Square them.",
            ),
            Mistake(
                lambda frame: _decibels(sum(one * one for one in frame)),
                "A longer frame is not a louder one: take the mean of the squares.",
            ),
            Mistake(
                lambda frame: 2 * loudness(frame) if any(frame) else QUIETEST,
                "Twenty times is for sizes. You have squares already: ten times.",
            ),
            Mistake(
                lambda frame: 10 * math.log10(sum(one * one for one in frame) / len(frame)),
                "Silence has the power 0: answer -100.0 before its logarithm is asked.",
            ),
            Mistake(
                lambda frame: _natural(sum(one * one for one in frame) / len(frame)),
                "`math.log` is the natural logarithm. Decibels want `math.log10`.",
            ),
        ]


class NoiseGain(FunctionExercise):
    """How much a noise is to be turned up or down, for so many decibels below the speech."""

    variable = "noise_gain"
    hints = (
        "The noise must have `speech / 10 ** (ratio / 10)` as its power.",
        "You multiply samples, and power is made of squares: take the square root, `math.sqrt`.",
        "That power divided by `noise`, which it has now; the root of it is the factor.",
    )
    code = """
        import math

        def noise_gain(speech, noise, ratio):
            return math.sqrt(speech / noise / 10 ** (ratio / 10))
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(0.01, 0.01, 0), (0.04, 0.01, 0), (0.01, 0.01, 20), (0.02, 0.5, 10), (0.1, 1, -5)]

    def reference(self) -> Callable[..., float]:
        return lambda speech, noise, ratio: math.sqrt(speech / noise / 10 ** (ratio / 10))

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda speech, noise, ratio: speech / noise / 10 ** (ratio / 10),
                "That is the factor of the power. You multiply samples: take its square root.",
            ),
            Mistake(
                lambda speech, noise, ratio: math.sqrt(speech / noise * 10 ** (ratio / 10)),
                "With more decibels, the noise must become quieter, and this makes it louder.",
            ),
            Mistake(
                lambda speech, noise, ratio: math.sqrt(noise / speech / 10 ** (ratio / 10)),
                "Louder speech bears more noise: `speech` belongs above, `noise` below.",
            ),
            Mistake(
                lambda speech, noise, ratio: math.sqrt(speech / noise) / 10 ** (ratio / 10),
                "The decibels are about powers as well: they belong under the root.",
            ),
            Mistake(
                lambda speech, noise, ratio: math.sqrt(1 / noise / 10 ** (ratio / 10)),
                "How loud is the speech? The ratio is between the two.",
            ),
        ]


class Turns(FunctionExercise):
    """When a turn begins and ends: a short silence ends nothing."""

    variable = "turns"
    hints = (
        "Walk through the frames with `enumerate`, and remember where the turn began, or None.",
        "Count the frames of silence in a row. At `hangover` of them, the turn is over.",
        "It ended behind its last frame of speech: at that frame's number plus one. And who still "
        "speaks in the last frame has a turn too.",
    )
    code = """
        def turns(speech, hangover):
            found, began, last = [], None, None
            for number, is_speech in enumerate(speech):
                if is_speech:
                    began, last = number if began is None else began, number
                elif began is not None and number - last >= hangover:
                    found.append((began, last + 1))
                    began = None
            return found if began is None else [*found, (began, last + 1)]
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        patterns = (
            "..##....",
            "..#.##...",
            "##...",
            "",
            "....",
            "#...##...#...",
            "..##",
            "##..##.",
        )
        return [([sign == "#" for sign in pattern], 3) for pattern in patterns] + [
            ([sign == "#" for sign in "#.#..#...#"], 2)
        ]

    def reference(self) -> Callable[..., list[tuple[int, int]]]:
        return turns

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda speech, hangover: turns(speech, 1),
                "Every breath ends the turn. Wait for `hangover` frames of silence in a row.",
            ),
            Mistake(
                lambda speech, hangover: turns([*speech, *[False] * hangover], hangover + 1),
                "One frame too late: the turn is over with the frame that makes it `hangover`.",
            ),
            Mistake(
                lambda speech, hangover: [(a, b - 1) for a, b in turns(speech, hangover)],
                "The end is the number behind the last frame of speech, as in `speech[a:b]`.",
            ),
            Mistake(
                lambda speech, hangover: [(a, b + hangover) for a, b in turns(speech, hangover)],
                "The silence at the end is not part of the turn.",
            ),
            Mistake(
                lambda speech, hangover: [
                    (a, b) for a, b in turns(speech, hangover) if not all(speech[b:][:1] or [True])
                ],
                "Who still speaks when the frames end has said something too.",
            ),
        ]


class WordErrors(FunctionExercise):
    """The fewest words to change, leave out or put in."""

    variable = "word_errors"
    hints = (
        "Keep a row of numbers: what it takes to make the first words of `heard` from nothing is "
        "0, 1, 2…",
        "For each word that was said, make the next row. Its first number is one more each time.",
        "Each other number is the least of three: above it plus 1, to its left plus 1, and above "
        "left plus 1, or plus 0 where the two words are the same.",
    )
    code = """
        def word_errors(said, heard):
            row = list(range(len(heard) + 1))
            for count, word in enumerate(said, 1):
                above, row = row, [count]
                for at, other in enumerate(heard):
                    changed = above[at] + (word != other)
                    row.append(min(changed, above[at + 1] + 1, row[at] + 1))
            return row[-1]
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        pairs = (
            ("how are you", "how are you"),
            ("how are you", "how were you"),
            ("how are you", "how you"),
            ("how are you", "how are you today"),
            ("what is your name", "is your name"),
            ("i like the sea", "i like tea"),
            ("", "oh no"),
            ("good night", ""),
            ("no no no", "no"),
            ("a b c d e", "b c x e f"),
        )
        return [(said.split(), heard.split()) for said, heard in pairs]

    def reference(self) -> Callable[..., int]:
        return word_errors

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda said, heard: sum(a != b for a, b in zip(said, heard, strict=False)),
                "One word that is missing moves all behind it. They are not wrong for that.",
            ),
            Mistake(
                lambda said, heard: len(set(said) ^ set(heard)),
                "The order counts, and a changed word is one error, not two.",
            ),
            Mistake(
                lambda said, heard: abs(len(said) - len(heard)),
                "As many words can be quite other words.",
            ),
            Mistake(
                _without_change, "A changed word is one error, not one left out and one put in."
            ),
            Mistake(
                lambda said, heard: word_errors(said, heard) / max(1, len(said)),
                "That is the rate. How many errors are there?",
            ),
        ]


def loudness(frame: Sequence[float]) -> float:
    """Decibels of the mean of the squares; -100 for silence."""
    return _decibels(sum(sample * sample for sample in frame) / len(frame))


def turns(speech: Sequence[bool], hangover: int) -> list[tuple[int, int]]:
    """The first frame of each turn, and the one behind its last frame of speech."""
    found: list[tuple[int, int]] = []
    began: int | None = None
    last = 0
    for number, is_speech in enumerate(speech):
        if is_speech:
            began, last = number if began is None else began, number
        elif began is not None and number - last >= hangover:
            found.append((began, last + 1))
            began = None
    return found if began is None else [*found, (began, last + 1)]


def word_errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """The edit distance, as the package counts it."""
    from companion.speech import scoring

    return scoring.word_errors(said, heard)


def _decibels(power: float) -> float:
    return 10 * math.log10(power) if power > 1e-10 else QUIETEST


def _natural(power: float) -> float:
    return 10 * math.log(power) if power > 1e-10 else QUIETEST


def _without_change(said: Sequence[str], heard: Sequence[str]) -> int:
    """The edit distance in which a changed word counts twice."""
    row = list(range(len(heard) + 1))
    for count, word in enumerate(said, 1):
        above, row = row, [count]
        for at, other in enumerate(heard):
            same = above[at] if word == other else above[at] + 2
            row.append(min(same, above[at + 1] + 1, row[at] + 1))
    return row[-1]
