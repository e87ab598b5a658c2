"""Exercises on the demo's timings: a fair figure for the wait, and what starting cold costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from companion.learning.exercises import FunctionExercise, Mistake, NumberExercise

NOTEBOOK = "7_companion/03_gradio_demo"


@dataclass
class TypicalWait(NumberExercise):
    """Which single figure describes several waits, one of which is unlike the others?"""

    waits: list[float]

    variable = "typical_wait"
    hints = (
        "One slow turn pulls the mean up. Which figure does one slow turn leave where it is?",
        "Sort the waits: the answer stands in the middle, or half-way between the middle two.",
        "`from statistics import median`, and it does just that.",
    )
    code = """
        from statistics import median

        typical_wait = median(waits)
    """

    @classmethod
    def example(cls) -> TypicalWait:
        return cls([1.93, 0.214, 0.4372])

    def reference(self) -> float:
        return float(median(self.waits))

    def mistakes(self) -> Sequence[Mistake[float]]:
        return [
            Mistake(mean(self.waits), "that is the mean, and one slow turn moves it a lot."),
            Mistake(max(self.waits), "that is the worst wait, not a typical one."),
            Mistake(min(self.waits), "that is the best wait. It flatters the demo."),
            Mistake(sum(self.waits), "those are all waits together."),
            Mistake(1000 * self.reference(), "seconds are asked for, not milliseconds."),
            Mistake(round(self.reference(), 2), "that is rounded. Keep all digits."),
            Mistake(round(self.reference(), 1), "that is rounded to tenths. Keep all digits."),
            Mistake(round(self.reference()), "that is rounded to whole seconds. Keep all digits."),
        ]


@dataclass
class SlowerThan(FunctionExercise):
    """How many of the waits would a person have noticed?"""

    variable = "slower_than"
    hints = (
        "Go through the waits and count those above the limit.",
        "`wait > limit` is True or False, and `sum` counts a True as 1.",
    )
    code = """
        def slower_than(waits, limit):
            return sum(wait > limit for wait in waits)
    """

    @classmethod
    def example(cls) -> SlowerThan:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [([], 1.0), ([0.5, 1.5, 2.5], 1.0), ([1.0, 1.0], 1.0), ([0.5, 1.5, 2.5], 2.0)]

    def reference(self) -> Callable[..., int]:
        return lambda waits, limit: sum(wait > limit for wait in waits)

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(lambda waits, limit: sum(w < limit for w in waits), "Those are the fast ones."),
            Mistake(
                lambda waits, limit: sum(w >= limit for w in waits),
                "A wait of exactly the limit is not slower than it.",
            ),
            Mistake(
                lambda waits, limit: [w for w in waits if w > limit],
                "The waits themselves are not asked for, but how many they are.",
            ),
            Mistake(
                lambda waits, limit: sum(w for w in waits if w > limit),
                "That adds up the slow waits, in seconds. Count them instead.",
            ),
            Mistake(
                lambda waits, limit: any(w > limit for w in waits),
                "That tells whether there is a slow one, not how many there are.",
            ),
            Mistake(
                lambda waits, limit: sum(w > limit for w in waits) / len(waits),
                "That is a share of the waits. How many are they?",
            ),
            Mistake(lambda waits, limit: len(waits), "That counts all waits, the fast ones too."),
            Mistake(
                lambda waits, limit: sum(w > 1.0 for w in waits),
                "The limit is not always one second: it is what `limit` says.",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        waits, limit = arguments
        if not waits:
            return "There are no waits in this list, so none is above the limit."
        return f"Compare each of these {len(waits)} waits with {limit}, and count."
