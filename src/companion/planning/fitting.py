"""What fits a memory: the widest precision of a model, and the largest of all models."""

from __future__ import annotations

from collections.abc import Iterator

from companion.planning.anatomy import Anatomy
from companion.planning.catalogue import Room, everything
from companion.planning.memory import Plan, plan
from companion.planning.precisions import PRECISIONS

PUBLISHED = 2.0
"""Bytes a weight, at most, of what is worth having: models are published in 16 bits."""


def fits(plan: Plan, room: Room) -> bool:
    """Whether all of it has room there."""
    return plan.total <= room.bytes_there


def widest(model: Anatomy, context: int, users: int, room: Room) -> Plan | None:
    """The plan with the most bits a weight, up to 16, that fits; None where none does."""
    plans = (plan(model, one, context, users, room.kind) for one in PRECISIONS.values())
    fitting = [one for one in plans if one.weights <= PUBLISHED * model.size and fits(one, room)]
    return max(fitting, key=lambda one: one.weights, default=None)


def largest_model(context: int, users: int, room: Room) -> Plan | None:
    """The model with the most weights, of those with a name here, that fits in some precision."""
    return max(_fitting(context, users, room), key=lambda one: one.model.size, default=None)


def _fitting(context: int, users: int, room: Room) -> Iterator[Plan]:
    for _, model in everything():
        if context <= model.longest and (best := widest(model, context, users, room)):
            yield best
