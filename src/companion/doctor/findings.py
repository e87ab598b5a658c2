"""What one look finds, and how findings add up to a total out of 100."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "missing", "fail"]
Category = Literal["packages", "machine", "settings", "models", "tracking"]

POINTS: dict[Category, int] = {
    "packages": 30,
    "machine": 15,
    "settings": 10,
    "models": 30,
    "tracking": 15,
}
"""What each category is worth when all that counts in it is ok."""


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
    """Points earned in each category of `POINTS`, and their total."""

    categories: dict[Category, int]
    total: int

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {self.categories[name]}/{POINTS[name]}" for name in POINTS)
        return f"{self.total} of 100 ({parts})"


def score(checks: Sequence[Check]) -> Score:
    """Each category earns the share of its counted findings that are ok."""
    earned = {category: _earned(category, checks) for category in POINTS}
    return Score(earned, sum(earned.values()))


def _earned(category: Category, checks: Sequence[Check]) -> int:
    counted = [check for check in checks if check.category == category and check.counts]
    right = sum(check.status == "ok" for check in counted)
    return POINTS[category] * right // len(counted) if counted else 0
