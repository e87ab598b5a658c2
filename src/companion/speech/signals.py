"""Short words that somebody says while the companion speaks: "mhm", "oui", "stop", "attends".

A recogniser of sentences is lost with one word alone, and none is embedded for French. Here the
choice is between a few dozen words of one language, and PocketSphinx's English sounds are near
enough to tell which it was.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, get_args

from companion.resources import packaged
from companion.speech.sounds import utterance
from companion.speech.sphinx import decoder, prepared
from companion.types import Audio, Language

if TYPE_CHECKING:
    from pocketsphinx import Decoder  # type: ignore[import-untyped]

FILE = "data/hearing/signals.txt"
WIDE = {"beam": 1e-120, "pbeam": 1e-120, "wbeam": 1e-100}
"""With so few words, every one of them is followed to its end, however unlikely it looks."""


SILENCE, HISS = 0.3, 8 / 32_768
"""Seconds and loudness of what is put around a signal. Sentences are heard better with more hiss;
of interruptions, one in thirty is then missed."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A word or two, how they sound, and whether who says them wants the companion to stop."""

    words: str
    language: Language
    stops: bool
    sounds: tuple[str, ...]


@cache
def signals(language: Language) -> tuple[Signal, ...]:
    """The signals of this language, as the package has them."""
    lines = packaged(FILE).read_text(encoding="utf-8").splitlines()
    every = (_signal(line) for line in lines if line and not line.startswith("#"))
    return tuple(one for one in every if one.language == language)


def _signal(line: str) -> Signal:
    head, _, sounds = line.partition(":")
    said, what, words = head.split(maxsplit=2)
    language: Language = next(one for one in get_args(Language) if one == said)
    return Signal(words, language, what == "stop", tuple(one.strip() for one in sounds.split("|")))


class SignalRecognizer:
    """Tells which signal a short speech is; of a long one it makes a signal too, so do not ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._decoders: dict[Language, Decoder] = {}

    def load(self, language: Language) -> None:
        """Make ready what the first sound would wait for. Raises MissingExtra, SpeechError."""
        with self._lock:
            if language not in self._decoders:
                self._decoders[language] = _decoder(signals(language))

    def interrupts(self, audio: Audio, language: Language) -> bool:
        """Whether this short speech wants the companion to stop: all but signs of listening do."""
        found = self.hear(audio, language)
        return found is None or found.stops

    def hear(self, audio: Audio, language: Language) -> Signal | None:
        """The likeliest signal; None where not even one fits. Raises InputError for no sound."""
        sound = prepared(utterance(audio), SILENCE, HISS).pcm
        self.load(language)
        with self._lock:
            listening = self._decoders[language]
            listening.reinit_feat()
            listening.start_utt()
            listening.process_raw(sound, False, True)
            listening.end_utt()
            found = listening.hyp()
        return signals(language)[int(found.hypstr[1:])] if found and found.hypstr else None


def _decoder(choices: tuple[Signal, ...]) -> Decoder:
    """A decoder whose grammar is one of these; their numbers stand for them."""
    names = [f"w{number:02d}" for number in range(len(choices))]
    grammar = f"#JSGF V1.0;\ngrammar signals;\npublic <one> = {' | '.join(names)};\n"
    with TemporaryDirectory() as folder:
        rules, words = Path(folder, "signals.jsgf"), Path(folder, "signals.dict")
        rules.write_text(grammar, encoding="utf-8")
        words.write_text("\n".join(_entries(names, choices)) + "\n", encoding="utf-8")
        return decoder(jsgf=str(rules), dict=str(words), **WIDE)


def _entries(names: list[str], choices: tuple[Signal, ...]) -> Iterator[str]:
    """The lines of a dictionary; a second way to say a word has (2) behind its name."""
    for name, choice in zip(names, choices, strict=True):
        for number, sounds in enumerate(choice.sounds, 1):
            yield f"{name}{f'({number})' if number > 1 else ''} {sounds}"
