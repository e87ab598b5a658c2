"""The cards in `configs/personas`, and cards in files."""

from __future__ import annotations

from companion import cards
from companion.resources import configs


def available() -> list[str]:
    """The names that the setting `persona` may have, besides files."""
    return cards.names(configs() / "personas")


def card(name: str) -> cards.Card:
    """The card of that name, or in the file of that name.

    Raises CardError where there is none, with the names that are near, or where it is broken.
    """
    return cards.found(name, configs() / "personas")
