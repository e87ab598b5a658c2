"""Hearing and speaking: what turns sound into words, and words into sound with a moving mouth."""

from companion.speech.aloud import Voice, spoken
from companion.speech.base import SpeechRecognizer, SpeechSynthesizer
from companion.speech.espeak import Espeak
from companion.speech.reading import read_aloud

__all__ = [
    "Espeak",
    "SpeechRecognizer",
    "SpeechSynthesizer",
    "Voice",
    "read_aloud",
    "spoken",
]
