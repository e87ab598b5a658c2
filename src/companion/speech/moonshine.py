"""Moonshine, a small network that hears English as people speak it; its weights are in its package,
in ONNX Runtime's format, which holds no code.

The paper: Jeffries et al., Moonshine: Speech Recognition for Live Transcription and Voice Commands
(2024), arxiv.org/abs/2410.15608.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from companion.errors import SpeechError
from companion.speech.recognizer import Recognizer
from companion.speech.sounds import RATE, floats
from companion.types import Audio, Language

if TYPE_CHECKING:
    from moonshine_voice import Transcriber  # type: ignore[import-untyped]

    from companion.speech.sounds import Samples

REPAIR = "Install a version that brings its weights: pip install 'moonshine-voice<0.1'"
"""Not the extra "voice": on Macs, that leaves it out."""

OPTIONS = {"vad_threshold": "0"}
"""Its own detector of speech would leave out quiet words: whoever asks has detected speech before,
and cut it into turns."""

LONGEST = 15 * RATE
"""Samples that are heard at one go: of much more, it repeats itself."""

PAUSE = RATE // 4
"""Samples of the stillest moment, at which something longer is cut."""


class Moonshine(Recognizer):
    """Its model "tiny", 27 million weights of eight bits, loaded once."""

    def __init__(self, name: str = "moonshine") -> None:
        super().__init__(name, frozenset({"en"}))
        self._transcriber: Transcriber | None = None

    def _load(self) -> None:
        self._transcriber = self._transcriber or _tiny()

    def _understand(self, audio: Audio, language: Language) -> tuple[str, float | None]:
        """It tells no probability."""
        from moonshine_voice import MoonshineError

        try:
            texts = [self._heard(part) for part in parts(floats(audio))]
        except MoonshineError as error:
            raise SpeechError(f"It could not listen: {error}", where=self.name) from error
        return " ".join(filter(None, texts)), None

    def _heard(self, samples: Samples) -> str:
        assert self._transcriber is not None
        found: Any = self._transcriber.transcribe_without_streaming(samples.tolist(), RATE)
        return " ".join(line.text.strip() for line in found.lines)


def parts(samples: Samples) -> Iterator[Samples]:
    """The sound in order, in parts of `LONGEST` at most, cut where it is stillest."""
    while len(samples) > LONGEST:
        cut = LONGEST // 2 + _stillest(samples[LONGEST // 2 : LONGEST])
        yield samples[:cut]
        samples = samples[cut:]
    yield samples


def _stillest(samples: Samples) -> int:
    """The middle of the stillest moment."""
    import numpy as np

    power = np.cumsum(samples.astype(np.float64) ** 2)
    return int(np.argmin(power[PAUSE:] - power[:-PAUSE])) + PAUSE // 2


def _tiny() -> Transcriber:
    """Raises SpeechError without the package, or where it brings no weights."""
    try:
        from moonshine_voice import ModelArch, MoonshineError, Transcriber, get_model_path
    except ImportError:
        raise SpeechError("Moonshine is not installed", repair=REPAIR) from None
    try:
        return Transcriber(str(get_model_path("tiny-en")), ModelArch.TINY, options=OPTIONS)
    except (MoonshineError, OSError) as error:
        raise SpeechError(f"Moonshine cannot start: {error}", repair=REPAIR) from None
