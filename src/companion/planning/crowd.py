"""How many talk at once, and how many machines hold and answer them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from companion.planning.capacity import needed, speeds
from companion.planning.memory import most_users
from companion.planning.minds import Mind
from companion.planning.places import Place
from companion.planning.prices import assumptions
from companion.planning.situation import Situation
from companion.sections.assumptions import Speed

FEW = 4
"""Conversations at once for an engine that is not made for many: our limit."""

FOR_MANY = 5
"""The mark for performance that an engine made for many has, between 1 and 5."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """`at_once` people talk at the busiest moment; `machines` are there, `wanted` are needed.

    `bytes_each` is what the model takes of one memory, with its share of the conversations.
    `speed` is the measurement that answers were counted by, None where there is none like it.
    """

    at_once: int
    machines: int
    wanted: int
    bytes_each: int
    speed: Speed | None

    @property
    def served(self) -> bool:
        """Whether nobody waits too long, as far as a speed was measured, or is turned away."""
        return self.machines >= self.wanted


def crowd(situation: Situation, place: Place, mind: Mind) -> Crowd | None:
    """What they need there; None where the model does not even fit for one.

    A machine of one's own, or one that is lent, is one; of rented ones there are as many as needed.
    """
    together, kind = at_once(situation.users), place.room.kind
    most = most_users(mind.plan(1, kind), place.room.bytes_there, kind)
    if not most:
        return None
    each = most if made_for_many(mind) else min(most, FEW)
    speed = measured(mind, kind)
    wanted = math.ceil(together / each)
    if speed and together > 1:  # who is alone waits for nobody
        wanted = max(wanted, _gpus(together, speed))
    wanted = math.ceil(wanted / place.gpus)
    machines = wanted if place.offer else 1
    held = min(each, math.ceil(together / (machines * place.gpus)))
    told = speeds()[speed] if speed else None
    return Crowd(together, machines, wanted, mind.plan(held, kind).total, told)


@cache
def _gpus(together: int, speed: str) -> int:
    return needed(together, speed).gpus


def at_once(users: int) -> int:
    """How many of them are there at the busiest moment, by the assumption `online`; at least 1."""
    return max(1, math.ceil(users * assumptions()["online"].value))


def made_for_many(mind: Mind) -> bool:
    """Whether its engine answers many at a time without slowing down as much."""
    return mind.engine.scores.get("performance", 0) >= FOR_MANY


def measured(mind: Mind, kind: str) -> str | None:
    """The name of a speed that was measured on such memory, by an engine of that sort.

    Of several the first. It was another machine and often another model: a stand-in for yours. On
    a processor only the same model will do.
    """
    many = made_for_many(mind)
    alike = (
        name
        for name, one in speeds().items()
        if one.kind == kind and (one.at_once > 1) == many and (kind == "gpu" or _same(one, mind))
    )
    return next(alike, None)


def _same(speed: Speed, mind: Mind) -> bool:
    return speed.shape == mind.model.name
