"""A conversation in the terminal: the same turns as on the page, and the same truth about each."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import aclosing, suppress

from companion import tracing
from companion.app.conversation import Truth, weakness
from companion.app.strings import translated
from companion.app.truth import facts, weakness_value
from companion.config import Settings
from companion.errors import CompanionError
from companion.pipeline import Companion
from companion.types import Degraded, Language, Message, TextDelta, TurnDone, Withdrawn

WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "you": "You",
        "hello": "{name} is an AI. Ctrl-C stops an answer; exit or Ctrl-D leaves.",
        "loading": "Loading…",
        "stopped": "stopped",
        "again": "the answer starts again",
        "bye": "Goodbye.",
    },
    "fr": {
        "you": "Toi",
        "hello": "{name} est une IA. Ctrl-C arrête une réponse ; exit ou Ctrl-D pour partir.",
        "loading": "Chargement…",
        "stopped": "arrêté",
        "again": "la réponse recommence",
        "bye": "Au revoir.",
    },
}


def converse(settings: Settings) -> int:
    """Talk until the user leaves; returns the exit status. An error in a turn loses nothing."""
    companion, words = Companion(settings), WORDS[settings.language]
    history: list[Message] = []
    print(_quiet(words["hello"].format(name=settings.persona.name)))
    print(_quiet(words["loading"]), flush=True)
    with suppress(CompanionError):  # a turn tells what fails
        companion.warm_up()
    with asyncio.Runner() as runner:
        while (text := _asked(words["you"])) is not None:
            reply = _Reply(companion, words)
            try:
                runner.run(reply.speak(text, history))
            except KeyboardInterrupt:
                print(_quiet(f"\n({words['stopped']})"))
            except CompanionError as error:
                print(f"\n{translated(str(error), settings.language)}", file=sys.stderr)
                continue
            if reply.text:  # what was heard is what is remembered, also of a stopped answer
                history += [Message("user", text), Message("assistant", reply.text)]
    print(words["bye"])
    return 0


def _asked(you: str) -> str | None:
    """What the user types, or None when they leave."""
    with suppress(ImportError):
        import readline  # noqa: F401  arrow keys and history in input()
    try:
        text = input(f"\n{you} > ").strip()
    except (EOFError, KeyboardInterrupt):
        print()
        return None
    return None if text.lower() in ("exit", "quit") else text


class _Reply:
    """One answer while it is spoken; `text` is what was heard of it so far."""

    def __init__(self, companion: Companion, words: dict[str, str]) -> None:
        self._companion, self._words = companion, words
        self.text = ""

    async def speak(self, text: str, history: Sequence[Message]) -> None:
        settings = self._companion.settings
        print(f"{settings.persona.name} > ", end="", flush=True)
        events = tracing.traced(self._companion.turn(text, history), settings)
        async with aclosing(events):
            async for event in events:
                match event:
                    case TextDelta(piece):
                        self.text += piece
                        print(piece, end="", flush=True)
                    case Withdrawn():
                        self.text = ""
                        print(_quiet(f" ({self._words['again']})"))
                    case TurnDone():
                        print("\n" + _quiet(_truth(event, settings.language)))
                    case Degraded("tracking", why):
                        print(_quiet(why))


def _truth(done: TurnDone, language: Language) -> str:
    weaker = [weakness_value(weakness(gap), language) for gap in done.degraded]
    return " · ".join([*facts(Truth.of(done), language), *weaker])


def _quiet(text: str) -> str:
    """Dimmed where the terminal can."""
    plain = "NO_COLOR" in os.environ or not sys.stdout.isatty()
    return text if plain else f"\x1b[2m{text}\x1b[0m"
