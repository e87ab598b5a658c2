"""The words that the rules know, and text made flat so that a pattern needs no accents or capitals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from companion.resources import packaged
from companion.types import Language


@dataclass(frozen=True)
class Words:
    """What `data/memory/words.yaml` says of one language."""

    language: Language
    openers: re.Pattern[str]
    pretence: re.Pattern[str]
    conditions: re.Pattern[str]
    speech: re.Pattern[str]
    instead: re.Pattern[str]
    not_names: frozenset[str]
    places_not: frozenset[str]
    generic: frozenset[str]
    value_not: frozenset[str]
    jobs: frozenset[str]
    relations: dict[str, str]
    animals: dict[str, str]
    events: frozenset[str]
    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    tomorrow: dict[str, int]
    pairs: frozenset[str]
    verbs: frozenset[str]

    @property
    def kin(self) -> dict[str, str]:
        """Relations and animals, alone and several, by what they are called in a fact."""
        return {**self.relations, **self.animals}


@cache
def words(language: Language) -> Words:
    """The words of that language."""
    text = packaged("data/memory/words.yaml").read_text(encoding="utf-8")
    known: dict[str, Any] = yaml.load(text, yaml.BaseLoader)[language]  # "no" is a word here
    plurals = known.pop("plurals")
    animals = set(known["animals"].values())
    known["relations"] |= {word: one for word, one in plurals.items() if one not in animals}
    known["animals"] |= {word: one for word, one in plurals.items() if one in animals}
    known["openers"] = re.compile(rf"(?:{longest_first(known['openers'])})(?:[\s,!.…:]+|$)")
    for name in ("pretence", "conditions", "speech", "instead"):
        known[name] = re.compile(rf"\b(?:{longest_first(known[name])})")
    for name in ("conditions", "speech", "instead"):
        known[name] = re.compile(known[name].pattern + r"(?!\w)")
    for name in ("not_names", "places_not", "generic", "value_not", "jobs", "events"):
        known[name] = frozenset(known[name])
    for name in ("pairs", "verbs"):
        known[name] = frozenset(known[name])
    days = {word: int(count) for word, count in known.pop("tomorrow").items()}
    months, weekdays = tuple(known.pop("months")), tuple(known.pop("weekdays"))
    return Words(language=language, tomorrow=days, months=months, weekdays=weekdays, **known)


def longest_first(among: Iterable[str]) -> str:
    """One of these, in a pattern: the longer ones are tried first."""
    return "|".join(sorted(among, key=len, reverse=True))


def flat(text: str) -> str:
    """The text in small letters without accents, each character still in its place.

    >>> flat("J’étais à Évian")
    "j'etais a evian"
    """
    return "".join(map(_flat, text))


@cache
def _flat(character: str) -> str:
    if character in "’\u02bc`":
        return "'"
    plain = unicodedata.normalize("NFKD", character).casefold()
    return plain[:1] or " "
