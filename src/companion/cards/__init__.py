"""Character cards, the file format of people's characters: V1, V2 and V3, as JSON or in a PNG.

Only the format: no key is ever lost, nothing is rendered and nothing obeyed. The specifications
are malfoyslastname/character-card-spec-v2 and kwaroran/character-card-spec-v3.
"""

from companion.cards.card import Card
from companion.cards.files import MAX_BYTES, found, names, read, to_json, to_png
from companion.cards.persona import ABOUT, persona, plain_name

__all__ = [
    "ABOUT",
    "MAX_BYTES",
    "Card",
    "found",
    "names",
    "persona",
    "plain_name",
    "read",
    "to_json",
    "to_png",
]
