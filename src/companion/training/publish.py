"""Put a trained model where it is used: judged, saved small, and described by a card of its own."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from companion.training import card
from companion.training.corpora import Corpus
from companion.training.evaluation import held_out_scores
from companion.training.recipe import Recipe, TrainingError

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

    from companion.training.trainer import Outcome


def publish(
    output: Path,
    outcome: Outcome,
    tokenizer: PreTrainedTokenizerFast,
    corpora: Sequence[Corpus],
    recipe: Recipe,
) -> dict[str, float]:
    """Judge the model and write it with its card to `output`; returns the measured figures.

    The folder is made beside `output` and put in its place when it is whole.
    """
    model = outcome.model
    model.train(False)
    scores = held_out_scores(model, tokenizer, corpora)
    draft = output.with_name(output.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        _save(model, tokenizer, draft)
        text = card.write(outcome, recipe, corpora, scores, card.samples(model, tokenizer))
        (draft / "README.md").write_text(text, encoding="utf-8")
    except OSError as error:
        raise TrainingError(
            f"The model could not be saved: {error}",
            where=str(draft),
            repair="Free some disk space and start again: training goes on from its checkpoint.",
        ) from error
    _put_in_place(draft, output)
    figures = {f"bits_per_byte.{name}": score.bits_per_byte for name, score in scores.items()}
    return figures | {
        "steps": outcome.steps,
        "train_minutes": outcome.seconds / 60,
        "processor_minutes": outcome.cpu_seconds / 60,
    }


def _save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Half precision on disk, float32 again when it is loaded: half the size, the same speed."""
    halved: Any = copy.deepcopy(model)
    halved.half().save_pretrained(folder)
    config = copy.deepcopy(model.config)
    config.dtype = "float32"
    config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _put_in_place(draft: Path, output: Path) -> None:
    """Exchange the folders; the old one goes only when the new one stands."""
    before = output.with_name(output.name + ".before")
    shutil.rmtree(before, ignore_errors=True)
    if output.exists():
        output.rename(before)
    draft.rename(output)
    shutil.rmtree(before, ignore_errors=True)
