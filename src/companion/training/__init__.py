"""Train companion-tiny, the small chat model in the package, again from the shipped corpora.

`train_tiny` is the whole of it; `python -m companion.training --output FOLDER` calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from companion.training.corpora import Corpus
    from companion.training.recipe import Recipe

__all__ = ["train_tiny"]


def train_tiny(
    output: Path,
    minutes: float = 20,
    seed: int = 0,
    *,
    recipe: Recipe | None = None,
    corpora: Sequence[Corpus] | None = None,
    beside: Mapping[str, Path] | None = None,
    beginning: Path | None = None,
    show: Callable[[str], None] = print,
) -> Path:
    """Train a tokenizer and a small Llama, judge it on held-out conversations, save it in `output`.

    Without `corpora`, those in the package and the ones made by grammar are used. The card compares
    the model with a 5-gram model and with those in the folders `beside`, by name. A run that was
    interrupted goes on from `<output>.checkpoint.safetensors`; the finished model replaces what
    was in `output` only once it is whole. With `beginning`, the folder of a model that was trained
    by this function, its tokenizer and weights are taught further, and its card tells of both. The
    run is recorded by `companion.tracking`.

    Returns:
        `output`, a folder for `AutoModelForCausalLM` and `AutoTokenizer`, with its model card.

    Raises:
        TrainingError: a checkpoint or the model to begin with does not fit, or the disk refuses.
        CorpusError: a corpus is empty or damaged.
    """
    from companion import tracking
    from companion.embeddings import minilm
    from companion.training import dataset, history, taught
    from companion.training.recipe import usual
    from companion.training.tokenizer import load_tokenizer, train_tokenizer
    from companion.training.trainer import train

    embedder = minilm()  # for the exam; should it be missing, say so before hours are spent
    lessons = history.read(beginning) if beginning else []
    recipe = replace(recipe or usual(beginning is not None), minutes=minutes, seed=seed)
    corpora = taught.everything(seed, embedder) if corpora is None else corpora
    if beginning:
        tokenizer = load_tokenizer(beginning)
    else:
        show("Training the tokenizer ...")
        shape = recipe.shape
        tokenizer = train_tokenizer(dataset.texts(corpora), shape.vocabulary, shape.context)
    kept_at = output.with_name(f"{output.name}.checkpoint.safetensors")
    kept_at.parent.mkdir(parents=True, exist_ok=True)
    with tracking.start_run("train companion-tiny", params=_parameters(recipe)) as run:
        outcome = train(recipe, corpora, tokenizer, kept_at, run.metrics, show, beginning)
        show("Judging it on held-out conversations and by the exam ...")
        from companion.training.publish import publish

        lessons.append(history.lesson(outcome, recipe))
        measured = publish(
            output, outcome, tokenizer, corpora, recipe, embedder, lessons, beside or {}
        )
        run.metrics(measured)
    kept_at.unlink(missing_ok=True)
    return output


def _parameters(recipe: Recipe) -> dict[str, float | int]:
    """What a run is recorded under."""
    shape = recipe.shape
    return {
        "minutes": recipe.minutes,
        "seed": recipe.seed,
        "layers": shape.layers,
        "width": shape.width,
        "vocabulary": shape.vocabulary,
        "batch_tokens": recipe.batch_tokens,
        "matrix_rate": recipe.matrix_rate,
        "vector_rate": recipe.vector_rate,
    }
