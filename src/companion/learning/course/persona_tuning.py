"""Exercises on fine-tuning: what a thin pair adds and counts, and how a change is judged."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from companion.learning.exercises import FunctionExercise, Mistake

NOTEBOOK = "2_cloud/02_fine_tune_a_persona"


class Merge(FunctionExercise):
    """The weights of a layer with its pair added into them."""

    variable = "merge"
    hints = (
        "`reads` has a row for each rank, `writes` a column. Which product of both has "
        "the shape of `weight`?",
        "`writes @ reads` has it. It counts `alpha / rank` times.",
        "The rank is `reads.shape[0]`.",
    )
    code = """
        def merge(weight, reads, writes, alpha):
            return weight + alpha / reads.shape[0] * (writes @ reads)
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        import torch

        one = torch.tensor([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0], [3.0, 0.0, 1.0]])
        thin = torch.tensor([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]])
        return [
            (one, thin[:1], torch.tensor([[1.0], [0.0], [2.0]]), 1),
            (one, thin, torch.tensor([[1.0, 0.0], [2.0, 1.0], [0.0, 3.0]]), 4),
            (one.clone().requires_grad_(), thin, torch.zeros(3, 2), 4),  # not to be written over
        ]

    def reference(self) -> Callable[..., Any]:
        return lambda weight, reads, writes, alpha: (
            weight + alpha / reads.shape[0] * (writes @ reads)
        )

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: dict[str, Callable[..., Any]] = {
            "The pair counts `alpha / rank` times.": lambda w, r, s, a: w + s @ r,
            "`alpha` is divided by the rank, so that a higher rank adds no more by itself.": (
                lambda w, r, s, a: w + a * (s @ r)
            ),
            "That is what is added; the frozen weights are missing.": (
                lambda w, r, s, a: a / r.shape[0] * (s @ r)
            ),
            "What reads comes first for the input, so it stands on the right of the product.": (
                lambda w, r, s, a: w + a / r.shape[0] * (r.T @ s.T)
            ),
            "It is added, not taken away.": lambda w, r, s, a: w - a / r.shape[0] * (s @ r),
            "`reads.shape[1]` are the columns; the rank is the other number.": (
                lambda w, r, s, a: w + a / r.shape[1] * (s @ r)
            ),
            "It is `alpha / rank`, not `rank / alpha`.": (
                lambda w, r, s, a: w + r.shape[0] / a * (s @ r)
            ),
            "Only the pair counts `alpha / rank` times; the frozen weights count once.": (
                lambda w, r, s, a: a / r.shape[0] * (w + s @ r)
            ),
            "That writes over the frozen weights; make a new matrix.": (
                lambda w, r, s, a: w.add_(a / r.shape[0] * (s @ r))
            ),
        }
        return [Mistake(answer, why) for why, answer in wrong.items()]

    def expected(self, weight: Any, reads: Any, writes: Any, alpha: float) -> str:
        return (
            f"The rank is {reads.shape[0]} and alpha {alpha} here. For any input it must give "
            "what the frozen weights give, and what the pair adds to it."
        )


class PairWeights(FunctionExercise):
    """How many weights are trained beside one matrix."""

    variable = "pair_weights"
    hints = (
        "Two matrices: one reads the `columns` inputs, one writes the `rows` outputs.",
        "The first has `rank` times `columns` weights. And the second?",
        "Together that is `rank * (rows + columns)`.",
    )
    code = """
        def pair_weights(rows, columns, rank):
            return rank * (rows + columns)
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(10, 10, 1), (320, 864, 16), (5, 3, 2)]

    def reference(self) -> Callable[..., int]:
        return lambda rows, columns, rank: rank * (rows + columns)

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: dict[str, Callable[..., Any]] = {
            "These are the frozen weights.": lambda r, c, k: r * c,
            "Neither of the pair is as large as the frozen matrix.": lambda r, c, k: k * r * c,
            "That is one of the pair, the one that reads.": lambda r, c, k: k * c,
            "That is one of the pair, the one that writes.": lambda r, c, k: k * r,
            "The rank is missing.": lambda r, c, k: r + c,
            "Rank times rank stands nowhere in a pair.": lambda r, c, k: k * (r + c) + k * k,
            "The frozen weights are not trained.": lambda r, c, k: r * c + k * (r + c),
            "Weights are wanted, not bytes.": lambda r, c, k: 4 * k * (r + c),
            "There are two in a pair, and each is counted once.": lambda r, c, k: 2 * k * (r + c),
            "Brackets are missing: the rank counts for both.": lambda r, c, k: k * r + c,
        }
        return [Mistake(answer, why) for why, answer in wrong.items()]

    def expected(self, rows: int, columns: int, rank: int) -> str:
        many = "number" if rank == 1 else "numbers"
        return (
            f"One matrix makes {rank} {many} of {columns} inputs, the other makes {rows} outputs "
            f"of {'that' if rank == 1 else 'those'}."
        )


class Perplexity(FunctionExercise):
    """Among how many equally likely tokens a model seems to choose."""

    variable = "perplexity"
    hints = (
        "First the mean: how many nats does one token cost?",
        "A choice among n equally likely tokens costs `log(n)` nats. Turn that round.",
        "`math.exp` turns `math.log` round.",
    )
    code = """
        import math

        def perplexity(nats, tokens):
            return math.exp(nats / tokens)
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(0.0, 5), (math.log(8), 1), (20.0, 10), (3.5, 2)]

    def reference(self) -> Callable[..., float]:
        return lambda nats, tokens: math.exp(nats / tokens)

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: dict[str, Callable[..., Any]] = {
            "That is of the whole text; a longer one would always be worse.": (
                lambda nats, tokens: math.exp(nats)
            ),
            "That is the mean loss in nats; a number of tokens is wanted.": (
                lambda nats, tokens: nats / tokens
            ),
            "Two to a power belongs to bits, and these are nats.": (
                lambda nats, tokens: 2 ** (nats / tokens)
            ),
            "The sign is wrong: this is the mean probability.": (
                lambda nats, tokens: math.exp(-nats / tokens)
            ),
            "Ten to a power turns `log10` round; nats are natural logarithms.": (
                lambda nats, tokens: 10 ** (nats / tokens)
            ),
            "First the mean of a token, and then the power: not the other way round.": (
                lambda nats, tokens: math.exp(nats) / tokens
            ),
            "Do not round what comes out; a table may.": (
                lambda nats, tokens: round(math.exp(nats / tokens), 2)
            ),
            "2.718 is e with three of its digits; `math.exp` knows all of them.": (
                lambda nats, tokens: 2.718 ** (nats / tokens)
            ),
        }
        return [Mistake(answer, why) for why, answer in wrong.items()]

    def expected(self, nats: float, tokens: int) -> str:
        return (
            f"A token costs {nats / tokens:.4g} nats on average, which is the logarithm of what is "
            "wanted."
        )


class Fidelity(FunctionExercise):
    """The share of wanted marks that the replies have."""

    variable = "fidelity"
    hints = (
        "Go through the replies with `zip(wanted, had)`, and through the marks that are wanted.",
        "Count how many marks are wanted in all, and how many of those the same reply has.",
        "Marks that nobody wanted count neither for nor against.",
    )
    code = """
        def fidelity(wanted, had):
            found = [mark in has for wants, has in zip(wanted, had) for mark in wants]
            return sum(found) / len(found)
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [
            ([["choice"]], [["choice"]]),
            ([["choice", "sense"], ["rest"]], [["choice"], ["rest", "sense"]]),
            ([["choice"], ["sense", "keeps", "honest"]], [["sense"], ["sense", "choice"]]),
        ]

    def reference(self) -> Callable[..., float]:
        return _fidelity

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: dict[str, Callable[..., Any]] = {
            "A reply counts by its wanted marks here, not each reply the same.": lambda w, h: (
                sum(_fidelity([a], [b]) for a, b in zip(w, h, strict=True)) / len(w)
            ),
            "Those are the replies that have all of theirs.": lambda w, h: (
                sum(set(a) <= set(b) for a, b in zip(w, h, strict=True)) / len(w)
            ),
            "Marks that nobody wanted there do not count.": lambda w, h: (
                sum(map(len, h)) / sum(map(len, w))
            ),
            "Each reply must have its own marks, not those of another one.": lambda w, h: (
                sum(mark in str(h) for a in w for mark in a) / sum(map(len, w))
            ),
            "That is how many of their marks were wanted; how many of the wanted do they have?": (
                lambda w, h: _fidelity(h, w)
            ),
            "A share is between 0 and 1; this is in per cent.": lambda w, h: 100 * _fidelity(w, h),
            "That is the share that is missing.": lambda w, h: 1 - _fidelity(w, h),
            "`//` rounds down to a whole number, and a share is none.": (
                lambda w, h: sum(map(len, h)) // sum(map(len, w))
            ),
            "Those are the numbers of replies, not of marks.": lambda w, h: len(h) / len(w),
        }
        return [Mistake(answer, why) for why, answer in wrong.items()]

    def expected(self, wanted: Sequence[Sequence[str]], had: Sequence[Sequence[str]]) -> str:
        return (
            f"Wanted marks, in all: {sum(map(len, wanted))}. Take each of them once, and "
            "see whether the same reply has it."
        )


def _fidelity(wanted: Sequence[Sequence[str]], had: Sequence[Sequence[str]]) -> float:
    found = [mark in has for wants, has in zip(wanted, had, strict=True) for mark in wants]
    return sum(found) / len(found)
