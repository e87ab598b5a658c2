"""The texts that are said by rule, from `data/safety/replies.yaml`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import yaml

from companion.resources import packaged
from companion.types import HelpLine, Language


def written(*path: str, language: Language, turn: int = 0) -> str:
    """The text under `path`; of several, the one for this `turn` of the same kind, round and round.

    Its slots are still in it. Raises KeyError for a path that the file has not.
    """
    texts: Any = _file()
    for key in (*path, language):
        texts = texts[key]
    return str(texts[turn % len(texts)])


def numbers(lines: Sequence[HelpLine], language: Language) -> str:
    """ "988 (United States, Canada), 116 123 (United Kingdom)": each number once, in order."""
    places = _file()["places"][language]
    where: dict[str, list[str]] = {}
    for line in lines:
        where.setdefault(line.number, []).append(places[line.country])
    return ", ".join(f"{number} ({', '.join(there)})" for number, there in where.items())


@cache
def _file() -> Any:
    return yaml.safe_load(packaged("data/safety/replies.yaml").read_text(encoding="utf-8"))
