"""What the user's own words tell about the user, by rules and no guess, English and French."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from companion.memory.clauses import clauses
from companion.memory.records import Noticed
from companion.memory.rules import Rule
from companion.memory.words import LANGUAGES, words
from companion.types import Language

LONGEST = 4_000
"""Characters of a message that are looked at: nobody introduces themselves after that."""


def noticed(text: str, today: date) -> list[Noticed]:
    """What the text tells, in order.

    Questions, quotations, other people's words, wishes and what-ifs tell nothing. `today` is the
    day on which it was said, so that "tomorrow" becomes a date.
    """
    found: dict[tuple[str, str, str], Noticed] = {}
    for one in _noticed(text[:LONGEST], today):
        found.setdefault((one.kind, one.about, one.value.casefold()), one)
    return list(found.values())


def _noticed(text: str, today: date) -> Iterator[Noticed]:
    for language in LANGUAGES:
        known = words(language)
        for clause in clauses(text, known):
            for rule in _rules(language):
                told = list(rule.noticed(clause, known, today))
                yield from told
                if told:
                    break


def _rules(language: Language) -> list[Rule]:
    from companion.memory import rules_en, rules_fr  # hundreds of patterns, for whoever needs them

    return rules_en.RULES if language == "en" else rules_fr.RULES
