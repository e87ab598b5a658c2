"""What is read aloud of a written answer: its words, and nothing of what only the eye wants.

Code, links, emoji and *stage directions* are left out, markdown gives its words, figures and short
forms are read as a person would. What remains is letters, spaces and the marks that guide a voice.
"""

# ruff: noqa: RUF001 - dashes and signs that writers use
from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from companion.speech.abbreviations import spelt_out
from companion.speech.figures import in_words
from companion.types import Language

Rule = tuple[str, str | Callable[[re.Match[str]], str]]

WORDS = re.compile(r"[^\W\d_][\w' -]*")
"""Code that is read, because it is words: `make demo`."""

FRACTIONS = {"1/2": "½", "1/4": "¼", "3/4": "¾"}

MARKUP: tuple[Rule, ...] = (
    (r"(?s)```.*?(?:```|\Z)", " "),  # a listing, also one that is not closed
    (r"(?s)<!--.*?-->|<(?:https?|mailto):[^>\s]*>|</?[a-zA-Z][^<>]*>", " "),
    (r"!\[[^\]]*\]\([^)]*\)", " "),  # a picture
    (r"\[([^\]]*)\]\((?:[^()]|\([^()]*\))*\)", r"\1"),  # a link has words
    (r"\[([^\]]+)\]\[[^\]]*\]", r"\1"),
    (r"\[\^?\w{1,3}\]", " "),  # a footnote's number
    (r"(?i)\b(?:https?://|www\.)[^\s<>\"”»]*[^\s<>\"”».,;:!?)\]]", " "),
    (r"`([^`\n]*)`", lambda match: match[1] if WORDS.fullmatch(match[1]) else " "),
    (r"(?m)^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|?)+[ \t]*$", ""),  # a line, alone or in a table
    (r"(?m)^[ \t]*#{1,6}[ \t]+(.*[^\s.!?…:])[ \t#]*$", r"\1."),  # a title ends as a sentence does
    (r"(?<=[^\s.,;:!?…|])[ \t]*(?=\n[ \t]*(?:\n|[-*+•] |\d+[.)] ))", "."),  # so does what is listed
    (r"(?m)^[ \t]*(?:#{1,6}[ \t]+|>+[ \t]?|[-*+•][ \t]+(?:\[[ xX]\][ \t]+)?)", ""),
    (r"(?m)^[ \t]*(\d+)[.)][ \t]+", r"\1, "),
    (r"(?m)^[ \t]*\||\|[ \t]*$", ""),
    (r"[ \t]*\|[ \t]*", ", "),
    (r"&[a-z]+;|&#\d+;", " "),
    (r"(?<!\w)(?:[:;=8][-'^]?[()DPpOo3/\\|*]|[xX]D+|<3|:'\(|\^[_.]?\^)(?!\w)", " "),  # :-)
    (r"(?<![\d/])([13])/([24])(?![\d/])", lambda match: FRACTIONS.get(match[0], match[0])),
    (r"(?<=\d) ?\* ?(?=\d)", " × "),
)
"""What the eye sees, in order, and what is left of it for the ear."""

ACTS = (
    "smiles|smiling|nods|nodding|laughs|laughing|giggles|chuckles|grins|sighs|waves|winks|blushes|"
    "hugs|shrugs|pauses|thinks|looks|leans|tilts|claps|gasps|whispers|yawns|bows|blinks|pouts|"
    "gestures|stretches|jumps|dances|hums|raises|takes|clears|crosses|beams|"
    "sourit|souriant|rit|riant|hoche|soupire|rougit|cligne|fait|salue|réfléchit|regarde|penche|"
    "applaudit|chuchote|bâille|hausse|lève|prend|pouffe|glousse|s'incline|danse|fredonne|se"
)
WHO = r"(?:(?:I|she|he|they|it|elle|il|on|je|[A-Z]\w+)\s+)?(?:\w+ly\s+)?"
STAGE: tuple[Rule, ...] = (
    (rf"(?i)(?<![\w*_])([*_])(?! ){WHO}(?:{ACTS})\b[^*_\n]*(?<!\s)\1(?![\w*_])", " "),
    (rf"(?i)[(\[]{WHO}(?:{ACTS})\b(?: \w+){{0,5}}[)\]]", " "),
    (r"(?:(?<=[.!?…] )|(?<=\n)|^)\*[a-zà-ÿ][^*\n]*\*(?=\s*(?:$|\n|[A-ZÀ-Ý.!?…]))", " "),
)
"""*smiles*, [laughs], and any small-lettered *aside* that stands as a sentence of its own."""

GUIDES = frozenset(".,;:!?…'’\"“”«»()-–—")
"""The marks that guide a voice."""

TIDY: tuple[Rule, ...] = (
    (r"--+|\s[–—]\s", ", "),
    (r"(?<!\w)-+|-+(?!\w)", " "),
    (r"\(\s*\)|\"\s*\"|“\s*”|«\s*»", " "),
    (r"\s+", " "),
    (r" +([.,)…])", r"\1"),
    (r"([,;:])(?:\s*[,;:])+", r"\1"),
    (r"[,;:]\s*([.!?…])", r"\1"),
    (r"([.!?…])(?:\s*\.)+(?!\.)", r"\1"),
    (r"^[\s.,;:!?…)]+", ""),
)


def read_aloud(text: str, language: Language) -> str:
    """The text as it is spoken; an empty one where there is nothing to say."""
    text = _by(STAGE, _by(MARKUP, unicodedata.normalize("NFC", text)))
    text = in_words(spelt_out(text, language), language)
    text = "".join(one if _audible(one) else _gap(one) for one in text)
    text = _by(TIDY, text).strip()
    return text if any(one.isalpha() for one in text) else ""


def _by(rules: tuple[Rule, ...], text: str) -> str:
    for pattern, left in rules:
        text = re.sub(pattern, left, text)
    return text


def _audible(character: str) -> bool:
    """Whether it is a letter, an accent, a space, or a mark that guides the voice."""
    kind = unicodedata.category(character)
    spoken = kind[0] in "LZ" or kind in ("Mn", "Mc") or character in "\n\t"
    return character in GUIDES or (spoken and not 0xFE00 <= ord(character) <= 0xFE0F)


def _gap(character: str) -> str:
    """What is left of any other: emphasis closes up, as in un*believ*able, the rest is a space."""
    closes = character in "*`~" or unicodedata.category(character) in ("Cf", "Cc", "Me", "Mn")
    return "" if closes else " "
