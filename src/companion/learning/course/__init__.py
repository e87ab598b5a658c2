"""The exercises of the course: one module a notebook, found by looking, never by a list.

A module names its notebook in `NOTEBOOK`; every `Exercise` that it defines belongs to it.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from companion.learning import journal
from companion.learning.display import Shown, table
from companion.learning.exercises import Exercise
from companion.learning.journal import Verdict


def registered() -> dict[str, list[type[Exercise[object]]]]:
    """The exercises of each notebook, both in the order of the course."""
    names = [module.name for module in pkgutil.iter_modules(__path__, f"{__name__}.")]
    modules = [importlib.import_module(name) for name in names]
    return {
        module.NOTEBOOK: [
            thing
            for thing in vars(module).values()
            if inspect.isclass(thing) and thing.__module__ == module.__name__
            if issubclass(thing, Exercise)
        ]
        for module in sorted(modules, key=lambda module: str(module.NOTEBOOK))
    }


def progress() -> Shown:
    """How far you have come: one line a notebook, one mark an exercise."""
    furthest = journal.best()
    signs = {Verdict.UNTRIED: "·", Verdict.WRONG: "○", Verdict.RIGHT: "●"}
    rows = []
    for notebook, exercises in registered().items():
        keys = [f"{notebook}/{exercise.__name__}" for exercise in exercises]
        verdicts = [furthest.get(key, Verdict.UNTRIED) for key in keys]
        solved = sum(verdict is Verdict.RIGHT for verdict in verdicts)
        marks = " ".join(signs[verdict] for verdict in verdicts)
        rows.append({"notebook": notebook, "exercises": marks, "solved": f"{solved}/{len(keys)}"})
    return table(rows)
