"""What the ledger adds up to: savings against an all-cloud run, and totals as an MLflow run."""

from __future__ import annotations

import re
from dataclasses import dataclass

from companion import tracking
from companion.config import Price
from companion.routing.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Savings:
    """US dollars: what answers cost, and what the same tokens cost at the `reference` price.

    `uncounted` answers are in neither sum, because their tokens or their cost are not known.
    """

    reference: Price
    spent: float
    all_cloud: float
    answers: int
    uncounted: int

    @property
    def saved(self) -> float:
        """What was not spent; below zero where the reference is the cheaper one."""
        return self.all_cloud - self.spent


def savings(ledger: Ledger, reference: Price, since: float = 0) -> Savings:
    """What was saved since that moment (seconds since 1970) by not asking one cloud for all of it.

    A tokenizer's count is its own: the same text may be more or fewer tokens for the reference.
    Raises TrackingError when the ledger cannot be read.
    """
    spent = all_cloud = 0.0
    answers = [entry for entry in ledger.entries(since) if entry.outcome == "answered"]
    counted = 0
    for one in answers:
        if None not in (one.prompt_tokens, one.completion_tokens, one.cost):
            counted += 1
            spent += one.cost or 0.0
            all_cloud += reference.of(one.prompt_tokens or 0, one.completion_tokens or 0)
    return Savings(reference, spent, all_cloud, len(answers), len(answers) - counted)


def export(ledger: Ledger, reference: Price, since: float = 0, name: str = "ledger") -> str:
    """Record the totals of each model and the savings as one MLflow run, and return its id.

    The id is "" where mlflow is not installed. Raises TrackingError when the ledger or the tracking
    store cannot be used.
    """
    totals, saved = ledger.totals(since), savings(ledger, reference, since)
    params = {
        "since": since,
        "reference_input": reference.input,
        "reference_output": reference.output,
        "reference_date": reference.date,
    }
    with tracking.start_run(name, params=params) as run:
        for total in totals:
            model = re.sub(r"[^\w.-]", "_", total.model)
            run.metrics(
                {
                    f"{model}/answers": total.answers,
                    f"{model}/failures": total.failures,
                    f"{model}/prompt_tokens": total.prompt_tokens,
                    f"{model}/completion_tokens": total.completion_tokens,
                    f"{model}/cost": total.cost,
                    f"{model}/seconds": total.seconds,
                }
            )
        run.metrics(
            {
                "spent": saved.spent,
                "all_cloud": saved.all_cloud,
                "saved": saved.saved,
                "uncounted_answers": saved.uncounted,
            }
        )
    return run.id
