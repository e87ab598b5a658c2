"""How far a result may be off, when what it is worked out from is not known exactly.

Each assumption is moved alone, to its low and to its high end, while all others stay: that is its
swing. The outer band has every assumption at the end that is worse, or better, for the result; it
is exact where the result only rises or only falls with each of them. The likely band adds the
swings of each direction as squares, as if they were independent, and stays within the outer one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from companion.planning.prices import Assumptions, assumptions


@dataclass(frozen=True, slots=True)
class Swing:
    """The result with one assumption at its low end and at its high one, the others as they are."""

    name: str
    at_low: float
    at_high: float

    @property
    def width(self) -> float:
        """How far it moves the result."""
        return abs(self.at_high - self.at_low)


@dataclass(frozen=True, slots=True)
class Band:
    """A result, and its ends: `low` and `high` with all that may go wrong, or well, at once."""

    value: float
    low: float
    high: float
    likely: tuple[float, float]
    swings: tuple[Swing, ...]

    def __str__(self) -> str:
        least, most = self.likely
        return (
            f"{self.value:,.0f}, likely from {least:,.0f} to {most:,.0f}, "
            f"at the outside from {self.low:,.0f} to {self.high:,.0f}"
        )


def band(result: Callable[[Assumptions], float], told: Assumptions | None = None) -> Band:
    """The result with its band; swings that move it are sorted, the widest first."""
    told = told or assumptions()
    value = result(told)
    found = (_swing(name, result, told) for name in told)
    swings = sorted((one for one in found if one.width), key=lambda one: -one.width)
    worst, best = (_corner(told, swings, best) for best in (False, True))
    low, high = min(value, result(worst)), max(value, result(best))
    likely = (
        max(low, value - _squares(value - min(one.at_low, one.at_high, value) for one in swings)),
        min(high, value + _squares(max(one.at_low, one.at_high, value) - value for one in swings)),
    )
    return Band(value, low, high, likely, tuple(swings))


def moved(told: Assumptions, name: str, value: float) -> Assumptions:
    """The same with another value for one of them."""
    return {**told, name: told[name].model_copy(update={"value": value})}


def _swing(name: str, result: Callable[[Assumptions], float], told: Assumptions) -> Swing:
    low, high = told[name].ends
    if low == high:
        return Swing(name, 0.0, 0.0)
    return Swing(name, result(moved(told, name, low)), result(moved(told, name, high)))


def _corner(told: Assumptions, swings: list[Swing], best: bool) -> Assumptions:
    """Every assumption at the end that is best for the result, or worst."""
    for one in swings:
        rises = one.at_high > one.at_low
        told = moved(told, one.name, told[one.name].ends[rises == best])
    return told


def _squares(deviations: Iterable[float]) -> float:
    return math.sqrt(sum(one**2 for one in deviations))
