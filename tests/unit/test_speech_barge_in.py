"""Thirty sounds that ask for nothing and thirty that interrupt, as the companion hears them."""

from __future__ import annotations

import asyncio
from functools import cache

import numpy as np
import pytest

from companion.app.ear import Ear
from companion.app.senses import Senses
from companion.sections.hearing import BargeIn
from companion.sections.speaking import EspeakVoice
from companion.speech import Espeak, sounds
from companion.speech.barge_in import when_it_ended
from companion.speech.espeak_process import EspeakProcess
from companion.speech.signals import SignalRecognizer, signals
from companion.types import Audio, Language
from tests.unit.test_app_ear import Room, frames
from tests.voices import Telling

RULES = BargeIn()
EAR = SignalRecognizer()
VOICES: dict[Language, tuple[str, ...]] = {"en": ("en-us+f2", "en-us+m3"), "fr": ("fr+f2", "fr+m3")}
# eSpeak NG spells "mhm" out, letter by letter, so that it is no such sound: "uh-huh" stands for it.
LISTENING: dict[Language, tuple[str, ...]] = {
    "en": ("Uh-huh.", "Okay.", "Yes.", "I see.", "Really?", "Right."),
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
    """What becomes of the companion's speech when a page's ear hears this in a quiet room."""
    noise = np.random.default_rng(0).normal(0, 10, 16_000).astype("<i2").tobytes()
    room = Room(saying="One two three", language=language)
    senses = Senses(ear=Telling("", languages=("en", "fr")), signals=EAR)

    async def listen() -> None:
        ear = Ear(senses, room)
        await ear.keep_open(True)
        for frame in frames(noise + audio.pcm + noise):
            await ear.hear(frame)

    asyncio.run(listen())
    return "stop" if room.saying is None else "go on"


def test_the_sounds_are_the_same_each_time() -> None:
    again = said.__wrapped__("Uh-huh.", "en", "en-us+f2")
    assert again == said("Uh-huh.", "en", "en-us+f2")


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
