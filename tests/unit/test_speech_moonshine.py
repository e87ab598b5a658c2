"""Moonshine hears people, at once and at length."""

from __future__ import annotations

import asyncio
import sys

import numpy as np
import pytest

from companion.speech import sounds
from companion.speech.clips import clips
from companion.speech.moonshine import LONGEST, Moonshine, parts
from companion.speech.scoring import word_error_rate, words_of
from companion.types import Audio

EAR = Moonshine()
ENGLISH = [clip for clip in clips() if clip.language == "en"]

if sys.platform == "darwin":  # no wheel for some Macs, so not installed there by default
    pytest.importorskip("moonshine_voice")


def heard(audio: Audio) -> list[str]:
    return words_of(asyncio.run(EAR.transcribe(audio, "en")).text)


def test_people_are_understood() -> None:
    """PocketSphinx gets more than three quarters of these words wrong."""
    pairs = [(words_of(clip.text), heard(clip.audio)) for clip in ENGLISH]
    assert word_error_rate(pairs) < 0.4


def test_of_a_long_talk_no_part_is_lost_and_none_said_twice() -> None:
    pause = bytes(sounds.RATE)
    [one] = [clip for clip in ENGLISH if clip.text.startswith("the cabbage")]
    long = Audio((sounds.utterance(one.audio).pcm + pause) * 4, sounds.RATE)
    assert sounds.seconds(long) > LONGEST / sounds.RATE
    assert word_error_rate([(words_of(one.text) * 4, heard(long))]) < 0.2


def test_a_long_sound_is_cut_where_it_is_still() -> None:
    loud = np.random.default_rng(0).uniform(-1, 1, 2 * LONGEST).astype(np.float32)
    still = slice(LONGEST - 12_000, LONGEST - 4_000)
    loud[still] = 0
    first, *others = parts(loud)
    assert still.start < len(first) < still.stop
    assert all(len(part) <= LONGEST for part in others)
    assert np.array_equal(np.concatenate([first, *others]), loud)
