"""Exercises on cost, budget and privacy: what is read again, what is paid, what a log keeps."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from companion.learning.exercises import FunctionExercise, Mistake
from companion.planning.money import months_to_pay_back

NOTEBOOK = "5_routing/03_cost_budget_and_privacy"
KEY = r"\bsk-[\w-]{16,}"
"""How keys look in the last exercise: enough letters behind `sk-`, and no letter before it."""
ONE, OTHER = "sk-" + "a1B2" * 6, "sk-live_" + "c3-D4" * 4
SHORTEST = "sk-" + "e5F6" * 4
"""Keys of nobody, made up here."""

Turns = Sequence[tuple[int, int]]


@dataclass
class TokensRead(FunctionExercise):
    """How much does a model read in a whole conversation?"""

    variable = "tokens_read"
    hints = (
        "Write down by hand what the second turn reads: the persona, the first message, the first "
        "answer, the second message.",
        "Keep a variable with the tokens of everything said so far; it begins with `about`.",
        "For each turn: add `asked` to what was said, add all that to the sum, and only then add "
        "`answered` to what was said.",
    )
    code = """
        def tokens_read(about, turns):
            said, total = about, 0
            for asked, answered in turns:
                said += asked
                total += said
                said += answered
            return total
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(20, [(10, 5)]), (20, [(10, 5), (8, 6)]), (7, [(1, 2), (3, 4), (5, 6)])]

    def reference(self) -> Callable[..., int]:
        return lambda about, turns: sum(_reads(about, turns))

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda about, turns: sum(about + asked for asked, _ in turns),
                "Each turn reads what was said before it, again and again.",
            ),
            Mistake(
                lambda about, turns: sum(_reads(about, [(asked, 0) for asked, _ in turns])),
                "The model's own earlier answers are read again, too.",
            ),
            Mistake(
                lambda about, turns: about + sum(_reads(0, turns)),
                "The persona is read at every turn, and not only once.",
            ),
            Mistake(
                lambda about, turns: sum(_reads(0, turns)),
                "The persona stands before every message, so it is read as well.",
            ),
            Mistake(
                lambda about, turns: sum(_reads(about, turns)) + sum(w for _, w in turns),
                "A turn does not read the answer that it is about to write.",
            ),
            Mistake(
                lambda about, turns: about + sum(map(sum, turns)),
                "That reads everything once. A model remembers nothing from one turn to the next.",
            ),
            Mistake(
                lambda about, turns: _reads(about, turns)[-1],
                "That is what the last turn reads. Add up all of them.",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        return f"Turn by turn, it reads {_reads(*arguments)}."


@dataclass
class PaidAnswers(FunctionExercise):
    """When does a budget run out?"""

    variable = "paid_answers"
    hints = (
        "Go through the costs, and keep what was spent so far. Look before you spend.",
        "If what was spent is as much as the budget or more, stop: all that follow are local.",
        "An answer that begins below the budget is paid, even if it ends beyond it.",
    )
    code = """
        def paid_answers(costs, budget):
            spent = 0
            for number, cost in enumerate(costs):
                if spent >= budget:
                    return number
                spent += cost
            return len(costs)
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [
            ([1, 1, 1, 1], 2),
            ([3, 1, 1], 2),
            ([0.5, 0.75, 0.25, 4], 1.5),
            ([1, 1], 5),
            ([1, 2], 0),
        ]

    def reference(self) -> Callable[..., int]:
        return lambda costs, budget: sum(spent < budget for spent in _before(costs))

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda costs, budget: sum(spent <= budget for spent in accumulate(costs)),
                "Nobody knows what an answer costs before it is there: one may end beyond it.",
            ),
            Mistake(
                lambda costs, budget: sum(spent <= budget for spent in _before(costs)),
                "A budget that is spent to the last cent is spent.",
            ),
            Mistake(lambda c, b: max(1, _paid(c, b)), "With nothing to spend, nothing is paid."),
            Mistake(
                lambda costs, budget: sum(cost < budget for cost in costs),
                "That looks at each answer alone. Costs add up.",
            ),
            Mistake(
                lambda costs, budget: sum(costs[: _paid(costs, budget)]),
                "That is the money. How many answers were paid with it?",
            ),
            Mistake(
                lambda costs, budget: _paid(costs, budget) - 1,
                "`enumerate` counts from 0: that is the place of the last one, not how many.",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        costs, _ = arguments
        return f"Spent before each answer, if all are paid: {_before(costs)}."


@dataclass
class MonthsToPayBack(FunctionExercise):
    """When has a machine of your own earned its price?"""

    variable = "months_to_pay_back"
    hints = (
        "What does the machine save in one month? Not all of the cloud's cost: it must run, too.",
        "The price divided by what it saves a month gives months.",
        "Where it saves nothing, it never pays: `float('inf')`, or `math.inf` after `import math`.",
    )
    code = """
        def months_to_pay_back(machine, cloud, running):
            saved = cloud - running
            return machine / saved if saved > 0 else float("inf")
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(600, 60, 10), (500, 45, 5), (600, 10, 10), (600, 5, 10)]

    def reference(self) -> Callable[..., float]:
        return months_to_pay_back

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(lambda m, cloud, run: m / cloud, "Running it costs, too: that is not saved."),
            Mistake(lambda m, c, r: m / (c + r), "What it costs to run makes the saving smaller."),
            Mistake(
                lambda m, cloud, run: m / (cloud - run),
                "Where it costs as much to run as the cloud, nothing is saved: look at that first.",
            ),
            Mistake(
                lambda m, cloud, run: m / (cloud - run) if cloud != run else math.inf,
                "A time below zero is no time: where the cloud is cheaper, it never pays.",
            ),
            Mistake(lambda m, c, r: m / (c - r) if c > r else 0, "0 months is at once, not never."),
            Mistake(lambda *given: _whole(math.ceil, given), "Do not round up to whole months."),
            Mistake(lambda *given: _whole(math.floor, given), "Do not round down to whole months."),
        ]

    def expected(self, *arguments: Any) -> str:
        _, cloud, running = arguments
        return f"Each month saves {cloud - running:g}."


@dataclass
class Redact(FunctionExercise):
    """A line for a log, without the keys that stand in it."""

    variable = "redact"
    hints = (
        "`import re`, then `re.sub(pattern, '[key]', line)` replaces everything that fits.",
        r"`[\w-]{16,}` are sixteen or more letters, digits, underscores or hyphens.",
        r"`\b` is the edge of a word: with it, the `sk-` in `task-` is none. Write `r'\b…'`.",
    )
    code = r"""
        import re

        def redact(line):
            return re.sub(r"\bsk-[\w-]{16,}", "[key]", line)
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [
            (f"401 for {ONE}, asked again",),
            (f"{{'Authorization': 'Bearer {OTHER}'}}",),
            (f"{ONE} was replaced by {OTHER}",),
            (f"{SHORTEST} was refused",),
            (f"GET /v1/models?key={ONE}&limit=1",),
            ("The task-list-of-this-month is sk-short",),
            ("Nothing to hide",),
        ]

    def reference(self) -> Callable[..., str]:
        return lambda line: re.sub(KEY, "[key]", line)

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(lambda s: re.sub(KEY, "[key]", s, count=1), "A line may hold several keys."),
            Mistake(
                lambda s: re.sub(r"\bsk-\w{16,}", "[key]", s),
                "Some keys have hyphens or underscores inside, and they are left.",
            ),
            Mistake(
                lambda s: re.sub(r"sk-[\w-]{16,}", "[key]", s),
                "It takes too much: look for words that only have `sk-` in the middle.",
            ),
            Mistake(
                lambda s: re.sub(r"\bsk-[\w-]+", "[key]", s),
                "It takes too much: a key has sixteen characters or more behind `sk-`.",
            ),
            Mistake(
                lambda s: re.sub(r"\bsk-[\w-]{17,}", "[key]", s),
                "Behind `sk-` sixteen are enough: the shortest key has no more.",
            ),
            Mistake(
                lambda s: re.sub(r"(^|\s)sk-[\w-]{16,}", r"\1[key]", s),
                "A word may also begin behind a quote or a `=`, and not only behind a space.",
            ),
            Mistake(
                lambda s: s,
                r"Nothing was found in any line. With a `\b` in it, the pattern needs an `r` in "
                "front of its quotes; and `re.sub` gives back a new string.",
            ),
            Mistake(lambda s: re.sub(r"\bsk-.*", "[key]", s), "The rest of the line is gone, too."),
            Mistake(
                lambda s: re.sub(KEY, "", s),
                "Who reads the log should see that a key was there: put `[key]` in its place.",
            ),
            Mistake(
                lambda s: re.sub(KEY, lambda found: found[0][:7] + "[key]", s),
                "Its first letters are still there: a piece of a key helps who guesses the rest.",
            ),
            Mistake(
                lambda s: re.sub(KEY, lambda found: "[key]" + found[0][-4:], s),
                "Its last letters are still there: a piece of a key helps who guesses the rest.",
            ),
            Mistake(lambda s: s.replace("sk-", "[key]"), "Only the key's beginning is gone."),
            Mistake(
                lambda s: "[key]" if re.search(KEY, s) else s,
                "The line around the key is gone: nobody will know what happened.",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        found = len(re.findall(KEY, arguments[0]))
        return f"Keys in this line: {found}. All else should stay as it is."


def _reads(about: int, turns: Turns) -> list[int]:
    """The tokens that each turn reads."""
    before = accumulate((asked + answered for asked, answered in turns), initial=about)
    return [said + asked for said, (asked, _) in zip(before, turns, strict=False)]


def _before(costs: Sequence[float]) -> list[float]:
    """What was spent before each answer, if all are paid."""
    return list(accumulate(costs, initial=0))[: len(costs)]


def _paid(costs: Sequence[float], budget: float) -> int:
    return sum(spent < budget for spent in _before(costs))


def _whole(rounded: Callable[[float], int], given: Sequence[float]) -> float:
    months = months_to_pay_back(*given)
    return months if math.isinf(months) else rounded(months)
