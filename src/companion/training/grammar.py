"""Conversations made from templates: what the public corpora lack, with variety and without lies.

The templates are YAML: `data/corpora/grammar.<language>.yaml`, and beside it one file a theme.
The public corpora are people talking; none of them teaches a companion its name, that it is an AI,
to keep what it was told, or to say "I don't know".
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import yaml

from companion.resources import packaged
from companion.training import exam
from companion.training.corpora import Conversation, Corpus, CorpusError

USUAL_AMOUNT = {"en": 70_000, "fr": 25_000}
INVENTED = 0.35  # of the names, so that names are read and copied rather than known
REMEMBERING = 0.3  # of the scenes at least, because nothing else in the corpora asks for it

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_REMEMBER = re.compile(r"\b(?:remember|still know|souviens|rappelles|retenu)\b", re.IGNORECASE)
_ONSETS = "b c ch d f g h j k l m n p r s t v w z th br dr gr tr st"
_VOWELS = "a e i o u ai ee ou ia eo"
_CODAS = ("", "", "", *"lnrsmtxdk")
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
    """`amount` different conversations; the same seed gives the same ones.

    None says a sentence of an exam: templates with many choices come upon one by chance.
    """
    chance = random.Random(f"{language} {seed}")
    seen: set[tuple[str, ...]] = set()
    while len(seen) < amount:
        made = _Writer(language, chance).conversation()
        if made.turns not in seen and not is_examined(made.turns):
            seen.add(made.turns)
            yield made


def is_examined(turns: Iterable[str]) -> bool:
    """Whether one of these turns is a sentence of an exam, which nothing may be taught by."""
    return not _examined().isdisjoint(map(exam.plain, turns))


@cache
def _examined() -> frozenset[str]:
    """The sentences of both exams that are more than a common phrase, five words or longer."""
    exams = [one for name in exam.EXAMS for one in exam.conversations(name)]
    asked = [turn.say for one in exams for turn in one.turns]
    return frozenset(exam.plain(said) for said in asked if len(said.split()) > 4)


def slots(language: str) -> list[str]:
    """The names that a scene may use in braces; each stands for words to choose from."""
    made_up = ("companion", "user", "number_one", "number_two", "dear", "invented")
    return sorted({*_templates(language)["slots"], *made_up})


def performed(scene: Scene, language: str, seed: int = 0) -> Conversation:
    """A conversation that is this scene alone, such as one that was just written.

    Raises:
        CorpusError: the scene names a slot for which there are no words.
    """
    chance = random.Random(f"{language} scene {seed}")
    writer = _Writer(language, chance)
    while writer.knows_user != scene.get("knows", writer.knows_user):
        writer = _Writer(language, chance)
    try:
        return Conversation(tuple(writer.played(scene)), language, system=writer.system)
    except KeyError as error:
        raise CorpusError(
            f"The templates have no words for {{{error.args[0]}}}",
            where=f"grammar.{language}.yaml",
            repair="Use a slot that they have, or add it under `slots`.",
        ) from None


def system_prompt(language: str, chance: random.Random) -> str:
    """A system prompt that names the companion and says that it is an AI."""
    return _Writer(language, chance).system


@cache
def _templates(language: str) -> dict[str, Any]:
    """The templates of all files of this language; lists are joined, slots are put together."""
    folder = packaged("data/corpora")
    templates: dict[str, Any] = {"slots": {}}
    for path in sorted(folder.glob(f"grammar.{language}*.yaml")):
        for part, content in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            if isinstance(content, dict):
                templates[part] |= content
            else:
                templates.setdefault(part, []).extend(content)
    return templates


@cache
def _remembering(language: str) -> list[Scene]:
    """The scenes that ask back what was said in them."""
    return [scene for scene in _templates(language)["middles"] if asks_back(scene)]


def asks_back(scene: Scene) -> bool:
    """Whether a scene ends by asking whether its first line is remembered."""
    lines = scene["turns"]
    told, answered = (set(_SLOT.findall(lines[at])) for at in (0, -1))
    common = told & answered - {"dear", "companion"}
    return len(lines) > 4 and bool(common and _REMEMBER.search(lines[-2]))


def invented_name(chance: random.Random) -> str:
    """A name that nobody has, such as "Velimar": it can only be copied, never guessed."""
    syllables = [
        chance.choice(_ONSETS.split()) + chance.choice(_VOWELS.split()) + chance.choice(_CODAS)
        for _ in range(chance.choice((1, 2, 2, 2, 3, 3)))
    ]
    return "".join(syllables).capitalize()


class _Writer:
    """Writes one conversation; a slot keeps its word from the first turn to the last."""

    def __init__(self, language: str, chance: random.Random) -> None:
        self.language, self.chance = language, chance
        self.templates = _templates(language)
        self.words = {slot: chance.choice(words) for slot, words in self._slots().items()}
        self.words |= {
            "companion": self._companion(),
            "user": self._name("names"),
            "number_one": str(chance.randint(2, 99)),
            "number_two": str(chance.randint(2, 99)),
        }
        self.used: list[Scene] = []
        self.knows_user = chance.random() < 0.35
        self.system = self._say(chance.choice(self.templates["systems"]))
        if self.knows_user:
            self.system += " " + self._say(chance.choice(self.templates["knows_user"]))

    def _companion(self) -> str:
        """Often the usual name, so that it comes easily; else any, so that the prompt is read."""
        usual = self.templates["companions"][0]
        return str(usual) if self.chance.random() < 0.4 else self._name("companions")

    def _name(self, among: str) -> str:
        """One of the names in the templates, or an invented one."""
        if self.chance.random() < INVENTED:
            return invented_name(self.chance)
        return str(self.chance.choice(self.templates[among]))

    def _slots(self) -> dict[str, list[str]]:
        slots: dict[str, list[str]] = self.templates["slots"]
        return slots

    def conversation(self) -> Conversation:
        """Mostly an opening, some scenes, and sometimes a goodbye."""
        turns: list[str] = []
        if self.chance.random() < 0.6:
            turns += self._scene("openings")
        amount = self.chance.choice((1, 1, 2, 2, 3, 4))
        scenes = [self._scene("middles") for _ in range(amount)]
        turns += self._interleaved(scenes)
        if self.chance.random() < 0.25:
            turns += self._scene("closings")
        return Conversation(tuple(turns), self.language, system=self.system)

    def _scene(self, part: str) -> list[str]:
        """The turns of one scene that suits what is known of the user."""
        remembering = part == "middles" and self.chance.random() < REMEMBERING
        scenes = _remembering(self.language) if remembering else self.templates[part]
        fitting = [
            scene
            for scene in scenes
            if scene.get("knows", self.knows_user) == self.knows_user and scene not in self.used
        ]
        scene = self.chance.choice(fitting)
        self.used.append(scene)
        return self.played(scene)

    def played(self, scene: Scene) -> list[str]:
        """The turns of this scene, with its choices made and its slots filled."""
        turns = []
        for at, line in enumerate(scene["turns"]):
            if at == 1 and scene.get("learns"):
                self.knows_user = "{user}" in scene["turns"][0]
            turns.append(self._typed(self._say(line)) if at % 2 == 0 else self._say(line))
        self.knows_user = self.knows_user or bool(scene.get("learns"))
        return turns

    def _interleaved(self, scenes: list[list[str]]) -> list[str]:
        """One scene after the other; what one asks back may come as late as the very end."""
        turns: list[str] = []
        later: list[str] = []
        for made, scene in zip(scenes, self.used[-len(scenes) :], strict=True):
            postponed = len(scenes) > 1 and asks_back(scene) and self.chance.random() < 0.6
            turns += made[:2] if postponed else made
            if later and self.chance.random() < 0.5:
                turns, later = turns + later, []
            later += made[-2:] if postponed else []
        return turns + later

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
        if slot == "invented":
            return self.words.setdefault(slot, invented_name(self.chance))
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
