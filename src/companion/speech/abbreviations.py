"""Short forms, how they are read in English and French, and which of them can end a sentence.

"M." and "Dr" are read out only in front of a name, so that "the letter M." stays a letter.
"""

from __future__ import annotations

import re
from functools import partial

from companion.types import Language

TITLES: dict[Language, dict[str, str]] = {
    "en": {
        "Mr": "Mister",
        "Mrs": "Missus",
        "Ms": "Miz",
        "Dr": "Doctor",
        "Prof": "Professor",
        "St": "Saint",
        "Mt": "Mount",
        "Gen": "General",
    },
    "fr": {
        "M": "monsieur",
        "MM": "messieurs",
        "Mr": "monsieur",
        "Mme": "madame",
        "Mmes": "mesdames",
        "Mlle": "mademoiselle",
        "Dr": "docteur",
        "Pr": "professeur",
        "Prof": "professeur",
        "St": "saint",
        "Ste": "sainte",
    },
}
"""In front of a name, with or without a full stop; the French "M" always has one."""

SHORT: dict[Language, dict[str, str]] = {
    "en": {
        "e.g.": "for example",
        "i.e.": "that is",
        "etc.": "et cetera",
        "vs.": "versus",
        "vs": "versus",
        "approx.": "approximately",
        "a.k.a.": "also known as",
        "aka": "also known as",
        "w/o": "without",
        "w/": "with",
        "a.m.": "a m",
        "p.m.": "p m",
        "P.S.": "P S",
    },
    "fr": {
        "p. ex.": "par exemple",
        "p.ex.": "par exemple",
        "c.-à-d.": "c'est-à-dire",
        "càd": "c'est-à-dire",
        "etc.": "et cetera",
        "av. J.-C.": "avant Jésus-Christ",
        "apr. J.-C.": "après Jésus-Christ",
        "env.": "environ",
        "cf.": "voir",
        "tél.": "téléphone",
        "svp": "s'il vous plaît",
        "stp": "s'il te plaît",
        "RDV": "rendez-vous",
        "rdv": "rendez-vous",
        "vs": "contre",
    },
}
"""Anywhere, as whole words."""

TITLED = "Mr Mrs Ms Dr Prof St Ste Mt Gen Sr Jr M MM Mme Mmes Mlle Pr"
SHORTENED = "e.g i.e vs approx cf p ex p.ex av apr env tél c.-à-d art vol chap fig"
NEVER_END = frozenset(f"{TITLED} {SHORTENED}".split())
"""What stands before a full stop that ends no sentence."""

DATED = "etc a.m p.m no jan feb mar apr jun jul aug sep sept oct nov dec"
MAY_END = frozenset(DATED.split())
"""In small letters, what stands before a full stop of which only the next word tells: "No. 5"."""

DOTTED = re.compile(r"(?<!\w)(?:[A-ZÀ-Ý]\.){2,}(?!\w)")


def spelt_out(text: str, language: Language) -> str:
    """The text with its short forms as they are read, and the letters of U.S. apart."""
    for pattern, words in RULES[language]:
        text = pattern.sub(partial(_read, words), text)
    return DOTTED.sub(lambda match: " ".join(match[0].split(".")).strip() + _stop(match), text)


def _read(words: str, match: re.Match[str]) -> str:
    return words + _stop(match)


def _stop(match: re.Match[str]) -> str:
    """The full stop of a short form that ends the text ends the sentence too."""
    return "." if match[0].endswith(".") and not match.string[match.end() :].strip() else ""


def _rules(language: Language) -> list[tuple[re.Pattern[str], str]]:
    """Each form as a whole word with its reading, the longest first."""
    rules = []
    for short, words in SHORT[language].items():
        rules.append((rf"(?<![\w.]){re.escape(short)}(?!\w)", words))
    for title, words in TITLES[language].items():
        stop = r"\." if title == "M" else r"\.?"
        rules.append((rf"(?<![\w.]){title}{stop}(?=[\s-][A-ZÀ-Ý])", words))
    rules.sort(key=lambda rule: -len(rule[0]))
    return [(re.compile(pattern), words) for pattern, words in rules]


RULES: dict[Language, list[tuple[re.Pattern[str], str]]] = {
    "en": _rules("en"),
    "fr": _rules("fr"),
}
