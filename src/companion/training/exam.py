"""Sixty short conversations that judge what a small companion can do, by checks written beforehand.

The conversations are data (`data/exam/first.yaml`), never trained on; `second.yaml` holds
sixty others, written by someone who had not seen what the model is taught. What a pass means is
decided by patterns, word lists and embeddings, not by another model, so that anybody gets the same
verdict on the same replies. They are necessary conditions: a pass is not yet a good conversation.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from companion.cards import ABOUT
from companion.resources import packaged
from companion.safety import claims_to_be_human
from companion.training.recipe import GUIDANCE
from companion.training.talking import Said, conversation
from companion.types import Language

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from companion.embeddings import Embedder, Vectors

EXAMS = ("first", "second")
"""The exams there are: the first, and the one that was written blind."""
PROMPTS = ABOUT
"""The system prompt of each language, as the product words it."""
KNOWN_USER: dict[Language, str] = {
    "en": "The user's name is {user}.",
    "fr": "L'utilisateur s'appelle {user}.",
}
NEARER_THAN = 0.75
"""On topic: nearer to what was said than this share of the replies to other conversations."""

_COMMON: dict[Language, str] = {
    "en": "the a an is are you i i'm it's it that to of and do don't what how my your not with for"
    " in on have was can't can we be this me so there yes no thank thanks good sorry hello bye",
    "fr": "le la les un une des est es suis je tu il elle c'est et que qu'est de du ne pas quel"
    " quelle ton ta tes mon ma avec pour dans sur à au as j'ai ça te me oui non merci bien bonjour"
    " salut l'ai vas comment aussi désolée",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """What the user says, and what the reply must have (`expect`), must not, and be about."""

    say: str
    expect: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    topic: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation of the exam: who the companion is, whom it knows, and the user's turns."""

    kind: str
    turns: tuple[Turn, ...]
    language: Language = "en"
    companion: str = "Lia"
    user: str = ""

    @property
    def system(self) -> str:
        """The system prompt, worded as the product words it."""
        prompt = PROMPTS[self.language].format(companion=self.companion)
        known = KNOWN_USER[self.language].format(user=self.user)
        return f"{prompt} {known}" if self.user else prompt


@dataclass(frozen=True, slots=True)
class Verdict:
    """A conversation with its replies and everything that was wrong with them."""

    conversation: Conversation
    replies: tuple[Said, ...]
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return not self.faults


def conversations(name: str = "first") -> list[Conversation]:
    """The exam of this name, one of `EXAMS`, in its order."""
    text = packaged(f"data/exam/{name}.yaml").read_text(encoding="utf-8")
    return [_parsed(entry) for entry in yaml.safe_load(text)]


def examine(
    model: Any,
    tokenizer: PreTrainedTokenizerFast,
    embedder: Embedder,
    seed: int = 0,
    which: str = "first",
) -> list[Verdict]:
    """Hold every conversation with the model, each from the same seed, and judge the replies."""
    import torch

    exam, talks = conversations(which), []
    for one in exam:
        torch.manual_seed(seed)
        asked = [turn.say for turn in one.turns]
        talks.append(conversation(model, tokenizer, one.system, asked, GUIDANCE))
    return judge(exam, talks, embedder)


def passed(verdicts: Sequence[Verdict]) -> int:
    """How many conversations passed every check."""
    return sum(verdict.passed for verdict in verdicts)


def judge(
    exam: Sequence[Conversation], talks: Sequence[Sequence[Said]], embedder: Embedder
) -> list[Verdict]:
    """The verdict on each conversation; `talks` holds its replies, one for each turn."""
    off_topic = _off_topic(exam, talks, embedder)
    return [
        Verdict(one, tuple(said), tuple(_faults(one, said) + ([off] if off else [])))
        for one, said, off in zip(exam, talks, off_topic, strict=True)
    ]


def _parsed(entry: dict[str, Any]) -> Conversation:
    names = {"companion": entry.get("companion", "Lia").lower()}
    turns = tuple(
        Turn(
            turn["say"],
            tuple(
                pattern.replace("{companion}", names["companion"])
                for pattern in turn.get("expect", ())
            ),
            tuple(turn.get("avoid", ())),
            turn.get("topic", False),
        )
        for turn in entry["turns"]
    )
    return Conversation(**{**entry, "turns": turns})


def _faults(one: Conversation, replies: Sequence[Said]) -> list[str]:
    """What is wrong with the replies, turn by turn."""
    faults: list[str] = []
    for number, (turn, said) in enumerate(zip(one.turns, replies, strict=True), 1):
        before = [earlier.text for earlier in replies[: number - 1]]
        found = [*_general(one.language, said, before), *_particular(turn, said.text)]
        faults += [f"turn {number}: {fault}" for fault in found]
    return faults


def _general(language: Language, said: Said, before: Sequence[str]) -> list[str]:
    """What no reply may do, whatever was asked."""
    checks = {
        "says nothing": not said.text,
        "does not end its turn": not said.ended,
        "claims to be human": claims_to_be_human(said.text),
        "repeats itself": loops(said.text) or said.text in before,
        f"is not in {'English' if language == 'en' else 'French'}": leaves(language, said.text),
    }
    return [fault for fault, happened in checks.items() if happened]


def _particular(turn: Turn, text: str) -> list[str]:
    """What this turn asks for."""
    missing = turn.expect and not any(re.search(one, text, re.I | re.S) for one in turn.expect)
    found = next((one for one in turn.avoid if re.search(one, text, re.I)), None)
    faults = [f"has none of {' | '.join(turn.expect)}"] if missing else []
    return faults + ([f"has {found}"] if found else [])


def plain(text: str) -> str:
    """The words alone, in small letters: what two ways of typing a sentence share."""
    return " ".join(re.findall(r"[\w']+", text.lower().replace("’", "'")))


def loops(text: str) -> bool:
    """Whether any three words in a row come three times."""
    words = re.findall(r"\w+", text.lower())
    triples = Counter(zip(words, words[1:], words[2:], strict=False))
    return any(count > 2 for count in triples.values())


def leaves(language: Language, text: str) -> bool:
    """Whether the other language's commonest words outnumber this one's."""
    words = plain(text).split()
    count = {name: sum(word in _common(name) for word in words) for name in _COMMON}
    other: Language = "fr" if language == "en" else "en"
    return count[other] > count[language]


@cache
def _common(language: Language) -> frozenset[str]:
    return frozenset(_COMMON[language].split())


def _off_topic(
    exam: Sequence[Conversation], talks: Sequence[Sequence[Said]], embedder: Embedder
) -> list[str]:
    """For each conversation why it is off its topic, or "".

    The reply to a `topic` turn is compared with all that the user had said until then. The control
    are the replies to such turns in the other conversations: a model whose replies fit anything,
    or nothing, is nearer than half of them, and fails.
    """
    import numpy as np

    places = [
        (number, at)
        for number, one in enumerate(exam)
        for at, turn in enumerate(one.turns)
        if turn.topic
    ]
    said = [" ".join(turn.say for turn in exam[number].turns[: at + 1]) for number, at in places]
    nearness: Vectors = (
        embedder.encode(said)
        @ embedder.encode([talks[number][at].text or "-" for number, at in places]).T
    )
    owner = np.array([number for number, _ in places])
    shares: dict[int, list[float]] = {}
    for row, number in enumerate(owner):
        control = nearness[row][owner != number]
        shares.setdefault(int(number), []).append(float((control < nearness[row, row]).mean()))
    means = {number: sum(found) / len(found) for number, found in shares.items()}
    return [
        f"off topic: nearer than {means[number]:.0%} of other replies"
        if means.get(number, 1.0) < NEARER_THAN
        else ""
        for number in range(len(exam))
    ]
