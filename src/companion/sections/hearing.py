"""What the settings say of hearing: who listens, when a turn ends, and what interrupts."""

from __future__ import annotations

import os
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field, SecretStr, model_validator

from companion.sections.base import Section
from companion.types import Language


class _Ear(Section):
    """What every kind has: the languages that it knows."""

    languages: frozenset[Language] = frozenset({"en"})

    @property
    def is_local(self) -> bool:
        """Whether what is said stays on this machine."""
        return True


class SphinxEar(_Ear):
    """PocketSphinx, which comes with its package and knows English.

    `vocabulary` is "companion", the words that people say to a companion, or "general", the words
    of news and books, for dictation.
    """

    kind: Literal["sphinx"]
    vocabulary: Literal["companion", "general"] = "companion"


class MoonshineEar(_Ear):
    """Moonshine's model "tiny", which comes with its package and knows English."""

    kind: Literal["moonshine"]


class WhisperEar(_Ear):
    """Whisper, from a folder of safetensors as transformers writes it."""

    kind: Literal["whisper"]
    path: str = Field(min_length=1)
    languages: frozenset[Language] = frozenset({"en", "fr"})


class Wav2Vec2Ear(_Ear):
    """wav2vec 2.0 with a head of letters (CTC), from a folder of safetensors."""

    kind: Literal["wav2vec2"]
    path: str = Field(min_length=1)


Engine: TypeAlias = Literal[
    "sphinx", "vosk", "whisper", "faster_whisper", "google", "wit", "azure", "openai"
]
"""The recognisers of SpeechRecognition that are known here, by the last part of their functions."""


class LibraryEar(_Ear):
    """One of the recognisers of SpeechRecognition. `key_env` is the variable that holds its key.

    `options` are handed to its function, such as a model's name. All but those in `LOCAL` send what
    is said to somebody else.
    """

    LOCAL: ClassVar[tuple[Engine, ...]] = ("sphinx", "vosk", "whisper", "faster_whisper")
    kind: Literal["speech_recognition"]
    engine: Engine
    key_env: str | None = None
    options: dict[str, str | float | bool] = Field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        return self.engine in self.LOCAL

    def key(self) -> SecretStr | None:
        """The key from the environment, or None where there is none."""
        value = os.environ.get(self.key_env, "").strip() if self.key_env else ""
        return SecretStr(value) if value else None


Ear: TypeAlias = Annotated[
    MoonshineEar | SphinxEar | WhisperEar | Wav2Vec2Ear | LibraryEar, Field(discriminator="kind")
]


class Turns(Section):
    """When somebody speaks, and when the turn is over. Times are seconds.

    A frame of 32 ms is speech from the probability `begins` on, and stays speech down to `holds`.
    A turn ends after `hangover_seconds` without speech; already after `pause_seconds` the words so
    far may be looked at, which saves the time of recognising them. Where these are a whole
    sentence, `finished_seconds` will do; where more must follow, it is `unfinished_seconds`, so
    that nobody is interrupted who looks for a word. Less speech than `shortest_seconds` is no turn,
    and after `longest_seconds` it is cut. Of what came before the first frame of speech,
    `preroll_seconds` are kept, because a quiet first sound is missed.
    """

    begins: float = Field(default=0.5, gt=0, lt=1)
    holds: float = Field(default=0.35, gt=0, lt=1)
    onset_seconds: float = Field(default=0.064, gt=0)
    pause_seconds: float = Field(default=0.128, gt=0)
    finished_seconds: float = Field(default=0.256, gt=0)
    hangover_seconds: float = Field(default=0.448, gt=0)
    unfinished_seconds: float = Field(default=0.8, gt=0)
    shortest_seconds: float = Field(default=0.16, ge=0)
    longest_seconds: float = Field(default=30, gt=0, le=60)
    preroll_seconds: float = Field(default=0.32, ge=0)


ENGLISH = (
    *("mhm", "mm", "hm", "hmm", "uh", "um", "huh", "uh-huh", "ah", "oh", "ok", "okay", "yeah"),
    *("yes", "yep", "right", "sure", "i see", "really", "good", "great", "cool", "wow", "got it"),
)
FRENCH = (
    *("mhm", "mm", "hm", "hmm", "euh", "hein", "ah", "ah bon", "oh", "ok", "okay", "oui", "ouais"),
    *("d'accord", "bien", "voilà", "exact", "exactement", "c'est ça", "super", "je vois", "bon"),
)
BACKCHANNELS: dict[Language, tuple[str, ...]] = {"en": ENGLISH, "fr": FRENCH}


class BargeIn(Section):
    """What stops the companion while it speaks.

    So many seconds of speech do. Less of it makes it pause, until the words are known: a word that
    only says "I am listening", `backchannels`, or none at all, and it goes on.
    """

    speech_seconds: float = Field(default=0.75, gt=0)
    backchannels: dict[Language, tuple[str, ...]] = BACKCHANNELS


def _usual() -> dict[str, Ear]:
    return {
        "moonshine": MoonshineEar(kind="moonshine"),
        "pocketsphinx": SphinxEar(kind="sphinx"),
        "dictation": SphinxEar(kind="sphinx", vocabulary="general"),
    }


class Hearing(Section):
    """Who writes down what is said; `recognizers` are asked in order."""

    recognizers: tuple[str, ...] = ("moonshine", "pocketsphinx")
    ears: dict[str, Ear] = Field(default_factory=_usual)
    turns: Turns = Field(default_factory=Turns)
    barge_in: BargeIn = Field(default_factory=BargeIn)

    @model_validator(mode="after")
    def _all_are_known(self) -> Hearing:
        unknown = [name for name in self.recognizers if name not in self.ears]
        if unknown:
            raise ValueError(f"names {unknown[0]!r}, which hearing.ears does not have")
        return self
