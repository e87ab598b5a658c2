"""How well something was heard: errors counted in words, and sound with as much noise as wanted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from companion.speech.sounds import floats, from_floats
from companion.types import Audio

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def words_of(text: str) -> list[str]:
    """The words that are compared: in small letters, without marks.

    >>> words_of("I’m fine, thanks!")
    ["i'm", 'fine', 'thanks']
    """
    return _WORD.findall(text.lower().replace("’", "'"))


def word_errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """The fewest words to change, leave out or put in that make what was heard what was said.

    The edit distance (V. I. Levenshtein, 1966), counted row by row.

    >>> word_errors("I like the sea".split(), "I like tea".split())
    2
    """
    row = list(range(len(heard) + 1))
    for count, word in enumerate(said, 1):
        above, row = row, [count]
        for at, other in enumerate(heard):
            row.append(min(above[at] + (word != other), above[at + 1] + 1, row[at] + 1))
    return row[-1]


def word_error_rate(pairs: Iterable[tuple[Sequence[str], Sequence[str]]]) -> float:
    """Errors for each word that was said, over all pairs of said and heard; it may exceed 1."""
    errors = total = 0
    for said, heard in pairs:
        errors, total = errors + word_errors(said, heard), total + len(said)
    return errors / total if total else 0.0


def with_noise(audio: Audio, ratio: float, seed: int = 0) -> Audio:
    """The sound under white noise, `ratio` decibels weaker than it (SNR); the loudness is kept."""
    import numpy as np

    clean = floats(audio)
    noise = np.random.default_rng(seed).normal(size=len(clean))
    power = float(np.mean(clean**2)) / 10 ** (ratio / 10)
    return from_floats((clean + noise * np.sqrt(power)).astype(np.float32), audio.rate)
