"""A stack for a situation: what to take of each kind and why, at what price, within which limits.

advise(Situation(ram_gb=8, goal="learn")).profile

Each place where the situation lets a companion run is tried with each profile whose model fits
there. Of what the budget allows, the candidate that ranks highest is told. The rank does not look
at the budget, so that more money never leads to less.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from companion.errors import ConfigError
from companion.planning import reasons
from companion.planning.bills import Bill
from companion.planning.crowd import Crowd, crowd
from companion.planning.limits import limits
from companion.planning.minds import Mind, minds
from companion.planning.picking import Chosen, against
from companion.planning.places import Place, places
from companion.planning.situation import Goal, Situation
from companion.planning.tools import Tools, free, house, senses

__all__ = ["Candidate", "Chosen", "Situation", "Stack", "advise", "candidates"]

ENOUGH: dict[Goal, float] = {"learn": 4, "prototype": 8, "product": 8, "scale": 26}
"""Thousand millions of weights beyond which a larger model is worth no other place: our choice."""

TALKS = 3.0
"""Thousand millions of weights from which on a model holds a conversation: our choice, too."""

Rank = tuple[bool, int, float, bool, float, float, int, float, float, int, bool]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A profile in a place: how many it serves, which wants it meets, and what it costs a month.

    `to_pay` are the US dollars of the bill that go to somebody for machines: electricity at home
    is on the bill, and not counted against the budget.
    """

    situation: Situation
    place: Place
    mind: Mind
    crowd: Crowd
    senses: Tools
    bill: Bill
    to_pay: float

    @property
    def rank(self) -> Rank:
        """What makes one better than another, first things first; the budget is none of them.

        Everybody is answered, wants are met, the model can talk, the place is not only lent, voices
        and pictures are good, the model is large enough, the place is surer, the price is lower,
        the model is larger still, the profile was written for the place.
        """
        size = self.mind.billions
        return (
            self.crowd.served,
            -len(self.senses.unmet),
            min(size, TALKS),
            self.place.firmness > 0,
            self.senses.quality,
            min(size, ENOUGH[self.situation.goal]),
            self.place.firmness,
            -self.bill.total,
            size,
            self.place.likes(self.mind.profile),
            self.mind.plain,
        )


@dataclass(frozen=True, slots=True)
class Stack:
    """What to take, a reason with each, and the profile of `configs/profiles` to start with.

    `limits` say what the situation does not allow, or what exceeds it; `rejected` which parts were
    left, and why. The bill is that of its candidate.
    """

    candidate: Candidate
    parts: tuple[Chosen, ...]
    limits: tuple[str, ...]
    rejected: tuple[Chosen, ...]

    @property
    def situation(self) -> Situation:
        """What it is for."""
        return self.candidate.situation

    @property
    def profile(self) -> str:
        """The name of the profile to start with."""
        return self.candidate.mind.profile

    @property
    def bill(self) -> Bill:
        """The whole of what it costs a month, by lines that can be checked."""
        return self.candidate.bill


def advise(situation: Situation) -> Stack:
    """The stack for that situation. Raises ConfigError where not even the smallest model fits."""
    found = tuple(candidates(situation))
    if not found:
        raise ConfigError(
            "Not even companion-tiny fits the memory that there is",
            where=f"{situation.ram_gb:g} GB of RAM, {situation.vram_gb:g} GB of a GPU",
            repair="Give it more memory, or a machine that is lent, such as Colab.",
        )
    best = _best(found)
    around = house(situation, best.place, free(best.place, best.crowd.bytes_each))
    chosen = (*reasons.first(best), *best.senses.chosen, *around.chosen)
    rejected = (*reasons.left(best), *best.senses.rejected, *around.rejected)
    return Stack(best, chosen, tuple(limits(best, chosen, found)), rejected)


def candidates(situation: Situation) -> Iterator[Candidate]:
    """All that fits, is licensed for the use, and is current."""
    able = [
        one
        for one in minds()
        if not (against(one.part, situation) or against(one.engine, situation))
    ]
    for place in places(situation):
        for mind in able:
            if mind.suits(place.room.kind) and (who := crowd(situation, place, mind)):
                yield _candidate(situation, place, mind, who)


def _candidate(situation: Situation, place: Place, mind: Mind, who: Crowd) -> Candidate:
    bill = place.bill(situation.goal, who.machines)
    found = senses(situation, free(place, who.bytes_each))
    return Candidate(situation, place, mind, who, found, bill, place.to_pay(bill))


def _best(found: Sequence[Candidate]) -> Candidate:
    """The highest rank within the budget, else the cheapest that there is."""
    within = [one for one in found if one.to_pay <= one.situation.budget_usd_month]
    if within:
        return max(within, key=lambda one: one.rank)
    least = min(one.to_pay for one in found)
    return max((one for one in found if one.to_pay == least), key=lambda one: one.rank)
