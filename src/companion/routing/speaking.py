"""A voice made of several: who fails is replaced, and where nobody can speak, the text stays."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from companion.config import Routing
from companion.errors import CompanionError
from companion.routing.health import Health
from companion.routing.walk import Trial, Walk, too_slow
from companion.sections.speaking import Speaking
from companion.speech import Espeak, SpeechSynthesizer
from companion.types import Degraded, Language, Speech

PATIENCE = Routing(deadline_seconds=10, first_token_seconds=5, stall_seconds=5)
"""Seconds that a listener waits for a voice, where nothing else is said."""

SILENT = "voice"
"""What is degraded where nobody speaks."""


class Voices:
    """Asks its synthesizers in order; raises nothing that one of them could not do.

    One that breaks off is followed by the next, from the word at which it stopped. Who fails is
    told as `Degraded` with its name, and where nobody could speak, "voice" is: the turn goes on.
    """

    name = "voices"

    def __init__(
        self,
        synthesizers: Sequence[SpeechSynthesizer],
        rules: Routing | None = None,
        health: Health | None = None,
    ) -> None:
        self.rules = rules or PATIENCE
        self.synthesizers = tuple(synthesizers)
        self._health = health or Health(self.rules)
        self._loaded = set[str]()

    @property
    def languages(self) -> frozenset[Language]:
        return frozenset[Language]().union(*(one.languages for one in self.synthesizers))

    def load(self) -> None:
        """Load the first one, or the next where it cannot be; nobody is no error."""
        for one in self.synthesizers:
            try:
                one.load()
            except CompanionError:
                continue
            self._loaded.add(one.name)
            return

    async def stream(
        self, text: str, language: Language
    ) -> AsyncGenerator[Speech | Degraded, None]:
        """Speak `text`; who could not stands before who could."""

        def unfit(one: SpeechSynthesizer) -> str:
            return "" if language in one.languages else f"it does not speak {language}"

        walk = Walk(self.synthesizers, self._health, unfit=unfit)
        rest, told = _Rest(text), 0
        while trial := await walk.next():
            with trial:
                async with aclosing(self._speak(trial, rest, language)) as stretches:
                    async for speech in stretches:
                        yield speech
            if trial.outcome == "answered":
                return
            for failure in walk.failures[told:]:
                yield Degraded(failure.name, failure.cause)
            told = len(walk.failures)
        causes = "; ".join(f"{one.name}: {one.cause}" for one in walk.failures)
        yield Degraded(SILENT, causes or "no synthesizer is configured")

    async def _speak(
        self, trial: Trial[SpeechSynthesizer], rest: _Rest, language: Language
    ) -> AsyncGenerator[Speech, None]:
        """What one of them says, within its limits of silence."""
        one, limit, first = trial.option, trial.limit, True
        if one.name not in self._loaded:
            await asyncio.to_thread(one.load)
            self._loaded.add(one.name)
        async with aclosing(one.stream(rest.text, language)) as stretches:
            while True:
                try:
                    async with asyncio.timeout(limit):
                        speech = await anext(stretches, None)
                except TimeoutError:
                    raise too_slow(one.name, limit) from None
                if speech is None:
                    return
                trial.heard(first)
                limit, first = self.rules.stall_seconds, False
                rest.hear(speech)
                yield speech


class _Rest:
    """What is still to be said: from the last word that began, which may have been cut."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._begun = self._ended = 0  # where the last word that began stands

    @property
    def text(self) -> str:
        return self._text[self._begun :]

    def hear(self, speech: Speech) -> None:
        """Forget what stands before the last of these words."""
        for word in speech.words:
            whole = re.compile(rf"(?<!\w){re.escape(word.text)}(?!\w)")
            if found := whole.search(self._text, self._ended):
                self._begun, self._ended = found.span()


def voices(
    speaking: Speaking | None = None,
    rules: Routing | None = None,
    voice: str | None = None,
    health: Health | None = None,
) -> Voices:
    """The voice of the settings, behind `voice`, a persona's own, where there is one.

    Keep it from turn to turn: it remembers who fails.
    """
    speaking = speaking or Speaking()
    known: dict[str, list[SpeechSynthesizer]] = {
        "espeak": [Espeak(speaking.espeak, own) for own in ((voice, None) if voice else (None,))],
    }
    asked = [one for name in speaking.synthesizers for one in known[name]]
    return Voices(asked, rules, health)
