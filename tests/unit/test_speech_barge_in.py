"""Thirty sounds that ask for nothing and thirty that interrupt, as the companion hears them."""

from __future__ import annotations

import asyncio
from functools import cache

import numpy as np
import pytest

from companion.sections.hearing import BargeIn, Turns
from companion.sections.speaking import EspeakVoice
from companion.speech import Espeak, sounds
from companion.speech.barge_in import when_it_ended, while_speaking
from companion.speech.espeak_process import EspeakProcess
from companion.speech.signals import SignalRecognizer, signals
from companion.speech.vad import TurnTaking
from companion.types import Audio, Language

RULES = BargeIn()
EAR = SignalRecognizer()
VOICES: dict[Language, tuple[str, ...]] = {"en": ("en-us+f2", "en-us+m3"), "fr": ("fr+f2", "fr+m3")}
LISTENING: dict[Language, tuple[str, ...]] = {
    "en": ("Mhm.", "Okay.", "Yes.", "I see.", "Really?", "Right."),
    "fr": ("Oui.", "Voilà.", "D'accord.", "Je vois."),
}
WANTING: dict[Language, tuple[str, ...]] = {
    "en": (
        *("Stop!", "Wait!", "Hold on.", "Can I say something?", "No, that's wrong."),
        *("What do you mean?", "Tell me about something else.", "I have a question for you."),
    ),
    "fr": (
        *("Attends !", "Arrête !", "Non !", "Attends, je n'ai pas compris.", "Qui t'a dit ça ?"),
        *("Parle-moi d'autre chose.", "J'ai une question."),
    ),
}


@cache
def said(text: str, language: Language, voice: str) -> Audio:
    """The same sound each time: what was said before in a process changes a few samples."""
    process = EspeakProcess()

    async def listen() -> list[Audio]:
        speaker = Espeak({language: EspeakVoice(voice=voice)}, process=process)
        return [speech.audio async for speech in speaker.stream(text, language)]

    parts = asyncio.run(listen())
    process.close()
    return sounds.utterance(Audio(b"".join(part.pcm for part in parts), parts[0].rate))


def cough(seed: int) -> Audio:
    """One to three bursts of coloured noise that die away, each within a quarter of a second."""
    random = np.random.default_rng(seed)
    parts: list[np.ndarray] = []
    for _ in range(random.integers(1, 4)):
        length = int(16_000 * random.uniform(0.08, 0.25))
        place = np.arange(length) / length
        envelope = np.minimum(place / 0.05, 1) * np.exp(-4 * place)
        smooth = np.hanning(int(random.integers(3, 24)))
        noise = np.convolve(random.normal(0, 1, length), smooth, "same")
        parts += [noise / abs(noise).max() * envelope * random.uniform(0.2, 0.8)]
        parts += [np.zeros(int(16_000 * random.uniform(0.05, 0.2)))]
    return sounds.from_floats(np.concatenate(parts).astype(np.float32), 16_000)


def decision(audio: Audio, language: Language) -> str:
    """What becomes of the companion's speech when this is heard in a quiet room."""
    room = np.random.default_rng(0).normal(0, 10, 16_000).astype("<i2").tobytes()
    pcm, turns = room + audio.pcm + room, TurnTaking(Turns())
    longest = 0.0
    for at in range(0, len(pcm), 1024):
        list(turns.feed(pcm[at : at + 1024]))
        longest = max(longest, turns.speech_seconds)
    if longest and while_speaking(longest, RULES) == "stop":
        return "stop"
    return "stop" if longest and EAR.interrupts(audio, language) else "go on"


def missed() -> list[tuple[str, Language, str]]:
    """The interruptions that do not stop the companion."""
    asked = [
        (text, language, voice)
        for language, texts in WANTING.items()
        for voice in VOICES[language]
        for text in texts
    ]
    assert len(asked) == 30
    return [one for one in asked if decision(said(*one), one[1]) != "stop"]


def test_of_thirty_interruptions_at_most_one_is_missed() -> None:
    assert len(missed()) <= 1


@pytest.mark.xfail(reason="a short French question is taken for a sign of listening")
def test_of_thirty_interruptions_none_is_missed() -> None:
    assert missed() == []


def test_of_thirty_coughs_and_signs_of_listening_at_most_two_stop_it() -> None:
    signs = [
        (text, language, voice)
        for language, texts in LISTENING.items()
        for voice in VOICES[language]
        for text in texts
    ]
    coughs = [cough(seed) for seed in range(30 - len(signs))]
    stopped = [one for one in signs if decision(said(*one), one[1]) == "stop"]
    assert [decision(one, "en") for one in coughs] == ["go on"] * len(coughs)
    assert len(stopped) <= 2, stopped


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_sign_of_listening_is_a_backchannel_and_no_other_signal_is(
    language: Language,
) -> None:
    for one in signals(language):
        assert when_it_ended(one.words, language, RULES) == ("stop" if one.stops else "go on")
