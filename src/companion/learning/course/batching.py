"""Exercises on batching: padding, who is done when, arrivals by chance, how many are there."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

from companion.learning.exercises import FunctionExercise, Mistake

NOTEBOOK = "3_quantized/03_batching"
Wrong = dict[str, Callable[..., Any]]
"""What to tell a learner -> the wrong answer that it fits."""


class Padding(FunctionExercise):
    """The share of a padded batch that is nobody's."""

    variable = "padding"
    hints = (
        "The batch is a rectangle: so many rows, each as long as the longest prompt.",
        "How many places has it, and in how many of them stands a token of somebody?",
        "One minus the tokens of all prompts, divided by rows times the longest.",
    )
    code = """
        def padding(lengths):
            return 1 - sum(lengths) / (len(lengths) * max(lengths))
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [([10, 20],), ([5, 5, 30],), ([7],), ([12, 3, 9, 100],)]

    def reference(self) -> Callable[..., float]:
        return lambda lengths: 1 - sum(lengths) / (len(lengths) * max(lengths))

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "That is the share that is used. Padding is the rest to 1.": (
                lambda lengths: sum(lengths) / (len(lengths) * max(lengths))
            ),
            "Those are places, not a share of all.": (
                lambda lengths: len(lengths) * max(lengths) - sum(lengths)
            ),
            "It is a share of the whole rectangle, not of what is used in it.": (
                lambda lengths: len(lengths) * max(lengths) / sum(lengths) - 1
            ),
            "A share is between 0 and 1, and not in per cent.": (
                lambda lengths: 100 - 100 * sum(lengths) / (len(lengths) * max(lengths))
            ),
            "Do not round what is returned; a table may.": (
                lambda lengths: round(1 - sum(lengths) / (len(lengths) * max(lengths)), 2)
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        lengths = arguments[0]
        return f"There are {len(lengths)} rows of {max(lengths)} places, and {sum(lengths)} tokens."


class StaticEnds(FunctionExercise):
    """The step at which each request has its answer, in batches of `size`."""

    variable = "static_ends"
    hints = (
        "Take `said[start : start + size]` for each batch. How many steps does it take?",
        "A batch goes on until its longest answer ends, and only then are all of it handed out.",
        "The next batch begins at that step: keep the sum of the longest ones so far.",
    )
    code = """
        def static_ends(said, size):
            now, ends = 0, []
            for start in range(0, len(said), size):
                batch = said[start : start + size]
                now += max(batch)
                ends += [now] * len(batch)
            return ends
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [([3, 5], 2), ([3, 5, 2, 4], 2), ([6, 1, 1, 2, 7], 3), ([4, 2, 3], 1)]

    def reference(self) -> Callable[..., list[int]]:
        return _static

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "The next batch begins when the one before has ended: add its steps.": (
                lambda said, size: [max(batch) for batch in _cut(said, size) for _ in batch]
            ),
            "A batch takes as long as its longest answer, not as all of them together.": (
                lambda said, size: _static(said, size, sum)
            ),
            "Nobody is handed an answer before the batch has ended.": _early,
            "That is one by one: `size` of them are answered at once.": (
                lambda said, size: list(accumulate(said))
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        said, size = arguments
        first = said[:size]
        return f"{len(said)} ends are wanted. The first batch, {first}, ends at step {max(first)}."


class ContinuousEnds(FunctionExercise):
    """The step at which each request has its answer, when a place is given on at once."""

    variable = "continuous_ends"
    hints = (
        "Keep a list of the steps at which each place is free again: at first, all are at 0.",
        "Who comes next takes the place that is free first: `min(free)`.",
        "Its end is that step plus its own `said`, and then its place is free: "
        "`free[free.index(begin)] = begin + one`.",
    )
    code = """
        def continuous_ends(said, slots):
            free, ends = [0] * slots, []
            for one in said:
                begin = min(free)
                free[free.index(begin)] = begin + one
                ends.append(begin + one)
            return ends
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [([3, 5], 2), ([3, 5, 2, 4], 2), ([5, 1, 1, 1], 2), ([6, 1, 2, 2, 7, 1], 3)]

    def reference(self) -> Callable[..., list[int]]:
        return _next

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "That is a static batch. Here a place is given on as soon as its answer ends.": _static,
            "Who comes next takes the first place that is free, and need not wait for a turn.": (
                lambda said, slots: _taken(said, slots, lambda free, number: number % slots)
            ),
            "That is the place that is free last.": (
                lambda said, slots: _taken(said, slots, lambda free, _: free.index(max(free)))
            ),
            "There are only so many slots: whoever finds them taken waits.": (
                lambda said, slots: list(said)
            ),
            "Those are the steps at which they begin. When do they end?": (
                lambda said, slots: [a - b for a, b in zip(_next(said, slots), said, strict=True)]
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        said, slots = arguments
        begin = min(said[:slots])
        return f"In their order: {slots} begin at once, and the next one at step {begin}."


class Arrivals(FunctionExercise):
    """When people come, out of even draws between 0 and 1."""

    variable = "arrivals"
    hints = (
        "The gap to the next person is `-log(1 - u) / rate` seconds, for an even draw u.",
        "`math.log` is the natural logarithm, which is the right one.",
        "Each comes one gap after the one before: add the gaps up.",
    )
    code = """
        import math

        def arrivals(draws, rate):
            now, times = 0, []
            for u in draws:
                now += -math.log(1 - u) / rate
                times.append(now)
            return times
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [([0.5], 1.0), ([0.2, 0.7], 2.0), ([0.9, 0.1, 0.5], 0.5)]

    def reference(self) -> Callable[..., list[float]]:
        return _come

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "Those are the gaps. Each comes one gap after the one before.": (
                lambda draws, rate: [-math.log(1 - u) / rate for u in draws]
            ),
            "The more come in a second, the shorter is the gap: divide by the rate.": (
                lambda draws, rate: list(accumulate(-math.log(1 - u) * rate for u in draws))
            ),
            "That is the logarithm to the base of ten: use `math.log`.": (
                lambda draws, rate: list(accumulate(-math.log10(1 - u) / rate for u in draws))
            ),
            "As random, and it breaks where a draw is 0, which happens; 1 never does.": (
                lambda draws, rate: list(accumulate(-math.log(u) / rate for u in draws))
            ),
            "A logarithm of less than 1 is negative: nobody comes before the one before.": (
                lambda draws, rate: list(accumulate(math.log(1 - u) / rate for u in draws))
            ),
            "Do not round: at a high rate, all would come together.": (
                lambda draws, rate: [round(at, 2) for at in _come(draws, rate)]
            ),
            "They come evenly then, like a clock. People come by chance.": (
                lambda draws, rate: list(accumulate(1 / rate for _ in draws))
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        draws, rate = arguments
        return f"The first comes after {-math.log(1 - draws[0]) / rate:.3g} seconds."


class There(FunctionExercise):
    """How many are there on average, waiting or being answered (Little's law)."""

    variable = "there"
    hints = (
        "How long does somebody stay? They wait, and then they are answered.",
        "While one of them stays, how many others come?",
        "Those who come in a second, times the seconds that each stays.",
    )
    code = """
        def there(rate, waited, answered):
            return rate * (waited + answered)
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(2.0, 1.0, 3.0), (0.5, 4.0, 1.5), (10.0, 0.0, 0.25)]

    def reference(self) -> Callable[..., float]:
        return lambda rate, waited, answered: rate * (waited + answered)

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "Those are the ones who wait. Who is being answered is there, too.": (
                lambda rate, waited, answered: rate * waited
            ),
            "Those are the ones who are being answered. Who waits is there, too.": (
                lambda rate, waited, answered: rate * answered
            ),
            "The more come in a second, the more are there: multiply.": (
                lambda rate, waited, answered: (waited + answered) / rate
            ),
            "A mean of both times is too short: one comes after the other.": (
                lambda rate, waited, answered: rate * (waited + answered) / 2
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        rate, waited, answered = arguments
        return (
            f"Each stays {waited + answered:g} s; {rate:g} come a second. A mean may be a fraction."
        )


def _come(draws: Sequence[float], rate: float) -> list[float]:
    return list(accumulate(-math.log(1 - u) / rate for u in draws))


def _cut(said: Sequence[int], size: int) -> list[Sequence[int]]:
    return [said[start : start + size] for start in range(0, len(said), size)]


def _static(
    said: Sequence[int], size: int, taking: Callable[[Sequence[int]], int] = max
) -> list[int]:
    """The ends, when a batch takes that many steps."""
    batches = _cut(said, size)
    ends = accumulate(taking(batch) for batch in batches)
    return [end for end, batch in zip(ends, batches, strict=True) for _ in batch]


def _early(said: Sequence[int], size: int) -> list[int]:
    """The ends, when each gets its own answer as soon as it is there."""
    waste = [max(batch) - one for batch in _cut(said, size) for one in batch]
    return [end - less for end, less in zip(_static(said, size), waste, strict=True)]


def _taken(said: Sequence[int], slots: int, choose: Callable[[list[int], int], int]) -> list[int]:
    """The ends, when that function chooses the place of each."""
    free, ends = [0] * slots, []
    for number, one in enumerate(said):
        place = choose(free, number)
        free[place] += one
        ends.append(free[place])
    return ends


def _next(said: Sequence[int], slots: int) -> list[int]:
    """The ends, when each takes the place that is free first."""
    return _taken(said, slots, lambda free, _: free.index(min(free)))


def _mistakes(wrong: Wrong) -> list[Mistake[Callable[..., Any]]]:
    return [Mistake(answer, why) for why, answer in wrong.items()]
