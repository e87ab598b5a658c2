"""How a benchmark keeps and prints what it measured."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from companion import tracking
from companion.resources import machine


def report(name: str, model: str, figures: Mapping[str, float], amount: str) -> None:
    """Keep the figures as an MLflow run and print them, with the machine and the day."""
    with tracking.start_run(name, params={"model": model, "machine": machine()}) as run:
        run.metrics(dict(figures))
    print(f"{model}, {machine()}, {date.today()}, {amount}")
    for figure, value in figures.items():
        print(f"{figure:<32}{value:10.3f}")
