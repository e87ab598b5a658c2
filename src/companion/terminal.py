"""A conversation in the terminal: the same turns as on the page, and the same truth about each."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import aclosing, suppress

from companion import memory, tracing
from companion.app.conversation import Conversation, Truth, Turn, hear, weakness
from companion.app.keeping import Keeper
from companion.app.strings import translated
from companion.app.truth import facts, weakness_value
from companion.config import Settings
from companion.errors import CompanionError
from companion.pipeline import Companion
from companion.types import Degraded, Language, Message, TextDelta, TurnDone, Waiting, Withdrawn

WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "you": "You",
        "hello": "{name} is an AI. Ctrl-C stops an answer; exit or Ctrl-D leaves.",
        "loading": "Loading…",
        "stopped": "stopped",
        "again": "the answer starts again",
        "busy": "busy, {ahead} ahead",
        "bye": "Goodbye.",
    },
    "fr": {
        "you": "Toi",
        "hello": "{name} est une IA. Ctrl-C arrête une réponse ; exit ou Ctrl-D pour partir.",
        "loading": "Chargement…",
        "stopped": "arrêté",
        "again": "la réponse recommence",
        "busy": "occupé, {ahead} avant toi",
        "bye": "Au revoir.",
    },
}


def converse(settings: Settings) -> int:
    """Talk until the user leaves; returns the exit status. An error in a turn loses nothing."""
    companion, words = Companion(settings), WORDS[settings.language]
    talk = _Talk(_keeper(settings))
    print(_quiet(words["hello"].format(name=settings.persona.name)))
    print(_quiet(words["loading"]), flush=True)
    with suppress(CompanionError):  # a turn tells what fails
        companion.warm_up()
    with asyncio.Runner() as runner:
        while (text := _asked(words["you"])) is not None:
            try:
                runner.run(_Reply(companion, words).speak(text, talk))
            except KeyboardInterrupt:
                print(_quiet(f"\n({words['stopped']})"))
            except CompanionError as error:
                print(f"\n{translated(str(error), settings.language)}", file=sys.stderr)
            if talk.keeper.trouble:
                print(_quiet(translated(talk.keeper.trouble, settings.language)))
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


def _keeper(settings: Settings) -> Keeper:
    """What is said here is kept for the user of this machine, where anything is kept."""
    keeper = Keeper()
    try:
        if journal := memory.build(settings):
            keeper = Keeper(journal, memory.local_user(journal.path), settings.memory.learn)
    except CompanionError as error:
        keeper.trouble = str(error)
    return keeper


class _Talk:
    """The conversation in this terminal, which is kept as a new one."""

    def __init__(self, keeper: Keeper) -> None:
        self.keeper, self.kept = keeper, Conversation()

    def history(self) -> list[Message]:
        """What was really said, also of a stopped answer."""
        return self.kept.history()

    async def begin(self, text: str, companion: Companion) -> Turn:
        """The user has said this to that companion."""
        private = self.kept.private or companion.stays_here(text, self.history())
        turn = Turn(user=text, private=private)
        await self.keeper.begin(turn, self.kept.id, None)
        return turn

    async def end(self, turn: Turn) -> None:
        """It was answered, or not; what was forgotten is gone from here too."""
        turn.state = "stopped" if turn.state == "open" else turn.state
        await self.keeper.end(turn)
        self.kept.turns.append(turn)
        if turn.forgotten == "everything":
            self.kept = Conversation()
        elif turn.forgotten:
            self.kept = await self.keeper.read(self.kept.id) or Conversation()


class _Reply:
    """One answer while it is spoken."""

    def __init__(self, companion: Companion, words: dict[str, str]) -> None:
        self._companion, self._words = companion, words

    async def speak(self, text: str, talk: _Talk) -> None:
        """Answer, in what is said aloud and in what is kept."""
        self._companion.check(text)
        turn, history = await talk.begin(text, self._companion), talk.history()
        print(f"{self._companion.settings.persona.name} > ", end="", flush=True)
        try:
            await self._say(turn, history, talk)
        except CompanionError as error:
            turn.reply, turn.state, turn.trouble = "", "failed", str(error)
            raise
        finally:
            await talk.end(turn)

    async def _say(self, turn: Turn, history: Sequence[Message], talk: _Talk) -> None:
        settings, known = self._companion.settings, talk.keeper.memory
        place = (known, talk.kept.id, turn.private)
        answered = self._companion.turn(turn.user, history, None, *place)
        events = tracing.traced(answered, settings, words=known is None)
        async with aclosing(events):
            async for event in events:
                hear(turn, event)
                match event:
                    case TextDelta(piece):
                        print(piece, end="", flush=True)
                    case Waiting(_, ahead):
                        busy = self._words["busy"].format(ahead=ahead)
                        print(_quiet(f"({busy}) "), end="", flush=True)
                    case Withdrawn():
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
