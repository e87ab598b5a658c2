"""A decision matrix: options scored on criteria, criteria weighed, and how firm the result is.

An option's score is the weighted mean of its marks, sum(w * mark) / sum(w), so that it stands on
the same scale as they do. Sensitivity is exact: with all other weights kept, two options draw level
at one weight of a criterion, where the lines of their weighted sums cross.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from companion.errors import ConfigError

Marks = Mapping[str, Mapping[str, float]]
"""The mark of each option on each criterion, the higher the better."""

Weights = Mapping[str, float]
"""How much each criterion counts, 0 or more, in any unit: only their proportions matter."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """An option and its weighted mean, in the unit of the marks."""

    option: str
    score: float


@dataclass(frozen=True, slots=True)
class Change:
    """Beyond the weight `at` of `criterion`, all others kept, `winner` wins; `now` is the weight.

    `at` above `now` asks for more weight, below it for less; level with it, the two are tied.
    """

    criterion: str
    now: float
    at: float
    winner: str


def rank(marks: Marks, weights: Weights) -> tuple[Ranked, ...]:
    """The best first; of equals, the one that stands first in `marks`.

    Raises ConfigError for no options, a missing mark, a negative weight, or weights that are all 0.
    """
    _check(marks, weights)
    whole = sum(weights.values())
    found = [Ranked(option, _sum(row, weights) / whole) for option, row in marks.items()]
    return tuple(sorted(found, key=lambda one: -one.score))


def sensitivity(marks: Marks, weights: Weights) -> tuple[Change, ...]:
    """For each criterion the nearest weights, below and above, that another option wins beyond.

    A criterion that is not named changes no winner, whatever its weight. The most fragile first:
    the one whose weight has to change least.
    """
    best = rank(marks, weights)[0].option
    found = [change for one in weights for change in _nearest(marks, weights, best, one)]
    return tuple(sorted(found, key=lambda one: abs(one.at - one.now)))


def _nearest(marks: Marks, weights: Weights, best: str, criterion: str) -> Iterator[Change]:
    """The first crossing above this weight, and the first below it, where there are such."""
    now = weights[criterion]
    above = list(_crossings(marks, weights, best, criterion, upwards=True))
    below = list(_crossings(marks, weights, best, criterion, upwards=False))
    if below:
        at, winner = max(below)
        yield Change(criterion, now, at, winner)
    if above:
        at, winner = min(above)
        yield Change(criterion, now, at, winner)


def _crossings(
    marks: Marks, weights: Weights, best: str, criterion: str, *, upwards: bool
) -> Iterator[tuple[float, str]]:
    """Where each option that gains on the best in that direction draws level with it.

    The lead of the best is lead + slope * (weight - now); nobody weighs less than 0.
    """
    for option, row in marks.items():
        lead = _sum(marks[best], weights) - _sum(row, weights)
        slope = marks[best][criterion] - row[criterion]
        if option == best or slope == 0 or (slope < 0) != upwards:
            continue
        at = weights[criterion] - lead / slope
        if at > 0 or (upwards and at == 0):
            yield at, option


def _sum(row: Mapping[str, float], weights: Weights) -> float:
    return sum(weight * row[criterion] for criterion, weight in weights.items())


def _check(marks: Marks, weights: Weights) -> None:
    if not marks:
        raise ConfigError("There is nothing to choose from", where="marks", repair="Name options.")
    for criterion, weight in weights.items():
        if weight < 0:
            what = f"The weight of {criterion} is {weight:g}"
            raise ConfigError(what, where="weights", repair="Give 0 or more.")
    if not sum(weights.values()):
        what = "No criterion counts: all weights are 0"
        raise ConfigError(what, where="weights", repair="Give one of them more.")
    for option, row in marks.items():
        _all_marked(option, row, weights)


def _all_marked(option: str, row: Mapping[str, float], criteria: Iterable[str]) -> None:
    missing = [one for one in criteria if one not in row]
    if missing:
        raise ConfigError(
            f"{option} has no mark for {', '.join(missing)}",
            where="marks",
            repair=f"Mark it, or weigh only what all have: {', '.join(row)}.",
        )
