"""Wav files, channels and rates: what a microphone or a file may bring, and what it may not."""

from __future__ import annotations

import io
import struct
import wave
from typing import Any

import numpy as np
import pytest

from companion.errors import InputError
from companion.speech import sounds
from companion.types import Audio


def tone(hertz: float, rate: int, length: float = 1.0) -> Audio:
    times = np.arange(int(length * rate)) / rate
    return sounds.from_floats((0.5 * np.sin(2 * np.pi * hertz * times)).astype(np.float32), rate)


def strength(audio: Audio, hertz: float) -> float:
    """How much of a tone is in the middle of a sound; 0.5 for the tones made here."""
    samples = sounds.floats(audio)
    times = np.arange(len(samples)) / audio.rate
    window = np.hanning(len(samples))
    wave = window * np.exp(-2j * np.pi * hertz * times)
    return float(2 * abs((samples * wave).sum()) / window.sum())


def wav(frames: bytes, rate: int = 16_000, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(channels)
        written.setsampwidth(width)
        written.setframerate(rate)
        written.writeframes(frames)
    return file.getvalue()


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 44_101, 48_000, 96_000])
def test_another_rate_keeps_a_tone_and_its_length(rate: int) -> None:
    heard = sounds.resampled(tone(1_000, rate), 16_000)
    assert heard.rate == 16_000
    assert sounds.seconds(heard) == pytest.approx(1, abs=1e-3)
    assert strength(heard, 1_000) == pytest.approx(0.5, abs=5e-3)


@pytest.mark.parametrize("hertz", [9_500, 12_000, 15_000])
def test_what_is_too_high_for_the_new_rate_does_not_fold_back(hertz: float) -> None:
    heard = sounds.resampled(tone(hertz, 48_000), 16_000)
    assert np.abs(sounds.floats(heard)[200:-200]).max() < 0.005


def test_sound_is_the_same_as_from_another_resampler() -> None:
    from scipy.signal import resample_poly

    noise = np.random.default_rng(0).normal(0, 0.1, 48_000)
    smooth = np.convolve(noise, np.hanning(40) / 20, "same").astype(np.float32)
    ours = sounds.floats(sounds.resampled(sounds.from_floats(smooth, 48_000), 16_000))
    theirs = resample_poly(smooth, 1, 3)
    assert np.abs(ours - theirs)[50:-50].max() < 2e-3


def test_a_wav_file_comes_back_as_it_was() -> None:
    audio = tone(440, 22_050, 0.1)
    assert sounds.read_wav(sounds.write_wav(audio)) == audio


def test_stereo_becomes_the_mean_of_both_channels() -> None:
    both = np.array([[1000, 3000], [-500, 500], [32767, 32767]], "<i2")
    heard = sounds.read_wav(wav(both.tobytes(), 48_000, channels=2))
    assert struct.unpack("<3h", heard.pcm) == (2000, 0, 32767)
    assert heard.rate == 48_000
    assert sounds.from_channels(both.tobytes(), 48_000, 2) == heard


@pytest.mark.parametrize(
    ("frames", "width", "half"),
    [
        (bytes([128, 192, 64]), 1, 16384),
        (struct.pack("<3i", 0, 2**22, -(2**22))[0:3] + b"\x00\x00\x40\x00\x00\xc0", 3, 16384),
        (struct.pack("<3i", 0, 2**30, -(2**30)), 4, 16384),
    ],
)
def test_samples_of_other_widths_become_sixteen_bits(frames: bytes, width: int, half: int) -> None:
    heard = sounds.read_wav(wav(frames, width=width))
    assert struct.unpack("<3h", heard.pcm) == (0, half, -half)


WHOLE = wav(bytes(2 * 1600))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "no wav file"),
        (b"OggS" + bytes(60), "no wav file"),
        (WHOLE[:30], "no wav file"),
        (WHOLE[:20] + struct.pack("<H", 85) + WHOLE[22:], "no wav file"),
        (WHOLE[:-800], "promises 1600 samples and holds 1200"),
        (WHOLE[:24] + struct.pack("<I", 0) + WHOLE[28:], "0 samples a second"),
    ],
    ids=["empty", "ogg", "half a header", "mp3 inside", "cut short", "rate 0"],
)
def test_a_corrupt_wav_file_is_refused_in_words(data: bytes, told: str) -> None:
    with pytest.raises(InputError, match=told):
        sounds.read_wav(data)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: sounds.utterance(Audio(bytes(3), 16_000)), "3 bytes are not whole samples"),
        (lambda: sounds.utterance(Audio(bytes(4), 0)), "0 samples a second"),
        (lambda: sounds.utterance(Audio(bytes(4), -16_000)), "-16000 samples a second"),
        (lambda: sounds.utterance(Audio(bytes(4), 10**9)), "1000000000 samples a second"),
        (lambda: sounds.utterance(Audio(bytes(2 * 16_000 * 600), 16_000)), "600 s of sound"),
        (lambda: sounds.from_channels(bytes(6), 16_000, 2), "2 channels"),
        (lambda: sounds.write_wav(Audio(bytes(2), 0)), "0 samples a second"),
        (lambda: sounds.resampled(tone(440, 16_000, 0.1), 0), "0 samples a second"),
    ],
)
def test_sound_that_is_none_is_refused_in_words(make: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        make()


def test_an_utterance_has_one_rate() -> None:
    assert sounds.utterance(tone(440, 48_000, 0.2)).rate == 16_000
    assert sounds.utterance(Audio(b"", 48_000)) == Audio(b"", 16_000)
