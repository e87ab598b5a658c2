"""What the settings take from a card: who the companion is, in each language."""

from __future__ import annotations

import re
import zlib
from typing import Any

from companion.cards.card import Card
from companion.types import Language

ABOUT: dict[Language, str] = {
    "en": "You are {companion}, a friendly virtual companion. You are an AI, a small open model, "
    "not a human.",
    "fr": "Tu es {companion}, une compagne virtuelle amicale. Tu es une IA, un petit modèle libre, "
    "pas un être humain.",
}
"""The system prompt that companion-tiny was taught with, for any name."""


def persona(card: Card, called: str) -> dict[str, Any]:
    """The section `persona` of the settings, for the card that the settings call `called`.

    A card of ours says in `extensions.companion_lab` its system prompt, greetings and voices by
    language, the seed of its portrait and its agent. Of any other card only the name is taken into
    the system prompt, and of that only letters, digits and what stands in names: a card from
    elsewhere is data and gives no orders.
    """
    if card.ours:
        lab = card.lab
        return {
            "card": called,
            "name": card.char,
            "about": lab["about"],
            "greetings": lab.get("greeting", {}),
            "voices": lab.get("voice", {}),
            "seed": lab.get("portrait", {}).get("seed"),
            "agent": lab.get("agent"),
        }
    about = {language: text.format(companion=plain_name(card)) for language, text in ABOUT.items()}
    seed = zlib.crc32(card.name.encode("utf-8", "replace"))
    return {"card": called, "name": plain_name(card), "about": about, "seed": seed}


def plain_name(card: Card) -> str:
    """The character's name with nothing but what stands in names, 40 characters at most."""
    return " ".join(re.sub(r"[^\w '’.-]", " ", card.char).split())[:40].strip() or "Card"
