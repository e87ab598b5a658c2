"""People who help by telephone, from `data/safety/help_lines.yaml`."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, TypeAlias

import yaml

from companion.resources import packaged
from companion.types import HelpLine, Language

Purpose: TypeAlias = Literal["suicide", "abuse", "danger"]

EUROPE = frozenset({"FR", "BE", "IE", "GB", "CH"})
"""Countries of the list in which Europe's emergency number answers."""


def help_lines(
    purpose: Purpose, language: Language, country: str | None = None
) -> tuple[HelpLine, ...]:
    """The lines for this purpose that answer in this language, in the file's order.

    `country` (ISO 3166-1) leaves those that can be reached there; where none is left, as for a
    country that the file does not know, all are given.
    """
    fitting = [
        entry
        for entry in _entries()
        if purpose in entry["needs"] and language in entry["languages"]
    ]
    there = {country, "", "EU" if country in EUROPE else ""}
    near = [entry for entry in fitting if entry["country"] in there]
    known = any(entry["country"] for entry in near)
    return tuple(_line(entry, language) for entry in (near if country and known else fitting))


def _line(entry: dict[str, Any], language: Language) -> HelpLine:
    return HelpLine(
        entry["name"], entry["number"], entry["country"], entry["hours"][language], entry["url"]
    )


@cache
def _entries() -> tuple[dict[str, Any], ...]:
    text = packaged("data/safety/help_lines.yaml").read_text(encoding="utf-8")
    return tuple(yaml.safe_load(text))
