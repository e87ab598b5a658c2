"""Cloud selection: who is asked elsewhere, in which order, and when nobody may be.

The agents are read as if every key were set and the cloud allowed, so that it can be seen without
either. Servers on this machine stand for all models that are then chosen: nothing leaves it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from companion.breaking import FaultServer, broken, healthy, nobody
from companion.config import Budget, HttpModel, ModelSettings, Price, Settings
from companion.doctor.findings import Check
from companion.doctor.standing import (
    Wrong,
    ask,
    examine,
    listed,
    permitted,
    stand_in,
    what,
    whole,
)
from companion.errors import EverythingFailed
from companion.learning.drill import Told
from companion.routing import Books, Candidate, Ledger, Router, choose, room_for_models

NO_ROOM, ROOM = 0.0, 1e6
"""Gigabytes for weights: none of the local models that are told to take any fits, and all do."""

ORDER = "Look at this agent in configs/agents.yaml, and at routing/choosing.py"


def selection(settings: Settings) -> Iterator[Check]:
    """A check for each promise that is made about models elsewhere."""
    with broken(dict.fromkeys([*settings.models, "far", "dear", "near"], healthy)) as server:
        stage = _Stage(_as_if_allowed(settings), server)
        if stage.elsewhere():
            yield examine("cloud selection", "first choice", _first_choice, stage, repair=ORDER)
        else:
            fact = "no agent names a model elsewhere"
            yield Check("cloud selection", "first choice", "missing", fact, counts=False)
        yield examine("cloud selection", "local first", _local_first, stage, repair=ORDER)
        yield examine("cloud selection", "local_only", _local_only, stage, repair=ORDER)
        yield examine("cloud selection", "spent budget", _spent_budget, stage)
    yield examine("cloud selection", "reasons", _reasons, settings)


def _as_if_allowed(settings: Settings) -> Settings:
    """The same models and agents, with every key set and the cloud allowed."""

    def keyless(model: ModelSettings) -> ModelSettings:
        without = {"key_env": None}
        return model.model_copy(update=without) if isinstance(model, HttpModel) else model

    models = {name: keyless(model) for name, model in settings.models.items()}
    return settings.model_copy(update={"models": models, "routing": permitted(settings)})


@dataclass(frozen=True, slots=True)
class _Stage:
    """The settings, and the server on which every model of theirs is stood for."""

    settings: Settings
    server: FaultServer

    def elsewhere(self) -> dict[str, list[str]]:
        """Each agent that may ask elsewhere, with the models it names there, in order."""
        named = {
            agent: [
                name
                for name in (section.primary, section.fallback)
                if name and not self.settings.models[name].is_local
            ]
            for agent, section in self.settings.agents.items()
            if section.privacy == "allow_cloud"
        }
        return {agent: names for agent, names in named.items() if names}

    def ask(self, chosen: Sequence[Candidate]) -> tuple[Told, list[str]]:
        """The answer of those that stand for the chosen ones, and the names of all that were sent
        something."""
        before, url = len(self.server.seen), self.server.url
        standing = [stand_in(one.name, url, local=one.local) for one in chosen]
        heard = ask(Router(standing, self.settings.routing))
        return heard, [seen.model for seen in self.server.seen[before:]]


def _first_choice(stage: _Stage) -> str:
    """Where no local model fits, each agent asks elsewhere what it names, in its order."""
    for agent, named in stage.elsewhere().items():
        chosen = choose(stage.settings, agent, room_gb=NO_ROOM).candidates
        far = [one for one in chosen if not one.local]
        if [one.name for one in far][: len(named)] != named:
            raise Wrong(f"{agent} names {listed(named)}, and {_names(far)} would be asked")
        heard, asked = stage.ask(far)
        if not whole(heard) or asked != named[:1]:
            raise Wrong(
                f"{agent} should have asked {named[0]} alone, but {listed(asked)} was asked"
            )
    first = listed([named[0] for named in stage.elsewhere().values()])
    return f"{len(stage.elsewhere())} agents ask elsewhere, each its own first choice: {first}"


def _local_first(stage: _Stage) -> str:
    """Where there is room, who prefers local asks here, and sends nothing elsewhere."""
    preferring = {name: one for name, one in stage.settings.agents.items() if one.prefer_local}
    for agent, section in preferring.items():
        chosen = choose(stage.settings, agent, room_gb=ROOM).candidates
        if not chosen or not chosen[0].local or (section.local or chosen[0].name) != chosen[0].name:
            raise Wrong(
                f"{agent} prefers local, and {_names(chosen)} would be asked, in this order"
            )
        heard, asked = stage.ask(chosen)
        if not whole(heard) or asked != [chosen[0].name]:
            raise Wrong(f"{agent} should have asked {chosen[0].name} alone, not {listed(asked)}")
    return f"{len(preferring)} agents prefer local, and send nothing elsewhere where it answers"


def _local_only(stage: _Stage) -> str:
    """With all that is local broken, and a model elsewhere that would answer, nobody asks it."""
    private = [name for name, one in stage.settings.agents.items() if one.privacy == "local_only"]
    for agent in private:
        chosen = choose(stage.settings, agent, room_gb=ROOM).candidates
        if far := [one for one in chosen if not one.local]:
            raise Wrong(f"{agent} is local_only, and {_names(far)} would be asked")
    rules = stage.settings.routing.model_copy(update={"privacy": "local_only"})
    both = [stand_in("gone", nobody(), local=True)]
    both += [stand_in("far", stage.server.url, local=False)]
    heard = ask(Router(both, rules))
    if stage.server.of("far") or not isinstance(heard.error, EverythingFailed):
        raise Wrong(f"something was sent elsewhere: {what(heard)}")
    keep = f"{listed(private)} keep" if private else "an agent that is keeps"
    return f"{keep} all on this machine, also when everything local is down"


def _spent_budget(stage: _Stage) -> str:
    """A model that costs is passed over for a local one once the budget is spent."""
    rules = stage.settings.routing.model_copy(update={"budget": Budget(daily=0)})
    price = Price(input=1, output=1, date=date.today())
    url = stage.server.url
    both = [stand_in("dear", url, local=False, price=price), stand_in("near", url, local=True)]
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "ledger.db")
        heard = ask(Router(both, rules, books=Books(ledger)))
        ledger.close()
    if stage.server.of("dear") or heard.by != "near":
        raise Wrong(f"the local model should have answered alone, but {what(heard)}")
    return "what costs is not asked when the budget is spent, and a local model answers"


def _reasons(settings: Settings) -> str:
    """As the settings are, whoever is named elsewhere is asked, or it is told why not."""
    room, why = room_for_models(settings), dict[str, set[str]]()
    for agent, section in settings.agents.items():
        choice = choose(settings, agent, room_gb=room)
        asked = {one.name for one in choice.candidates}
        for name in set(section.named().values()) - asked:
            if not (reason := choice.left_out.get(name, "")):
                raise Wrong(f"{agent} names {name}, which is not asked, and nothing tells why")
            if not settings.models[name].is_local:
                why.setdefault(reason, set()).add(name)
    told = "; ".join(f"not {listed(sorted(names))}: {reason}" for reason, names in why.items())
    return told or "all that are named elsewhere may be asked"


def _names(chosen: Sequence[Candidate]) -> str:
    return listed([one.name for one in chosen]) or "nobody"
