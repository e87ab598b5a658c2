"""A bill that a reader can check by hand: lines of an amount times a number, and their sum.

What is printed is what is counted. Figures are written with ten digits at most, a line is the
product of its two figures rounded to the cent, and the total is the sum of the lines.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from companion.errors import ConfigError

CENT = Decimal("0.01")


def figure(number: float) -> str:
    """A number as bills write it: "1,234.5"; ten digits, which is all that is counted of it."""
    return f"{number:,.10g}"


def cents(amount: float, times: float = 1.0) -> float:
    """The product of two figures as they are written, in whole cents, half a cent up."""
    exact = Decimal(f"{amount:.10g}") * Decimal(f"{times:.10g}")
    return float(exact.quantize(CENT, ROUND_HALF_UP))


def add(amounts: Iterator[float]) -> float:
    """A sum of whole cents, exactly."""
    return float(sum((Decimal(f"{one:.2f}") for one in amounts), Decimal(0)))


@dataclass(frozen=True, slots=True)
class Term:
    """One line: `amount` of a `unit`, `times` a number that `count` explains, in US dollars.

    `low` and `high` are the ends of its total, where its figures are not known exactly. `bought`
    are US dollars paid at once, of which the line is a month's share. `source` gave the amount on
    `date`, and `also` says who gave the figures of `count`.
    Raises ConfigError for what is below zero, no number, or without source and date.
    """

    what: str
    amount: float
    unit: str
    times: float = 1.0
    source: str = field(kw_only=True)
    date: str = field(kw_only=True)
    count: str = field(default="", kw_only=True)
    low: float | None = field(default=None, kw_only=True)
    high: float | None = field(default=None, kw_only=True)
    bought: float = field(default=0.0, kw_only=True)
    also: tuple[str, ...] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        for name in ("amount", "times", "bought"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ConfigError(f"{self.what}: {name} is {value}", repair="Give 0 or more.")
        if not (self.source and self.date):
            raise ConfigError(f"{self.what} has no source or no date", repair="Name both.")

    @property
    def total(self) -> float:
        """US dollars, to the cent."""
        return cents(self.amount, self.times)

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the most that the line may come to."""
        low = self.total if self.low is None else min(cents(self.low), self.total)
        high = self.total if self.high is None else max(cents(self.high), self.total)
        return low, high

    def __str__(self) -> str:
        many = f" x {figure(self.times)}" if self.times != 1 or self.count else ""
        why = f" ({self.count})" if self.count else ""
        product = f"{figure(self.amount)} {self.unit}{many}{why}"
        told = "; ".join((f"{self.source}, {self.date}", *self.also))
        return f"{self.what}: {product} = {self.total:,.2f} USD [{told}]"


@dataclass(frozen=True, slots=True)
class Bill:
    """What something costs a month, or once: the sum of its lines, in US dollars."""

    terms: tuple[Term, ...]
    per: Literal["month", "year", "once"] = "month"
    currency: Literal["USD"] = "USD"

    @property
    def total(self) -> float:
        """The sum of the lines as they are printed."""
        return add(term.total for term in self.terms)

    @property
    def low(self) -> float:
        """The sum with every line at its lower end."""
        return add(term.ends[0] for term in self.terms)

    @property
    def high(self) -> float:
        """The sum with every line at its upper end: all that may go wrong at once."""
        return add(term.ends[1] for term in self.terms)

    @property
    def upfront(self) -> float:
        """What is paid before anything runs."""
        return add(term.bought for term in self.terms)

    @property
    def running(self) -> float:
        """What is paid month by month, without the shares of what was bought."""
        return add(term.total for term in self.terms if not term.bought)

    def __add__(self, other: Bill) -> Bill:
        if self.per != other.per:
            raise ConfigError(f"A bill per {self.per} and one per {other.per} do not add up")
        return Bill((*self.terms, *other.terms), self.per)

    def lines(self) -> Iterator[str]:
        """The bill as it is printed: its lines, the total, and the ends where they differ."""
        yield from map(str, self.terms)
        each = "" if self.per == "once" else f" a {self.per}"
        band = f", from {self.low:,.2f} to {self.high:,.2f}" if self.low < self.high else ""
        yield f"Total: {self.total:,.2f} {self.currency}{each}{band}"

    def rows(self) -> list[dict[str, str]]:
        """The bill as the rows of a table, the total in the last."""
        rows = [
            {
                "what": term.what,
                "amount": f"{figure(term.amount)} {term.unit}",
                "times": f"{figure(term.times)} ({term.count})"
                if term.count
                else figure(term.times),
                "USD": f"{term.total:,.2f}",
                "source": f"{term.source}, {term.date}",
            }
            for term in self.terms
        ]
        total = {"what": f"Total, {self.per}", "USD": f"{self.total:,.2f}"}
        band = f"{self.low:,.2f} to {self.high:,.2f} USD" if self.low < self.high else ""
        return [*rows, {**dict.fromkeys(rows[0] if rows else (), ""), **total, "source": band}]

    def __str__(self) -> str:
        return "\n".join(self.lines())
