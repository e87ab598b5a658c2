"""Curves as text, and curves between curves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

Point = tuple[float, float]
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def short(number: float) -> str:
    """With one digit behind the point, where it says something."""
    return f"{round(number, 1) + 0:g}"  # + 0: without the sign of a negative zero


def curve(start: Point, *cubics: Sequence[Point], close: bool = True) -> str:
    """A path of cubic Bézier curves, each two control points and an end."""
    text = f"M{_point(start)}"
    for points in cubics:
        text += "C" + " ".join(map(_point, points))
    return text + "Z" * close


def _point(point: Point) -> str:
    return f"{short(point[0])} {short(point[1])}"


def part(points: Sequence[Point], begin: float, end: float) -> list[Point]:
    """The stretch of one cubic curve between two of its times, by de Casteljau's rule."""

    def at(*times: float) -> Point:
        """The curve's blossom: one time for each step of the rule."""
        level = list(points)
        for time in times:
            level = [_between(a, b, time) for a, b in pairwise(level)]
        return level[0]

    return [at(begin, begin, begin), at(begin, begin, end), at(begin, end, end), at(end, end, end)]


def _between(one: Point, other: Point, share: float) -> Point:
    return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share


def morph(one: str, other: str, share: float) -> str:
    """The path that is `share` of the way from one to another of the same build; it may overshoot.

    The rig in the browser does the same, so that a still picture and a moving one agree.
    """
    ends = iter(NUMBER.findall(other))

    def between(number: re.Match[str]) -> str:
        begin = float(number[0])
        return short(begin + (float(next(ends)) - begin) * share)

    return NUMBER.sub(between, one)
