"""The words that the rules know, and text made flat, without accents and capitals."""

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

LANGUAGES: tuple[Language, ...] = ("en", "fr")


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
    no_workplaces: frozenset[str]
    no_studies: frozenset[str]
    praise: frozenset[str]
    place_begins: frozenset[str]
    particles: frozenset[str]

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
    known["tomorrow"] = {word: int(count) for word, count in known["tomorrow"].items()}
    for name in ("openers", "pretence", "conditions", "speech", "instead"):
        behind = {"openers": r"(?:[\s,!.…:]+|$)", "pretence": ""}.get(name, r"(?!\w)")
        known[name] = re.compile(rf"\b(?:{longest_first(known[name])}){behind}")
    for name in ("months", "weekdays"):
        known[name] = tuple(known[name])
    lists = {name: frozenset(value) for name, value in known.items() if isinstance(value, list)}
    return Words(language=language, **known | lists)


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


def cut(text: str, ends: re.Pattern[str]) -> str:
    """The text up to there, without the marks around it."""
    end = ends.search(flat(text))
    return (text[: end.start()] if end else text).strip(" .,!*_")
