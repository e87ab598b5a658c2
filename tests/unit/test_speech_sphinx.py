"""The embedded recogniser hears what one says to a companion, and a quiet microphone as well."""

from __future__ import annotations

import asyncio
from functools import cache

import numpy as np
import pytest

from companion.speech import Espeak, sounds
from companion.speech.scoring import words_of
from companion.speech.sphinx import LOUD, Sphinx, prepared
from companion.types import Audio

EAR = Sphinx()


@cache
def said(text: str, voice: str = "en-us+adam") -> Audio:
    async def listen() -> list[Audio]:
        return [speech.audio async for speech in Espeak(voice=voice).stream(text, "en")]

    parts = asyncio.run(listen())
    return sounds.utterance(Audio(b"".join(part.pcm for part in parts), parts[0].rate))


def louder(audio: Audio, factor: float) -> Audio:
    return sounds.from_floats(sounds.floats(audio) * np.float32(factor), audio.rate)


def heard(audio: Audio) -> str:
    return " ".join(words_of(asyncio.run(EAR.transcribe(audio, "en")).text))


def loudness(audio: Audio) -> float:
    return float(np.sqrt(np.mean(sounds.floats(audio) ** 2)))


@pytest.mark.parametrize("factor", [0.01, 0.1, 1.5])
def test_however_loud_the_microphone_the_recogniser_hears_it_as_loud(factor: float) -> None:
    whole, other = (
        prepared(one) for one in (said("How are you?"), louder(said("How are you?"), factor))
    )
    assert loudness(other) == pytest.approx(loudness(whole), rel=0.03)


@pytest.mark.parametrize("samples", [0, 100, 16_000])
def test_silence_is_not_made_loud(samples: int) -> None:
    assert loudness(prepared(Audio(bytes(2 * samples), 16_000))) < LOUD / 50


@pytest.mark.parametrize("text", ["What is your name?", "Tell me a joke.", "Do you remember me?"])
def test_a_quiet_microphone_is_understood(text: str) -> None:
    assert heard(louder(said(text), 0.05)) == heard(said(text)) == " ".join(words_of(text))
