"""One part of a kind: of those that fit, are licensed and current, the best for the goal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, get_args

from companion.planning.licences import forbids
from companion.planning.matrix import Marks, rank
from companion.planning.parts import parts, successor
from companion.planning.situation import Goal, Situation, Skills
from companion.sections.catalogue import Criterion, Kind, Part

CRITERIA: tuple[Criterion, ...] = get_args(Criterion)

_BY_GOAL: tuple[tuple[Goal, tuple[float, ...]], ...] = (
    # simplicity, cost, performance, flexibility, maturity, quality
    ("learn", (3, 3, 1, 1, 1, 1)),
    ("prototype", (3, 2, 1, 1, 1, 2)),
    ("product", (1, 1, 2, 2, 3, 2)),
    ("scale", (1, 1, 3, 2, 3, 2)),
)

WEIGHTS: dict[Goal, dict[str, float]] = {
    goal: dict(zip(CRITERIA, weights, strict=True)) for goal, weights in _BY_GOAL
}
"""How much each criterion counts for a goal: our judgement; the notebook's sliders move it."""

MIDDLE = 3.0
"""The mark where nobody gives one, between 1 and 5: it speaks neither for a part nor against it."""

LEVELS: tuple[str, ...] = get_args(Skills)

Unfit: TypeAlias = Callable[[Part], str]
"""Why a part cannot be used in this situation; empty where it can."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A part, and why it is taken or left, in one sentence."""

    part: Part
    why: str


@dataclass(frozen=True, slots=True)
class Pick:
    """What is taken of a kind, None where nothing may be; and what is left, with the reasons."""

    chosen: Chosen | None
    rejected: tuple[Chosen, ...]


def pick(kind: Kind, situation: Situation, unfit: Unfit, *, easy: bool = True) -> Pick:
    """The best part of that kind; where it has to be `easy`, what asks for no more skill first."""
    reasons = {one.name: against(one, situation) or unfit(one) for one in parts(kind)}
    able = [one for one in parts(kind) if not reasons[one.name]]
    if not able:
        return Pick(None, tuple(Chosen(one, reasons[one.name]) for one in parts(kind)))
    manageable = [one for one in able if not (easy and beyond(one, situation))] or able
    best = _best(manageable, situation)
    behind = f"{best.title} comes before it for the goal {situation.goal!r}."
    rejected = [Chosen(one, reasons[one.name] or behind) for one in parts(kind) if one != best]
    return Pick(Chosen(best, _reason(best, len(able), situation)), tuple(rejected))


def against(one: Part, situation: Situation) -> str:
    """Why nobody should take it so, empty where one may: its age, its licence, its network."""
    if one.status != "current":
        return aged(one)
    if situation.private and (one.needs.network or one.form == "service"):
        return f"{one.title} would send what is said to others, and it has to stay private."
    return forbids(one, situation.use)


def aged(one: Part) -> str:
    """What happened to a part that is no longer current, and what does its work today."""
    heir = successor(one)
    by = f", {heir.title} does its work today" if heir != one else ""
    return f"{one.title} is {one.status}{by}: {one.why}"


def marks(found: Sequence[Part]) -> Marks:
    """Their marks on every criterion, the middle where nobody gives one."""
    return {one.name: {c: float(one.scores.get(c, MIDDLE)) for c in CRITERIA} for one in found}


def beyond(one: Part, situation: Situation) -> bool:
    """Whether the part asks for more skill than there is."""
    return LEVELS.index(one.skills) > LEVELS.index(situation.skills)


def _best(able: Sequence[Part], situation: Situation) -> Part:
    first = rank(marks(able), WEIGHTS[situation.goal])[0].option
    return next(one for one in able if one.name == first)


def _reason(best: Part, among: int, situation: Situation) -> str:
    if among == 1:
        return f"The only one that can be used here: {best.strengths[0]}."
    return f"First of {among} by the weights of the goal {situation.goal!r}: {best.strengths[0]}."
