"""Exercises on a face that moves: curves between curves, mouths in time, frames, a blink."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from companion.learning.exercises import FunctionExercise, Mistake

NOTEBOOK = "6_senses/04_a_face_that_moves"
Wrong = dict[str, Callable[..., Any]]


@dataclass
class Between(FunctionExercise):
    """A drawing that is some share of the way from one to another, number by number."""

    variable = "between"
    if_changed = "It changes the first drawing, which others still need. Make a new list."
    hints = (
        "Take one pair of numbers first: at share 0 you want the one, at share 1 the other.",
        "From the one go a `share` of the distance `other - one`.",
        "`zip(one, other)` gives the pairs; make a list of what is between each.",
    )
    code = """
        def between(one, other, share):
            return [a + (b - a) * share for a, b in zip(one, other)]
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [([0, 10], [10, 20], 0.25), ([4.0, -2.0, 1.0], [0.0, 6.0, 1.0], 0.5), ([3], [5], 1)]

    def reference(self) -> Callable[..., list[float]]:
        return _between

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "That goes the other way: at share 0 it should still be the first drawing.": (
                lambda one, other, share: _between(other, one, share)
            ),
            "That is the middle, whatever the share is.": (
                lambda one, other, share: _between(one, other, 0.5)
            ),
            "That is how far to go. Begin at the first drawing's numbers.": (
                lambda one, other, share: [(b - a) * share for a, b in zip(one, other, strict=True)]
            ),
            "A share of the second drawing is added to the whole first one. Add a share of the "
            "distance.": lambda one, other, share: [
                a + b * share for a, b in zip(one, other, strict=True)
            ],
            "That jumps from the one to the other in the middle. Each share has its own drawing.": (
                lambda one, other, share: one if share < 0.5 else other
            ),
            "A list is no number: go through the pairs.": lambda one, other, share: one * share,
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        one, other, share = arguments
        first = _between(one, other, share)[0]
        return f"{first:g} is {share} of the way from {one[0]} to {other[0]}."


@dataclass
class MouthAt(FunctionExercise):
    """The shape that the mouth has at a moment."""

    variable = "mouth_at"
    hints = (
        "A mouth begins at its second, and stays until the next one begins.",
        "So it is the last of those that have begun: whose start is not later than `second`.",
        'Begin with "X", walk along the visemes, and take each shape that has begun.',
    )
    code = """
        def mouth_at(visemes, second):
            shape = "X"
            for one, start in visemes:
                if start <= second:
                    shape = one
            return shape
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        visemes = [("D", 0.1), ("A", 0.3), ("X", 0.5)]
        return [(visemes, at) for at in (0.2, 0.35, 0.3, 0.05, 2.0)] + [(visemes[:2], 0.4)]

    def reference(self) -> Callable[..., str]:
        return _mouth_at

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "That mouth comes next. Which one has begun already?": lambda visemes, second: next(
                (shape for shape, start in visemes if start > second), "X"
            ),
            "A mouth begins *at* its second: at 0.3 it is A, not D.": lambda visemes, second: (
                _mouth_at([(shape, start) for shape, start in visemes if start < second], second)
            ),
            "Nothing has begun yet, and the mouth is at rest: X.": lambda visemes, second: [
                shape for shape, start in visemes if start <= second
            ][-1],
            "That is the first that has begun. The last one of them is asked for.": (
                lambda visemes, second: visemes[0][0] if second >= visemes[0][1] else "X"
            ),
            "That is the mouth whose start is nearest, even if it has not begun.": (
                lambda visemes, second: min(visemes, key=lambda one: abs(one[1] - second))[0]
            ),
            "The shape alone is asked for, without its second.": lambda visemes, second: (
                _mouth_at(visemes, second),
                second,
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        visemes, second = arguments
        begun = [shape for shape, start in visemes if start <= second]
        return f"At {second} s these have begun: {', '.join(begun) or 'none'}."


@dataclass
class Changed(FunctionExercise):
    """How far one mouth has become the next, around the moment at which that one begins."""

    variable = "changed"
    hints = (
        "The change begins `half` a change before the onset and takes two halves.",
        "`(second - (onset - half)) / (2 * half)` is 0 at its beginning and 1 at its end.",
        "Before and after, it leaves 0 and 1: `min(1, max(0, …))` keeps it between them.",
    )
    code = """
        def changed(second, onset, half):
            return min(1, max(0, (second - (onset - half)) / (2 * half)))
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(1, 1, 0.03), (0.985, 1, 0.03), (2, 1, 0.5), (0, 1, 0.5), (5, 3, 3)]

    def reference(self) -> Callable[..., float]:
        return _changed

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "That begins at the onset, so the mouth is late: at the onset it should be half way.": (
                lambda second, onset, half: _changed(second, onset + half, half)
            ),
            "Long before, and long after, it leaves 0 and 1. Keep it between them.": (
                lambda second, onset, half: (second - onset + half) / (2 * half)
            ),
            "That is a mouth that jumps. Let it take its time.": (
                lambda second, onset, half: float(second >= onset)
            ),
            "That is twice as fast: it takes `half` before the onset, and `half` after it.": (
                lambda second, onset, half: _changed(second, onset, half / 2)
            ),
            "That runs backwards, from 1 to 0.": (
                lambda second, onset, half: 1 - _changed(second, onset, half)
            ),
            "At the onset it has changed already. Only half of it should have.": (
                lambda second, onset, half: _changed(second, onset - half, half)
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        _, onset, half = arguments
        return f"It goes from 0 at {onset - half:g} s to 1 at {onset + half:g} s."


@dataclass
class Late(FunctionExercise):
    """How late a mouth is seen, in milliseconds, when pictures come so many a second."""

    variable = "late_ms"
    hints = (
        "Pictures come at 0, 1/n, 2/n … seconds. Which is the first that is not before the onset?",
        "`math.ceil(onset * per_second)` is its number. When does it come?",
        "Its number, divided by `per_second`, minus the onset, times 1000.",
    )
    code = """
        import math

        def late_ms(onset, per_second):
            picture = math.ceil(onset * per_second)
            return 1000 * (picture / per_second - onset)
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(0.26, 10), (0.51, 4), (1.23, 25), (0.5, 4)]

    def reference(self) -> Callable[..., float]:
        return _late

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "Those are seconds. Milliseconds are asked for.": (
                lambda onset, per_second: _late(onset, per_second) / 1000
            ),
            "The nearest picture may come before the onset, when nobody knows of it yet.": (
                lambda onset, per_second: 1000 * (round(onset * per_second) / per_second - onset)
            ),
            "That is how long ago the last picture was. The mouth is seen in the next one.": (
                lambda onset, per_second: (
                    1000 * (onset - math.floor(onset * per_second) / per_second)
                )
            ),
            "That is when it is seen. How long after its onset is that?": (
                lambda onset, per_second: 1000 * math.ceil(onset * per_second) / per_second
            ),
            "That is the worst case, a whole picture. This onset may be luckier.": (
                lambda onset, per_second: 1000 / per_second
            ),
            "That is a number of pictures. How long do they take?": (
                lambda onset, per_second: math.ceil(onset * per_second)
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        onset, per_second = arguments
        step = 1000 / per_second
        return f"Pictures come every {step:g} ms, and the onset is at {1000 * onset:g} ms."


@dataclass
class Shut(FunctionExercise):
    """How far the lids are shut in a blink: a third of its time they fall, then they rise."""

    variable = "shut"
    hints = (
        "Count in shares of the blink: `passed / lasts` is 0 at its beginning and 1 at its end.",
        "Falling: in the first third it goes from 0 to 1, so multiply the share by 3.",
        "Rising: what is left, `1 - share`, goes from 2/3 to 0, and should go from 1 to 0. The "
        "smaller of both is the answer, and never below 0.",
    )
    code = """
        def shut(passed, lasts):
            share = passed / lasts
            return max(0, min(3 * share, 1.5 * (1 - share)))
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(0.05, 0.15), (0.1, 0.15), (0.025, 0.15), (0.15, 0.15), (0.4, 0.15)]

    def reference(self) -> Callable[..., float]:
        return _shut

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "That falls and rises in the same time. Lids fall in a third of it.": (
                lambda passed, lasts: max(0.0, 1 - abs(2 * passed / lasts - 1))
            ),
            "That is how open they are.": lambda passed, lasts: 1 - _shut(passed, lasts),
            "When the blink is over, lids stay open: 0, and not less.": (
                lambda passed, lasts: min(3 * passed / lasts, 1.5 * (1 - passed / lasts))
            ),
            "They fall, and never open again.": lambda passed, lasts: min(1, 3 * passed / lasts),
            "That rises in a third and falls in two: fast is the way down.": (
                lambda passed, lasts: max(0.0, min(1.5 * passed / lasts, 3 * (1 - passed / lasts)))
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        _, lasts = arguments
        return f"It is 0 at 0 s, 1 at {lasts / 3:g} s, and 0 again from {lasts:g} s on."


def _mistakes(wrong: Wrong) -> list[Mistake[Callable[..., Any]]]:
    return [Mistake(answer, why) for why, answer in wrong.items()]


def _between(one: Sequence[float], other: Sequence[float], share: float) -> list[float]:
    return [a + (b - a) * share for a, b in zip(one, other, strict=True)]


def _begun(visemes: Sequence[tuple[str, float]], second: float) -> int:
    """How many have begun."""
    return bisect_right([start for _, start in visemes], second)


def _mouth_at(visemes: Sequence[tuple[str, float]], second: float) -> str:
    begun = _begun(visemes, second)
    return visemes[begun - 1][0] if begun else "X"


def _changed(second: float, onset: float, half: float) -> float:
    return min(1.0, max(0.0, (second - onset + half) / (2 * half)))


def _late(onset: float, per_second: float) -> float:
    return 1000 * (math.ceil(onset * per_second) / per_second - onset)


def _shut(passed: float, lasts: float) -> float:
    share = passed / lasts
    return max(0.0, min(3 * share, 1.5 * (1 - share)))
