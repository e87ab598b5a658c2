"""A ladder of training settings: one change at a time, and each is kept only where it pays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from companion.training.corpora import Corpus
from companion.training.evaluation import Network, held_out_scores
from companion.training.recipe import Recipe, TrainingError
from companion.training.trainer import train

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

Keep = Callable[[float, float], bool]
"""Whether (bits per byte of the best rung so far, those of this rung) make it worth keeping."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One training run of a ladder: what was changed, how fast it read, how well it foresees.

    `tokens_per_second` counts what was learnt from, not padding; `bits_per_byte` is the mean over
    the corpora, on conversations kept from training.
    """

    change: str
    recipe: Recipe
    steps: int
    tokens_per_second: float
    bits_per_byte: float
    kept: bool = True


@dataclass(frozen=True, slots=True)
class Ladder:
    """What all rungs have in common; each begins with a fresh model of the recipe's seed."""

    corpora: Sequence[Corpus]
    tokenizer: PreTrainedTokenizerFast
    judged_on: int = 30  # held-out conversations of each corpus

    def rung(self, change: str, recipe: Recipe) -> Rung:
        """Train by this recipe and measure. Raises what `train` raises."""
        outcome = train(recipe, self.corpora, self.tokenizer, show=_say_nothing)
        network = Network(outcome.model.eval())
        context = recipe.shape.context
        scores = held_out_scores(network, self.tokenizer, self.corpora, context, self.judged_on)
        bits = [score.bits_per_byte for score in scores.values()]
        if not bits:
            raise TrainingError(
                "No conversation is kept from training, so nothing can be compared",
                repair="Give larger corpora.",
            )
        mean = sum(bits) / len(bits)
        return Rung(change, recipe, outcome.steps, outcome.tokens_per_second, mean)

    def climb(
        self, start: Rung, changes: Mapping[str, Mapping[str, Any]], keep: Keep
    ) -> list[Rung]:
        """From `start`, try each change (name -> settings of the recipe) on the best rung so far.

        Raises:
            TrainingError: the recipe has no such setting, and what `train` raises.
        """
        rungs = [start]
        for change, settings in changes.items():
            here = best(rungs)
            tried = self.rung(change, _changed(here.recipe, settings))
            rungs.append(replace(tried, kept=keep(here.bits_per_byte, tried.bits_per_byte)))
        return rungs


def best(rungs: Sequence[Rung]) -> Rung:
    """The last rung that was kept, on which the next change is tried."""
    return next(rung for rung in reversed(rungs) if rung.kept)


def _changed(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    try:
        return replace(recipe, **settings)
    except TypeError:
        unknown = sorted(set(settings) - set(Recipe.__dataclass_fields__))
        raise TrainingError(
            f"A recipe has no setting {', '.join(unknown)}",
            repair=f"It has: {', '.join(Recipe.__dataclass_fields__)}.",
        ) from None


def _say_nothing(line: str) -> None:
    """A rung is short: its result is enough."""
