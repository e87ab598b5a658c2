"""What a rule is: how a clause begins, and who reads what stands behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from companion.memory import readers
from companion.memory import things as liked
from companion.memory.clauses import Clause
from companion.memory.records import Kind, Noticed
from companion.memory.words import Words, longest_first


@dataclass(frozen=True, slots=True)
class Behind:
    """The text behind a rule's opening words, in the clause, on the day it was said."""

    text: str
    clause: Clause
    words: Words
    today: date


Reader: TypeAlias = Callable[[Behind], list[str]]


def name(behind: Behind) -> list[str]:
    """A name, as after "my name is"."""
    return readers.names(behind.text, behind.words, False, behind.clause.lower)


def strict_name(behind: Behind) -> list[str]:
    """A name, as after "I'm", where most that follows is none."""
    if behind.clause.lower:
        return []
    return readers.names(behind.text, behind.words, True, False)


def several(behind: Behind) -> list[str]:
    """One name or more."""
    return readers.several_names(behind.text, behind.words, behind.clause.lower)


def capital(behind: Behind) -> list[str]:
    """A name that stands behind what it names, "my brother Tom": it needs its capital."""
    first = behind.text.split()[:1]
    if behind.clause.lower or not first or not first[0][0].isupper():
        return []
    run = re.match(r"[^\W\d_][\w'’-]*", behind.text)
    return readers.names(run[0], behind.words, True, False) if run else []


def things(behind: Behind) -> list[str]:
    """Things that are liked, or not."""
    return liked.things(behind.text, behind.words)


def thing(behind: Behind) -> list[str]:
    """A favourite."""
    return liked.thing(behind.text, behind.words)


def place(behind: Behind) -> list[str]:
    """A place that has a name."""
    return readers.places(behind.text, behind.words, behind.clause.lower)


def job(behind: Behind) -> list[str]:
    """A trade that is known."""
    return readers.jobs(behind.text, behind.words)


def any_job(behind: Behind) -> list[str]:
    """A trade, whatever it is, where the rule has said that it is one."""
    return readers.jobs(behind.text, behind.words, opened=True)


def workplace(behind: Behind) -> list[str]:
    """Where somebody works."""
    return readers.workplaces(behind.text, behind.words)


def studies(behind: Behind) -> list[str]:
    """What somebody studies."""
    return readers.studies(behind.text, behind.words)


def day(behind: Behind) -> list[str]:
    """A day."""
    return readers.days(behind.text, behind.words, behind.today)


@dataclass(frozen=True, slots=True)
class Rule:
    """A clause that begins with `pattern` tells facts of this kind, as `read` finds behind it.

    The pattern is for flat text. Its groups: `v` is what is read (else all that follows), `about`
    replaces the rule's own `about`, `kin` is somebody's relation or an animal, `event` an event.
    """

    kind: Kind
    pattern: re.Pattern[str]
    read: Reader
    about: str = ""
    holds: bool = True

    def noticed(self, clause: Clause, words: Words, today: date) -> Iterator[Noticed]:
        """What this rule finds in the clause."""
        found = self.pattern.match(clause.flat)
        if not found:
            return
        groups = found.groupdict()
        start, end = found.span("v") if groups.get("v") else (found.end(), len(clause.text))
        about, kind = self._about(clause, found, words)
        if about is None:
            return
        for value in self.read(Behind(clause.text[start:end].strip(), clause, words, today)):
            yield Noticed(
                kind, value, clause.text, words.language, about, self.holds, clause.instead
            )

    def _about(self, clause: Clause, found: re.Match[str], words: Words) -> tuple[str | None, Kind]:
        groups = found.groupdict()
        if kin := groups.get("kin"):
            return words.kin[kin], "pet" if kin in words.animals else self.kind
        if event := groups.get("event"):
            event = event.strip()
            known = {*event.split()} & words.events
            return (clause.text[found.start("event") :][: len(event)] if known else None), self.kind
        if about := groups.get("about"):
            text = clause.text[found.start("about") :][: len(about)].strip().lower()
            return text.replace("favorite", "favourite"), self.kind
        return self.about, self.kind


def rules(
    kind: Kind,
    read: Reader,
    *patterns: str,
    about: str = "",
    holds: bool = True,
    parts: Mapping[str, str] | None = None,
) -> list[Rule]:
    """A rule for each pattern, in which each of the `parts` stands for its name, as in <kin>."""
    filled = [_filled(pattern, parts or {}) for pattern in patterns]
    return [Rule(kind, re.compile(pattern), read, about, holds) for pattern in filled]


def kin(words: Words) -> str:
    """Any relation or animal, in a pattern."""
    return rf"(?P<kin>{longest_first(words.kin)})"


def _filled(pattern: str, parts: Mapping[str, str]) -> str:
    for part, text in parts.items():
        pattern = pattern.replace(f"<{part}>", text)
    return pattern
