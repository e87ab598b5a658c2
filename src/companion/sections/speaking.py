"""What the settings say of speaking."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from companion.sections.base import Section
from companion.types import Language

VOICE = r"[A-Za-z]+(-[\w-]+)?(\+\w+)?"
"""The name of a voice of eSpeak NG, such as `en-us`, with its variant, as in `en-us+f2`."""

FASTEST = 440
"""Words a minute; from 450 on, eSpeak NG 1.52 tells wrong positions of words and phonemes."""


class EspeakVoice(Section):
    """How eSpeak NG speaks one language: `rate` in words a minute, `pitch` from 0 to 99."""

    voice: str = Field(pattern=rf"^{VOICE}$")
    rate: int = Field(default=165, ge=80, le=FASTEST)
    pitch: int = Field(default=50, ge=0, le=99)


def _usual() -> dict[Language, EspeakVoice]:
    return {"en": EspeakVoice(voice="en-us+f2"), "fr": EspeakVoice(voice="fr+f2")}


class Speaking(Section):
    """Who reads answers aloud; `synthesizers` are asked in order, and none of them is silence."""

    synthesizers: tuple[Literal["espeak"], ...] = ("espeak",)
    espeak: dict[Language, EspeakVoice] = Field(default_factory=_usual)
