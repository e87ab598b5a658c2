"""An ear made of several: who cannot listen is replaced, by what all routing shares."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from companion.config import Routing
from companion.errors import CompanionError, EverythingFailed, SpeechError
from companion.routing.health import Health
from companion.routing.walk import Walk, first_answer
from companion.sections.agents import Privacy
from companion.sections.hearing import Hearing
from companion.sections.parts import Hardware
from companion.speech.base import SpeechRecognizer
from companion.speech.building import recognizer
from companion.types import Audio, Degraded, Language, Transcript

PATIENCE = Routing(deadline_seconds=20, first_token_seconds=15)
"""Seconds that a speaker waits until the words are there."""


class Ears:
    """A `SpeechRecognizer` that asks others in order; the first that can listen answers."""

    name = provider = "ears"

    def __init__(
        self,
        recognizers: Sequence[SpeechRecognizer],
        rules: Routing | None = None,
        health: Health | None = None,
    ) -> None:
        self.recognizers = tuple(recognizers)
        self.languages = frozenset[Language]().union(*(one.languages for one in recognizers))
        self.ready: SpeechRecognizer | None = None
        """The first one that could be loaded."""
        self._health = health or Health(rules or PATIENCE)

    def load(self) -> None:
        """Load the first one that can be; nobody is no error until somebody speaks."""
        for one in self.recognizers:
            with suppress(CompanionError):
                one.load()
                self.ready = one
                return

    async def transcribe(self, audio: Audio, language: Language) -> Transcript:
        """As `listen`, for whoever does not ask who should have listened."""
        transcript, _ = await self.listen(audio, language)
        return transcript

    async def listen(
        self, audio: Audio, language: Language
    ) -> tuple[Transcript, tuple[Degraded, ...]]:
        """What was said, and who should have listened and could not.

        Raises SpeechError where nobody here knows the language or all have failed, InputError for
        sound that is none.
        """
        if language not in self.languages:
            raise SpeechError(
                f"No recogniser that is configured understands this language: {language}",
                where="hearing.recognizers",
                repair="Type instead, or configure one that does, such as Whisper.",
            )

        def unfit(one: SpeechRecognizer) -> str:
            return "" if language in one.languages else f"it does not know {language}"

        walk = Walk(self.recognizers, self._health, unfit=unfit)
        try:
            transcript = await first_answer(walk, lambda one: one.transcribe(audio, language))
        except EverythingFailed as error:
            causes = "; ".join(f"{name}: {cause}" for name, cause in error.attempts)
            raise SpeechError("Nobody could listen", where=causes, repair="Type instead.") from None
        return transcript, tuple(Degraded(one.name, one.cause) for one in walk.failures)


def ears(
    hearing: Hearing | None = None,
    rules: Routing | None = None,
    privacy: Privacy = "allow_cloud",
    hardware: Hardware | None = None,
    health: Health | None = None,
) -> Ears:
    """The recognisers of the settings; with `local_only`, those elsewhere are not among them."""
    hearing = hearing or Hearing()
    chosen = {name: hearing.ears[name] for name in hearing.recognizers}
    here = [
        recognizer(name, ear, hardware)
        for name, ear in chosen.items()
        if ear.is_local or privacy == "allow_cloud"
    ]
    return Ears(here, rules, health)
