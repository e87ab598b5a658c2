"""Exercises on speaking: one clock, mouths, real time, the end of a sentence, and money."""

# ruff: noqa: RUF001 - the letters of the phonetic alphabet
from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from companion.learning.exercises import FunctionExercise, Mistake

NOTEBOOK = "6_senses/01_speak"
Wrong = dict[str, Callable[..., Any]]
"""What to tell a learner -> the wrong answer that it fits."""

Stretches = Sequence[tuple[float, Sequence[tuple[str, float]]]]
"""(seconds, [(word, start), …]) of each stretch of sound."""

Timed = list[tuple[str, float]]


@dataclass
class OnOneClock(FunctionExercise):
    """Words of many stretches on the clock of the whole sound."""

    variable = "on_one_clock"
    hints = (
        "Keep a number beside the loop: how many seconds have sounded so far.",
        "A word begins at `begun + start`. When the stretch is over, its seconds are added to "
        "`begun`.",
        "Two loops, one in the other: for each stretch, for each of its words.",
    )
    code = """
        def on_one_clock(stretches):
            words, begun = [], 0.0
            for seconds, told in stretches:
                for word, start in told:
                    words.append((word, begun + start))
                begun += seconds
            return words
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [
            ([(0.5, [("Hello", 0.25)]), (0.25, []), (0.5, [("you", 0.125)])],),
            ([(0.5, [("a", 0.0), ("b", 0.25)]), (0.25, [("c", 0.0), ("d", 0.125)])],),
        ]

    def reference(self) -> Callable[..., Timed]:
        return _clocked

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "These are the times within each stretch. Add what sounded before it.": (
                lambda stretches: [one for _, told in stretches for one in told]
            ),
            "The seconds of a stretch count for those behind it, not for its own words.": (
                lambda stretches: _clocked(stretches, early=True)
            ),
            "A stretch without words takes time too.": (
                lambda stretches: _clocked([one for one in stretches if one[1]])
            ),
            "That is when each stretch begins. Its words begin a little later.": (
                lambda stretches: _clocked(
                    [(seconds, [(word, 0.0) for word, _ in told]) for seconds, told in stretches]
                )
            ),
            "A word and its time are a tuple, in round brackets.": (
                lambda stretches: [list(one) for one in _clocked(stretches)]
            ),
            "Those are thousandths of a second.": (
                lambda stretches: [(word, 1000 * start) for word, start in _clocked(stretches)]
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        word, start = _clocked(arguments[0])[-1]
        return f"The last word, {word!r}, begins {start:g} seconds after the first sound."


@dataclass
class Mouths(FunctionExercise):
    """Phonemes with their times become shapes of the mouth, each told when it changes."""

    variable = "mouths"
    hints = (
        "`sound.strip('ˈˌː')` takes the marks of stress and length away.",
        "An empty sound is a pause: the mouth is at rest, and that shape is called X. "
        "`table.get(sound, 'X')` gives it, for a sound that is not in the table.",
        "Compare each shape with the last one in your list: where they are the same, the mouth "
        "stays as it is, and nothing is told.",
    )
    code = """
        def mouths(phonemes, table):
            shapes = []
            for sound, start in phonemes:
                shape = table.get(sound.strip("ˈˌː"), "X")
                if not shapes or shapes[-1][0] != shape:
                    shapes.append((shape, start))
            return shapes
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        table = {"m": "A", "b": "A", "t": "B", "s": "B", "i": "B", "ɑ": "D", "u": "F", "aɪ": "D"}
        return [
            ([("m", 0.0), ("ɑ", 0.1), ("", 0.3)], table),
            ([("t", 0.0), ("s", 0.1), ("ˈuː", 0.2), ("ˈb", 0.4), ("m", 0.5), ("", 0.6)], table),
            ([("ˈaɪ", 0.0), ("m", 0.2)], table),
            ([("", 0.0), ("ˌɑː", 0.1), ("s", 0.3), ("iː", 0.4), ("", 0.5), ("", 0.6)], table),
        ]

    def reference(self) -> Callable[..., Timed]:
        return _mouths

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "The mouth stays where the next sound has the same shape. Tell only changes.": (
                lambda phonemes, table: [
                    (table.get(sound.strip("ˈˌː"), "X"), start) for sound, start in phonemes
                ]
            ),
            "ˈ, ˌ and ː are marks, not sounds, and the table has none of them.": (
                lambda phonemes, table: _mouths(phonemes, table, marks="")
            ),
            "One mark is left: ː makes a sound long and stands behind it.": (
                lambda phonemes, table: _mouths(phonemes, table, marks="ˈˌ")
            ),
            "In a pause the mouth comes to rest. Do not leave the pauses out.": (
                lambda phonemes, table: _mouths([one for one in phonemes if one[0]], table)
            ),
            "A shape may come back later. Compare with the last one only.": (
                lambda phonemes, table: list(
                    {shape: (shape, at) for shape, at in _mouths(phonemes, table)[::-1]}.values()
                )[::-1]
            ),
            "A changed mouth begins with its first sound, not with the last one of that shape.": (
                lambda phonemes, table: _mouths(phonemes[::-1], table)[::-1]
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        return f"The shapes, in order: {' '.join(shape for shape, _ in _mouths(*arguments))}."


@dataclass
class RealTimeFactor(FunctionExercise):
    """Seconds of work for each second of sound."""

    variable = "real_time_factor"
    hints = (
        "How long does the sound last? Each sample is two bytes, and `rate` of them are a second.",
        "The seconds of sound are `len(pcm) / 2 / rate`.",
        "Divide the work by the sound: below 1, the voice is quicker than it talks.",
    )
    code = """
        def real_time_factor(work, pcm, rate):
            return work / (len(pcm) / 2 / rate)
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [
            (0.5, bytes(16), 4),
            (0.7, bytes(6), 2),
            (3.0, bytes(32), 16),
        ]  # not to fill a screen

    def reference(self) -> Callable[..., float]:
        return lambda work, pcm, rate: work / (len(pcm) / 2 / rate)

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "A sample has two bytes, so there are half as many samples as bytes.": (
                lambda work, pcm, rate: work / (len(pcm) / rate)
            ),
            "The other way round: work for each second of sound.": (
                lambda work, pcm, rate: len(pcm) / 2 / rate / work
            ),
            "That is how long it sounds.": lambda work, pcm, rate: len(pcm) / 2 / rate,
            "That is the work for one sample.": lambda work, pcm, rate: work / (len(pcm) / 2),
            "There are two bytes to a sample, not two samples to a byte.": (
                lambda work, pcm, rate: work / (len(pcm) * 2 / rate)
            ),
            "`pcm` is the sound itself; how many bytes are that?": lambda work, pcm, rate: pcm / 2,
            "Brackets: divide by all the seconds.": lambda work, pcm, rate: (
                work / len(pcm) / 2 / rate
            ),
            "Do not round.": lambda work, pcm, rate: round(work / (len(pcm) / 2 / rate), 2),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        work, pcm, rate = arguments
        return f"{work:g} s of work gave {len(pcm) / 2 / rate:g} s of sound."


@dataclass
class Sentences(FunctionExercise):
    """Cut behind each end of a sentence, and behind no short form."""

    variable = "sentences"
    hints = (
        "`text.split()` gives the words. Go through them and collect until one ends a sentence.",
        "`word.endswith(('.', '!', '?'))` finds the ends, and `word not in short` leaves the short "
        "forms out.",
        "What is left in your collection when the words are over is the last sentence, if there is "
        "anything in it.",
    )
    code = """
        def sentences(text, short):
            cut, words = [], []
            for word in text.split():
                words.append(word)
                if word.endswith((".", "!", "?")) and word not in short:
                    cut.append(" ".join(words))
                    words = []
            return cut + [" ".join(words)] if words else cut
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        short = {"M.", "Dr.", "e.g."}
        return [
            ("It is late. Are you well? Yes!", short),
            ("Dr. Who met M. Dupont. They paid 3.14 euros.", short),
            ("Take fruit, e.g. apples! And then", short),
        ]

    def reference(self) -> Callable[..., list[str]]:
        return _sentences

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "A short form such as Dr. ends no sentence.": (
                lambda text, short: _sentences(text, ())
            ),
            "A point between two figures ends nothing: look for points that end a word.": (
                lambda text, short: [one.strip() for one in re.split(r"(?<=[.!?])", text) if one]
            ),
            "Sentences also end with ! and with ?.": (
                lambda text, short: _sentences(text, short, ends=".")
            ),
            "What has no end yet is missing at the end.": (
                lambda text, short: _sentences(text, short, rest=False)
            ),
            "The marks at the ends are lost, and a voice needs them for its melody.": (
                lambda text, short: [one[:-1] for one in _sentences(text, short)]
            ),
            "Those are words. Put those of one sentence together.": (
                lambda text, short: text.split()
            ),
            "Nothing was cut.": lambda text, short: [text],
            "When all is said, an empty piece is left over.": (
                lambda text, short: [*_sentences(text, short, rest=False), ""]
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        pieces = _sentences(*arguments)
        return f"There are {len(pieces)} sentences in it, and the first of them is {pieces[0]!r}."


def _mistakes(wrong: Wrong) -> list[Mistake[Callable[..., Any]]]:
    return [Mistake(answer, why) for why, answer in wrong.items()]


def _clocked(stretches: Stretches, early: bool = False) -> Timed:
    words: Timed = []
    begun = 0.0
    for seconds, told in stretches:
        begun += seconds * early
        words += [(word, begun + start) for word, start in told]
        begun += seconds * (not early)
    return words


def _mouths(phonemes: Timed, table: Mapping[str, str], marks: str = "ˈˌː") -> Timed:
    shapes: Timed = []
    for sound, start in phonemes:
        shape = table.get(sound.strip(marks), "X")
        if not shapes or shapes[-1][0] != shape:
            shapes.append((shape, start))
    return shapes


def _sentences(
    text: str, short: Sequence[str] | set[str], ends: str = ".!?", rest: bool = True
) -> list[str]:
    cut: list[str] = []
    words: list[str] = []
    for word in text.split():
        words.append(word)
        if word.endswith(tuple(ends)) and word not in short:
            cut.append(" ".join(words))
            words = []
    return [*cut, " ".join(words)] if words and rest else cut
