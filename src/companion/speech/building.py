"""From the settings of an ear to the recogniser behind it."""

from __future__ import annotations

from companion.sections.hearing import (
    Ear,
    LibraryEar,
    MoonshineEar,
    SphinxEar,
    Wav2Vec2Ear,
    WhisperEar,
)
from companion.sections.parts import Hardware
from companion.speech.base import SpeechRecognizer
from companion.speech.moonshine import Moonshine
from companion.speech.speech_recognition_asr import LibraryRecognizer
from companion.speech.sphinx import Sphinx
from companion.speech.transformers_asr import TransformersRecognizer


def recognizer(name: str, ear: Ear, hardware: Hardware | None = None) -> SpeechRecognizer:
    """The recogniser of these settings. Nothing is loaded until it is asked."""
    match ear:
        case MoonshineEar():
            return Moonshine(name)
        case SphinxEar():
            return Sphinx(name, ear.vocabulary)
        case LibraryEar():
            return LibraryRecognizer(name, ear)
        case WhisperEar() | Wav2Vec2Ear():
            return TransformersRecognizer(name, ear, hardware)
