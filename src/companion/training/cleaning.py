"""Light but real cleaning of public dialogues: what is repaired, refused, or a double.

A dialogue is repaired where that is safe (spaces, quotes, capitals, a last mark) and refused whole
where it is not (obscene words, links, addresses, telephone numbers, broken encoding).
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

MAX_TURN_CHARACTERS = 500
SKETCH_SIZE = 16
DOUBLE_FROM = 0.6  # estimated Jaccard similarity of two dialogues' word triples

_OBSCENE = (
    r"f+u+c+k\w*|mother ?f\w*|sh[i1*]t\w*|bull ?sh\w*|horsesh\w*|b[i*]tch\w*|bastards?|assholes?"
    r"|(?:dumb|jack|bad|smart|kick|lame|hard|big|fat)?-?ass(?:es)?|arse\w*|cunts?|pussy|dick(?:s|head)?"
    r"|cocks?|cocksuck\w*|pricks?|twats?|wank\w*|slut\w*|whore\w*|boobs?|tits?|titties|nigg\w*"
    r"|fag(?:s|got\w*)?|dykes?|trann(?:y|ies)|retard(?:s|ed)?|spic|kike|chink"
    r"|rap(?:e|ed|es|ist|ists|ing)|porn\w*|masturbat\w*|orgasm\w*|blow ?jobs?|hand ?jobs?|horny"
    r"|dildo\w*|cum|jizz|erection|penis|vagina\w*|sex(?:y|ual|ually|ist)?|nude\w*|naked|hookers?|prostitut\w*"
    r"|strip ?clubs?|strippers?|goddamn\w*|god ?damn\w*|damn(?:ed|it)?|crap(?:py)?"
    r"|piss(?:ed|ing|es)?|nazis?|hitler|suicid\w*|kill (?:my|your)sel(?:f|ves)|stfu|wtf|milfs?"
    r"|merdes?|putain|putes?|salope\w*|connards?|conn?asses?|encul\w*|bordel|niqu\w*|bites?(?= de)"
)
_REFUSED = {
    "obscene": re.compile(rf"\b(?:{_OBSCENE})\b", re.IGNORECASE),
    "e-mail": re.compile(r"\S+@\S+\.\w+"),
    "link": re.compile(r"https?:|www\.|\b\w+\.(?:com|org|net|edu|gov|co\.uk|io|tv|fr)\b", re.I),
    "telephone number": re.compile(
        r"(?<!\d)(?:\+?\d{1,3}[\s.-]?)?(?:\(\d{3}\)|\d{3})[\s.-]?\d{3}[\s.-]?\d{4}(?!\d)"
        r"|(?<!\d)(?:\+33|0)[\s.]?[1-9](?:[\s.-]?\d{2}){4}(?!\d)|(?<!\d)\d{3}-\d{4}(?!\d)"
    ),
    "broken encoding": re.compile("[\ufffd\u0080-\u009f]|Ã.|â€|&(?:amp|quot|lt|gt|#\\d+);"),
    "left-over placeholder": re.compile(r"[\[\]<>{}]|_{2,}|\bUser [12]\b", re.IGNORECASE),
    "crowd-work talk": re.compile(
        r"\b(?:mturk|turkers?|mechanical turk|this HIT|requester)\b", re.I
    ),
}
_PLAIN = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u00b4": "'", "`": "'", "\u201c": '"', "\u201d": '"',
     "\u2013": "-", "\u2014": "-", "\u2026": "...", "\u00a0": " ", "\u200b": None, "\ufeff": None}
)  # fmt: skip
_QUESTION = re.compile(
    r"(?:(?:so|and|but|oh|well|yeah|ok|okay|hey|hi),? )?(?:who|what|when|where|why|which|whose|how"
    r"|is|are|was|were|do|does|did|can|could|would|will|should|have you|has|had you)\b(?!ever)",
    re.IGNORECASE,
)


def refusal(text: str) -> str | None:
    """Why this text cannot be shipped ("obscene", "link", ...), or None when it can."""
    return next((why for why, pattern in _REFUSED.items() if pattern.search(text)), None)


def tidy(turn: str, english: bool = True) -> str:
    """One turn with plain quotes, single spaces, a capital at its start and a mark at its end."""
    text = unicodedata.normalize("NFC", turn).translate(_PLAIN)
    text = re.sub(r"\s+", " ", text).strip(" \"'-*~")
    if english:
        text = re.sub(r"\bi(?=$|[ ,.!?']|'(?:m|d|ll|ve)\b)", "I", text)
        text = re.sub(r" +([,.!?;:])", r"\1", text)
        text = re.sub(r"(?<=[a-z])([,!?;])(?=[A-Za-z])", r"\1 ", text)
    text = re.sub(r"([!?])\1+", r"\1", re.sub(r"\.{2,}", "...", text))
    text = re.sub(r"(?<=[.!?] )[a-zà-ÿ]", lambda found: found[0].upper(), text)
    if text and text[-1].isalnum():
        text += "?" if english and _QUESTION.match(text) else "."
    return text[:1].upper() + text[1:]


def clean(turns: Sequence[str], english: bool = True) -> list[str] | None:
    """The tidied turns of one dialogue, or None when the whole of it must be refused."""
    tidied = [tidy(turn, english) for turn in turns]
    if any(len(turn) < 2 or len(turn) > MAX_TURN_CHARACTERS for turn in tidied):
        return None
    return None if len(tidied) < 2 or refusal("\n".join(tidied)) else tidied


def _sketch(text: str) -> tuple[int, ...]:
    """The smallest hashes of the text's word triples: texts that share them are near doubles."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain)
    triples = {" ".join(words[at : at + 3]) for at in range(max(1, len(words) - 2))}
    return tuple(sorted(zlib.crc32(triple.encode()) for triple in triples)[:SKETCH_SIZE])


def without_doubles(dialogues: Iterable[list[str]]) -> Iterator[int]:
    """Positions of the dialogues that are neither equal nor nearly equal to an earlier one."""
    kept: list[tuple[int, ...]] = []
    kept_with: dict[int, list[int]] = defaultdict(list)
    for position, turns in enumerate(dialogues):
        sketch = _sketch(" ".join(turns))
        common = Counter(chain.from_iterable(kept_with[value] for value in sketch))
        least = len(sketch) * DOUBLE_FROM / 2  # cannot be a double with fewer hashes in common
        if any(
            _similarity(sketch, kept[at]) >= DOUBLE_FROM for at, n in common.items() if n >= least
        ):
            continue
        for value in sketch:
            kept_with[value].append(len(kept))
        kept.append(sketch)
        yield position


def _similarity(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Estimated share of common word triples, between 0 and 1 (bottom-k MinHash)."""
    union = sorted({*one, *other})[:SKETCH_SIZE]
    return len({*union} & {*one} & {*other}) / len(union)
