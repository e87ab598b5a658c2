"""The sections of `configs/agents.yaml`: who is asked for which kind of work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from pydantic import Field

from companion.sections.base import Section
from companion.sections.models import ModelSettings, Task

Privacy: TypeAlias = Literal["local_only", "allow_cloud"]
AUTO = "auto"
"""In place of an agent's name: each message chooses the agent whose work it is."""
PERSONA = "persona"
"""In place of an agent's name: whom one talks with brings the agent that its card names."""


class Thresholds(Section):
    """What a model must keep to be asked for an agent.

    `max_response_seconds` is the agent's deadline, all attempts together; a model whose answers of
    the last day came at fewer than `min_tokens_per_second` is passed over; its weights may take
    `max_vram_percent` of the memory there is for models.
    """

    max_response_seconds: float = Field(default=60, gt=0)
    min_tokens_per_second: float = Field(default=0.5, ge=0)
    max_vram_percent: float = Field(default=95, gt=0, le=100)


class Agent(Section):
    """One kind of work and the models for it, by their names in `configs/models.yaml`.

    `primary` and then `fallback` are asked before `local`, or behind it where the agent prefers
    local. With `local_only`, nothing that the agent is asked leaves this machine.

    Where the setting `agent` is "auto", a message is this agent's work when one of its `signs`, a
    word or several, stands in it, or when the trained classifier finds one of its `intents`.
    """

    task: Task
    primary: str | None = None
    fallback: str | None = None
    local: str | None = None
    prefer_local: bool = False
    privacy: Privacy = "allow_cloud"
    thresholds: Thresholds = Field(default_factory=Thresholds)
    signs: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()

    def named(self) -> dict[str, str]:
        """The models that it names, by key."""
        keys = {"primary": self.primary, "fallback": self.fallback, "local": self.local}
        return {key: name for key, name in keys.items() if name}


def faults(
    agents: Mapping[str, Agent], models: Mapping[str, ModelSettings]
) -> Iterator[tuple[list[str], str, str]]:
    """What agents ask for that models cannot give: the key's path, what is wrong, what mends it."""
    for name, by in ((AUTO, "the message"), (PERSONA, "the persona")):
        if name in agents:
            yield ["agents", name], f"has the name that means: chosen by {by}", "Rename it."
    owners: dict[str, str] = {}
    for agent, section in agents.items():
        for intent in section.intents:
            if (owner := owners.setdefault(intent, agent)) != agent:
                what = f"takes {intent!r}, which {owner} has"
                yield ["agents", agent, "intents"], what, "Give each intent to one agent."
        for key, name in section.named().items():
            path = ["agents", agent, key]
            if name not in models:
                yield path, f"names {name!r}, which configs/models.yaml does not have", ""
            elif not models[name].is_local and (key == "local" or section.privacy == "local_only"):
                why = "is local_only" if section.privacy == "local_only" else "is to be local"
                repair = "Name a model on this machine, or set its privacy to allow_cloud."
                yield path, f"names {name!r}, which is elsewhere, but it {why}", repair
        if not section.named():
            yield ["agents", agent], "names no model", "Give it a primary or a local one."
