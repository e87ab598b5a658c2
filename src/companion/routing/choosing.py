"""Who is asked for an agent, in which order, and who is not asked and why."""

from __future__ import annotations

import difflib
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from companion.config import Agent, HttpModel, ModelSettings, Routing, Settings
from companion.errors import CompanionError, ConfigError, TrackingError
from companion.resources import choose_device, free_memory_bytes
from companion.routing.candidates import Candidate, candidate
from companion.routing.ledger import Ledger

GIGABYTE = 1e9
DAY = 86_400.0
"""Seconds for which a measured speed counts: what was too slow gets another chance after that."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The models for one agent in order, the rules they are asked by, and who was left out why."""

    candidates: tuple[Candidate, ...]
    rules: Routing
    left_out: Mapping[str, str]


def choose(
    settings: Settings, agent: str, ledger: Ledger | None = None, room_gb: float | None = None
) -> Choice:
    """The models for that agent of `settings.agents`; those of `chat.models` stand behind them.

    `room_gb` is the memory for weights; None: as the settings say, else as it is measured. Speeds
    come from `ledger`. A model of `chat` on this machine is always kept: someone has to answer.
    """
    section = _section(settings, agent)
    rules = _rules(settings.routing, section)
    room = room_gb if room_gb is not None else room_for_models(settings)
    judge = _Judge(settings, section, rules, room, _speeds(ledger))
    asked, left_out = list[Candidate](), dict[str, str]()
    for name, why in _wishes(settings, section, judge):
        if cause := judge.against(name):
            left_out[name] = cause
        elif name not in {one.name for one in asked}:
            asked.append(candidate(name, settings, f"{agent}: {why}"))
    return Choice(tuple(asked), rules, left_out)


def _section(settings: Settings, agent: str) -> Agent:
    if agent in settings.agents:
        return settings.agents[agent]
    near = difflib.get_close_matches(agent, settings.agents, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise ConfigError(
        f"There is no agent named {agent!r}",
        where="configs/agents.yaml",
        repair=f"{hint}Use one of: {', '.join(settings.agents)}.",
    )


def room_for_models(settings: Settings) -> float:
    """The gigabytes that weights may take: as the settings say, else what the device has free."""
    if settings.hardware.memory_gb is not None:
        return settings.hardware.memory_gb
    own = settings.hardware
    try:
        return choose_device(own.gpu, own.visible_devices).memory_bytes / GIGABYTE
    except CompanionError:  # without torch, servers can only be judged by the system's memory
        return free_memory_bytes() / GIGABYTE


def best_local(settings: Settings, task: str, room_gb: float) -> str | None:
    """The model on this machine that suits the task best, of those that fit and are current.

    A model of that speciality comes first, then a general one, then any; the larger before the
    smaller.
    """
    fitting = [
        (model.speciality == task, model.speciality == "general", model.vram_gb, name)
        for name, model in settings.models.items()
        if model.is_local and model.vram_gb and not model.superseded_by and model.vram_gb <= room_gb
    ]
    return max(fitting)[-1] if fitting else None


def _rules(routing: Routing, agent: Agent) -> Routing:
    """The stricter of both privacies, and of both deadlines."""
    local_only = "local_only" in (routing.privacy, agent.privacy)
    deadline = min(routing.deadline_seconds, agent.thresholds.max_response_seconds)
    privacy = "local_only" if local_only else "allow_cloud"
    return routing.model_copy(update={"privacy": privacy, "deadline_seconds": deadline})


def _wishes(settings: Settings, agent: Agent, judge: _Judge) -> Iterator[tuple[str, str]]:
    """Names in the order of preference, each with what it is for the agent."""
    best = best_local(settings, agent.task, judge.allowed_gb)
    the_best = (best, f"the best local one for {agent.task}")
    local = [(agent.local, "its local model")]
    if not agent.local or judge.against(agent.local):
        local.append(the_best)
    named = [(agent.primary, "its first choice"), (agent.fallback, "its fallback")]
    ordered = [*local, *named] if agent.prefer_local else [*named, *local]
    for name, why in [*ordered, the_best]:
        if name:
            yield name, why
    for name in settings.chat.models:
        yield name, "behind them"


@dataclass(frozen=True, slots=True)
class _Judge:
    """Knows why a model may not be asked for an agent."""

    settings: Settings
    agent: Agent
    rules: Routing
    room_gb: float
    speeds: Mapping[str, float]

    @property
    def allowed_gb(self) -> float:
        """What the weights of one model may take."""
        return self.room_gb * self.agent.thresholds.max_vram_percent / 100

    def against(self, name: str) -> str:
        """The reason, "" where there is none."""
        model = self.settings.models[name]
        elsewhere = not model.is_local
        if elsewhere and self.rules.privacy == "local_only":
            return "local_only: nothing is sent off this machine"
        if isinstance(model, HttpModel) and not self.settings.routing.servers:
            return "routing.servers is false: no server is asked"
        if elsewhere and isinstance(model, HttpModel) and model.key_env and not model.key():
            return f"its key, {model.key_env}, is not set"
        return self._too_large(model) or self._too_slow(name)

    def _too_large(self, model: ModelSettings) -> str:
        if not model.is_local or not model.vram_gb or model.vram_gb <= self.allowed_gb:
            return ""
        percent = self.agent.thresholds.max_vram_percent
        return f"it takes {model.vram_gb:g} GB, more than {percent:g} % of {self.room_gb:.1f} GB"

    def _too_slow(self, name: str) -> str:
        least, speed = self.agent.thresholds.min_tokens_per_second, self.speeds.get(name)
        if speed is None or speed >= least or name in self.settings.chat.models:
            return ""
        return f"it gave {speed:.2g} tokens per second, fewer than {least:g}"


def _speeds(ledger: Ledger | None) -> dict[str, float]:
    """Tokens per second of each model's answers within a day, without the wait for the first."""
    if ledger is None or not ledger.path.exists():
        return {}
    tokens, seconds = defaultdict[str, int](int), defaultdict[str, float](float)
    try:
        entries = ledger.entries(time.time() - DAY)
    except TrackingError:  # a ledger that fails never harms an answer
        return {}
    for one in entries:
        if one.outcome == "answered" and one.seconds and one.completion_tokens:
            tokens[one.model] += one.completion_tokens
            seconds[one.model] += one.seconds - (one.first_token_seconds or 0)
    return {model: tokens[model] / spent for model, spent in seconds.items() if spent > 0}
