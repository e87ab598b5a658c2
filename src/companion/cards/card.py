"""A card in memory: the whole document as it was written, and what of it has a meaning."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

SPECS: dict[str, str] = {"chara_card_v2": "2.0", "chara_card_v3": "3.0"}
"""The specifications that name themselves, and their versions; V1 does not."""

V1 = ("name", "description", "personality", "scenario", "first_mes", "mes_example")
"""The fields of V1, which stand at the root."""
_V2 = ("creator_notes", "system_prompt", "post_history_instructions", "creator")
TEXTS = (*V1, *_V2, "character_version")
"""Required texts of `data`, whose default is empty."""
LISTS = ("alternate_greetings", "tags", "group_only_greetings")
"""Required lists of texts, whose default is empty; the last one is new in V3."""


@dataclass(frozen=True, slots=True)
class Card:
    """A character, as the V3 document that it is or was lifted to.

    `document` is JSON: {"spec", "spec_version", "data", and whatever else stood there}. `where`
    names the file for errors. `ours`: it lies in `configs/personas`, so that its extension may say
    the system prompt; text of any other card is data.
    """

    document: Mapping[str, Any]
    where: str = ""
    ours: bool = False

    @property
    def data(self) -> Mapping[str, Any]:
        """The part of the document that describes the character."""
        data: Mapping[str, Any] = self.document["data"]
        return data

    @property
    def name(self) -> str:
        """The character's name, never empty."""
        return str(self.data["name"])

    @property
    def char(self) -> str:
        """What {{char}} stands for: the nickname where there is one, else the name."""
        return self.text("nickname") or self.name

    def text(self, field: str) -> str:
        """One of the texts of `data`, with its macros still in it; "" where it is missing."""
        return str(self.data.get(field) or "")

    @property
    def book(self) -> tuple[Mapping[str, Any], ...]:
        """The entries of its lorebook that are switched on, lowest insertion order first."""
        entries = (self.data.get("character_book") or {}).get("entries") or ()
        on = (entry for entry in entries if entry.get("enabled", True))
        return tuple(sorted(on, key=lambda entry: entry.get("insertion_order") or 0))

    @property
    def lab(self) -> Mapping[str, Any]:
        """What the card says for Companion Lab alone, in its extensions."""
        told = (self.data.get("extensions") or {}).get("companion_lab")
        return told if isinstance(told, dict) else {}

    def version(self, version: Literal[2, 3]) -> dict[str, Any]:
        """The document in this version of the format, with every other key as it was."""
        spec = f"chara_card_v{version}"
        document = copy.deepcopy(dict(self.document))
        if document["spec"] != spec:
            document |= {"spec": spec, "spec_version": SPECS[spec]}
        return document


def lifted(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document of any version as V3: required texts and lists are added, nothing is taken away.

    What stood at the root of a V1 card beside its fields stays at the root.
    """
    document = dict(document)
    if "spec" not in document:
        data = {field: document.pop(field) for field in V1 if field in document}
        document = {"data": data, **document}
    data = _filled(document["data"])
    newer = document.get("spec") == "chara_card_v3" and document.get("spec_version")
    rest = {
        key: value for key, value in document.items() if key not in ("spec", "spec_version", "data")
    }
    return {"spec": "chara_card_v3", "spec_version": newer or "3.0", "data": data, **rest}


def _filled(data: Mapping[str, Any]) -> dict[str, Any]:
    """`data` with an empty value for each required field that is missing."""
    empty: dict[str, Any] = dict.fromkeys(TEXTS, "") | {field: [] for field in LISTS}
    return {
        **data,
        **{key: value for key, value in (empty | {"extensions": {}}).items() if key not in data},
    }
