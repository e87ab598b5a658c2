"""What this month's answers cost and saved, as the ledger has it: `companion costs`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from companion.config import Budget, HttpModel, Price, Settings, load
from companion.errors import ConfigError
from companion.learning.display import table
from companion.routing import Ledger, Savings, export, savings
from companion.routing.ledger import Total

EVERYBODY = "general"
"""The agent whose first choice stands for the cloud, where the settings name no agent."""


def main(profile: str | None = None, against: str | None = None, record: bool = False) -> int:
    """Print this month's costs; with `record`, keep them as an MLflow run too.

    `against` names the model whose price the savings are counted by. Raises ConfigError when it has
    none, TrackingError when the ledger or the tracking store cannot be used.
    """
    settings, ledger, now = load(profile), Ledger(), datetime.now()
    print("\n".join(report(settings, ledger, now, against)))
    if record and ledger.path.exists():
        run = export(ledger, _price(settings, against)[1], _month(now).timestamp(), name="costs")
        print(f"Recorded as the run costs, {run}." if run else "mlflow is not installed.")
    return 0


def show(settings: Settings | None = None) -> None:
    """Print this month's costs, as in a notebook."""
    print("\n".join(report(settings or load(), Ledger(), datetime.now())))


def report(
    settings: Settings, ledger: Ledger, now: datetime, against: str | None = None
) -> Iterator[str]:
    """The month of `now`: what each model did, what was saved, what is left of the budgets."""
    if not ledger.path.exists():
        yield f"No answer is on record yet in {ledger.path}."
        return
    name, price = _price(settings, against)
    since = _month(now).timestamp()
    yield f"Since {_month(now):%Y-%m-%d}, in US dollars, from {ledger.path}:"
    yield repr(table([_row(total) for total in ledger.totals(since)]))
    yield from _saved(savings(ledger, price, since), name)
    yield from _budgets(ledger, settings.routing.budget, now)


def _row(total: Total) -> dict[str, object]:
    return {
        "model": total.model,
        "runs": "here" if total.local else "elsewhere",
        "answers": total.answers,
        "failures": total.failures,
        "tokens read": total.prompt_tokens,
        "tokens written": total.completion_tokens,
        "cost": f"{total.cost:.4f}",
    }


def _saved(found: Savings, name: str) -> Iterator[str]:
    price = found.reference
    source = f", {price.source}" if price.source else ""
    yield (
        f"Spent {found.spent:.4f}. With {name} alone the same tokens cost {found.all_cloud:.4f}, "
        f"at {price.input:g} a million read and {price.output:g} a million written "
        f"({price.date}{source}). Saved {found.saved:.4f}."
    )
    if found.uncounted:
        yield f"Counted nowhere, because tokens or cost are not known: {found.uncounted} answers."


def _budgets(ledger: Ledger, budget: Budget, now: datetime) -> Iterator[str]:
    """A line for each limit that is set."""
    month = _month(now).timestamp()
    day = now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    limits: list[tuple[str, float | None, float, str | None]]
    limits = [("the month", budget.monthly, month, None), ("the day", budget.daily, day, None)]
    limits += [(f"{name} for the day", most, day, name) for name, most in budget.agents.items()]
    for whose, limit, since, agent in limits:
        if limit is not None:
            yield f"Budget of {whose}: {ledger.spent(since, agent):.4f} of {limit:g} spent."


def _month(now: datetime) -> datetime:
    """When this month began."""
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _price(settings: Settings, against: str | None) -> tuple[str, Price]:
    """The name and the price of the model that stands for the cloud."""
    agent = settings.agents.get(settings.whose or EVERYBODY)
    name = against or (agent and agent.primary) or ""
    model = settings.models.get(name)
    if isinstance(model, HttpModel) and model.price:
        return name, model.price
    priced = [n for n, one in settings.models.items() if isinstance(one, HttpModel) and one.price]
    raise ConfigError(
        f"There is no price for {name!r}" if name else "There is no model to compare with",
        where="configs/models.yaml",
        repair=f"Name one with a price, by --against: {', '.join(priced)}.",
    )
