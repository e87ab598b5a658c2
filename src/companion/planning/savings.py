"""Open source against services that are paid by the piece: both bills, and what is saved a year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from companion.planning.bands import Band, band
from companion.planning.bills import Bill
from companion.planning.capacity import needed
from companion.planning.hosting import hosted
from companion.planning.money import Usage, commercial
from companion.planning.prices import Assumptions, assumptions
from companion.sections.assumptions import Speed


@dataclass(frozen=True, slots=True)
class Savings:
    """US dollars: both bills of a month, and what open source saves a year; it may be below zero.

    Only what a GPU answers is compared in words; voices, ears, pictures and films of one's own are
    taken to run on the same machines, for nothing more.
    """

    services: Bill
    open_source: Bill
    a_year: Band

    def lines(self) -> Iterator[str]:
        """Both bills and the sum, as they are printed."""
        yield "Services:"
        yield from self.services.lines()
        yield "Open source:"
        yield from self.open_source.lines()
        yield f"Saved a year, in USD: {self.a_year}"
        for one in self.a_year.swings[:5]:
            yield f"  {one.name}: from {one.at_low:,.0f} at its low end to {one.at_high:,.0f}"

    def __str__(self) -> str:
        return "\n".join(self.lines())


def savings(
    who: Usage | int,
    model: str = "gpt-luna",
    gpu: str = "runpod-rtx-4090",
    speed: str | Speed = "rtx-4090",
    told: Assumptions | None = None,
) -> Savings:
    """What is saved by renting as many GPUs all month as the busiest hour needs.

    `who` is a usage; or a number of users in all, who do what the assumptions say, as far as those
    may be off. `model` is the service's, with its price in `models.yaml`; `gpu` is an offer, and
    `speed` was measured on such a GPU. Raises ConfigError for what is not known.
    """
    told = told or assumptions()

    def services(told: Assumptions) -> Bill:
        return commercial(_usage(who, told), model, told)

    def open_source(told: Assumptions) -> Bill:
        capacity = needed(_usage(who, told), speed, told)
        return hosted(gpu, machines=capacity.gpus, disk_gb=capacity.disk_gb, told=told)

    def a_year(told: Assumptions) -> float:
        return 12 * (services(told).total - open_source(told).total)

    return Savings(services(told), open_source(told), band(a_year, told))


def _usage(who: Usage | int, told: Assumptions) -> Usage:
    return who if isinstance(who, Usage) else Usage.assumed(who, told)
