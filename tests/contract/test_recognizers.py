"""Every recogniser keeps the same promises, whatever listens behind it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from companion.errors import InputError, SpeechError
from companion.routing.hearing import ears
from companion.sections.hearing import (
    Hearing,
    LibraryEar,
    MoonshineEar,
    SphinxEar,
    Wav2Vec2Ear,
    WhisperEar,
)
from companion.speech import Espeak, SpeechRecognizer, sounds
from companion.speech.building import recognizer as built
from companion.types import Audio, Language, Transcript
from tests.tiny_speech import tiny_wav2vec2, tiny_whisper

__all__ = ["tiny_wav2vec2", "tiny_whisper"]

SENTENCE = "What is your name?"


@cache
def said(text: str, language: Language = "en") -> Audio:
    """The text in the companion's own voice, as it comes: 22,050 samples a second."""

    async def listen() -> list[Audio]:
        return [speech.audio async for speech in Espeak().stream(text, language)]

    parts = asyncio.run(listen())
    return Audio(b"".join(part.pcm for part in parts), parts[0].rate)


def _sphinx(request: pytest.FixtureRequest) -> SpeechRecognizer:
    return built("pocketsphinx", SphinxEar(kind="sphinx"))


def _moonshine(request: pytest.FixtureRequest) -> SpeechRecognizer:
    if sys.platform == "darwin":  # no wheel for some Macs, so not installed there by default
        pytest.importorskip("moonshine_voice")
    return built("moonshine", MoonshineEar(kind="moonshine"))


def _library(request: pytest.FixtureRequest) -> SpeechRecognizer:
    return built("library", LibraryEar(kind="speech_recognition", engine="sphinx"))


def _whisper(request: pytest.FixtureRequest) -> SpeechRecognizer:
    folder: Path = request.getfixturevalue("tiny_whisper")
    return built("whisper", WhisperEar(kind="whisper", path=str(folder)))


def _wav2vec2(request: pytest.FixtureRequest) -> SpeechRecognizer:
    folder: Path = request.getfixturevalue("tiny_wav2vec2")
    return built("wav2vec2", Wav2Vec2Ear(kind="wav2vec2", path=str(folder)))


def _several(request: pytest.FixtureRequest) -> SpeechRecognizer:
    """The first one fails, and the second one listens."""
    english = frozenset[Language]({"en"})
    missing = WhisperEar(kind="whisper", path="/no/such/folder", languages=english)
    sphinx = SphinxEar(kind="sphinx")
    return ears(Hearing(recognizers=("a", "b"), ears={"a": missing, "b": sphinx}))


MAKERS: dict[str, Callable[[pytest.FixtureRequest], SpeechRecognizer]] = {
    "moonshine": _moonshine,
    "pocketsphinx": _sphinx,
    "SpeechRecognition's sphinx": _library,
    "whisper": _whisper,
    "wav2vec2": _wav2vec2,
    "several, of which the first fails": _several,
}


@pytest.fixture(scope="module", params=MAKERS)
def ear(request: pytest.FixtureRequest) -> SpeechRecognizer:
    return MAKERS[request.param](request)


def hear(ear: SpeechRecognizer, audio: Audio, language: Language = "en") -> Transcript:
    return asyncio.run(ear.transcribe(audio, language))


def test_it_says_who_it_is(ear: SpeechRecognizer) -> None:
    assert ear.name
    assert ear.provider
    assert "en" in ear.languages


def test_it_can_be_loaded_twice(ear: SpeechRecognizer) -> None:
    ear.load()
    ear.load()


def test_speech_at_any_rate_becomes_a_transcript(ear: SpeechRecognizer) -> None:
    """What the words are is the matter of each; tiny random models say nothing sensible."""
    heard = hear(ear, said(SENTENCE))
    assert heard.recognizer
    assert heard.text == heard.text.strip()
    assert heard.confidence is None or 0 <= heard.confidence <= 1
    stereo = sounds.resampled(said(SENTENCE), 48_000)
    assert isinstance(hear(ear, stereo).text, str)


def test_the_same_sound_is_the_same_words_whatever_was_said_before(ear: SpeechRecognizer) -> None:
    first = hear(ear, said(SENTENCE))
    hear(ear, said("It is very late."))
    assert hear(ear, said(SENTENCE)) == first


@pytest.mark.parametrize("pcm", [b"", bytes(200), bytes(2 * 16_000)])
def test_silence_is_no_words(ear: SpeechRecognizer, pcm: bytes) -> None:
    assert hear(ear, Audio(pcm, 16_000)).text == ""


@pytest.mark.parametrize(
    ("audio", "told"),
    [
        (Audio(bytes(3), 16_000), "3 bytes"),
        (Audio(bytes(4), 0), "0 samples a second"),
        (Audio(bytes(2 * 8_000 * 600), 8_000), "600 s of sound"),
    ],
    ids=["half a sample", "rate 0", "ten minutes"],
)
def test_sound_that_is_none_is_refused_at_once(
    ear: SpeechRecognizer, audio: Audio, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        hear(ear, audio)


def test_a_language_that_it_does_not_know_is_refused_in_words(ear: SpeechRecognizer) -> None:
    if "fr" in ear.languages:
        assert isinstance(hear(ear, said("Bonjour à tous.", "fr"), "fr").text, str)
        return
    with pytest.raises(SpeechError, match="understand"):
        hear(ear, said(SENTENCE), "fr")


def test_two_who_speak_at_once_are_both_heard(ear: SpeechRecognizer) -> None:
    one, other = said(SENTENCE), said("It is very late.")

    async def both() -> list[Transcript]:
        together = ear.transcribe(one, "en"), ear.transcribe(other, "en")
        return list(await asyncio.gather(*together))

    assert asyncio.run(both()) == [hear(ear, one), hear(ear, other)]
