"""What a model has been taught so far, lesson by lesson: a small file beside its weights."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, TypeAdapter, ValidationError

from companion import resources
from companion.training.recipe import Recipe, TrainingError

if TYPE_CHECKING:
    from companion.training.trainer import Outcome

FILE = "training.json"


class Lesson(BaseModel):
    """One training run; times in minutes, `budget` the minutes it was given.

    `kept` is how much of the weights it began with was mixed into the finished ones.
    """

    date: str
    machine: str
    device: str
    budget: float
    kept: float = 0.0
    seed: int
    steps: int
    tokens: int
    minutes: float
    processor_minutes: float
    first_loss: float
    last_loss: float


_LESSONS = TypeAdapter(list[Lesson])


def lesson(outcome: Outcome, recipe: Recipe) -> Lesson:
    """What this run did, as it is kept with the model."""
    return Lesson(
        date=datetime.date.today().isoformat(),
        machine=resources.machine(),
        device=outcome.device,
        budget=recipe.minutes,
        kept=recipe.kept,
        seed=recipe.seed,
        steps=outcome.steps,
        tokens=outcome.tokens,
        minutes=outcome.seconds / 60,
        processor_minutes=outcome.cpu_seconds / 60,
        first_loss=outcome.losses[0][1],
        last_loss=outcome.losses[-1][1],
    )


def read(folder: Path) -> list[Lesson]:
    """The lessons of the model in `folder`, oldest first.

    Raises:
        TrainingError: the file is missing or damaged.
    """
    try:
        return _LESSONS.validate_json((folder / FILE).read_bytes())
    except (OSError, ValidationError) as error:
        raise TrainingError(
            f"What the model was taught before cannot be read: {error}",
            where=str(folder / FILE),
            repair="Name the folder of a model that was trained here.",
        ) from error


def write(lessons: Sequence[Lesson], folder: Path) -> None:
    """Keep the lessons beside the model's weights."""
    (folder / FILE).write_bytes(_LESSONS.dump_json(list(lessons), indent=1) + b"\n")
