"""Words of suicide, self-harm, abuse and danger, found by rule before any model runs.

The rules are data (`data/safety/crisis.en.yaml`, `crisis.fr.yaml`): patterns over folded text, with
idioms that are taken out first. A miss is worse than a false alarm, which is answered kindly; how
many there are of both, on sentences that the rules never saw, `test_safety_crisis.py` measures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias, get_args

import yaml

from companion.resources import packaged
from companion.safety.folding import folded
from companion.types import Language

Need: TypeAlias = Literal["danger", "someone", "abuse", "suicide", "self_harm"]
"""What help is needed for; `someone` is worry about another. Looked for in this order."""

AFTERCARE = 3
"""Messages of the user after words of crisis during which a conversation stays careful."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one language, compiled."""

    spelling: dict[str, str]
    idioms: re.Pattern[str]
    denied: re.Pattern[str]
    told: re.Pattern[str]
    relief: re.Pattern[str]
    needs: dict[Need, re.Pattern[str]]


def need(text: str, language: Language = "en") -> Need | None:
    """What the user needs help for, going by their words; None where the words tell of nothing.

    Both languages are read, the given one first.
    """
    other: Language = "fr" if language == "en" else "en"
    found = (_need(text, one) for one in (language, other))
    return next((one for one in found if one), None)


def relieved(text: str) -> bool:
    """Whether the user says that they are safe, or that it was not meant so."""
    languages: tuple[Language, ...] = get_args(Language)
    return any(rules(one).relief.search(folded(text, one)) for one in languages)


def still_on(said: Sequence[str], language: Language = "en") -> Need | None:
    """The need that the user's last few messages told of and that nothing has relieved since."""
    for text in said[: -AFTERCARE - 1 : -1]:
        if found := need(text, language):
            return found
        if relieved(text):
            return None
    return None


def _need(text: str, language: Language) -> Need | None:
    own = rules(language)
    for one in own.needs:
        for sentence in _sentences(text, own, language):
            if one == "someone" and own.told.search(sentence):
                continue  # people in a film or in the news
            if any(
                not own.denied.search(sentence[: found.start()])
                for found in own.needs[one].finditer(sentence)
            ):
                return one
    return None


def _sentences(text: str, own: Rules, language: Language) -> Iterator[str]:
    """Each sentence, folded, its key words spelt right and its idioms taken out."""
    for sentence in re.split(r"[.!?;\n]+", folded(text, language)):
        right = re.sub(r"\w+", lambda word: _spelt(word[0], own.spelling), sentence)
        yield own.idioms.sub(" … ", right).strip()


def _spelt(word: str, spelling: dict[str, str]) -> str:
    """The key word that this is a slip of, else the word itself."""
    if word in spelling or len(word) < 5:
        return spelling.get(word, word)
    near = (right for right, kept in spelling.items() if kept == right and _one_slip(word, right))
    return next(near, word)


def _one_slip(word: str, right: str) -> bool:
    """Whether one letter more, less, changed, or swapped with the next makes `word` of `right`."""
    if word[0] != right[0] or abs(len(word) - len(right)) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(word, right, strict=False)) if a != b), None)
    if at is None:
        return True
    mine, other = word[at:], right[at:]
    swapped = mine[:2] == other[1::-1] and mine[2:] == other[2:]
    return swapped or mine[1:] == other[1:] or mine[1:] == other or mine == other[1:]


@cache
def rules(language: Language) -> Rules:
    """The rules of a language, read once."""
    text = packaged(f"data/safety/crisis.{language}.yaml").read_text(encoding="utf-8")
    told = yaml.safe_load(text)
    words: dict[str, str] = {}

    def joined(parts: Sequence[str]) -> str:
        whole = "|".join(f"(?:{part})" for part in parts)
        return re.sub(r"<(\w+)>", lambda name: words[name[1]], f"(?:{whole})")

    for name, forms in told["words"].items():
        words[name] = joined(forms)  # which may name the words above it

    def pattern(parts: Sequence[str]) -> re.Pattern[str]:
        return re.compile(joined(parts))

    return Rules(
        spelling={**{word: word for word in told["spelling"]}, **told["misspelt"]},
        idioms=pattern(told["idioms"]),
        denied=pattern(told["denied"]),
        told=pattern(told["told"]),
        relief=pattern(told["relief"]),
        needs={one: pattern(told["needs"][one]) for one in get_args(Need)},
    )
