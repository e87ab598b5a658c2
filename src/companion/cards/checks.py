"""Whether a document is a card, and which part of it is wrong where it is not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from companion.cards.card import LISTS, SPECS, TEXTS, V1
from companion.errors import CardError

DEEPEST = 40
"""Levels of lists and objects in each other; no card needs ten."""

Fault = tuple[str, str, object]
"""The key, what it must be, and what it is."""


def check(document: object, where: str) -> dict[str, Any]:
    """`document`, which is a card. Raises CardError for the first thing that is wrong with it."""
    if not isinstance(document, dict):
        raise _no_card(f"it holds {_kind(document)} and no object", where)
    if _too_deep(document):
        what = f"The card has lists and objects more than {DEEPEST} levels deep"
        raise CardError(what, where=where, repair="Save it again in the program that made it.")
    if "spec" not in document:
        if not any(field in document for field in V1[1:]):
            raise _no_card("it has neither `spec` nor the fields of V1", where)
        data: object = document
    elif document["spec"] not in SPECS:
        told, known = str(document["spec"])[:60], ", ".join(SPECS)
        what = f"The card follows {told!r}, which is not known here"
        raise CardError(what, where=where, repair=f"Save it as one of: {known}, or without `spec`.")
    else:
        data = document.get("data")
    for key, wanted, found in _faults(data):
        what = f"{key} must be {wanted}, and is {_kind(found)}"
        raise CardError(what, where=where, repair="Correct this key in the card's JSON.")
    return document


def finite(text: str) -> float:
    """The number that `text` is. Raises ValueError where it is too large for one."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is no number")
    return number


def _faults(data: object) -> Iterator[Fault]:
    """What is wrong; None counts as missing, as some programs write it."""
    if not isinstance(data, dict):
        yield "data", "an object", data
        return
    name = data.get("name")
    if not isinstance(name, str) or not name.strip():
        yield "data.name", "a text that is not empty", name
    for field in (*TEXTS, "nickname"):
        if not isinstance(data.get(field), str | None):
            yield f"data.{field}", "a text", data[field]
    for field in (*LISTS, "source"):
        if not _texts(data.get(field)):
            yield f"data.{field}", "a list of texts", data[field]
    for field in ("extensions", "creator_notes_multilingual", "character_book"):
        if not isinstance(data.get(field), dict | None):
            yield f"data.{field}", "an object", data[field]
    yield from _book_faults(data.get("character_book") or {})


def _book_faults(book: Mapping[str, Any]) -> Iterator[Fault]:
    entries = book.get("entries")
    if not isinstance(entries, list | None):
        yield "data.character_book.entries", "a list", entries
        return
    for number, entry in enumerate(entries or []):
        at = f"data.character_book.entries[{number}]"
        if not isinstance(entry, dict):
            yield at, "an object", entry
            continue
        order = entry.get("insertion_order")
        if not isinstance(order, int | float | None):
            yield f"{at}.insertion_order", "a number", order
        if not _texts(entry.get("keys")):
            yield f"{at}.keys", "a list of texts", entry["keys"]
        if not isinstance(entry.get("content"), str | None):
            yield f"{at}.content", "a text", entry["content"]


def _texts(value: object) -> bool:
    """Whether it is a list of texts, or missing."""
    return value is None or (isinstance(value, list) and all(isinstance(v, str) for v in value))


def _too_deep(document: object) -> bool:
    """Whether it goes deeper than DEEPEST, found without going down by recursion."""
    level: list[object] = [document]
    for _ in range(DEEPEST + 1):
        inner = [value.values() if isinstance(value, dict) else value for value in level]
        level = [v for values in inner for v in values if isinstance(v, dict | list)]  # type: ignore[attr-defined]
        if not level:
            return False
    return True


def _kind(value: object) -> str:
    """What a value of JSON is, in words."""
    if value is None:
        return "missing"
    kinds = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
    }
    if value == "":
        return "empty"
    return kinds.get(type(value), "an object")


def _no_card(why: str, where: str) -> CardError:
    return CardError(
        f"This is no character card: {why}",
        where=where,
        repair="Choose a card as JSON, or a PNG with a card in it.",
    )
