"""The section of `configs/catalogue/claims.yaml`: what the documents claim in figures."""

from __future__ import annotations

from datetime import date
from typing import Literal, TypeAlias

from pydantic import Field

from companion.sections.base import Section

ClaimUnit: TypeAlias = Literal[
    "EUR/month",
    "GB",
    "GPUs",
    "USD/hour",
    "USD/month",
    "USD/request",
    "USD/year",
    "months",
    "percent",
    "points",
    "seconds",
    "times",
]


class Addend(Section):
    """A figure that the claim's own document gives for a part of it; below zero is taken off."""

    what: str = Field(min_length=1)
    low: float
    high: float


class Claim(Section):
    """A figure from `low` to `high`, None where it is "more than"; `parts` should add up to it.

    `times` multiplies the parts, and `times_of` says why. A claim without parts is worked out by
    code, from prices and speeds. `note` says what its document leaves out.
    """

    said: str = Field(min_length=1)
    low: float
    high: float | None
    unit: ClaimUnit
    parts: tuple[Addend, ...] = ()
    times: float = 1
    times_of: str = ""
    note: str = ""
    source: str = Field(min_length=1)
    date: date
