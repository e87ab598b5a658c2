"""What one look finds, and how findings add up to a total out of 100."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "missing", "fail"]
Category = Literal[
    "packages",
    "machine",
    "settings",
    "models",
    "tracking",
    "configuration",
    "local generation",
    "cloud selection",
    "fallback",
    "integration",
]

POINTS: dict[Category, int] = {
    "packages": 30,
    "machine": 15,
    "settings": 10,
    "models": 30,
    "tracking": 15,
}
"""What each category is worth when all that counts in it is ok."""

ROUTING: dict[Category, int] = {
    "configuration": 20,
    "local generation": 30,
    "cloud selection": 20,
    "fallback": 15,
    "integration": 15,
}
"""The same for the examination of routing."""


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: what is known of `name`, and the `repair` that mends it.

    A finding that does not `count` is told for its own sake: nothing in the settings asks for it.
    """

    category: Category
    name: str
    status: Status
    fact: str
    repair: str = ""
    counts: bool = True

    def __str__(self) -> str:
        mend = f"\n{'':<30}→ {self.repair}" if self.repair else ""
        return f"{f'[{self.status}]':<10}{self.name:<20}{self.fact}{mend}"


@dataclass(frozen=True, slots=True)
class Score:
    """Points earned in each category, their total, and the `points` that were to be had."""

    categories: dict[Category, int]
    total: int
    points: dict[Category, int]

    def __str__(self) -> str:
        parts = ", ".join(
            f"{name} {self.categories[name]}/{most}" for name, most in self.points.items()
        )
        return f"{self.total} of 100 ({parts})"


def score(checks: Sequence[Check], points: dict[Category, int] | None = None) -> Score:
    """Each category earns the share of its counted findings that are ok.

    `points` is what there is to be had; None: `POINTS`.
    """
    points = POINTS if points is None else points
    earned = {category: _earned(category, most, checks) for category, most in points.items()}
    return Score(earned, sum(earned.values()), points)


def _earned(category: Category, most: int, checks: Sequence[Check]) -> int:
    counted = [check for check in checks if check.category == category and check.counts]
    right = sum(check.status == "ok" for check in counted)
    return most * right // len(counted) if counted else 0
