"""Exercises on teaching a model to chat: what it reads, what counts, and what pays."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from companion.learning.exercises import Exercise, FunctionExercise, Mistake

NOTEBOOK = "1_cpu/05_teach_it_to_chat"
SLOT = re.compile(r"\{(\w+)\}")
_OPENING = ("[I play|I am learning] the {instrument}.", "[Lovely!|How nice!] Since when?")
_BETWEEN = ("[Since spring.|For years.]", "[I see.|Good.] It takes patience.")
_ENDING = ("Do you remember what I play?", "[Yes, the|The] {instrument}!")


@dataclass
class Scene(Exercise[Sequence[str]]):
    """A scene for the grammar, which has words for `slots`: the companion remembers something."""

    slots: Collection[str]
    variable = "scene"
    hints = (
        "Six lines: the user tells something, you reply, one line more each, then the user asks.",
        "Put what is told as a slot, such as {instrument}. A slot keeps its word to the end.",
        "The last question has the word `remember`, and the last line has the slot again.",
    )
    code = """
        scene = [
            "[I have|I've got] a {animal} at home.",
            "[A {animal}, how nice!|Lovely!] What is it like?",
            "[Very lively.|It sleeps all day.]",
            "[I see.|That sounds like good company.]",
            "[Do you remember what I have at home?|do you remember my pet?]",
            "[Yes, a|You told me of your] {animal}.",
        ]
    """

    @classmethod
    def example(cls) -> Scene:
        return cls(("instrument", "animal"))

    def reference(self) -> Sequence[str]:
        return [*_OPENING, *_BETWEEN, *_ENDING]

    def why_wrong(self, answer: Any) -> str | None:
        texts = isinstance(answer, (list, tuple)) and all(isinstance(line, str) for line in answer)
        if not texts or not answer:
            return f"`{self.variable}` should be a list of lines."
        why = next((why for why, wrong in self._faults(list(answer)).items() if wrong), None)
        return f"`{self.variable}`: {why}" if why else None

    def _faults(self, lines: list[str]) -> dict[str, bool]:
        """What may be wrong with a scene -> whether it is."""
        told, said, used = (_slots(text) for text in (lines[0], lines[-1], " ".join(lines)))
        unknown, asked = used - set(self.slots), lines[-2:][0].lower()
        return {
            "The companion has the last word, so the number of lines is even.": len(lines) % 2 == 1,
            "That is soon remembered. Write six lines or more.": len(lines) < 6,
            "Nothing to choose from. Give some wordings, as in [Hi|Hello].": "|" not in str(lines),
            f"There are no words for {', '.join(sorted(unknown))}.": unknown != set(),
            "The last line should have the same slot as the first one.": not told & said,
            "The user's last line does not say `remember`.": "remember" not in asked,
        }

    def mistakes(self) -> Sequence[Mistake[Any]]:
        plain = [re.sub(r"\[|\]|\|", "", line) for line in self.reference()]
        unknown = [line.replace("instrument", "banjo") for line in self.reference()]
        forgetful = [*_OPENING, *_BETWEEN, _ENDING[0], "Yes, the piano!"]
        return [
            Mistake([*_OPENING], "Write six lines or more."),
            Mistake([*self.reference(), "Thank you."], "The companion has the last word"),
            Mistake(plain, "Nothing to choose from."),
            Mistake(unknown, "There are no words for banjo."),
            Mistake(forgetful, "the same slot as the first one"),
            Mistake([*_OPENING, *_BETWEEN, "And now?", _ENDING[1]], "does not say `remember`"),
        ]


@dataclass
class Labels(FunctionExercise):
    """What counts as a mistake: the companion's words, and nobody else's."""

    variable = "labels"
    hints = (
        "Go through the tokens and keep in mind whether the companion is speaking.",
        "It speaks after its role mark, up to its end mark, which counts as well.",
        "Append `token` or -100 first; then look whether this token starts or ends its turn.",
    )
    code = """
        def labels(ids, assistant, end):
            scored, speaking = [], False
            for token in ids:
                scored.append(token if speaking else -100)
                speaking = token == assistant or (speaking and token != end)
            return scored
    """

    @classmethod
    def example(cls) -> Labels:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [
            ([1, 4, 20, 2, 5, 30, 31, 2], 5, 2),
            ([1, 3, 9, 2, 4, 20, 2, 5, 30, 2, 4, 21, 2, 5, 31, 2], 5, 2),
            ([1, 4, 20, 2], 5, 2),
        ]

    def reference(self) -> Callable[..., list[int]]:
        return _labels

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda ids, assistant, end: [
                    -100 if label == end else label for label in _labels(ids, assistant, end)
                ],
                "Without its end mark the companion never learns to stop.",
            ),
            Mistake(
                lambda ids, assistant, end: [
                    token if token == assistant else label
                    for token, label in zip(ids, _labels(ids, assistant, end), strict=True)
                ],
                "The role mark is set by the template. The companion never has to say it.",
            ),
            Mistake(
                lambda ids, assistant, end: [
                    token if assistant in ids[:at] else -100 for at, token in enumerate(ids)
                ],
                "After its end mark it is somebody else's turn.",
            ),
            Mistake(
                lambda ids, assistant, end: list(ids),
                "Then it learns to speak for the user as well.",
            ),
            Mistake(
                lambda ids, assistant, end: [*_labels(ids, assistant, end)[1:], -100],
                "A label stands where its token stands: the library moves them by one itself.",
            ),
        ]


@dataclass
class FairPace(FunctionExercise):
    """Tokens per second that count: those that something is learnt from."""

    variable = "fair_pace"
    hints = (
        "A row that is filled up with padding is computed as well, but nothing is learnt from it.",
        "Count the tokens in all rows that are not `padding`.",
        "`sum(token != padding for row in rows for token in row)`, divided by the seconds.",
    )
    code = """
        def fair_pace(rows, padding, seconds):
            return sum(token != padding for row in rows for token in row) / seconds
    """

    @classmethod
    def example(cls) -> FairPace:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [([[5, 6, 0, 0], [7, 0, 0, 0]], 0, 0.5), ([[9, 9, 1], [9, 1, 1]], 1, 4.0)]

    def reference(self) -> Callable[..., float]:
        return lambda rows, padding, seconds: (
            sum(token != padding for row in rows for token in row) / seconds
        )

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda rows, padding, seconds: sum(map(len, rows)) / seconds,
                "That counts padding. More of it would look like more speed.",
            ),
            Mistake(
                lambda rows, padding, seconds: len(rows) / seconds,
                "Those are rows a second.",
            ),
            Mistake(
                lambda rows, padding, seconds: sum(row.count(padding) for row in rows) / seconds,
                "That is how fast it reads nothing.",
            ),
        ]


@dataclass
class HeldOutBits(FunctionExercise):
    """Bits per byte from the surprise at each token, and the words that were said."""

    variable = "bits_per_byte"
    hints = (
        "Add up the surprise of all tokens: the whole conversation is to be foreseen.",
        "It is in nats; one bit is `math.log(2)` nats.",
        "`len(turn.encode())` is the number of bytes; an é has two.",
    )
    code = """
        import math

        def bits_per_byte(nats, turns):
            return sum(nats) / math.log(2) / sum(len(turn.encode()) for turn in turns)
    """

    @classmethod
    def example(cls) -> HeldOutBits:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [
            ([math.log(2)] * 8, ["Hi.", "Hello"]),
            ([0.5, 1.5, 3.0], ["Ça va ?", "Très bien."]),
        ]

    def reference(self) -> Callable[..., float]:
        return lambda nats, turns: _bits(sum(nats), sum(len(turn.encode()) for turn in turns))

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda nats, turns: _bits(sum(nats), sum(map(len, turns))),
                "Those are characters. An é takes two bytes.",
            ),
            Mistake(
                lambda nats, turns: _bits(sum(nats), 1) / len(nats),
                "That is for each token, and what a token is differs from model to model.",
            ),
            Mistake(
                lambda nats, turns: sum(nats) / sum(len(turn.encode()) for turn in turns),
                "Those are nats. One bit is less than a nat.",
            ),
        ]


@dataclass
class Keep(FunctionExercise):
    """When is a change worth keeping?"""

    variable = "keep"
    hints = (
        "Bits per byte are better when they are lower.",
        "Two runs of the same recipe differ by `noise`, so less than that says nothing.",
        "The change must be better than the best so far by more than the noise.",
    )
    code = """
        def keep(best, bits, noise):
            return best - bits > noise
    """

    @classmethod
    def example(cls) -> Keep:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(2.0, 1.5, 0.125), (2.0, 1.9375, 0.125), (2.0, 2.5, 0.125), (1.5, 1.5, 0.0)]

    def reference(self) -> Callable[..., bool]:
        return lambda best, bits, noise: best - bits > noise

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda best, bits, noise: bits < best,
                "So small a difference comes by chance. How far do two equal runs differ?",
            ),
            Mistake(
                lambda best, bits, noise: abs(best - bits) > noise,
                "A clear difference can also be clearly worse.",
            ),
            Mistake(
                lambda best, bits, noise: bits - best > noise,
                "Is a conversation better foreseen when it costs more bits?",
            ),
        ]


def _slots(line: str) -> set[str]:
    return {slot.lower() for slot in SLOT.findall(line)}


def _labels(ids: Sequence[int], assistant: int, end: int) -> list[int]:
    scored, speaking = [], False
    for token in ids:
        scored.append(token if speaking else -100)
        speaking = token == assistant or (speaking and token != end)
    return scored


def _bits(nats: float, size: int) -> float:
    return nats / math.log(2) / size
