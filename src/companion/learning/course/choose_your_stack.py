"""Exercises on choosing a stack: marks and weights, electricity, load, licences."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from companion.learning.exercises import FunctionExercise, Mistake, NumberExercise

NOTEBOOK = "0_start/02_choose_your_stack"
Wrong = dict[str, Callable[..., Any]]
"""What to tell a learner -> the wrong answer that it fits."""


class Score(FunctionExercise):
    """The weighted mean of an option's marks."""

    variable = "score"
    hints = (
        "A criterion that weighs 3 counts as if it stood there three times.",
        "Add up weight times mark, for each criterion.",
        "Divide by the sum of the weights, so that the score is on the scale of the marks.",
    )
    code = """
        def score(marks, weights):
            total = sum(weights[one] * marks[one] for one in weights)
            return total / sum(weights.values())
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [
            ({"simple": 5, "fast": 3}, {"simple": 3, "fast": 1}),
            ({"simple": 2, "fast": 5}, {"simple": 1, "fast": 4}),
            ({"simple": 4, "fast": 2, "cheap": 1}, {"simple": 0, "fast": 2, "cheap": 1}),
        ]

    def reference(self) -> Callable[..., float]:
        return _score

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "That is a sum. Divide by the sum of the weights, to be on the scale of the marks.": (
                lambda marks, weights: sum(weights[one] * marks[one] for one in weights)
            ),
            "All criteria count the same there: where are the weights?": (
                lambda marks, weights: sum(marks[one] for one in weights) / len(weights)
            ),
            "Divide by the sum of the weights, not by how many there are.": (
                lambda marks, weights: _score(marks, weights) * sum(weights.values()) / len(weights)
            ),
            "Divide by the sum of the weights, not of the marks.": (
                lambda m, w: _score(m, w) * sum(w.values()) / sum(m.values())
            ),
            "Do not round: two options may be close.": (
                lambda marks, weights: round(_score(marks, weights), 1)
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        products = [f"{arguments[1][one]} x {arguments[0][one]}" for one in arguments[1]]
        return f"The products are {', '.join(products)}; the weights, {sum(arguments[1].values())}."


@dataclass
class TippingWeight(NumberExercise):
    """The weight of a criterion at which two options draw level, all other weights kept."""

    first: Mapping[str, float]
    second: Mapping[str, float]
    weights: Mapping[str, float]
    criterion: str

    variable = "tipping"
    hints = (
        "Level means: the two weighted sums are the same. The divisor is the same for both.",
        "Write the lead of the first in all other criteria, and how much it loses with each unit.",
        "The lead in the others, divided by how much more the second has in this criterion.",
    )
    code = """
        others = [one for one in weights if one != criterion]
        lead = sum(weights[one] * (first[one] - second[one]) for one in others)
        tipping = lead / (second[criterion] - first[criterion])
    """

    @classmethod
    def example(cls) -> TippingWeight:
        first = {"simple": 5.0, "fast": 3.0, "cheap": 4.0}
        second = {"simple": 2.0, "fast": 5.0, "cheap": 3.0}
        return cls(first, second, {"simple": 3.0, "fast": 1.0, "cheap": 2.0}, "fast")

    def reference(self) -> float:
        return self._lead(self._others()) / -self._gap()

    def mistakes(self) -> Sequence[Mistake[float]]:
        others, now = self._lead(self._others()), self.weights[self.criterion]
        told = {
            self._lead(list(self.weights)) / -self._gap(): "That has to be added. To what?",
            others: "That is the lead in the other criteria. Each unit of weight takes some of it.",
            -self._gap(): "That is what the second gains with each unit. Divide the lead by it.",
            others / self._gap(): "The sign is turned: the second has more in this criterion.",
            now: "That is the weight as it is; the first still leads there.",
            now - others / self._gap(): "That adds the weight as it is. The level counts from 0.",
        }
        return [Mistake(wrong, why) for wrong, why in told.items() if wrong != self.reference()]

    def _others(self) -> list[str]:
        return [one for one in self.weights if one != self.criterion]

    def _lead(self, criteria: Sequence[str]) -> float:
        return sum(self.weights[one] * (self.first[one] - self.second[one]) for one in criteria)

    def _gap(self) -> float:
        return self.first[self.criterion] - self.second[self.criterion]


class Electricity(FunctionExercise):
    """US dollars for the electricity of a month, where a kilowatt-hour is sold in euros."""

    variable = "electricity"
    hints = (
        "Watts times hours are watt-hours. How many of them are a kilowatt-hour?",
        "Kilowatt-hours times the price are euros.",
        "A euro is `usd_for_eur` dollars: multiply.",
    )
    code = """
        def electricity(watts, hours, eur_kwh, usd_for_eur):
            return watts / 1000 * hours * eur_kwh * usd_for_eur
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(100, 40, 0.25, 1.1), (350, 730, 0.30, 1.05), (25, 80, 0.2, 1.2)]

    def reference(self) -> Callable[..., float]:
        return lambda watts, hours, price, rate: watts / 1000 * hours * price * rate

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "A kilowatt is a thousand watts.": lambda w, h, price, rate: w * h * price * rate,
            "Those are euros. The bill is in dollars.": lambda w, h, p, _: w / 1000 * h * p,
            "A euro is more than a dollar here: multiply by the rate.": (
                lambda w, h, price, rate: w / 1000 * h * price / rate
            ),
            "That is the price of one hour. The machine runs for more.": (
                lambda w, h, price, rate: w / 1000 * price * rate
            ),
            "Do not round: a bill rounds once, in its last line.": (
                lambda w, h, price, rate: round(w / 1000 * h * price * rate, 2)
            ),
            "Those are kilowatt-hours. What does each cost?": lambda w, h, p, _: w / 1000 * h,
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        watts, hours, _, _ = arguments
        return f"{watts} W for {hours} hours are {watts * hours / 1000:g} kWh."


class Load(FunctionExercise):
    """How many answers are being written at a time, on average: the load in erlangs."""

    variable = "load"
    hints = (
        "How many messages come in a second, from all people together?",
        "How many seconds does one answer take?",
        "Messages a second, times the seconds of each.",
    )
    code = """
        def load(people, pause, tokens, tokens_per_second):
            return people / pause * tokens / tokens_per_second
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(100, 60, 100, 40), (5, 30, 200, 10), (1000, 120, 50, 100)]

    def reference(self) -> Callable[..., float]:
        return lambda people, pause, tokens, speed: people / pause * tokens / speed

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "Those are messages a second. How long does each answer take?": (
                lambda people, pause, tokens, speed: people / pause
            ),
            "That is one person's share. How many are there?": (
                lambda people, pause, tokens, speed: tokens / speed / pause
            ),
            "Nobody writes every second: people pause between two messages.": (
                lambda people, pause, tokens, speed: people * tokens / speed
            ),
            "Longer pauses make less load: divide by them.": (
                lambda people, pause, tokens, speed: people * pause * tokens / speed
            ),
            "A faster model makes less load: divide by its speed.": (
                lambda people, pause, tokens, speed: people / pause * tokens * speed
            ),
            "An answer takes its tokens, divided by how many come in a second.": (
                lambda people, pause, tokens, speed: people / pause * speed / tokens
            ),
            "Do not round: it is an average.": (
                lambda people, pause, tokens, speed: round(people / pause * tokens / speed, 1)
            ),
            "Do not round up: it is an average.": (
                lambda people, pause, tokens, speed: math.ceil(people / pause * tokens / speed)
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        people, pause, tokens, speed = arguments
        return f"{people / pause:.3g} messages a second, and {tokens / speed:.3g} s for each."


class NotAllowed(FunctionExercise):
    """The parts that a use does not allow."""

    variable = "not_allowed"
    hints = (
        "Research may use all of these. Which licence says no to commerce?",
        "GPL binds what it is linked into, so only a `library` in a product without source.",
        "Two questions for each part, joined by `or`.",
    )
    code = """
        def not_allowed(parts, use, closed):
            def forbidden(part):
                sold = use == "commercial" and not part["commercial"]
                return sold or (closed and part["gpl"] and part["form"] == "library")
            return [part["name"] for part in parts if forbidden(part)]
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        rows = [
            ("a", True, False, "library"),
            ("b", False, False, "weights"),
            ("c", True, True, "library"),
            ("d", True, True, "program"),
        ]
        names = ("name", "commercial", "gpl", "form")
        parts = [dict(zip(names, row, strict=True)) for row in rows]
        return [(parts, *way) for way in product(("research", "commercial"), (False, True))]

    def reference(self) -> Callable[..., list[str]]:
        return _not_allowed

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        def named(rule: Callable[[dict[str, Any], str, bool], bool]) -> Callable[..., list[str]]:
            return lambda parts, use, closed: [p["name"] for p in parts if rule(p, use, closed)]

        wrong: Wrong = {
            "Research may use what forbids commerce only.": named(
                lambda p, use, closed: _forbidden(p, "commercial", closed)
            ),
            "The GPL lets you sell; it asks for the source of what it is linked into.": named(
                lambda p, use, closed: use == "commercial" and (not p["commercial"] or p["gpl"])
            ),
            "A program of its own is not linked: the GPL stays on its side.": named(
                lambda p, use, closed: _forbidden({**p, "form": "library"}, use, closed)
            ),
            "Some parts forbid commerce altogether.": named(
                lambda p, use, closed: _forbidden(p, "research", closed)
            ),
            "A product without source may not link the GPL.": named(
                lambda p, use, closed: _forbidden(p, use, False)
            ),
            "Where the source is open, the GPL asks for nothing more.": named(
                lambda p, use, closed: _forbidden(p, use, True)
            ),
            "Only the names are asked for, not the whole dictionaries.": (
                lambda parts, use, closed: [p for p in parts if _forbidden(p, use, closed)]
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        parts, use, closed = arguments
        source = "closed: `c` is a GPL library" if closed else "open"
        found = len(_not_allowed(parts, use, closed))
        return f"{found} of {len(parts)} are forbidden: the use is {use}, the source {source}."


def _score(marks: Mapping[str, float], weights: Mapping[str, float]) -> float:
    return sum(weights[one] * marks[one] for one in weights) / sum(weights.values())


def _forbidden(part: dict[str, Any], use: str, closed: bool) -> bool:
    sold = use == "commercial" and not part["commercial"]
    return sold or (closed and part["gpl"] and part["form"] == "library")


def _not_allowed(parts: Sequence[dict[str, Any]], use: str, closed: bool) -> list[str]:
    return [part["name"] for part in parts if _forbidden(part, use, closed)]


def _mistakes(wrong: Wrong) -> list[Mistake[Callable[..., Any]]]:
    return [Mistake(answer, why) for why, answer in wrong.items()]
