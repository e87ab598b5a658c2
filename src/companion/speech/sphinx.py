"""The recogniser that is always there: PocketSphinx, held open, with a vocabulary of its own."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from companion.errors import MissingExtra, SpeechError
from companion.speech import vocabulary
from companion.speech.recognizer import Recognizer
from companion.speech.sounds import RATE, floats, from_floats
from companion.types import Audio, Language

if TYPE_CHECKING:
    from pocketsphinx import Decoder  # type: ignore[import-untyped]

    from companion.speech.sounds import Samples

SILENCE = 0.5
"""Seconds of near silence that are put around an utterance: without it, first words are lost, and
of a greeting alone more are misheard with 0.2 or 0.8."""

HISS = 64 / 32_768
"""How loud that silence is: sound without any noise is unlike what the model was trained on, and
first sounds are misheard ("good" as "hilda") where the silence is deeper than that of a room."""

LOUD = 0.15
"""How loud the loud parts of an utterance are made, from 0 to 1, so that a quiet microphone is not
lost under the hiss."""

FAINTEST = 1e-4
"""The loudness below which nothing is made louder as it were speech."""

FRAME = 400
"""Samples whose loudness is taken together: 25 ms."""


class Sphinx(Recognizer):
    """PocketSphinx with its English sounds; one decoder, loaded once."""

    def __init__(
        self, name: str = "pocketsphinx", words: Literal["companion", "general"] = "companion"
    ) -> None:
        super().__init__(name, frozenset({"en"}))
        self._words = words
        self._vocabulary: vocabulary.Vocabulary | None = None
        self._decoder: Decoder | None = None

    def _load(self) -> None:
        if self._decoder is not None:
            return
        if self._words == "general":
            self._decoder = decoder()
            return
        self._vocabulary = vocabulary.load()
        with TemporaryDirectory() as folder:
            model, words = self._vocabulary.write_decoder_files(Path(folder))
            self._decoder = decoder(lm=str(model), dict=str(words))

    def _understand(self, audio: Audio, language: Language) -> tuple[str, float | None]:
        assert self._decoder is not None
        self._decoder.reinit_feat()  # forget the noise of what was said before
        self._decoder.start_utt()
        self._decoder.process_raw(prepared(audio).pcm, False, True)
        self._decoder.end_utt()
        found = self._decoder.hyp()
        if found is None or not found.hypstr:
            return "", None
        confidence = float(found.prob) ** (1 / len(found.hypstr.split()))  # of one word
        if self._vocabulary is None:
            return found.hypstr, confidence
        return self._vocabulary.in_writing(found.hypstr.split()), confidence


def prepared(audio: Audio, silence: float = SILENCE, hiss: float = HISS) -> Audio:
    """The utterance, as loud as any, between so many seconds of near silence.

    The noise is the same each time.
    """
    import numpy as np

    around = np.zeros(int(silence * RATE), np.float32)
    whole = np.concatenate([around, _levelled(floats(audio)), around])
    noise = np.random.default_rng(0).normal(0, hiss, len(whole))
    return from_floats((whole + noise).astype(np.float32), RATE)


def _levelled(samples: Samples) -> Samples:
    """The same sound, its loudest tenth at `LOUD`; what is almost silence stays almost silence."""
    import numpy as np

    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    if not len(frames):
        return samples
    loudness = float(np.quantile(np.sqrt(np.mean(frames**2, axis=1)), 0.9))
    return samples * np.float32(LOUD / max(loudness, FAINTEST))


def decoder(**options: str | float) -> Decoder:
    """A decoder with these files and options, which writes no log.

    The mean of the sound is taken over the whole utterance, so that what was said before changes
    nothing. Raises MissingExtra without pocketsphinx, SpeechError where it cannot start.
    """
    try:
        from pocketsphinx import Decoder
    except ImportError:
        raise MissingExtra("pocketsphinx", "voice") from None
    try:
        return Decoder(samprate=RATE, cmn="batch", loglevel="FATAL", **options)
    except (RuntimeError, ValueError) as error:
        raise SpeechError(
            f"PocketSphinx cannot start: {error}",
            repair="Install it again: pip install pocketsphinx",
        ) from None
