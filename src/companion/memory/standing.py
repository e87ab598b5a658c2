"""Which facts stand: in the order in which they were learnt, later ones supersede earlier ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from companion.memory.folding import bare, folded
from companion.memory.records import Fact, Kind, Noticed

ONE_OF = frozenset({"name", "place", "work", "date"})
"""Kinds of which there is one at a time: one home, one job, one day for each event."""
ONE_RELATION = frozenset({"mother", "father", "wife", "husband", "partner"})

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table of facts: a fact, or (`holds` False) that something is true no more."""

    fact: Fact
    holds: bool
    replaces: int | None


def key(kind: Kind, about: str, value: str) -> Key:
    """What a fact is about: of two with one key, the later one is true."""
    if kind in ("like", "dislike"):
        return ("taste", folded(about) or bare(value))
    if kind in ONE_OF or about in ONE_RELATION:
        return (kind, folded(about))
    return (kind, folded(about), bare(value))


def standing(rows: Iterable[Row]) -> list[Fact]:
    """All facts, oldest first, and which of them are superseded."""
    facts: dict[int, Fact] = {}
    live: dict[Key, int] = {}
    for row in rows:
        fact = row.fact
        mine = key(fact.kind, fact.about, fact.value)
        gone = {live.get(mine), row.replaces} if row.holds else {_denied(fact, mine, live, facts)}
        for number in facts.keys() & gone:
            old = facts[number] = replace(facts[number], superseded=True)
            if live.get(its := key(old.kind, old.about, old.value)) == number:
                del live[its]
        if row.holds:
            facts[fact.id], live[mine] = fact, fact.id
    return list(facts.values())


def _denied(fact: Fact, mine: Key, live: dict[Key, int], facts: dict[int, Fact]) -> int | None:
    """The fact that is true no more: "my name isn't Bob" takes no other name away."""
    number = live.get(mine)
    same = number is not None and bare(facts[number].value) == bare(fact.value)
    return number if same or not fact.value else None


def replaced(noticed: Noticed, facts: Iterable[Fact]) -> int | None:
    """Which standing fact the words correct, where they say that they correct one."""
    if not noticed.instead:
        return None
    same = [f.id for f in facts if (f.kind, f.about) == (noticed.kind, noticed.about)]
    return max(same, default=None) if noticed.kind not in ("like", "dislike") else None


def is_new(noticed: Noticed, facts: Iterable[Fact], private: bool = False) -> bool:
    """Whether it says something that is not known: what was told twice is kept once.

    What is known in private alone is new when it is told openly.
    """
    mine = key(noticed.kind, noticed.about, noticed.value)
    same = [f for f in facts if key(f.kind, f.about, f.value) == mine]
    if not noticed.holds:
        return bool(same)
    known = [f for f in same if f.kind == noticed.kind and bare(f.value) == bare(noticed.value)]
    return all(fact.private and not private for fact in known)


def family(number: int, rows: Iterable[Row]) -> list[Row]:
    """That fact with all it superseded or is superseded by: none may come back with it gone."""
    rows = list(rows)
    ids = {number}
    while True:
        keys = {_key(row) for row in rows if row.fact.id in ids}
        mine = [row for row in rows if row.fact.id in ids or _key(row) in keys]
        grown = ids | {row.fact.id for row in mine} | {row.replaces for row in mine if row.replaces}
        grown |= {row.fact.id for row in rows if row.replaces in grown}
        if grown == ids:
            return mine
        ids = grown


def _key(row: Row) -> Key:
    return key(row.fact.kind, row.fact.about, row.fact.value)
