"""Routing examined in five categories: the same that a validation of the whole would ask for.

- configuration: the files say something that can work
- local generation: each model of this machine that the profile asks really answers
- cloud selection: who would be asked elsewhere, and when nobody (`selection.py`)
- fallback: a live fault drill (`drill.py`)
- integration: all parts together (`integration.py`)

Nothing is sent off this machine: where a model elsewhere is needed, a server here stands for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from companion.chat import ChatModel
from companion.config import HttpModel, Settings, Thresholds
from companion.doctor.drill import fallback
from companion.doctor.findings import Check
from companion.doctor.integration import GREETING, integration
from companion.doctor.minds import keys
from companion.doctor.selection import selection
from companion.doctor.standing import BEHIND_THEM, Wrong, examine, listed, run, who_is_asked
from companion.errors import CompanionError, ModelUnavailable
from companion.models.bench import answered
from companion.pipeline import Companion
from companion.routing import choose

SHORT = 32
"""Tokens: enough to see that a model speaks, and how fast."""


def routing(settings: Settings) -> Iterator[Check]:
    """Every finding about routing under these settings, the quick ones first."""
    yield from configuration(settings)
    yield from local_generation(settings)
    yield from selection(settings)
    yield from fallback(settings)
    yield from integration(settings)


def configuration(settings: Settings) -> Iterator[Check]:
    """What the files say, as far as it can be known without asking anyone."""
    asked = listed(settings.chat.models)
    yield Check(
        "configuration", "configs", "ok", f"profile {settings.profile or 'default'}: {asked}"
    )
    yield examine("configuration", "agents", _agents, settings)
    yield _last(settings)
    yield _prices(settings)
    for check in keys(settings):
        yield replace(check, category="configuration")


def _agents(settings: Settings) -> str:
    """Each agent has somebody to ask, under these settings and on this machine."""
    alone = [agent for agent in settings.agents if not choose(settings, agent).candidates]
    if alone:
        raise Wrong(f"nobody can be asked for {listed(alone)}")
    return f"{len(settings.agents)} agents, each with somebody to ask"


def _last(settings: Settings) -> Check:
    """Who stands behind all others should need no server."""
    name = settings.chat.models[-1]
    if isinstance(settings.models[name], HttpModel):
        fact = f"{name} needs a server"
        return Check("configuration", "last of all", "missing", fact, BEHIND_THEM)
    return Check("configuration", "last of all", "ok", f"{name}, which needs no server")


def _prices(settings: Settings) -> Check:
    """A budget is kept by prices; without a budget, they are only told of."""
    far = {
        name: model
        for name, model in settings.models.items()
        if isinstance(model, HttpModel) and not model.is_local
    }
    budget = settings.routing.budget
    counts = bool(budget.agents) or (budget.daily, budget.monthly) != (None, None)
    if unknown := [name for name, model in far.items() if not model.price]:
        fact, repair = f"no price for {listed(unknown)}", "Give it one in configs/models.yaml"
        return Check("configuration", "prices", "missing", fact, repair, counts)
    dates = [str(model.price.date) for model in far.values() if model.price]
    fact = f"{len(dates)} models elsewhere, the oldest price of {min(dates)}" if dates else "none"
    return Check("configuration", "prices", "ok", fact, counts=counts)


def local_generation(settings: Settings) -> Iterator[Check]:
    """Every model of this machine that is asked gives a short answer."""
    chat = settings.chat.model_copy(update={"max_tokens": SHORT})
    settings = settings.model_copy(update={"chat": chat})
    local = [one.model for one in who_is_asked(settings) if one.local]
    if not local:
        fact = "no model of this machine is asked"
        yield Check("local generation", "models", "missing", fact, BEHIND_THEM)
    for model in local:
        yield _generates(model, settings)


def _generates(model: ChatModel, settings: Settings) -> Check:
    """A server that is not running is missing; what should answer and cannot is a failure."""
    agent = settings.agents.get(settings.whose or "")
    least = (agent.thresholds if agent else Thresholds()).min_tokens_per_second
    companion = Companion(settings, model)
    try:
        model.load()
        done = run(lambda: answered(companion, GREETING[settings.language]))
    except ModelUnavailable as error:
        if isinstance(settings.models.get(model.name), HttpModel):
            repair = error.repair or "Start it, or correct its base_url in configs/models.yaml"
            return Check("local generation", model.name, "missing", error.what, repair)
        return Check("local generation", model.name, "fail", error.what, error.repair)
    except CompanionError as error:
        return Check("local generation", model.name, "fail", error.what, error.repair)
    except Exception as error:  # a broken library must not end the examination
        return Check("local generation", model.name, "fail", f"it broke: {type(error).__name__}")
    speed = done.tokens_per_second
    if not done.text.strip():
        return Check("local generation", model.name, "fail", "it answers nothing")
    if speed is not None and speed < least:
        fact = f"{speed:.2g} tokens per second, fewer than {least:g}"
        return Check("local generation", model.name, "missing", fact, "Name a smaller model")
    first = f"first word after {done.first_token_seconds * 1000:.0f} ms"
    fact = first if speed is None else f"{first}, {speed:.0f} tokens per second"
    return Check("local generation", model.name, "ok", fact)
