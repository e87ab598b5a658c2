"""The sections of what costs are worked out with: assumptions, machines to buy, places to rent."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self, TypeAlias

from pydantic import Field, model_validator

from companion.sections.base import Section

Currency: TypeAlias = Literal["USD", "EUR"]

Unit: TypeAlias = Literal[
    "EUR/kWh",
    "GB",
    "MB/1,000 turns",
    "USD",
    "USD/EUR",
    "USD/GB-month",
    "USD/image",
    "USD/million characters",
    "USD/kWh",
    "USD/million tokens",
    "USD/minute",
    "USD/month",
    "USD/year",
    "USD/request",
    "USD/second",
    "W",
    "characters/second",
    "minutes",
    "months",
    "share",
    "share/month",
    "seconds",
    "tokens",
    "turns/day",
    "years",
    "EUR",
    "EUR/month",
    "million characters/month",
]
"""What an assumption counts; a share is of 1, and GB are of 10^9 bytes."""


class Assumption(Section):
    """A figure that nobody knows exactly: what is taken, and between which ends it may lie.

    `source` gave it on `date`. Where `low` and `high` are left out, the figure is one that was
    published as it stands.
    """

    what: str = Field(min_length=1)
    value: float = Field(ge=0)
    low: float | None = Field(default=None, ge=0)
    high: float | None = Field(default=None, ge=0)
    unit: Unit
    source: str = Field(min_length=1)
    date: date

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the most that it may be."""
        return (
            self.value if self.low is None else self.low,
            self.value if self.high is None else self.high,
        )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        low, high = self.ends
        if not low <= self.value <= high:
            raise ValueError(f"{self.value:g} is not between {low:g} and {high:g}")
        return self


class Machine(Section):
    """Hardware to buy: its price, and the watts that it draws at full load.

    `memory_gb` are gigabytes of 10^9 bytes, of a card or of a whole computer.
    """

    name: str = Field(min_length=1)
    price: float = Field(ge=0)
    currency: Currency
    watts: float = Field(gt=0)
    memory_gb: float = Field(gt=0)
    kind: Literal["card", "computer"] = "card"
    source: str = Field(min_length=1)
    date: date


class Rental(Section):
    """A machine for rent that stands in no table of prices: what a document or its host tells.

    `low` and `high` are the ends where it gives a range. `gpu` is empty where there is none.
    """

    name: str = Field(min_length=1)
    gpu: str = ""
    gpu_gb: float = Field(default=0, ge=0)
    price: float = Field(ge=0)
    low: float | None = Field(default=None, ge=0)
    high: float | None = Field(default=None, ge=0)
    currency: Currency = "USD"
    per: Literal["hour", "month"] = "hour"
    source: str = Field(min_length=1)
    date: date


class Speed(Section):
    """How fast a model answered: tokens a second of all `at_once` conversations together.

    `shape` and `precision` are the model's names for the memory planner, and `kind` is where its
    weights were.
    """

    what: str = Field(min_length=1)
    tokens_per_second: float = Field(gt=0)
    low: float | None = Field(default=None, gt=0)
    high: float | None = Field(default=None, gt=0)
    at_once: int = Field(ge=1)
    kind: Literal["gpu", "ram"] = "gpu"
    shape: str = Field(min_length=1)
    precision: str = Field(min_length=1)
    source: str = Field(min_length=1)
    date: date

    @property
    def each(self) -> float:
        """Tokens a second of one conversation while all are answered."""
        return self.tokens_per_second / self.at_once
