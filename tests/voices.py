"""A voice and an ear that a test can foresee, as the protocols of `companion.speech` say.

The real ones have tests of their own; these tell exactly when each word is due, and what was heard.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import AsyncGenerator

from companion.types import Audio, Language, Speech, SpokenWord, Transcript, Viseme

RATE = 22_050
WORD_SECONDS = 0.3
HERTZ = 440.0
LOUD = 0.3


class Humming:
    """Hums each word for 0.3 seconds, without a seam from the first to the last."""

    name = provider = "humming"
    languages: frozenset[Language] = frozenset({"en", "fr"})

    def load(self) -> None:
        """Nothing to load."""

    async def stream(self, text: str, language: Language) -> AsyncGenerator[Speech, None]:
        """One stretch a word."""
        for number, word in enumerate(text.split()):
            yield Speech(
                Audio(hum(number * WORD_SECONDS, WORD_SECONDS), RATE),
                (SpokenWord(word, 0.0),),
                (Viseme("D", 0.0), Viseme("X", WORD_SECONDS * 0.8)),
            )


class Telling:
    """Understands what a test says, whatever it hears, and keeps the sound."""

    name = provider = "telling"

    def __init__(self, *texts: str, languages: tuple[Language, ...] = ("en", "fr")) -> None:
        self.languages: frozenset[Language] = frozenset(languages)
        self.texts = list(texts)
        self.heard: list[Audio] = []

    def load(self) -> None:
        """Nothing to load."""

    async def transcribe(self, audio: Audio, language: Language) -> Transcript:
        """The next text; nothing when they are used up."""
        self.heard.append(audio)
        return Transcript(self.texts.pop(0) if self.texts else "", self.name)


def hum(start: float, seconds: float, rate: int = RATE, loud: float = LOUD) -> bytes:
    """A tone from that second on, as 16-bit samples."""
    first, count = round(start * rate), round(seconds * rate)
    turn = 2 * math.pi * HERTZ / rate
    samples = (math.sin(turn * (first + i)) * loud * 32_767 for i in range(count))
    return array("h", map(round, samples)).tobytes()
