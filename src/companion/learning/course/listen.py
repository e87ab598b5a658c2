"""Exercises on hearing: how loud, how much noise, when a turn is over, how many words are wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from companion.learning.exercises import FunctionExercise, Mistake

NOTEBOOK = "6_senses/02_listen"
Wrong = dict[str, Callable[..., Any]]
"""What to tell a learner -> the wrong answer that it fits."""

QUIETEST = -100.0
"""Decibels that stand for silence, whose logarithm does not exist."""


class Loudness(FunctionExercise):
    """How loud a frame is, in decibels below the loudest there can be."""

    variable = "loudness"
    hints = (
        "The power of a frame is the mean of the squares of its samples.",
        "Decibels are ten times the logarithm to the base 10 of the power: `math.log10`, "
        "with `import math` above.",
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
        wrong: Wrong = {
            "Samples swing around 0, so that their mean is nearly 0 however loud. Square them.": (
                lambda frame: _decibels(sum(frame) / len(frame))
            ),
            "A longer frame is not a louder one: take the mean of the squares.": (
                lambda frame: _decibels(sum(one * one for one in frame))
            ),
            "Twenty times is for sizes. You have squares already: ten times.": (
                lambda frame: 2 * loudness(frame) if any(frame) else QUIETEST
            ),
            "`frame` is a list, not an array: square its samples one by one.": lambda frame: (
                frame**2
            ),
            "The root was taken, and ten times is for powers.": lambda frame: loudness(frame) / 2,
            "Only the loudest sample counts in this.": lambda frame: _decibels(max(frame) ** 2),
            "Silence has the power 0: answer -100.0 before its logarithm is asked.": (
                lambda frame: 10 * math.log10(sum(one * one for one in frame) / len(frame))
            ),
            "`math.log` is the natural logarithm. Decibels want `math.log10`.": (
                lambda frame: _natural(sum(one * one for one in frame) / len(frame))
            ),
        }
        return _mistakes(wrong)

    def expected(self, frame: Sequence[float]) -> str:
        power = sum(sample * sample for sample in frame) / len(frame)
        if power <= 1e-10:
            return "That is silence, which counts as -100."
        return f"The mean of the squares is {power:.3g}. Ten times its logarithm to 10 is wanted."


class NoiseGain(FunctionExercise):
    """How much a noise is to be turned up or down, for so many decibels below the speech."""

    variable = "noise_gain"
    hints = (
        "Ten decibels are a factor of ten in power, and twenty a factor of a hundred.",
        "So the noise must have `speech / 10 ** (ratio / 10)` as its power. It has `noise` now.",
        "The one divided by the other is the factor of the power. You multiply samples, and power "
        "is made of squares: take the square root, `math.sqrt`, with `import math` above.",
    )
    code = """
        import math

        def noise_gain(speech, noise, ratio):
            return math.sqrt(speech / noise / 10 ** (ratio / 10))
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(0.01, 0.01, 0), (0.04, 0.01, 0), (0.01, 0.01, 20), (0.02, 0.5, 10), (0.1, 1, -5)]

    def reference(self) -> Callable[..., float]:
        return _gain

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "That is the factor of the power. You multiply samples: take its square root.": (
                lambda speech, noise, ratio: _gain(speech, noise, ratio) ** 2
            ),
            "With more decibels, the noise must become quieter, and this makes it louder.": (
                lambda speech, noise, ratio: _gain(speech, noise, -ratio)
            ),
            "Louder speech bears more noise: `speech` belongs above, `noise` below.": (
                lambda speech, noise, ratio: _gain(noise, speech, ratio)
            ),
            "The decibels are about powers as well: they belong under the root.": (
                lambda speech, noise, ratio: _gain(speech, noise, 2 * ratio)
            ),
            "How loud is the speech? The ratio is between the two.": lambda s, n, r: _gain(1, n, r),
            "Do not round: the factor may be small.": lambda s, n, r: round(_gain(s, n, r), 3),
        }
        return _mistakes(wrong)

    def expected(self, speech: float, noise: float, ratio: float) -> str:
        return (
            f"The power of the noise is {noise:g}. It should be {speech / 10 ** (ratio / 10):.4g}."
        )


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
        patterns = ["..##....", "..#.##...", "##...", "", "....", "#...##...#...", "..##"]
        patterns += ["##..##.", "#.#.#.##"]
        cases = [(pattern, 3) for pattern in patterns] + [("#.#..#...#", 2)]
        return [([sign == "#" for sign in pattern], hangover) for pattern, hangover in cases]

    def reference(self) -> Callable[..., list[tuple[int, int]]]:
        return turns

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "Every breath ends the turn. Wait for `hangover` frames of silence in a row.": (
                lambda speech, hangover: turns(speech, 1)
            ),
            "One frame too late: the turn is over with the frame that makes it `hangover`.": (
                lambda speech, hangover: turns([*speech, *[False] * hangover], hangover + 1)
            ),
            "The end is the number behind the last frame of speech, as in `speech[a:b]`.": (
                lambda speech, hangover: [(a, b - 1) for a, b in turns(speech, hangover)]
            ),
            "The silence at the end is not part of the turn.": (
                lambda speech, hangover: [
                    (a, min(b + hangover, len(speech))) for a, b in turns(speech, hangover)
                ]
            ),
            "Who still speaks when the frames end has said something too.": (
                lambda speech, hangover: [
                    (a, b) for a, b in turns(speech, hangover) if len(speech) - b >= hangover
                ]
            ),
            "A turn is a tuple, in round brackets.": lambda s, h: [
                list(one) for one in turns(s, h)
            ],
            "The second number says where a turn ends, and not how long it is.": (
                lambda speech, hangover: [(a, b - a) for a, b in turns(speech, hangover)]
            ),
        }
        return _mistakes(wrong)

    def expected(self, speech: Sequence[bool], hangover: int) -> str:
        picture = "".join(".#"[one] for one in speech) or "no frame"
        return (
            f"With # for speech: {picture}, and {hangover} silent ones in a row end a turn. "
            f"{turns(speech, hangover)} is wanted."
        )


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
            ("", "oh no"),
            ("good night", ""),
            ("no no no", "no"),
            ("a b c d e", "b c x e f"),
        )
        return [(said.split(), heard.split()) for said, heard in pairs]

    def reference(self) -> Callable[..., int]:
        return word_errors

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "One word that is missing moves all behind it. They are not wrong for that.": (
                lambda said, heard: sum(a != b for a, b in zip(said, heard, strict=False))
            ),
            "The order counts, and a change is one error.": lambda s, h: len(set(s) ^ set(h)),
            "As many words can be quite other words.": lambda s, h: abs(len(s) - len(h)),
            "A changed word is one error, not one left out and one put in.": _without_change,
            "That is the rate.": lambda said, heard: word_errors(said, heard) / len(said),
            "Those are letters.": lambda s, h: word_errors(" ".join(s), " ".join(h)),
        }
        return _mistakes(wrong)

    def expected(self, said: Sequence[str], heard: Sequence[str]) -> str:
        return f"Words to change, to leave out or to put in, at least: {word_errors(said, heard)}."


def _mistakes(wrong: Wrong) -> list[Mistake[Callable[..., Any]]]:
    return [Mistake(answer, why) for why, answer in wrong.items()]


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


def _gain(speech: float, noise: float, ratio: float) -> float:
    return math.sqrt(speech / noise / 10 ** (ratio / 10))


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
