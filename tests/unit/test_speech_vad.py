"""Turns in a stream of sound: when one begins, when it is over, and what is none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
import pytest

from companion.sections.hearing import BargeIn, Turns
from companion.speech import Espeak, sounds
from companion.speech.barge_in import is_backchannel, when_it_ended, while_speaking
from companion.speech.endings import Ending
from companion.speech.vad import (
    FRAME_BYTES,
    FRAME_SECONDS,
    HearingEvent,
    SpeechBegan,
    SpeechPaused,
    TooShort,
    TurnEnded,
    TurnTaking,
    frames,
    probabilities,
)
from companion.types import Audio, Language

SENTENCE = "I would like to tell you what happened in the garden today."


class Told:
    """A detector that was told what it hears, for the rules alone: a probability for each frame."""

    def __init__(self, told: Iterable[float]) -> None:
        self.told = iter(told)
        self.resets = 0

    def __call__(self, frame: bytes) -> float:
        assert len(frame) == FRAME_BYTES
        return next(self.told, 0.0)

    def reset(self) -> None:
        self.resets += 1


def events(told: Sequence[float], rules: Turns | None = None) -> list[HearingEvent]:
    """What comes of these probabilities; the frame of number n is full of the sample n."""
    turns = TurnTaking(rules or Turns(), Told(told))
    pcm = b"".join(n.to_bytes(2, "little") * 512 for n in range(len(told)))
    return list(turns.feed(pcm))


def numbers(audio: Audio) -> list[int]:
    """The numbers of the frames in a sound that `events` made."""
    return [
        int.from_bytes(audio.pcm[at : at + 2], "little")
        for at in range(0, len(audio.pcm), FRAME_BYTES)
    ]


@cache
def said(text: str, language: Language = "en") -> Audio:
    """The text in the voice of the companion, at 16,000 samples a second."""

    async def listen() -> list[Audio]:
        return [speech.audio async for speech in Espeak().stream(text, language)]

    parts = asyncio.run(listen())
    return sounds.utterance(Audio(b"".join(part.pcm for part in parts), parts[0].rate))


def around(audio: Audio, silence: float = 1.0, noise: float = 10.0, seed: int = 0) -> bytes:
    """The sound between two stretches of a quiet room."""
    quiet = bytes(int(silence * 16_000) * 2)
    samples = np.frombuffer(quiet + audio.pcm + quiet, "<i2").astype(float)
    samples += np.random.default_rng(seed).normal(0, noise, len(samples))
    return bytes(samples.clip(-32768, 32767).astype("<i2").tobytes())


def test_a_turn_begins_pauses_and_ends_and_keeps_what_came_before() -> None:
    told = [0.1] * 20 + [0.9] * 30 + [0.1] * 20
    began, paused, ended = events(told)
    assert began == SpeechBegan(20 * FRAME_SECONDS)
    assert isinstance(paused, SpeechPaused)
    assert isinstance(ended, TurnEnded)
    assert numbers(ended.audio) == list(range(12, 54))  # ten before frame 22, four behind frame 49
    assert paused.audio == ended.audio
    assert (ended.began, ended.ended) == (20 * FRAME_SECONDS, 50 * FRAME_SECONDS)
    assert not ended.cut


def test_a_breath_within_a_sentence_ends_nothing() -> None:
    told = [0.9] * 20 + [0.1] * 13 + [0.9] * 20 + [0.1] * 14
    *before, ended = events(told)
    assert isinstance(ended, TurnEnded)
    assert numbers(ended.audio) == list(range(57))
    assert [type(one) for one in before] == [SpeechBegan, SpeechPaused, SpeechPaused]


@pytest.mark.parametrize(
    ("endings", "silent"),
    [
        (["finished"], 8),
        (["unknown"], 14),
        (["unfinished"], 25),
        (["finished", "unknown"], 14),  # the second was said on, and forgot the first
    ],
)
def test_how_long_is_waited_depends_on_what_was_said(endings: list[Ending], silent: int) -> None:
    pauses = [0.9] * 20 + [0.1] * 5
    turns = TurnTaking(Turns(), Told([*pauses * len(endings), *[0.1] * 40]))
    for one in endings:
        *_, paused = turns.feed(bytes(FRAME_BYTES * len(pauses)))
        assert isinstance(paused, SpeechPaused)
        turns.said(one)
    [ended] = turns.feed(bytes(FRAME_BYTES * 40))
    assert isinstance(ended, TurnEnded)
    assert ended.silence == silent * FRAME_SECONDS


def test_words_that_come_too_late_change_nothing() -> None:
    turns = TurnTaking(Turns(), Told([0.9] * 20 + [0.1] * 5 + [0.9] * 5 + [0.1] * 40))
    list(turns.feed(bytes(FRAME_BYTES * 32)))
    turns.said("finished")  # of the pause before; this one is too short to be one
    *_, ended = turns.feed(bytes(FRAME_BYTES * 38))
    assert isinstance(ended, TurnEnded)
    assert ended.silence == 14 * FRAME_SECONDS


def test_what_is_doubtful_does_not_begin_a_turn_and_does_not_end_one() -> None:
    assert events([0.4] * 40) == []
    assert [type(one) for one in events([0.9] * 9 + [0.4] * 60)] == [SpeechBegan]


def test_one_loud_frame_is_not_speech_and_a_short_sound_is_no_turn() -> None:
    assert events([0.1] * 5 + [0.9] + [0.1] * 30) == []
    began, short = events([0.1] * 5 + [0.9] * 4 + [0.1] * 30)
    assert isinstance(began, SpeechBegan)
    assert isinstance(short, TooShort)


def test_ten_minutes_of_speech_are_cut_into_turns_of_thirty_seconds() -> None:
    told = [0.9] * int(600 / FRAME_SECONDS)
    ended = [one for one in events(told) if isinstance(one, TurnEnded)]
    assert all(one.cut for one in ended)
    assert [sounds.seconds(one.audio) for one in ended] == pytest.approx([30.016] * 19, abs=0.33)
    assert sum(sounds.seconds(one.audio) for one in ended) > 560


def test_the_same_samples_in_other_portions_bring_the_same_events() -> None:
    pcm = around(said(SENTENCE))
    whole = list(TurnTaking().feed(pcm))
    turns, pieces = TurnTaking(), list[HearingEvent]()
    for at in range(0, len(pcm), 1_234):
        pieces += turns.feed(pcm[at : at + 1_234])
    assert pieces == whole
    assert [type(one) for one in whole][-1] is TurnEnded


def test_the_end_of_the_stream_ends_the_turn() -> None:
    turns = TurnTaking()
    list(turns.feed(around(said(SENTENCE))[: 2 * 16_000 * 3]))
    assert turns.speaking
    (ended,) = turns.finish()
    assert isinstance(ended, TurnEnded)
    assert not turns.speaking
    assert list(turns.finish()) == []


def test_another_stream_begins_with_a_detector_that_forgot() -> None:
    detector = Told([0.9] * 10)
    turns = TurnTaking(detector=detector)
    list(turns.feed(bytes(FRAME_BYTES * 10 + 100)))
    turns.reset()
    assert detector.resets == 2
    assert (turns.speaking, turns.speech_seconds) == (False, 0.0)
    assert list(turns.feed(bytes(FRAME_BYTES - 100))) == []  # nothing was left of the old stream


@pytest.mark.parametrize("noise", [10, 300])
def test_a_sentence_is_one_turn_whose_first_sound_is_there(noise: float) -> None:
    voice = said(SENTENCE)
    began, *_, ended = list(TurnTaking().feed(around(voice, noise=noise)))
    assert isinstance(began, SpeechBegan)
    assert isinstance(ended, TurnEnded)
    assert 0.9 < began.at < 1.3
    length = sounds.seconds(voice)
    assert sounds.seconds(ended.audio) > length - 0.1  # from before its first sound to its last


@pytest.mark.parametrize("kind", ["silence", "hiss", "hum", "clicks"])
def test_what_is_no_speech_is_no_turn(kind: str) -> None:
    times = np.arange(16_000 * 4) / 16_000
    random = np.random.default_rng(0)
    made = {
        "silence": np.zeros(len(times)),
        "hiss": random.normal(0, 3_000, len(times)),
        "hum": 8_000 * np.sin(2 * np.pi * 60 * times),
        "clicks": 20_000.0 * (np.arange(len(times)) % 4_000 < 40),
    }[kind]
    pcm = made.clip(-32768, 32767).astype("<i2").tobytes()
    found = list(TurnTaking().feed(pcm))
    assert not [one for one in found if isinstance(one, TurnEnded)]


def test_a_whole_sound_can_be_looked_at_again_and_again() -> None:
    first, again = probabilities(said(SENTENCE)), probabilities(said(SENTENCE))
    assert first == again
    assert max(first) > 0.9
    assert frames(sounds.seconds(said(SENTENCE))) - len(first) in (0, 1)


def test_enough_speech_stops_the_companion_and_less_makes_it_wait() -> None:
    rules = BargeIn(speech_seconds=0.9)
    assert [while_speaking(at, rules) for at in (0.1, 0.89, 0.9, 2)] == [
        *("pause", "pause"),
        *("stop", "stop"),
    ]


@pytest.mark.parametrize(
    ("words", "language"),
    [
        *[("Mhm.", "en"), ("Ok", "en"), ("Yeah, yeah, okay", "en"), ("I see", "en")],
        *[("Uh-huh!", "en"), ("Oui", "fr"), ("D’accord, d’accord.", "fr"), ("Ah bon ?", "fr")],
    ],
)
def test_who_only_shows_that_they_listen_stops_nobody(words: str, language: Language) -> None:
    assert is_backchannel(words, language, BargeIn())
    assert when_it_ended(words, language, BargeIn()) == "go on"


@pytest.mark.parametrize(
    ("words", "language"),
    [
        *[("Stop", "en"), ("Yes but wait", "en"), ("Okay stop", "en"), ("I see a cat", "en")],
        *[("Attends", "fr"), ("Oui mais non", "fr"), ("Arrête", "fr")],
    ],
)
def test_who_says_something_stops_the_companion(words: str, language: Language) -> None:
    assert when_it_ended(words, language, BargeIn()) == "stop"


@pytest.mark.parametrize("words", [None, "", "  ?"])
def test_a_short_sound_without_words_stops_nobody(words: str | None) -> None:
    assert when_it_ended(words, "en", BargeIn()) == "go on"
