"""What a candidate does not do, or where it goes too far, in whole sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from companion.planning.catalogue import free_notebooks
from companion.planning.licences import conflicts
from companion.planning.picking import Chosen, aged, beyond
from companion.planning.prices import machine
from companion.planning.tools import Free

if TYPE_CHECKING:
    from companion.planning.advice import Candidate

SMALL = 1.0
"""Thousand millions of weights under which a model makes small talk only."""


def limits(best: Candidate, chosen: Sequence[Chosen], found: Sequence[Candidate]) -> Iterator[str]:
    """Money first, then people, wants, the place, the model, and skills."""
    yield from _money(best, found)
    yield from _people(best)
    yield from _wants(best)
    yield from _place(best)
    yield from _model(best)
    yield from _skills(best, chosen)
    yield from _closed(best, chosen)


def _money(best: Candidate, found: Sequence[Candidate]) -> Iterator[str]:
    budget, total = best.situation.budget_usd_month, best.bill.total
    if best.to_pay > budget:
        yield (
            f"Over the budget: {best.to_pay:,.2f} US dollars a month go to others, "
            f"{best.to_pay - budget:,.2f} more than the {budget:,.2f} there are. It is the least "
            "that this situation costs."
        )
    elif total > budget:
        yield (
            f"Over the budget by {total - budget:,.2f} US dollars a month, by electricity at home: "
            "nothing is paid to others for it."
        )
    better = [one for one in found if one.rank > best.rank and one.to_pay > budget]
    if better:
        least = min(better, key=lambda one: one.to_pay)
        yield (
            f"More money would help: with {least.to_pay:,.2f} US dollars a month, "
            f"{least.mind.part.title} on {least.place.part.title}."
        )


def _people(best: Candidate) -> Iterator[str]:
    who = best.crowd
    if not who.served:
        yield (
            f"{who.at_once} talk at once at the busiest moment, and {who.wanted} such machines "
            f"would answer them in time; there is {who.machines}, so messages wait."
        )
    if who.at_once > 1 and who.speed:
        yield (
            f"Counted by a speed of {who.speed.tokens_per_second:g} tokens a second, measured with "
            f"{who.speed.what} ({who.speed.source}, {who.speed.date}): measure your own."
        )
    if who.at_once > 1 and not who.speed:
        yield (
            "No speed was measured for this model on such a machine, so only memory was counted: "
            "`companion models bench` tells how long people wait."
        )


def _wants(best: Candidate) -> Iterator[str]:
    foreign = (x.part for x in best.senses.chosen if "this project" not in x.part.source)
    silent = ", ".join(part.title for part in foreign if not Free.told(part))
    if silent:
        yield f"Nothing says how much memory this takes, so it was not counted: {silent}."
    for want in best.senses.unmet:
        yield f"Nothing that may be used fits beside the model for {want}."


def _place(best: Candidate) -> Iterator[str]:
    place = best.place
    if place.part.status != "current":
        yield aged(place.part)
    if place.part.name in free_notebooks():
        lent = free_notebooks()[place.part.name]
        ends = "ends when it likes" if lent.session_hours is None else ""
        ends = ends or f"lasts {lent.session_hours:g} hours at most"
        yield f"A session {ends}; what stays is {lent.stays} ({lent.source}, {lent.date})."
    if place.firmness == 1:
        yield "Spot machines are taken back at any moment; the bill has the hours that this costs."
    if place.own and place.hardware and place.hardware != place.part.name:
        drawn = machine(place.hardware)
        yield f"Electricity is counted as that of {drawn.name}: nothing says what this GPU draws."
    if place.bought:
        price = f"{best.bill.upfront:,.2f} US dollars"
        yield f"It is bought first, for {price}; the bill has a month's share."


def _model(best: Candidate) -> Iterator[str]:
    mind, needs = best.mind, best.mind.engine.needs
    if not mind.plain:
        yield (
            f"The profile {mind.profile} is for a second GPU; for an only one, write your "
            "own: --write NAME."
        )
    if best.place.room.kind == "ram" and mind.billions > SMALL:
        yield "A processor writes slowly: `companion models bench` tells how many tokens a second."
    if mind.billions < SMALL:
        yield f"{mind.part.title} makes small talk only: what it says is not to be relied on."
    if needs.ram_gb and needs.ram_gb > best.place.ram_gb:
        yield (
            f"{mind.engine.title} asks for {needs.ram_gb:g} GB of RAM by {needs.source}; counted "
            "for this model, there is enough."
        )


def _closed(best: Candidate, chosen: Sequence[Chosen]) -> Iterator[str]:
    """What a business may use, and not build into a product without its source."""
    if best.situation.use == "commercial":
        for one in conflicts([each.part for each in chosen], "commercial", closed=True):
            instead = f" Take {one.instead.title} there." if one.instead else ""
            yield f"{one.part.title}: {one.why}{instead}"


def _skills(best: Candidate, chosen: Sequence[Chosen]) -> Iterator[str]:
    hard = [one.part for one in chosen if beyond(one.part, best.situation)]
    for level in ("intermediate", "expert"):
        names = [one.title for one in hard if one.skills == level]
        if names:
            yield f"Asks for {level} skills: {', '.join(names)}."
