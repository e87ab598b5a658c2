"""Drawings that are kept as files, with names for their colours."""

from __future__ import annotations

from functools import cache
from typing import Any

from companion.resources import packaged


@cache
def drawings(name: str) -> dict[str, Any]:
    """What is in that file, such as `hair`: the drawings of each style, by its name."""
    import yaml

    kept: dict[str, Any] = yaml.safe_load(packaged(f"images/{name}.yaml").read_text("utf-8"))
    return kept
