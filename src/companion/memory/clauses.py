"""From a message to the clauses in which its user states something, each told from its start."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from companion.memory.words import Words, flat
from companion.types import Language

NOT_SAID = (
    re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL),  # code
    re.compile(r"^[ \t]*>.*$", re.MULTILINE),  # a quoted line
    re.compile(r"\"[^\"]*\"|“[^”]*”|«[^»]*»|\u2018[^’]*’|(?<!\w)'[^'\n]+'(?!\w)"),
)
GAP = " \u2026 "
"""Stands for what was left out, so that no clause runs across it."""

SENTENCE = re.compile(
    r"(?<=[.!?…])(?<!\b[MJ]\.)(?<!\b(?:Mr|Ms|Dr|St)\.)(?<!\b(?:Mrs|Mme)\.)\s+|\n+"
)

STARTS: dict[Language, str] = {
    "en": r"(?:i|i'm|im|i've|ive|my|we|we've|our|call me|you can call me|people call me)\b",
    "fr": r"(?:je|j'|mon\b|ma\b|mes\b|notre\b|nos\b|nous\b|moi,? c'est|appelle-moi|on m'appelle)",
}
JOINS = (
    r"(?:\s*(?:[,;:(…]|\s-\s|\s?[—\u2013])\s*|\s+)"
    r"(?:(?:and|but|so|now|then|et|mais|donc|puis|car)\s+)*"
)
"""A comma, or a word that joins two clauses, before one that begins with the speaker."""


@dataclass(frozen=True, slots=True)
class Clause:
    """Something stated: as it was written, and flat. `instead` where it corrects; `lower` in a
    message without a capital letter, where none can tell a name."""

    text: str
    flat: str
    instead: bool
    lower: bool


def clauses(message: str, words: Words) -> Iterator[Clause]:
    """What the user states, as far as this language's words tell; nothing in make-believe."""
    said = unicodedata.normalize("NFC", message).replace("œ", "oe").replace("Œ", "Oe")
    for left_out in NOT_SAID:
        said = left_out.sub(GAP, said)
    if words.pretence.search(flat(said)):
        return
    lower = said == said.lower() or said == said.upper()
    for sentence in SENTENCE.split(said):
        correcting = False
        for piece in _stated(sentence, words):
            text, instead = _opened(piece, words)
            correcting = correcting or instead
            if text:
                yield Clause(text, flat(text), correcting, lower)


def _stated(sentence: str, words: Words) -> Iterator[str]:
    """The sentence's clauses up to a question, a condition or somebody's words."""
    if sentence.rstrip().endswith("?"):
        sentence = sentence.rpartition(",")[0]
    split = re.compile(JOINS + rf"(?={STARTS[words.language]})")
    start = 0
    plain = flat(sentence)
    ends = [one for one in split.finditer(plain) if _joined(one[0])]
    for end in [*ends, None]:
        piece = sentence[start : end.start() if end else None]
        if words.conditions.match(flat(_opened(piece, words)[0])):
            return
        yield piece
        if words.speech.search(flat(piece)):
            return
        start = end.end() if end else 0


def _joined(between: str) -> bool:
    """Whether clauses are really joined there, and not only by a space."""
    return bool(between.strip())


def _opened(piece: str, words: Words) -> tuple[str, bool]:
    """The clause without the "well, actually" before it, and whether that corrects something."""
    text, instead = piece.strip(" ,;:.!…-—\u2013()*_"), False
    while text and (opener := words.openers.match(flat(text))):
        instead = instead or bool(words.instead.match(flat(opener[0])))
        text = text[opener.end() :].lstrip(" ,;:.!…-")
    return text, instead
