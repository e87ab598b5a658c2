"""Whom one visitor may talk with: our characters, and the cards that the visitor brought.

A card is kept as the file that it was, in a folder of this visitor alone, under the hash of its
bytes. What stands in it is data: `cards/` and `personas/` say what of it reaches a model, and how.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import get_args
from weakref import WeakKeyDictionary

from companion import cards, personas
from companion.chat import ChatModel
from companion.config import Settings
from companion.errors import CardError, CompanionError
from companion.images import Picture, portrait
from companion.memory import Journal
from companion.memory.limits import hashed
from companion.pipeline import Companion, mind
from companion.sections import Persona
from companion.types import Language

MOST = 24
"""Cards that are kept for one visitor."""

SETTINGS = "settings"
"""The id of a persona that is none of `configs/personas`: the settings' own, or a card's file."""

CHOICE = "choice"
"""The file that names whom the visitor chose."""


@dataclass(frozen=True, slots=True)
class Character:
    """Somebody to talk with; `brought`: by this visitor, who may throw the card away.

    `greeting` is our text where the persona has one, else that of somebody's card.
    """

    id: str
    persona: Persona
    greeting: dict[Language, str] = field(default_factory=dict)
    picture: Picture | None = None
    brought: bool = False

    @property
    def name(self) -> str:
        """The name, which is on the page and in the prompt."""
        return self.persona.name

    def portrait(self, rig: bool = True) -> tuple[str, bytes]:
        """Media type and content of the picture: the card's, else one that is drawn, with a `rig`
        that moves it."""
        if self.picture:
            return self.picture.media_type, self.picture.data
        seed = self.name if self.persona.seed is None else self.persona.seed
        return "image/svg+xml", portrait(seed, rig=rig).encode("utf-8")


class Cast:
    """The characters of one visitor, and the one that is `chosen`; all are looked up by their id.

    Without a `folder` the choice lasts as long as this object, and no card can be brought.
    """

    def __init__(self, settings: Settings, folder: Path | None = None) -> None:
        self._ours, self._folder = tuple(_ours(settings)), folder
        self._brought: tuple[Character, ...] = ()
        self.chosen = self._ours[0].id
        self.read()

    @property
    def characters(self) -> tuple[Character, ...]:
        """All of them: that of the settings first, the cards that were brought last."""
        return self._ours + self._brought

    @property
    def keeps(self) -> bool:
        """Whether a card can be brought."""
        return self._folder is not None

    def of(self, character: str) -> Character:
        """The one with that id; that of the settings, where it has gone."""
        found = (one for one in self.characters if one.id == character)
        return next(found, self._ours[0])

    def read(self) -> None:
        """Look at what is kept by now; a file that was broken meanwhile is passed over."""
        if self._folder is None:
            return
        brought: tuple[Character, ...] = ()
        choice = ""
        with suppress(OSError, UnicodeDecodeError):
            files = sorted(self._folder.glob("*.*"), key=lambda file: file.stat().st_mtime)
            brought = tuple(one for file in files for one in _tried(file))
            choice = (self._folder / CHOICE).read_text(encoding="utf-8")
        self._brought = brought  # at once, since a page may look at it meanwhile
        self.chosen = self.of(choice).id

    def choose(self, character: str) -> None:
        """Talk with that one. Raises CardError when that cannot be kept."""
        self.chosen = self.of(character).id
        if self._folder:
            _write(self._folder / CHOICE, self.chosen.encode("utf-8"))

    def bring(self, content: bytes, where: str) -> Character:
        """Add the card in a file, JSON or PNG, that was called `where`.

        Raises CardError or PictureError for a broken one, and CardError when it cannot be kept.
        """
        if self._folder is None:
            raise CardError("Nothing is kept here, so no card can be brought", where="memory.keep")
        picture = personas.import_card(content, where).picture
        file = self._folder / f"{sha256(content).hexdigest()[:16]}.{'png' if picture else 'json'}"
        if len(self._brought) >= MOST and not file.exists():
            raise CardError(f"There are {MOST} cards of yours already", repair="Remove one first.")
        _write(file, content)
        self.read()
        return self.of(file.stem)

    def dismiss(self, character: str) -> None:
        """Throw away the card of that id, if it was brought."""
        one = self.of(character)
        if one.brought and one.persona.card:
            Path(one.persona.card).unlink(missing_ok=True)
            self.read()

    def forget(self) -> None:
        """Throw away what was brought and what was chosen."""
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
        self.chosen = self._ours[0].id
        self.read()


def folder_of(journal: Journal | None, token: str) -> Path | None:
    """Where the cards of the user of that token are kept, beside the journal; None for nowhere."""
    if journal is None or not token:
        return None
    return journal.path.parent / "personas" / hashed(token).hex()


_MINDS: WeakKeyDictionary[Companion, dict[str | None, ChatModel]] = WeakKeyDictionary()
"""The models of the agents that personas have brought to a companion; each list is made once."""


def embodied(companion: Companion, persona: Persona) -> Companion:
    """The same companion as another persona.

    The models are the same too, except where the settings leave them to the persona's agent. The
    first time these are looked for on this machine, which may take a second.
    """
    if persona == companion.settings.persona:
        return companion
    settings = companion.settings.model_copy(update={"persona": persona})
    minds = _MINDS.setdefault(companion, {companion.settings.whose: companion.model})
    if settings.whose not in minds:
        minds[settings.whose] = mind(settings)
    return Companion(settings, minds[settings.whose])


def _ours(settings: Settings) -> Iterator[Character]:
    """The persona of the settings, then the others of `configs/personas`."""
    own, known = settings.persona, personas.available()
    first = Character(own.card if own.card in known else SETTINGS, own, dict(own.greetings))
    if own.card and own.card not in known:
        with suppress(CompanionError, OSError):  # a picture that cannot be shown: one is drawn
            read = _read(Path(own.card).expanduser())
            first = replace(read, id=SETTINGS, persona=own, brought=False)
    yield first
    for name in known:
        if name != own.card:
            section = cards.persona(personas.card(name), name)
            persona = Persona.model_validate(section)
            yield Character(name, persona, dict(persona.greetings))


def _tried(file: Path) -> Iterator[Character]:
    """The character in a file that was brought, where it can be read."""
    if file.suffix in (".json", ".png"):
        with suppress(CompanionError, OSError):
            yield _kept(file)


@lru_cache(maxsize=256)
def _kept(file: Path) -> Character:
    """The character in a file whose name is the hash of its content, so that it never changes."""
    return _read(file)


def _read(file: Path) -> Character:
    imported = personas.import_card(file.read_bytes(), file.name)
    section = cards.persona(imported.card, str(file))
    greeting: dict[Language, str] = {
        language: text
        for language in get_args(Language)
        for text in personas.greetings(imported.card, language)[:1]
    }
    persona = Persona.model_validate(section)
    return Character(file.stem, persona, greeting, imported.picture, brought=True)


def _write(file: Path, content: bytes) -> None:
    """Keep the file, whole or not at all. Raises CardError when it cannot be."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = file.with_name(f".{file.name}.{os.getpid()}")
        new.write_bytes(content)
        new.replace(file)
    except OSError as error:
        what = f"This cannot be kept: {error.strerror or error}"
        raise CardError(what, repair="Free some disk, or make the folder writable.") from None
