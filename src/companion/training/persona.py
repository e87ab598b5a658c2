"""Conversations in a persona's voice, to teach a model that voice and to see whether it has it.

They are made from `data/personas/<name>.<language>.yaml`, the choices and the typing by the grammar
that also made conversations for companion-tiny. The words of the held-out ones (places, things,
names) are in none that is trained on; their sentences are built alike, so what is measured is a
voice with new contents, and no understanding of stories.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

import yaml

from companion import personas
from companion.resources import packaged
from companion.training import grammar
from companion.training.corpora import CorpusError

Part = Literal["training", "held_out"]

_SLOT = re.compile(r"\{(\w+)\}")
_SENSES = re.compile(r"\b(?:hear|sound|smell|scent|taste|feel|touch|listen)", re.IGNORECASE)
_AI = re.compile(r"\b(?:an? AI|artificial intelligence)\b")
_CHOICE = re.compile(r"\bor\b[^.?!]*\?$")


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A conversation, the user first. For each reply: its marks of this voice, a word to keep."""

    turns: tuple[str, ...]
    system: str
    marks: tuple[tuple[str, ...], ...]
    facts: tuple[str, ...]

    def messages(self, turns: int | None = None) -> list[dict[str, str]]:
        """The system prompt and the first `turns` of them, in a chat template's words."""
        said = [
            {"role": ("user", "assistant")[at % 2], "content": turn}
            for at, turn in enumerate(self.turns[:turns])
        ]
        return [{"role": "system", "content": self.system}, *said]


MARKS: Mapping[str, Callable[[str, str, str], bool]] = MappingProxyType(
    {
        "choice": lambda said, fact, name: bool(_CHOICE.search(said.strip())),
        "sense": lambda said, fact, name: bool(_SENSES.search(said)),
        "honest": lambda said, fact, name: bool(_AI.search(said)),
        "name": lambda said, fact, name: name in said,
        "rest": lambda said, fact, name: bool(said.strip()) and "?" not in said,
        "keeps": lambda said, fact, name: fact.lower() in said.lower(),
    }
)
"""What a reply can have: it ends with a choice, tells what is heard or smelt, says that an AI is
speaking, or its name, asks nothing more of somebody who wants to stop, takes up what was told."""


def dialogues(name: str, part: Part, amount: int, seed: int = 0) -> list[Dialogue]:
    """`amount` different conversations with the persona of that name, the same for the same seed.

    Raises CorpusError where nobody wrote any for it.
    """
    told, chance = _told(name), random.Random(f"{name} {part} {seed}")
    found: dict[tuple[str, ...], Dialogue] = {}
    while len(found) < amount:
        one = _written(told, part, chance)
        found.setdefault(one.turns, one)
    return list(found.values())


def fidelity(replies: Sequence[Sequence[str]], held_out: Sequence[Dialogue]) -> dict[str, float]:
    """The share of replies that have the mark they should have, by mark; "all" counts all marks.

    `replies` are a model's own, one list a dialogue, each said behind the turns of the dialogue
    that came before it. Only what can be seen in the words is judged, not whether a story is good.
    """
    seen: dict[str, list[bool]] = {}
    for said, dialogue in zip(replies, held_out, strict=True):
        name = _name(dialogue.system)
        for reply, marks, fact in zip(said, dialogue.marks, dialogue.facts, strict=True):
            for mark in marks:
                seen.setdefault(mark, []).append(MARKS[mark](reply, fact, name))
    every = [right for rights in seen.values() for right in rights]
    shares = {mark: sum(rights) / len(rights) for mark, rights in sorted(seen.items())}
    return {"all": sum(every) / max(len(every), 1), **shares}


def _name(system: str) -> str:
    """Who is spoken to: "You are Nour, a gentle storyteller." names Nour."""
    found = re.match(r"You are (\w+)", system)
    return found[1] if found else ""


@cache
def _told(name: str) -> dict[str, Any]:
    file = f"data/personas/{name}.en.yaml"
    known = sorted(path.name.split(".")[0] for path in packaged("data/personas").glob("*.yaml"))
    if name not in known:
        raise CorpusError(
            f"There are no conversations with the persona {name!r}",
            where=file,
            repair=f"Use one of: {', '.join(known)}; or write such a file.",
        )
    told: dict[str, Any] = yaml.safe_load(packaged(file).read_text(encoding="utf-8"))
    card = personas.library.card(told["card"])
    return told | {"system": personas.system_prompt(card, "en")}


def _written(told: Mapping[str, Any], part: Part, chance: random.Random) -> Dialogue:
    """An opening, one or two steps of a story, and sometimes an aside."""
    scenes = [chance.choice(told["openings"]), chance.choice(told["middles"])]
    if chance.random() < 0.6:
        scenes.append(chance.choice(told["asides"]))
    words = _words(told["words"][part], chance)
    turns: list[str] = []
    for scene in scenes:
        turns += _played(scene, words, chance)
    marks = [reply for scene in scenes for reply in scene["marks"]]
    plain = tuple(tuple(mark.partition(":")[0] for mark in reply) for reply in marks)
    facts = tuple(_fact(reply, words) for reply in marks)
    return Dialogue(tuple(turns), told["system"], plain, facts)


def _words(lists: Mapping[str, Sequence[str]], chance: random.Random) -> dict[str, str]:
    """A word for each slot; the three ways to go on are different ones."""
    ways = dict(zip(("one", "other", "third"), chance.sample(lists["way"], 3), strict=True))
    return {slot: chance.choice(words) for slot, words in lists.items()} | ways


def _played(
    scene: Mapping[str, Any], words: Mapping[str, str], chance: random.Random
) -> Iterator[str]:
    lines = [_SLOT.sub(lambda slot: words[slot[1]], line) for line in scene["turns"]]
    yield from grammar.performed({"turns": lines}, "en", chance.randrange(2**31)).turns


def _fact(marks: Sequence[str], words: Mapping[str, str]) -> str:
    """The word that this reply has to take up; "" where there is none."""
    slots = (mark.partition(":")[2] for mark in marks)
    return next((words[slot] for slot in slots if slot), "")
