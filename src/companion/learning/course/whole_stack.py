"""Exercises on a whole turn: a few tokens of memory, the wait, what overlaps, what was heard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from companion.learning.exercises import FunctionExercise, Mistake
from companion.learning.rows import common, first_of, last_end, next_end, rows, since, waited

NOTEBOOK = "7_companion/02_the_whole_stack"

Wrong: TypeAlias = dict[str, Callable[..., Any]]


class Within(FunctionExercise):
    """Which of the facts fit into the tokens that there are for them?"""

    variable = "within"
    if_changed = "the list that came in has changed, and the next budget needs it whole."
    hints = (
        "Go through the facts in their order, and keep count of the tokens that are left.",
        "A fact that needs no more than what is left is taken, and uses its tokens up.",
        "One that does not fit is passed over: a later one may be shorter.",
    )
    code = """
        def within(facts, budget):
            taken = []
            for text, tokens in facts:
                if tokens <= budget:
                    taken.append(text)
                    budget -= tokens
            return taken
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        facts = [("name", 5), ("sister", 9), ("home", 7), ("sea", 2)]
        return [(facts, budget) for budget in (16, 14, 21, 25, 1)] + [([], 10)]

    def reference(self) -> Callable[..., list[str]]:
        return _within

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return _mistakes(
            {
                "That stops at the first fact that is too long. A later one may still fit.": (
                    lambda facts, budget: _within(facts, budget, stops=True)
                ),
                "That takes the short ones first. The order says which matter most.": (
                    lambda facts, budget: _within(sorted(facts, key=lambda one: one[1]), budget)
                ),
                "Each fits alone, but not all together: what is taken uses its tokens up.": (
                    lambda facts, budget: [text for text, tokens in facts if tokens <= budget]
                ),
                "A fact that takes just what is left fits too.": (
                    lambda facts, budget: _within(facts, budget - 1)
                ),
                "Only the texts are asked for, without their tokens.": (
                    lambda facts, budget: [one for one in facts if one[0] in _within(facts, budget)]
                ),
                "That counts facts. The budget is in tokens.": (
                    lambda facts, budget: [text for text, _ in facts[:budget]]
                ),
                "That counts letters. The tokens of each fact stand behind its text.": (
                    lambda facts, budget: _within([(text, len(text)) for text, _ in facts], budget)
                ),
                "That takes one too many: look whether a fact fits before you take it.": _full,
            }
        )

    def expected(self, *arguments: Any) -> str:
        facts, budget = arguments
        return f"{len(_within(facts, budget))} of {len(facts)} fit into {budget} tokens."


class WaitMs(FunctionExercise):
    """How long does the user wait, from their own last sound to the companion's first?"""

    variable = "wait_ms"
    hints = (
        "Two moments: the user fell silent when `hear` begins. When is the first sound there?",
        'The first sound is there at the end of the stage "first audio": `begin` plus `length`.',
        "Without that stage nothing was said aloud; the text is there when `answer` begins.",
    )
    code = """
        def wait_ms(stages):
            rows = {row["stage"]: row for row in stages}
            if "first audio" in rows:
                until = rows["first audio"]["begin"] + rows["first audio"]["length"]
            else:
                until = rows["answer"]["begin"]
            return until - rows["hear"]["begin"]
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        aloud = rows(
            ("hear", 0, 600), ("answer", 640, 300), ("first audio", 640, 60), ("speaking", 700, 200)
        )
        later = [{**row, "begin": row["begin"] + 50} for row in aloud]
        return [(aloud,), (later,), (later[:2],), ([aloud[1], aloud[2], aloud[0]],)]

    def reference(self) -> Callable[..., float]:
        return waited

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return _mistakes(
            {
                "That adds up all stages. Some run at the same time, and some come later.": (
                    lambda stages: sum(row["length"] for row in stages)
                ),
                "That is the end of everything. The user heard something long before.": (
                    lambda stages: last_end(stages) - stages[0]["begin"]
                ),
                "That is when the voice begins to work. Its first sound is there when that ends.": (
                    lambda stages: (
                        first_of(stages, "first audio", "answer")["begin"]
                        - first_of(stages, "hear")["begin"]
                    )
                ),
                "That leaves out the hearing: the user waits from their own last sound on.": (
                    lambda stages: waited(stages) - first_of(stages, "hear")["length"]
                ),
                "That is how long the voice took. The user waited for all before it, too.": (
                    lambda stages: first_of(stages, "first audio", "answer")["length"]
                ),
                "Milliseconds are asked for, as in the rows, and not seconds.": (
                    lambda stages: waited(stages) / 1000
                ),
                "Count from where `hear` begins; that need not be 0, nor the first row.": (
                    lambda stages: waited(stages) + first_of(stages, "hear")["begin"]
                ),
                "What if nothing was said aloud? Then the first words that can be read count.": (
                    lambda stages: (
                        next(
                            row["begin"] + row["length"]
                            for row in stages
                            if row["stage"] == "first audio"
                        )
                        - first_of(stages, "hear")["begin"]
                    )
                ),
            }
        )

    def expected(self, *arguments: Any) -> str:
        (stages,) = arguments
        aloud = any(row["stage"] == "first audio" for row in stages)
        until = "the end of `first audio`" if aloud else "the beginning of `answer`"
        begin = first_of(stages, "hear")["begin"]
        return f"It goes from the beginning of `hear`, which is at {begin}, to {until}."


class HiddenMs(FunctionExercise):
    """For how long do two stages run at the same time?"""

    variable = "hidden_ms"
    hints = (
        "Both run from the later of the two beginnings to the earlier of the two ends.",
        'A stage ends at `row["begin"] + row["length"]`.',
        "Where the earlier end comes before the later beginning, nothing overlaps: `max(0, …)`.",
    )
    code = """
        def hidden_ms(one, other):
            begin = max(one["begin"], other["begin"])
            end = min(one["begin"] + one["length"], other["begin"] + other["length"])
            return max(0, end - begin)
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        spans = [(0, 300), (100, 400), (50, 100), (400, 50), (300, 20)]
        one, *others = rows(*((f"stage {at}", *span) for at, span in enumerate(spans)))
        return [*((one, other) for other in others), (others[0], one)]

    def reference(self) -> Callable[..., float]:
        return common

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return _mistakes(
            {
                "Less than nothing cannot be hidden: where they do not meet, it is 0.": (
                    lambda one, other: next_end(one, other) - since(one, other)
                ),
                "That is from the first beginning to the last end, with all that lies between.": (
                    lambda one, other: last_end([one, other]) - min(one["begin"], other["begin"])
                ),
                "That compares the lengths. When they begin counts as well.": (
                    lambda one, other: min(one["length"], other["length"])
                ),
                "That is the end of the first minus the beginning of the second. The second may "
                "end sooner, or be the one that began first.": lambda one, other: max(
                    0, one["begin"] + one["length"] - other["begin"]
                ),
                "Where they do not meet, that is the pause between them. It hides nothing: 0.": (
                    lambda one, other: abs(next_end(one, other) - since(one, other))
                ),
                "That is how much later the other begins. For how long do both run then?": (
                    lambda one, other: abs(one["begin"] - other["begin"])
                ),
                "Milliseconds are asked for, as in the rows, and not seconds.": (
                    lambda one, other: common(one, other) / 1000
                ),
                "A stage ends at `begin` plus `length`.": lambda one, other: max(
                    0, min(one["length"], other["length"]) - since(one, other)
                ),
            }
        )

    def expected(self, *arguments: Any) -> str:
        return "Draw both bars under each other: how wide is what lies in both?"


class HeardWords(FunctionExercise):
    """Which words were heard, when somebody interrupts at a moment?"""

    variable = "heard_words"
    hints = (
        "A word is over when the next one begins, so you need each word and its follower.",
        "`zip(words, words[1:])` gives the pairs; a word counts if its follower began in time.",
        "The last word has no follower: it is over at `length`, the end of the sound.",
    )
    code = """
        def heard_words(words, length, stopped):
            ends = [start for _, start in words[1:]] + [length]
            pairs = zip(words, ends)
            return [word for (word, start), end in pairs if end <= stopped]
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        words = [("Once", 0.0), ("upon", 0.4), ("a", 0.7), ("time", 0.8)]
        return [(words, 1.2, stopped) for stopped in (0.5, 0.7, 0.3, 0.9, 1.2)] + [([], 0.0, 1.0)]

    def reference(self) -> Callable[..., list[str]]:
        return _heard

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return _mistakes(
            {
                "That counts a word as soon as it begins. Half a word was not heard.": (
                    lambda words, length, stopped: [w for w, start in words if start <= stopped]
                ),
                "The last word is never heard that way, even if all of the sound was played.": (
                    lambda words, length, stopped: _heard(words, float("inf"), stopped)
                ),
                "A word that ends at that very moment was heard to its end.": (
                    lambda words, length, stopped: _heard(words, length, stopped - 1e-6)
                ),
                "Those are the words that were *not* heard.": (
                    lambda words, length, stopped: [w for w, _ in words][
                        len(_heard(words, length, stopped)) :
                    ]
                ),
                "That takes every word to be equally long. The voice tells when each begins.": (
                    lambda words, length, stopped: [w for w, _ in words][
                        : int(len(words) * stopped / length) if length else 0
                    ]
                ),
                "Only the words are asked for, without their seconds.": (
                    lambda words, length, stopped: words[: len(_heard(words, length, stopped))]
                ),
            }
        )

    def expected(self, *arguments: Any) -> str:
        words, length, stopped = arguments
        return f"By {stopped} s, {len(_heard(words, length, stopped))} of {len(words)} are over."


def _mistakes(wrong: Wrong) -> list[Mistake[Callable[..., Any]]]:
    return [Mistake(answer, why) for why, answer in wrong.items()]


def _within(facts: Sequence[tuple[str, int]], budget: int, stops: bool = False) -> list[str]:
    """The texts that fit; `stops` at the first that does not."""
    taken = []
    for text, tokens in facts:
        if tokens <= budget:
            taken.append(text)
            budget -= tokens
        elif stops:
            break
    return taken


def _full(facts: Sequence[tuple[str, int]], budget: int) -> list[str]:
    """The texts up to the one that breaks the budget, that one included."""
    taken = []
    for text, tokens in facts:
        taken.append(text)
        budget -= tokens
        if budget <= 0:
            break
    return taken


def _heard(words: Sequence[tuple[str, float]], length: float, stopped: float) -> list[str]:
    ends = [start for _, start in words[1:]] + [length]
    return [word for (word, _), end in zip(words, ends, strict=False) if end <= stopped]
