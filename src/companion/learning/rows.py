"""Stages of a turn as rows: when they begin and end, and for how long they have both run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]
"""A stage of a turn: its `stage`, and `begin` and `length` in milliseconds."""


def rows(*spans: tuple[str, float, float]) -> list[Row]:
    """Rows of (stage, begin, length)."""
    return [{"stage": name, "begin": begin, "length": length} for name, begin, length in spans]


def first_of(stages: Sequence[Row], *names: str) -> Row:
    """The row of the first of these names that there is."""
    return next(row for name in names for row in stages if row["stage"] == name)


def waited(stages: Sequence[Row]) -> float:
    """From the user's last sound to the companion's first, or to its first words to read."""
    sound = first_of(stages, "first audio", "answer")
    aloud = sound["length"] if sound["stage"] == "first audio" else 0
    return float(sound["begin"] + aloud - first_of(stages, "hear")["begin"])


def last_end(stages: Sequence[Row]) -> float:
    """When all of them are over."""
    return float(max(row["begin"] + row["length"] for row in stages))


def since(one: Row, other: Row) -> float:
    """When both have begun."""
    return float(max(one["begin"], other["begin"]))


def next_end(one: Row, other: Row) -> float:
    """When the first of the two is over."""
    return float(min(one["begin"] + one["length"], other["begin"] + other["length"]))


def common(one: Row, other: Row) -> float:
    """For how long both run at the same time."""
    return max(0.0, next_end(one, other) - since(one, other))
