"""How good is a classifier that may also say "none of these"? Two figures, and the line between.

In-scope accuracy: questions with an intent that are given it; a rejected one is an error.
Out-of-scope recall: questions without an intent that are rejected. One rises as the other falls, so
they are only told together (Larson et al. 2019, D19-1131).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from companion.intents.data import Examples, ExamplesError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Measures:
    """Per cent. `accuracy` counts rejections as errors, `closed_accuracy` rejects nothing.

    `out_of_scope_recall` is None where nothing out of scope was asked.
    """

    accuracy: float
    out_of_scope_recall: float | None
    closed_accuracy: float


def measure(
    scores: Scores, labels: Sequence[str], examples: Examples, threshold: float
) -> Measures:
    """Compare with the truth: `scores` of shape (examples, labels), rejected below `threshold`."""
    right, best, known = _judged(scores, labels, examples)
    accepted = best >= threshold
    outside = ~known
    return Measures(
        accuracy=100 * float((right & accepted)[known].mean()),
        out_of_scope_recall=100 * float((~accepted)[outside].mean()) if outside.any() else None,
        closed_accuracy=100 * float(right[known].mean()),
    )


def rejection_threshold(
    scores: Scores, labels: Sequence[str], validation: Examples, may_lose: float
) -> float:
    """The strictest threshold that rejects at most this share of the right answers.

    It looks at questions in scope alone, of which there are many; the few known questions out of
    scope would make a line that changes with every one of them.
    """
    import numpy as np

    right, best, _ = _judged(scores, labels, validation)
    if not right.any():
        raise ExamplesError(
            "No validation text is classified rightly, so no threshold can be set",
            repair="Are these texts of the same kind as those in training?",
        )
    kept = np.sort(best[right])
    return float(kept[int(may_lose * len(kept))])


def _judged(
    scores: Scores, labels: Sequence[str], examples: Examples
) -> tuple[npt.NDArray[np.bool_], Scores, npt.NDArray[np.bool_]]:
    """For each example: is the best label right, how high is its score, has it an intent at all."""
    import numpy as np

    if scores.shape != (len(examples), len(labels)) or not len(examples):
        raise ExamplesError(
            f"Scores of shape {scores.shape} do not fit {len(examples)} examples and "
            f"{len(labels)} labels"
        )
    unknown = set(examples.labels) - set(labels)
    if unknown:
        raise ExamplesError(
            f"{len(unknown)} intents were never learnt, such as {min(unknown)!r}",
            repair="Add examples of them to the training part, or leave them out here.",
        )
    chosen = np.asarray(labels)[scores.argmax(1)]
    right = np.array([a == b for a, b in zip(chosen, examples.intents, strict=True)])
    known = np.array([intent is not None for intent in examples.intents])
    best: Scores = scores.max(1)
    return right, best, known
