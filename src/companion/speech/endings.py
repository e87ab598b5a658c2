"""Whether somebody who fell silent has finished, by the words that were said until then.

Recognisers that are networks write full stops, and they write them by the sound of the voice as
well; a last word that leads on says that more is to come. A comma does not: small ones write it
behind whole sentences too.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from companion.types import Language

Ending: TypeAlias = Literal["finished", "unfinished", "unknown"]

ENGLISH = (
    *("a", "an", "the", "my", "your", "his", "its", "our", "their", "every", "and", "or", "but"),
    *("because", "if", "while", "than", "whose", "of", "from", "with", "into", "i'm", "you're"),
    *("we're", "they're", "i've", "um", "uh", "er", "erm"),
)
FRENCH = (
    *("un", "une", "le", "la", "les", "l'", "d'", "de", "du", "des", "mon", "ma", "mes", "ton"),
    *("ta", "tes", "son", "sa", "ses", "notre", "votre", "leur", "et", "ou", "mais", "car"),
    *("parce", "que", "qu'", "si", "comme", "dont", "pour", "avec", "dans", "chez", "sur", "je"),
    *("j'", "tu", "il", "elle", "euh"),
)
LEADING: dict[Language, tuple[str, ...]] = {"en": ENGLISH, "fr": FRENCH}
"""Words that no sentence ends with, or hardly any: something follows."""


def ending(text: str, language: Language) -> Ending:
    """How this text of a recogniser ends.

    >>> ending("How are you?", "en"), ending("I went to the", "en"), ending("how are you", "en")
    ('finished', 'unfinished', 'unknown')
    """
    plain = text.strip().lower().replace("’", "'")
    if plain.endswith(("?", "!")):  # "Where are you from?"
        return "finished"
    last = re.search(r"([\w']+)\W*$", plain)
    if plain.endswith(("...", "…", "-")) or (last and last[1] in LEADING[language]):
        return "unfinished"
    return "finished" if plain.endswith(".") else "unknown"
