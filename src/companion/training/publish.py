"""Put a trained model where it is used: judged, saved small, and described by a card of its own."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from companion.training import card, exam, history
from companion.training.corpora import MADE, Corpus
from companion.training.evaluation import Foresight, Network, Score, counted, held_out_scores
from companion.training.history import Lesson
from companion.training.recipe import Recipe, TrainingError

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

    from companion.embeddings import Embedder
    from companion.training.trainer import Outcome


NETWORK, COUNTS = "companion-tiny", "5-gram"


def publish(
    output: Path,
    outcome: Outcome,
    tokenizer: PreTrainedTokenizerFast,
    corpora: Sequence[Corpus],
    recipe: Recipe,
    embedder: Embedder,
    lessons: Sequence[Lesson],
    beside: Mapping[str, Path] = MappingProxyType({}),
) -> dict[str, float]:
    """Judge the model and write it with its card to `output`; returns the measured figures.

    The models in the folders `beside` are judged on the same held-out conversations. The folder is
    made beside `output` and put in its place when it is whole. `lessons` are the runs that taught
    the model, this one last.
    """
    model = outcome.model
    model.train(False)
    scores = {NETWORK: _scores(Network(model), tokenizer, corpora, recipe)}
    people = [one for one in corpora if not one.name.startswith(MADE)] or corpora
    scores[COUNTS] = _scores(counted(people, tokenizer), tokenizer, people, recipe)
    scores |= {name: _other(folder, corpora, recipe) for name, folder in beside.items()}
    verdicts = {name: exam.examine(model, tokenizer, embedder, which=name) for name in exam.EXAMS}
    draft = output.with_name(output.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        _save(model, tokenizer, draft)
        talks = card.samples(model, tokenizer)
        history.write(lessons, draft)
        text = card.write(model, recipe, corpora, scores, verdicts, talks, lessons)
        (draft / "README.md").write_text(text, encoding="utf-8")
    except OSError as error:
        raise TrainingError(
            f"The model could not be saved: {error}",
            where=str(draft),
            repair="Free some disk space and start again: training goes on from its checkpoint.",
        ) from error
    _put_in_place(draft, output)
    bits = {f"bits_per_byte.{name}": one.bits_per_byte for name, one in scores[NETWORK].items()}
    return bits | {
        **{f"exam_passed.{name}": exam.passed(of) / len(of) for name, of in verdicts.items()},
        "steps": outcome.steps,
        "train_minutes": outcome.seconds / 60,
        "processor_minutes": outcome.cpu_seconds / 60,
    }


def _scores(
    foresight: Foresight,
    tokenizer: PreTrainedTokenizerFast,
    corpora: Sequence[Corpus],
    recipe: Recipe,
) -> dict[str, Score]:
    return held_out_scores(foresight, tokenizer, corpora, recipe.shape.context)


def _other(folder: Path, corpora: Sequence[Corpus], recipe: Recipe) -> dict[str, Score]:
    """The scores of a model that was trained before, by its own tokens."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return _scores(Network(model.eval()), tokenizer, corpora, recipe)


def _save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Half precision on disk, float32 again when it is loaded: half the size, the same speed."""
    halved: Any = copy.deepcopy(model)
    halved.half().save_pretrained(folder)
    config = copy.deepcopy(model.config)
    config.dtype = "float32"
    config.architectures = [type(model).__name__]  # by which other servers know how to load it
    config.save_pretrained(folder)
    for place in ("is_local", "local_files_only"):  # how it was read here concerns no reader
        tokenizer.init_kwargs.pop(place, None)
    tokenizer.save_pretrained(folder)


def _put_in_place(draft: Path, output: Path) -> None:
    """Exchange the folders; the old one goes only when the new one stands."""
    before = output.with_name(output.name + ".before")
    shutil.rmtree(before, ignore_errors=True)
    if output.exists():
        output.rename(before)
    draft.rename(output)
    shutil.rmtree(before, ignore_errors=True)
