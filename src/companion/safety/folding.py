"""One spelling for what people type in many: small letters, no accents, no apostrophes."""

from __future__ import annotations

import re
import unicodedata

from companion.types import Language

MARKS = re.compile(r"[\u2018\u2019\u02bc`\u00b4]")
"""What is typed for an apostrophe."""


def folded(text: str, language: Language) -> str:
    """`text` in small letters without accents, with single spaces; stops and commas are kept.

    An apostrophe is nothing in English (dont) and a space in French (j ai), and so is the hyphen
    of "es-tu"; letters that are held down (diiiie) are let go.
    """
    text = MARKS.sub("'", text.replace("œ", "oe").replace("Œ", "oe"))
    text = "".join(
        character
        for character in unicodedata.normalize("NFKD", text.lower())
        if not unicodedata.combining(character) and unicodedata.category(character) != "Cf"
    )
    text = text.replace("'", "" if language == "en" else " ")
    text = re.sub(r"(?<=\w)[-_](?=\w)", " ", text)
    text = re.sub(r"([a-z])\1{2,}", r"\1", text)
    return " ".join(text.split())
