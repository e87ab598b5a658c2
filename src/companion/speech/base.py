"""What every voice and every recogniser is: the two protocols of sound."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from companion.types import Audio, Language, Speech, Transcript


class SpeechSynthesizer(Protocol):
    """Reads a text aloud."""

    name: str
    languages: frozenset[Language]

    @property
    def provider(self) -> str:
        """What it shares its health with, as a router's option."""
        ...

    def load(self) -> None:
        """Make ready what the first sentence would wait for; cheap when it is ready."""
        ...

    def stream(self, text: str, language: Language) -> AsyncGenerator[Speech, None]:
        """Speak `text`, stretch by stretch; closing the stream stops it.

        Raises SpeechError where nothing can be spoken.
        """
        ...


class SpeechRecognizer(Protocol):
    """Writes down what was said."""

    name: str
    languages: frozenset[Language]

    @property
    def provider(self) -> str:
        """What it shares its health with, as a router's option."""
        ...

    def load(self) -> None:
        """Make ready what the first words would wait for; cheap when it is ready."""
        ...

    async def transcribe(self, audio: Audio, language: Language) -> Transcript:
        """What was said in `audio`, which holds one utterance; an empty text for silence.

        Raises SpeechError where it cannot be understood at all, such as a missing model.
        """
        ...
