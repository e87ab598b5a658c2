"""Words without their capitals and accents, to compare them and to find them again in a text."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

FORGOTTEN = "[…]"
"""Stands where words were taken out of a conversation."""

_DETERMINER = re.compile(
    r"^(?:(?:the|a|an|some|le|la|les|un|une|du|de la|des|de|my|mon|ma|mes) |[ld]')"
)

_LETTERS = str.maketrans({"’": "'", "\u02bc": "'", "œ": "oe", "Œ": "oe"})


def folded(text: str) -> str:
    """The words in small letters, without accents, one space between them.

    >>> folded("  L’Été   à Évian ")
    "l'ete a evian"
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_LETTERS))
        text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return " ".join(text.casefold().split())


def bare(text: str) -> str:
    """The folded words without their article: "the sea" and "La mer" become "sea" and "mer"."""
    return _DETERMINER.sub("", folded(text), count=1)


def masked(text: str, values: tuple[str, ...]) -> str:
    """The text with each of these values, as whole words however they are written, taken out."""
    for value in values:
        for start, end in reversed(_places(text, value)):
            text = text[:start] + FORGOTTEN + text[end:]
    return text


def masked_in(body: Any, values: tuple[str, ...]) -> Any:
    """The same for every string in what JSON can hold."""
    match body:
        case str():
            return masked(body, values)
        case list():
            return [masked_in(part, values) for part in body]
        case dict():
            return {masked(key, values): masked_in(part, values) for key, part in body.items()}
    return body


def _places(text: str, value: str) -> list[tuple[int, int]]:
    """Where the value stands, from and to, in characters of the text as it is written."""
    words = folded(value).split()
    if not words or " ".join(words) not in folded(text):
        return []
    letters = [
        (letter, place)
        for place, character in enumerate(text)
        for letter in folded(character) or " " * character.isspace()
    ]
    plain = "".join(letter for letter, _ in letters)
    pattern = r"(?<!\w)" + r"\s+".join(map(re.escape, words)) + r"(?!\w)"
    found = re.finditer(pattern, plain)
    places = [place for _, place in letters] + [len(text)]  # an accent belongs to what it is on
    return [(places[one.start()], places[one.end()]) for one in found]
