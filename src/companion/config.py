"""One typed tree of settings, laid in four layers, each over the one before.

`configs/companion.yaml`, then a profile, then `COMPANION_*` environment variables, then keyword
arguments. `configs/models.yaml` names the models that a profile may use. A wrong key or value is an
error that says in which layer it stands, what was found and what is allowed.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from companion.errors import ConfigError
from companion.model_settings import (
    AnthropicModel,
    HttpModel,
    ModelSettings,
    OllamaModel,
    OpenAIModel,
    Price,
    ScriptedModel,
    Section,
    TransformersModel,
)
from companion.resources import configs
from companion.types import Language

__all__ = [
    "AnthropicModel",
    "Budget",
    "HttpModel",
    "ModelSettings",
    "OllamaModel",
    "OpenAIModel",
    "Price",
    "Routing",
    "ScriptedModel",
    "Section",
    "Settings",
    "TransformersModel",
    "load",
    "profiles",
]

SECRET = re.compile(r"//[^/\s]*@")
"""A name and password in front of a host."""

ENV_PREFIX = "COMPANION_"
NOT_SETTINGS = frozenset({"COMPANION_PROFILE", "COMPANION_HOME"})
"""Environment variables of ours that choose layers or folders rather than override a key."""


class Persona(Section):
    """Who the companion is; `about` is the system prompt in each language."""

    name: str = Field(min_length=1)
    about: dict[Language, str]


class Chat(Section):
    """How an answer is made; `models` are asked in order."""

    models: tuple[str, ...] = Field(min_length=1)
    max_tokens: int = Field(ge=1, le=32_768)
    temperature: float | None = Field(ge=0, le=2)
    top_p: float | None = Field(gt=0, le=1)
    seed: int | None = None
    max_message_characters: int = Field(ge=1)


class Budget(Section):
    """US dollars that may be spent on models that cost; None is no limit. `agents` are per day."""

    daily: float | None = Field(default=None, ge=0)
    monthly: float | None = Field(default=None, ge=0)
    agents: dict[str, float] = Field(default_factory=dict)


class Routing(Section):
    """How models are asked in turn. Limits are seconds, and a caller shares one deadline.

    `first_token_seconds` and `stall_seconds` bound the silence before an answer and within it;
    `patience_seconds` is how long a pause that a server asks for is worth waiting. A provider that
    fails `failures_to_open` times in a row rests for `cooldown_seconds`, then for twice that…
    """

    privacy: Literal["local_only", "allow_cloud"] = "allow_cloud"
    deadline_seconds: float = Field(default=60, gt=0)
    first_token_seconds: float = Field(default=30, gt=0)
    stall_seconds: float = Field(default=15, gt=0)
    patience_seconds: float = Field(default=2, ge=0)
    failures_to_open: int = Field(default=2, ge=1)
    cooldown_seconds: float = Field(default=5, gt=0)
    longest_cooldown_seconds: float = Field(default=30, gt=0)
    budget: Budget = Budget()


class Server(Section):
    """Where the page listens. A port of 0 takes any free one.

    `root_path` is the path under which a proxy shows the page, such as `/companion`.
    """

    host: str
    port: int = Field(ge=0, le=65_535)
    root_path: str = ""


class Embeddings(Section):
    """What turns text into vectors: all-MiniLM-L6-v2, a folder, or a model on the Hub."""

    model: str = Field(min_length=1)
    languages: frozenset[Language]


class Tracking(Section):
    """Where runs are recorded; `uri` None is the project's own `mlruns/mlflow.db`."""

    uri: str | None = None
    experiment: str = Field(min_length=1)


class Settings(Section):
    """The whole tree."""

    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    language: Language
    persona: Persona
    chat: Chat
    models: dict[str, ModelSettings]
    embeddings: Embeddings
    routing: Routing = Routing()
    server: Server
    tracking: Tracking
    profile: str | None = None


Layer = tuple[str, dict[str, Any]]


def load(profile: str | None = None, **overrides: Any) -> Settings:
    """Read the settings; `profile` defaults to `COMPANION_PROFILE`, overrides win over all layers.

    An override is a key of the tree; nested ones are written as dictionaries
    (`load(chat={"seed": 1})`). Raises ConfigError for anything unknown, missing or of a wrong type.
    """
    profile = profile or os.environ.get("COMPANION_PROFILE") or None
    layers = [_file_layer(configs() / "companion.yaml"), _models_layer()]
    if profile:
        layers.append(_file_layer(_profile_file(profile)))
    layers += [_environment_layer(os.environ), ("keyword arguments", overrides)]
    tree: dict[str, Any] = {}
    for _, layer in layers:
        tree = _laid_over(tree, layer)
    try:
        settings = Settings.model_validate({**tree, "profile": profile})
    except ValidationError as error:
        raise _explained(error, layers) from None
    for name in settings.chat.models:
        if name not in settings.models:
            raise _unknown_model(name, settings, _layer_of(["chat", "models"], layers))
    return settings


def profiles() -> list[str]:
    """The names of the profiles that exist."""
    return sorted(file.stem for file in (configs() / "profiles").glob("*.yaml"))


def _profile_file(profile: str) -> Path:
    if profile not in profiles():
        near = difflib.get_close_matches(profile, profiles(), n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise ConfigError(
            f"There is no profile named {profile!r}",
            where=str(configs() / "profiles"),
            repair=f"{hint}Use one of: {', '.join(profiles())}.",
        )
    return configs() / "profiles" / f"{profile}.yaml"


def _unknown_model(name: str, settings: Settings, layer: str) -> ConfigError:
    near = difflib.get_close_matches(name, settings.models, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    return ConfigError(
        f"chat.models names {name!r}, which configs/models.yaml does not have",
        where=layer,
        repair=f"{hint}It has: {', '.join(settings.models)}.",
    )


def _file_layer(file: Path) -> Layer:
    return str(file), _read_yaml(file)


def _models_layer() -> Layer:
    file = configs() / "models.yaml"
    return str(file), {"models": _read_yaml(file)}


def _read_yaml(file: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds; an empty file is an empty mapping."""
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The settings cannot be read: {error}", where=str(file)) from None
    except yaml.YAMLError as error:
        raise ConfigError(f"This is not valid YAML: {error}", where=str(file)) from None
    if content is not None and not isinstance(content, dict):
        raise ConfigError(
            f"The file must hold keys and values, found {type(content).__name__}", where=str(file)
        )
    return content or {}


def _environment_layer(environment: Mapping[str, str]) -> Layer:
    """`COMPANION_CHAT__MAX_TOKENS=80` becomes `{"chat": {"max_tokens": 80}}`; values are YAML."""
    layer: dict[str, Any] = {}
    for name, value in environment.items():
        if name.startswith(ENV_PREFIX) and name not in NOT_SETTINGS:
            *parents, key = name.removeprefix(ENV_PREFIX).lower().split("__")
            branch = layer
            for parent in parents:
                branch = branch.setdefault(parent, {})
            branch[key] = _scalar(name, value)
    return "COMPANION_* environment variables", layer


def _scalar(name: str, value: str) -> Any:
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError:
        raise ConfigError(
            f"{value!r} is not a value", where=f"environment variable {name}"
        ) from None


def _laid_over(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` wins; mappings are merged key by key, everything else is replaced whole."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        both = isinstance(old, dict) and isinstance(value, Mapping)
        merged[key] = _laid_over(old, value) if both else value  # type: ignore[arg-type]
    return merged


def _explained(error: ValidationError, layers: list[Layer]) -> ConfigError:
    """The first problem as a sentence: which layer, which key, what was found, what is allowed."""
    problem = error.errors(include_url=False)[0]
    path = [str(part) for part in problem["loc"]]
    if path[:1] == ["models"]:
        del path[2:3]  # the kind, which is no key of the file
    key = ".".join(path)
    if problem["type"] == "extra_forbidden":
        what, repair = f"Unknown key {key!r}", _allowed_keys(path)
    elif problem["type"] == "missing":
        what, repair = f"The key {key!r} is missing", "Add it."
    else:
        shown = SECRET.sub("//…@", repr(problem["input"]))
        found = f", found {shown}" if key else ""
        what, repair = f"{key}: {problem['msg']}{found}".removeprefix(": "), ""
    return ConfigError(what, where=_layer_of(path, layers), repair=repair)


def _layer_of(path: list[str], layers: list[Layer]) -> str:
    """The topmost layer that sets this key, which is where the reader has to look."""
    for name, layer in reversed(layers):
        branch: Any = layer
        for part in path:
            branch = branch.get(part) if isinstance(branch, dict) else None
        if branch is not None:
            return name
    return "the settings"


def _allowed_keys(path: list[str]) -> str:
    section: Any = Settings
    for part in path[:-1]:
        field = section.model_fields.get(part) if hasattr(section, "model_fields") else None
        section = field.annotation if field else None
    names = sorted(getattr(section, "model_fields", {}))
    near = difflib.get_close_matches(path[-1], names, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    return f"{hint}Allowed here: {', '.join(names)}." if names else ""
