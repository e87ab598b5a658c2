"""Sound as the rooms pass it on: wav files in and out, one channel of two, another rate.

Everything here is checked first: what comes from a microphone or a file may be anything.
"""

from __future__ import annotations

import io
import math
import wave
from types import ModuleType
from typing import TYPE_CHECKING, TypeAlias, cast

from companion.errors import InputError, MissingExtra
from companion.types import Audio

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples: TypeAlias = npt.NDArray[np.float32]

RATE = 16_000
"""Samples a second that every recogniser and the detector of speech here want."""

SLOWEST, FASTEST = 4_000, 400_000
"""Samples a second of a telephone at its worst, and of the finest studio."""

LONGEST = 60.0
"""Seconds of sound that are taken as one utterance. Nobody's sentence is longer."""

FULL = 32_768.0
LOBES = 16
"""How far the low-pass reaches, in zero crossings to each side: more is steeper and slower."""

BLOCK = 8192
"""Samples that are made at once when the rate is changed, which bounds the memory it takes."""


def seconds(audio: Audio) -> float:
    """How long it lasts. Raises InputError for a rate that nobody records at, or half a sample."""
    if not SLOWEST <= audio.rate <= FASTEST:
        raise InputError(
            f"Sound cannot have {audio.rate} samples a second here",
            repair="Send the rate of the microphone, such as 16000 or 48000.",
        )
    if len(audio.pcm) % 2:
        raise InputError(
            f"{len(audio.pcm)} bytes are not whole samples of 16 bits",
            repair="Send an even number of bytes: 16-bit little-endian samples of one channel.",
        )
    return len(audio.pcm) / 2 / audio.rate


def utterance(audio: Audio, longest: float = LONGEST) -> Audio:
    """The same sound at 16,000 samples a second, as every recogniser wants it.

    Raises InputError for sound that is none, and for more than `longest` seconds of it.
    """
    if (length := seconds(audio)) > longest:
        raise InputError(
            f"{length:.0f} s of sound are too much for one utterance, the most is {longest:.0f} s",
            repair="Say it in parts, or let the detector of speech cut it where nobody speaks.",
        )
    return resampled(audio, RATE)


def read_wav(data: bytes) -> Audio:
    """A wav file of 8, 16, 24 or 32 bits, whose channels are mixed into one.

    Raises InputError for what is no wav file, is compressed, or ends too early.
    """
    try:
        with wave.open(io.BytesIO(data)) as file:
            channels, width, rate, count = file.getparams()[:4]
            frames = file.readframes(count)
    except (wave.Error, EOFError, ValueError, ArithmeticError) as error:
        why = str(error) or "it ends too early"
        repair = "Save it as an uncompressed wav file (PCM), such as 16 bits, mono."
        raise InputError(f"This is no wav file that can be read: {why}", repair=repair) from None
    if len(frames) != count * channels * width:
        raise InputError(
            f"The wav file promises {count} samples and holds {len(frames) // (channels * width)}",
            repair="Record or save it again: it is not whole.",
        )
    audio = Audio(_pcm(_mixed(_floats(frames, width), channels)), rate)
    seconds(audio)
    return audio


def write_wav(audio: Audio) -> bytes:
    """A wav file of 16 bits, mono. Raises InputError as `seconds` does."""
    seconds(audio)
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(audio.rate)
        wav.writeframes(audio.pcm)
    return file.getvalue()


def from_channels(pcm: bytes, rate: int, channels: int) -> Audio:
    """One channel out of interleaved 16-bit samples of several, such as a stereo microphone."""
    if channels < 1 or len(pcm) % (2 * channels):
        raise InputError(
            f"{len(pcm)} bytes are not whole samples of {channels} channels",
            repair="Send 16-bit samples, one for each channel in turn.",
        )
    return Audio(_pcm(_mixed(_floats(pcm, 2), channels)), rate)


def resampled(audio: Audio, rate: int) -> Audio:
    """The same sound at another rate, in samples a second.

    Each new sample is a sum of old ones around it, weighted by a sinc under a Hann window: a
    low-pass, so that nothing folds back (J. O. Smith, "Digital Audio Resampling", CCRMA, 2002).
    Where a new sample lies between two old ones repeats, so few different weights are needed.
    """
    seconds(audio), seconds(Audio(b"", rate))
    if audio.rate == rate or not audio.pcm:
        return Audio(audio.pcm, rate)
    np = _numpy()
    common = math.gcd(audio.rate, rate)
    step, places = audio.rate // common, rate // common
    weights = _weights(step, places)
    reach = weights.shape[1] // 2
    old = np.pad(floats(audio), reach)
    new = np.empty(math.ceil(len(audio.pcm) / 2 * places / step), np.float32)
    for start in range(0, len(new), BLOCK):
        numbers = np.arange(start, min(start + BLOCK, len(new)))
        taps = (numbers * step // places)[:, None] + np.arange(1, 2 * reach + 1)
        new[numbers] = (old[taps] * weights[numbers * step % places]).sum(axis=1)
    return Audio(_pcm(new), rate)


def _weights(step: int, places: int) -> Samples:
    """For each place between two old samples, what the old ones around it count.

    Of shape (places, taps); half of the taps lie before the place, and half behind it.
    """
    np = _numpy()
    ratio = min(1.0, places / step)  # what of the band is kept
    reach = math.ceil(LOBES / ratio)
    distance = np.arange(places)[:, None] / places - np.arange(1 - reach, reach + 1)
    window = 0.5 + 0.5 * np.cos(np.pi * np.clip(distance * ratio / LOBES, -1, 1))
    weights: Samples = (ratio * np.sinc(distance * ratio) * window).astype(np.float32)
    return weights


def floats(audio: Audio) -> Samples:
    """Its samples from -1 to 1."""
    return _floats(audio.pcm, 2)


def from_floats(samples: Samples, rate: int) -> Audio:
    """Sound of samples from -1 to 1; what is louder is clipped."""
    return Audio(_pcm(samples), rate)


def _floats(frames: bytes, width: int) -> Samples:
    """Samples of 8 (unsigned), 16, 24 or 32 bits as numbers from -1 to 1."""
    np = _numpy()
    if width == 1:
        return cast("Samples", (np.frombuffer(frames, np.uint8).astype(np.float32) - 128) / 128)
    if width == 2:
        return cast("Samples", np.frombuffer(frames, "<i2").astype(np.float32) / np.float32(FULL))
    if width == 3:  # a byte of zeros below makes them samples of 32 bits
        low = np.zeros((len(frames) // 3, 4), np.uint8)
        low[:, 1:] = np.frombuffer(frames, np.uint8).reshape(-1, 3)
        frames = low.tobytes()
    return cast("Samples", (np.frombuffer(frames, "<i4") / 2.0**31).astype(np.float32))


def _mixed(samples: Samples, channels: int) -> Samples:
    mixed: Samples = samples.reshape(-1, channels).mean(axis=1)
    return mixed


def _pcm(samples: Samples) -> bytes:
    np = _numpy()
    whole = np.rint(samples.astype(np.float64) * FULL)
    return bytes(np.clip(whole, -FULL, FULL - 1).astype("<i2").tobytes())


def _numpy() -> ModuleType:
    """numpy, imported when sound is there to work on."""
    try:
        import numpy
    except ImportError:
        raise MissingExtra("numpy", "voice") from None
    return numpy
