"""Why a candidate is told: a sentence for its machine, engine and model, and for those left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from companion.planning.crowd import made_for_many
from companion.planning.memory import GIGABYTE
from companion.planning.minds import CONTEXT, minds
from companion.planning.parts import parts
from companion.planning.picking import Chosen, against
from companion.planning.places import HOURS_FOR

if TYPE_CHECKING:
    from companion.planning.advice import Candidate
    from companion.sections.catalogue import Part


def first(best: Candidate) -> tuple[Chosen, ...]:
    """The machine, the engine and the model, each with its reason."""
    return (
        Chosen(best.place.part, _place(best)),
        Chosen(best.mind.engine, _engine(best)),
        Chosen(best.mind.part, _model(best)),
    )


def left(best: Candidate) -> Iterator[Chosen]:
    """The engines and models that are not taken, each with what is against it."""
    for one in (*parts("engine"), *parts("model")):
        if one not in (best.mind.engine, best.mind.part):
            yield Chosen(one, against(one, best.situation) or _behind(one, best))


def _place(best: Candidate) -> str:
    place, hours = best.place, HOURS_FOR[best.situation.goal]
    if place.own:
        come = "has to be bought" if place.bought else "is there"
        return f"It {come}, and what is said stays on it; {place.room.why}."
    if not place.offer:
        return f"It is lent for nothing: {place.room.why}."
    many = "One serves" if best.crowd.machines == 1 else f"{best.crowd.machines} serve"
    how = "on spot" if place.firmness == 1 else "on demand"
    talk = "who talks" if best.crowd.at_once == 1 else f"{best.crowd.at_once} who talk at once"
    return f"{many} {talk}, {how} for {hours:g} hours a month; {place.room.why}."


def _engine(best: Candidate) -> str:
    engine, many = best.mind.engine, made_for_many(best.mind)
    for_whom = "many at a time" if many else "few at a time"
    start = f"It runs the model of the profile {best.mind.profile}, for {for_whom}"
    return f"{start}; {engine.strengths[0]}."


def _model(best: Candidate) -> str:
    mind, who = best.mind, best.crowd
    held = -(-who.at_once // (who.machines * best.place.gpus))
    talks = "a conversation" if held == 1 else f"{held} conversations"
    tokens = min(CONTEXT, mind.model.longest)
    return (
        f"In {mind.precision} it takes {who.bytes_each / GIGABYTE:.3g} GB with {talks} of {tokens} "
        f"tokens, of {best.place.room.bytes_there / GIGABYTE:.3g} that may be taken."
    )


def _behind(one: Part, best: Candidate) -> str:
    """What keeps a current part back, as far as the planner and the profiles tell."""
    chosen = best.mind.engine if one.kind == "engine" else best.mind.part
    mine = [mind for mind in minds() if one in (mind.part, mind.engine)]
    if not mine:
        return f"No profile with a known memory starts with it; {chosen.title} does its work here."
    kind, there = best.place.room.kind, best.place.room.bytes_there
    least = min(mind.plan(1, kind).total for mind in mine)
    if least > there:
        return (
            f"{one.title} takes {least / GIGABYTE:.3g} GB here, {there / GIGABYTE:.3g} are there."
        )
    return f"{chosen.title} ranks before {one.title} for this situation."
