"""Who the companion is: cards from `configs/personas` or elsewhere, as a prompt and as files."""

from companion.cards import Card
from companion.personas.importing import Imported, export_json, export_png, import_card
from companion.personas.library import available, card
from companion.personas.macros import rendered
from companion.personas.prompt import budget, greetings, prompt_for, system_prompt
from companion.personas.telling import Told, told

__all__ = [
    "Card",
    "Imported",
    "Told",
    "available",
    "budget",
    "card",
    "export_json",
    "export_png",
    "greetings",
    "import_card",
    "prompt_for",
    "rendered",
    "system_prompt",
    "told",
]
