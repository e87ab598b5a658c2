"""The profiles that advice may end in: which model each asks first, and what that takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from companion.config import (
    Hardware,
    ModelSettings,
    OllamaModel,
    OpenAIModel,
    Settings,
    TransformersModel,
    load,
    profiles,
)
from companion.errors import ConfigError
from companion.planning.anatomy import Anatomy
from companion.planning.catalogue import find
from companion.planning.memory import Plan, plan
from companion.planning.parts import parts
from companion.planning.precisions import PRECISIONS
from companion.planning.tables import while_settings_stand
from companion.sections.catalogue import Part

CONTEXT = 4096
"""Tokens of each conversation that memory is planned for, or as many as the model holds."""


@dataclass(frozen=True, slots=True)
class Mind:
    """A profile, the model it asks first by its `name` in models.yaml, and the engine that runs it.

    `kind` is the memory it was written for: a "gpu", "ram", or "" for whatever there is; `plain`
    says that it is about a machine with one GPU.
    """

    profile: str
    name: str
    model: Anatomy
    part: Part
    engine: Part
    precision: str
    kind: Literal["gpu", "ram", ""]
    plain: bool

    @property
    def billions(self) -> float:
        """The model's weights, in thousand millions."""
        return self.model.size / 1e9

    def suits(self, kind: str) -> bool:
        """Whether it is for memory of that kind, a "gpu" or "ram", and its engine, too."""
        return self.kind in (kind, "") and (kind == "gpu" or not self.engine.needs.gpu)

    def plan(self, at_once: int, kind: str) -> Plan:
        """What so many conversations at once take, on a "gpu" or in "ram"."""
        return _plan(self.name, self.precision, at_once, kind)


@cache
def _plan(name: str, precision: str, at_once: int, kind: str) -> Plan:
    model = find(name)
    return plan(model, PRECISIONS[precision], min(CONTEXT, model.longest), at_once, kind)


@while_settings_stand
def minds() -> tuple[Mind, ...]:
    """Every profile whose first model is local and known to the planner."""
    found = (_mind(name, load(name)) for name in profiles())
    return tuple(one for one in found if one)


def _mind(profile: str, settings: Settings) -> Mind | None:
    name = settings.chat.models[0]
    section = settings.models[name]
    engine = _engine(profile, section)
    if not section.is_local or settings.chat.discover or engine is None:
        return None
    try:
        model = find(name)
    except ConfigError:  # a server that does not say which model it holds
        return None
    if (row := _row(model)) is None:
        return None
    hardware = settings.hardware
    plain = hardware.visible_devices is None
    return Mind(profile, name, model, row, engine, _precision(section), _kind(hardware), plain)


def _engine(profile: str, section: ModelSettings) -> Part | None:
    """What runs it, by the kind of model, or by the profile that the engine's own row names."""
    if isinstance(section, OllamaModel):
        return _named("ollama")
    if isinstance(section, TransformersModel):
        return _named("transformers")
    if isinstance(section, OpenAIModel):
        return next((one for one in parts("engine") if one.profile == profile), None)
    return None


def _named(name: str) -> Part | None:
    return next((one for one in parts("engine") if one.name == name), None)


def _row(model: Anatomy) -> Part | None:
    """The row of the catalogue that is about this model."""
    return next(
        (one for one in parts("model") if one.shape and find(one.shape).name == model.name), None
    )


def _precision(section: ModelSettings) -> str:
    """The number format it is loaded in: GGUF has four bits, vLLM what is published."""
    if isinstance(section, TransformersModel):
        return "fp32"
    return "fp16" if isinstance(section, OpenAIModel) and "/" in section.model else "q4_k_m"


def _kind(hardware: Hardware) -> Literal["gpu", "ram", ""]:
    if hardware.memory_gb is None:
        return ""
    return "ram" if hardware.gpu_layers == 0 else "gpu"
