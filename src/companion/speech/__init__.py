"""Hearing and speaking: what turns sound into words, and words into sound with a moving mouth."""

from companion.speech.base import SpeechRecognizer, SpeechSynthesizer

__all__ = ["SpeechRecognizer", "SpeechSynthesizer"]
