"""Which of the chosen parts may not be used as meant, why, and what to take instead.

conflicts([part("svd")], "commercial")

A copyleft licence binds who hands a part on inside a product of their own: a library that is linked
in. A program beside it, or a service, stays on its own side of that boundary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from companion.errors import ConfigError
from companion.planning.parts import part, parts, successor
from companion.planning.tables import read_table
from companion.resources import configs
from companion.sections.catalogue import Licence, Part

Use: TypeAlias = Literal["research", "commercial"]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A part that may not be used so; `instead` does the same work and may, None: nothing does."""

    part: Part
    why: str
    instead: Part | None


def licence(name: str) -> Licence:
    """The licence of that name. Raises ConfigError for one that `licences.yaml` does not have."""
    known: dict[str, Licence] = read_table("catalogue/licences", Licence)
    if name not in known:
        raise ConfigError(
            f"There is no licence named {name!r}",
            where=str(configs() / "catalogue" / "licences.yaml"),
            repair=f"Use one of: {', '.join(known)}.",
        )
    return known[name]


def conflicts(chosen: Sequence[Part], use: Use, closed: bool = False) -> tuple[Conflict, ...]:
    """What of the chosen parts the use does not allow; `closed` hands on a product without source.

    This reads licences, it is no lawyer. Raises ConfigError for an unknown use.
    """
    if use not in ("research", "commercial"):
        raise ConfigError(f"There is no use {use!r}", repair="Say research or commercial.")
    return tuple(
        Conflict(one, why, _instead(one, use, closed))
        for one in chosen
        if (why := forbids(one, use, closed))
    )


def forbids(one: Part, use: Use, closed: bool = False) -> str:
    """Why the part may not be used so, in a sentence; empty where it may."""
    terms = licence(one.licence)
    if use == "commercial" and not terms.commercial:
        return f"No commercial use under {terms.name}: {terms.conditions}"
    if closed and one.form == "library" and terms.copyleft in ("strong", "network"):
        return f"Not in a closed product under {terms.name}: {terms.conditions}"
    return ""


def conditions(chosen: Sequence[Part]) -> dict[str, str]:
    """What the chosen parts ask of whoever uses them, by the title of each."""
    return {one.title: licence(one.licence).conditions for one in chosen}


def _instead(one: Part, use: Use, closed: bool) -> Part | None:
    return next((other for other in _others(one) if not forbids(other, use, closed)), None)


def _others(one: Part) -> Iterator[Part]:
    """What its row names first, then its successor, then whatever is current of its kind."""
    if one.instead:
        yield part(one.instead)
    if one.superseded_by:
        yield successor(one)
    yield from (other for other in parts(one.kind) if other.status == "current" and other != one)
