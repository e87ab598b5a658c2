"""JSON Schemas of the YAML files, by which an editor completes and checks them while one types.

    python -m companion.schema

writes them again, from the classes in `sections/`. The first line of each YAML file names its own.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from companion.config import Agent, ModelSettings, Settings
from companion.resources import configs
from companion.sections.assumptions import Assumption, Machine, Rental, Speed
from companion.sections.catalogue import Licence, Node, Row
from companion.sections.claims import Claim
from companion.sections.free_notebooks import FreeNotebooks
from companion.sections.shapes import Memory, Shape

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def documents() -> dict[str, str]:
    """The text of each file in `configs/schema/`, by its name."""
    layer = TypeAdapter(Settings).json_schema()
    del layer["properties"]["profile"]  # a profile is chosen, never written down
    schemas = {
        "settings": _optional(layer),  # each layer says a part of the tree
        "models": TypeAdapter(dict[str, ModelSettings]).json_schema(),
        "agents": TypeAdapter(dict[str, Agent]).json_schema(),
        "shapes": TypeAdapter(dict[str, Shape]).json_schema(),
        "hardware": TypeAdapter(dict[str, Memory]).json_schema(),
        "free_notebooks": TypeAdapter(dict[str, FreeNotebooks]).json_schema(),
        "parts": TypeAdapter(dict[str, Row]).json_schema(),
        "licences": TypeAdapter(dict[str, Licence]).json_schema(),
        "tree": TypeAdapter(dict[str, Node]).json_schema(),
        "assumptions": TypeAdapter(dict[str, Assumption]).json_schema(),
        "machines": TypeAdapter(dict[str, Machine]).json_schema(),
        "rentals": TypeAdapter(dict[str, Rental]).json_schema(),
        "speeds": TypeAdapter(dict[str, Speed]).json_schema(),
        "claims": TypeAdapter(dict[str, Claim]).json_schema(),
    }
    return {
        f"{name}.schema.json": json.dumps({"$schema": DRAFT, **_steady(schema)}, indent=1) + "\n"
        for name, schema in schemas.items()
    }


def _optional(schema: Any) -> Any:
    """The same with no key required."""
    if isinstance(schema, list):
        return [_optional(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _optional(part)
        for key, part in schema.items()
        if not (key == "required" and isinstance(part, list))
    }


def _steady(schema: Any) -> Any:
    """The same with the defaults of sets in one order, whichever the sets have."""
    if isinstance(schema, list):
        return [_steady(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    steady = {key: _steady(part) for key, part in schema.items()}
    if steady.get("uniqueItems") and "default" in steady:
        steady["default"] = sorted(steady["default"])
    return steady


def write() -> None:
    """Write them all into `configs/schema/`."""
    folder = configs() / "schema"
    folder.mkdir(exist_ok=True)
    for name, text in documents().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
