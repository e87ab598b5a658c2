"""What the recognisers here have in common: checked sound, one at a time, no words for silence."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod

from companion.errors import SpeechError
from companion.speech.sounds import utterance
from companion.speech.vad import SpeechGate
from companion.types import Audio, Language, Transcript

has_speech = SpeechGate()
"""Whether anybody speaks in a sound. Recognisers make up words where nobody does."""


class Recognizer(ABC):
    """A `SpeechRecognizer` that works in a thread of its own, one utterance after the other."""

    def __init__(self, name: str, languages: frozenset[Language]) -> None:
        self.name, self.languages = name, languages
        self._lock = threading.Lock()

    @property
    def provider(self) -> str:
        return self.name

    def load(self) -> None:
        with self._lock:
            self._load()

    async def transcribe(self, audio: Audio, language: Language) -> Transcript:
        """Raises InputError for sound that is none or far too long, SpeechError for a language that
        it does not know and where the recogniser fails, MissingExtra without its library."""
        if language not in self.languages:
            raise SpeechError(
                f"{self.name} does not understand this language: {language}",
                repair="Configure a recogniser that does, under hearing.ears.",
            )
        return await asyncio.to_thread(self._transcribe, utterance(audio), language)

    def _transcribe(self, audio: Audio, language: Language) -> Transcript:
        if not has_speech(audio):
            return Transcript("", self.name)
        with self._lock:
            self._load()
            text, confidence = self._understand(audio, language)
        return Transcript(text, self.name, confidence)

    @abstractmethod
    def _load(self) -> None:
        """Make ready what is not ready yet."""

    @abstractmethod
    def _understand(self, audio: Audio, language: Language) -> tuple[str, float | None]:
        """The words in speech at 16,000 samples a second, and how sure they are, from 0 to 1."""
