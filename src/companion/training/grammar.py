"""Conversations made from templates: what the public corpora lack, with variety and without lies.

The templates are YAML (`data/corpora/grammar.<language>.yaml`). The public corpora are people
talking; none of them teaches a companion its name, that it is an AI, or to say "I don't know".
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from companion.resources import packaged
from companion.training.corpora import Conversation, Corpus

USUAL_AMOUNT = {"en": 9000, "fr": 1500}

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
Scene = dict[str, Any]


def corpora(seed: int = 0) -> list[Corpus]:
    """The generated corpora, one a language, named "grammar_en" and "grammar_fr"."""
    return [
        Corpus(f"grammar_{language}", tuple(conversations(language, amount, seed)))
        for language, amount in USUAL_AMOUNT.items()
    ]


def first_names(language: str) -> list[str]:
    """Names of users in the templates."""
    return list(_templates(language)["names"])


def conversations(language: str, amount: int, seed: int = 0) -> Iterator[Conversation]:
    """`amount` different conversations; the same seed gives the same ones."""
    chance = random.Random(f"{language} {seed}")
    seen: set[tuple[str, ...]] = set()
    while len(seen) < amount:
        made = _Writer(language, chance).conversation()
        if made.turns not in seen:
            seen.add(made.turns)
            yield made


def system_prompt(language: str, chance: random.Random) -> str:
    """A system prompt that names the companion and says that it is an AI."""
    return _Writer(language, chance).system


@cache
def _templates(language: str) -> dict[str, Any]:
    path = packaged(f"data/corpora/grammar.{language}.yaml")
    templates: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return templates


class _Writer:
    """Writes one conversation; a slot keeps its word from the first turn to the last."""

    def __init__(self, language: str, chance: random.Random) -> None:
        self.language, self.chance = language, chance
        self.templates = _templates(language)
        self.words = {slot: chance.choice(words) for slot, words in self._slots().items()}
        self.words |= {
            "companion": self._companion(),
            "user": chance.choice(self.templates["names"]),
            "number_one": str(chance.randint(2, 99)),
            "number_two": str(chance.randint(2, 99)),
        }
        self.knows_user = chance.random() < 0.35
        self.system = self._say(chance.choice(self.templates["systems"]))
        if self.knows_user:
            self.system += " " + self._say(chance.choice(self.templates["knows_user"]))

    def _companion(self) -> str:
        """Often the usual name, so that it comes easily; else any, so that the prompt is read."""
        usual, *others = self.templates["companions"]
        return str(usual if self.chance.random() < 0.4 else self.chance.choice(others))

    def _slots(self) -> dict[str, list[str]]:
        slots: dict[str, list[str]] = self.templates["slots"]
        return slots

    def conversation(self) -> Conversation:
        """Mostly an opening, some scenes, and sometimes a goodbye."""
        turns: list[str] = []
        if self.chance.random() < 0.6:
            turns += self._scene("openings")
        used: list[Scene] = []
        for _ in range(self.chance.choice((1, 1, 2, 2, 3, 4))):
            turns += self._scene("middles", used)
        if self.chance.random() < 0.25:
            turns += self._scene("closings")
        return Conversation(tuple(turns), self.language, system=self.system)

    def _scene(self, part: str, used: list[Scene] | None = None) -> list[str]:
        """The turns of one scene that suits what is known of the user."""
        used = [] if used is None else used
        fitting = [
            scene
            for scene in self.templates[part]
            if scene.get("knows", self.knows_user) == self.knows_user and scene not in used
        ]
        scene = self.chance.choice(fitting)
        used.append(scene)
        turns = []
        for at, line in enumerate(scene["turns"]):
            if at == 1 and scene.get("learns"):
                self.knows_user = "{user}" in scene["turns"][0]
            turns.append(self._typed(self._say(line)) if at % 2 == 0 else self._say(line))
        self.knows_user = self.knows_user or bool(scene.get("learns"))
        return turns

    def _say(self, line: str) -> str:
        """Make the choices, then fill the slots."""
        while found := _CHOICE.search(line):
            line = (
                line[: found.start()]
                + self.chance.choice(found[1].split("|"))
                + line[found.end() :]
            )
        text = _SLOT.sub(lambda slot: self._word(slot[1]), line)
        return self._capital(re.sub(r"\s+", " ", text).strip())

    def _word(self, slot: str) -> str:
        """The word for a slot; {Hobby} is {hobby} with a capital."""
        if slot == "dear":
            known = self.knows_user and self.chance.random() < 0.35
            return f", {self.words['user']}" if known else ""
        if slot == "bye_name":
            return f", {self.words['companion']}" if self.chance.random() < 0.25 else ""
        if slot == "your_thing":
            return self.words["thing"].replace("my ", "your ")
        if slot[0].isupper():
            return self._capital(self._word(slot.lower()))
        return _SLOT.sub(lambda inner: self._word(inner[1]), self.words[slot])

    @staticmethod
    def _capital(text: str) -> str:
        """Capitals at the start and after the end of a sentence."""
        text = re.sub(r"(?<=[.!?] )[a-zà-ÿ]", lambda found: found[0].upper(), text)
        return text[:1].upper() + text[1:]

    def _typed(self, text: str) -> str:
        """How people type: now and then without capitals or the last mark."""
        if self.chance.random() < 0.2:
            text = text[:1].lower() + text[1:]
        if self.chance.random() < 0.15:
            text = text.rstrip(" .!?")
        return text or "?"
