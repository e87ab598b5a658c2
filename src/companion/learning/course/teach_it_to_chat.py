"""Exercises on teaching a model to chat: what it reads, what counts, and what pays."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from companion.learning.exercises import Exercise, FunctionExercise, Mistake
from companion.learning.scenes import first_fault

NOTEBOOK = "1_cpu/05_teach_it_to_chat"
Wrong = dict[str, Callable[..., Any]]
"""What to tell a learner -> the wrong answer that it fits."""
_SCENE = ["[I play|I am learning] the {instrument}.", "[Lovely!|How nice!] Since when?"]
_SCENE += ["[Since spring.|For years.]", "[I see.|Good.] It takes patience."]
_SCENE += ["Do you remember what I play?", "[Yes, the|The] {instrument}!"]


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
        return list(_SCENE)

    def why_wrong(self, answer: Any) -> str | None:
        why = first_fault(answer, self.slots)
        return f"`{self.variable}`: {why}" if why else None

    def mistakes(self) -> Sequence[Mistake[Any]]:
        said, plain = "Do you remember my {instrument}?", [re.sub(r"[][|]", "", x) for x in _SCENE]
        return [
            Mistake(_SCENE[:2], "Write six lines or more."),
            Mistake([*_SCENE, "Thank you."], "The companion has the last word"),
            Mistake([_SCENE[0], "[Lovely!|Good", *_SCENE[2:]], "A bracket or brace has no partner"),
            Mistake([*_SCENE[:2], "", *_SCENE[3:]], "Line 3 may come out empty."),
            Mistake(plain, "Nothing to choose from."),
            Mistake([x.replace("instrument", "banjo") for x in _SCENE], "no words for {banjo}"),
            Mistake([*_SCENE[:-1], "Yes, the piano!"], "the same slot as the first one"),
            Mistake([*_SCENE[:-1], "[The {instrument}!|I do.]"], "in some wordings only"),
            Mistake([*_SCENE[:4], "And now?", _SCENE[5]], "does not say `remember`"),
            Mistake([*_SCENE[:4], said, _SCENE[5]], "The question gives {instrument} away"),
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

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [
            ([1, 4, 20, 2, 5, 30, 31, 2], 5, 2),
            ([1, 3, 9, 2, 4, 20, 2, 5, 30, 2, 4, 21, 2, 5, 31, 2], 5, 2),
            ([1, 4, 20, 2], 5, 2),
        ]

    def reference(self) -> Callable[..., list[int]]:
        return _labels

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        each: Wrong = {  # of a token, its right label, the role mark and the end mark
            "Then it learns to speak for the user as well.": lambda t, x, a, e: t,
            "Then nothing counts, and nothing is learnt.": lambda t, x, a, e: -100,
            "Without its end it never learns to stop.": lambda t, x, a, e: -100 if t == e else x,
            "The template says the role mark for it.": lambda t, x, a, e: t if t == a else x,
            "Where users end does not count.": lambda t, x, a, e: t if t == e else x,
            "Those are marks. Where are the words?": lambda t, x, *marks: t if t in marks else -100,
            "That counts what others say.": lambda t, x, a, e: t if x == -100 else -100,
            "0 is a token's number. The loss leaves out -100.": lambda t, x, a, e: max(x, 0),
            "Not whether it counts, but the token itself.": lambda t, x, a, e: x >= 0,
        }
        whole: Wrong = {  # of all tokens, their right labels and the role mark
            "After its end mark it is somebody else's turn.": lambda ids, right, a: [
                token if a in ids[:at] else -100 for at, token in enumerate(ids)
            ],
            "A label stands at its token, not before it.": lambda ids, x, a: [*x[1:], -100],
        }
        return _wrong(whole, lambda ids, a, e: (ids, _labels(ids, a, e), a)) + [
            Mistake(partial(_one_by_one, label), why) for why, label in each.items()
        ]

    def expected(self, *arguments: Any) -> str:
        ids, assistant, end = arguments
        words = [label for label in _labels(ids, assistant, end) if label not in (-100, end)]
        said = f"those of the companion's words are {words}" if words else "no word is its"
        return f"Of {len(ids)} labels, {said}; {assistant} opens its turn, and {end} closes any."


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

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [([[5, 6, 7, 7], [8, 0, 0, 0]], 0, 0.5), ([[9, 9, 1], [9, 1, 1]], 1, 4.0)]

    def reference(self) -> Callable[..., float]:
        return lambda rows, padding, seconds: _real(rows, padding) / seconds

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {  # of rows, padding, tokens that are none, and seconds
            "That counts padding: more looks faster.": lambda r, p, n, s: sum(map(len, r)) / s,
            "That is how fast it reads nothing.": lambda r, p, n, s: (sum(map(len, r)) - n) / s,
            "Those are rows a second.": lambda r, p, n, s: len(r) / s,
            "That is one row. A batch has several.": lambda r, p, n, s: _real(r[:1], p) / s,
            "What comes twice is read twice.": lambda r, p, n, s: len(set().union(*r) - {p}) / s,
            "That adds up the numbers of the tokens.": lambda r, p, n, s: (
                sum(token for row in r for token in row if token != p) / s
            ),
            "Padding is not always 0. Here it is `padding`.": lambda r, p, n, s: _real(r, 0) / s,
            "`rows` is a list of lists. Go row by row.": lambda r, p, n, s: (r != p).sum() / s,
            "So many tokens. In how many seconds?": lambda r, p, n, s: n,
            "Twice the seconds would be twice the pace.": lambda r, p, n, s: n * s,
            "Upside down: seconds for a token.": lambda r, p, n, s: s / n,
            "A pace need not be a whole number.": lambda r, p, n, s: n // s,
        }
        return _wrong(wrong, lambda rows, padding, s: (rows, padding, _real(rows, padding), s))

    def expected(self, *arguments: Any) -> str:
        rows, padding, seconds = arguments
        return f"There are {_real(rows, padding)} tokens without padding, in {seconds} s."


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

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [([2.0, 1.0, 0.5], ["Hi.", "Hello"]), ([0.5, 1.5, 3.0], ["Ça va ?", "Très bien."])]

    def reference(self) -> Callable[..., float]:
        return lambda nats, turns: sum(nats) / math.log(2) / _size(turns)

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        nat = math.log(2)
        wrong: Wrong = {  # of nats in all, tokens, bytes
            "That is for each token, which differs by model.": lambda x, n, b: x / nat / n,
            "For each token, and in nats.": lambda x, n, b: x / n,
            "Those are nats. One bit is less than a nat.": lambda x, n, b: x / b,
            "There must be more bits than nats: a bit is less.": lambda x, n, b: x * nat / b,
            "Those are all the bits. How many for one byte?": lambda x, n, b: x / nat,
            "That divides by the tokens as well.": lambda x, n, b: x / n / nat / b,
            "Upside down: bytes for one bit.": lambda x, n, b: b * nat / x,
            "No 8: these bits measure surprise.": lambda x, n, b: x / nat / b / 8,
            "0.693 is rounded. `math.log(2)` is exact.": lambda x, n, b: x / 0.693 / b,
            "1.4427 is rounded. `1 / math.log(2)` is exact.": lambda x, n, b: x * 1.4427 / b,
        }
        sizes: Wrong = {  # of bits in all, and the turns
            "Those are characters. An é takes two bytes.": lambda x, turns: x / len("".join(turns)),
            "That is for each turn. How many bytes are they?": lambda x, turns: x / len(turns),
            "That is the size of the first turn only.": lambda x, turns: x / _size(turns[:1]),
            "Nobody says what is between turns.": lambda x, turns: x / _size([" ".join(turns)]),
        }
        return _wrong(sizes, lambda nats, turns: (sum(nats) / nat, turns)) + _wrong(
            wrong, lambda nats, turns: (sum(nats), len(nats), _size(turns))
        )

    def expected(self, *arguments: Any) -> str:
        nats, turns = arguments
        return f"The surprise is {sum(nats):.3g} nats in all, and {_size(turns)} bytes were said."


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

    def cases(self) -> Sequence[tuple[Any, ...]]:
        others = [(4.0, 3.75, 0.125), (0.5, 0.3125, 0.125), (1.5, 1.5, 0.0)]
        return [*((2.0, bits, 0.125) for bits in (1.5, 1.9375, 2.5, 2.0625)), *others]

    def reference(self) -> Callable[..., bool]:
        return lambda best, bits, noise: best - bits > noise

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        gains: Wrong = {  # of what is gained, and the noise
            "So little comes by chance. How far do equal runs differ?": lambda gain, n: gain > 0,
            "A clear difference can also be clearly worse.": lambda gain, n: abs(gain) > n,
            "Is a conversation better foreseen when it costs more bits?": lambda gain, n: -gain > n,
            "That keeps small gains and drops large ones.": lambda gain, n: gain < n,
            "Worse by less than the noise is not better.": lambda gain, n: gain > -n,
            "No gain at all is no gain, even without noise.": lambda gain, n: gain >= n,
            "More than the noise is enough, once.": lambda gain, n: gain > 2 * n,
            "Then every change is kept, the bad ones too.": lambda gain, n: True,
        }
        others: Wrong = {
            "The noise is in bits, not a share of them.": lambda best, x, n: x < best * (1 - n),
            "That keeps nothing. What must be larger than the noise?": lambda best, x, n: x < n,
        }
        return _wrong(gains, lambda best, bits, noise: (best - bits, noise)) + _wrong(others)

    def expected(self, *arguments: Any) -> str:
        best, bits, noise = arguments
        return f"{best} bits have become {bits}, and equal runs differ by {noise}."


def _labels(ids: Sequence[int], assistant: int, end: int) -> list[int]:
    scored, speaking = [], False
    for token in ids:
        scored.append(token if speaking else -100)
        speaking = token == assistant or (speaking and token != end)
    return scored


def _one_by_one(label: Callable[..., object], ids: list[int], assistant: int, end: int) -> object:
    pairs = zip(ids, _labels(ids, assistant, end), strict=True)
    return [label(token, right, assistant, end) for token, right in pairs]


def _wrong(
    answers: Wrong, of: Callable[..., tuple[Any, ...]] = lambda *given: given
) -> list[Mistake[Callable[..., Any]]]:
    """Mistakes that are made with what `of` makes of the arguments."""
    return [
        Mistake(lambda *given, answer=answer: answer(*of(*given)), why)
        for why, answer in answers.items()
    ]


def _real(rows: Sequence[Sequence[int]], padding: int) -> int:
    return sum(token != padding for row in rows for token in row)


def _size(turns: Sequence[str]) -> int:
    return len("".join(turns).encode())
