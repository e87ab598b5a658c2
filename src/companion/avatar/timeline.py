"""Mouths on a time axis: stretches of speech as one, and the mouth of each moment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace

from companion.errors import SpeechError
from companion.types import Audio, MouthShape, Speech, Viseme


def joined(stretches: Iterable[Speech]) -> Speech:
    """Stretches that follow each other, as one; its times count from its own first sample.

    Raises SpeechError when there are none, or their sounds have different rates.
    """
    parts = list(stretches)
    rates = {part.audio.rate for part in parts}
    if len(rates) != 1:
        what = "Stretches of speech with different rates cannot be joined" if rates else "No speech"
        raise SpeechError(what, where=", ".join(map(str, sorted(rates))))
    rate, begun = rates.pop(), 0.0
    whole = Speech(Audio(b"", rate))
    for part in parts:
        later = _later(part, begun)
        whole = Speech(
            Audio(whole.audio.pcm + later.audio.pcm, rate),
            whole.words + later.words,
            whole.visemes + later.visemes,
        )
        begun = len(whole.audio.pcm) / 2 / rate
    return whole


def _later(speech: Speech, seconds: float) -> Speech:
    words = tuple(replace(word, start=word.start + seconds) for word in speech.words)
    visemes = tuple(replace(viseme, start=viseme.start + seconds) for viseme in speech.visemes)
    return replace(speech, words=words, visemes=visemes)


def shape_at(visemes: Sequence[Viseme], second: float) -> MouthShape:
    """The mouth at that second, for visemes in the order of time; at rest before the first."""
    begun = bisect_right(visemes, second, key=lambda viseme: viseme.start)
    return visemes[begun - 1].shape if begun else "X"


def frames(visemes: Sequence[Viseme], seconds: float, per_second: float) -> list[MouthShape]:
    """The mouth of each picture of a film of that length, as it is at the picture's beginning."""
    count = round(seconds * per_second)
    return [shape_at(visemes, number / per_second) for number in range(count)]
