"""A stack for a situation: what to take of each kind and why, at what price, within which limits.

advise(Situation(ram_gb=8, goal="learn")).profile
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from companion.planning.situation import Situation

if TYPE_CHECKING:
    from companion.planning.money import Bill
    from companion.planning.parts import Part

__all__ = ["Chosen", "Situation", "Stack"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A part and the reason for it, in one sentence."""

    part: Part
    why: str


@dataclass(frozen=True, slots=True)
class Stack:
    """What to take: at most one part of each kind, and the profile of `configs/profiles` to start.

    `bill` is the whole of what it costs a month, by terms that a reader can check. `limits` says
    what the situation does not allow, or what it exceeds; `rejected` which parts were left and why.
    """

    situation: Situation
    parts: tuple[Chosen, ...]
    profile: str
    bill: Bill
    limits: tuple[str, ...]
    rejected: tuple[Chosen, ...]
