"""One typed tree of settings, laid in four layers, each over the one before.

`configs/companion.yaml`, then a profile, then `COMPANION_*` environment variables, then keyword
arguments. `configs/models.yaml` names the models that a profile may use. A wrong key or value is an
error that says in which layer it stands, what was found and what is allowed.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from companion import cards
from companion.errors import CardError, ConfigError
from companion.resources import configs
from companion.sections import (
    Agent,
    AnthropicModel,
    Budget,
    Hardware,
    HttpModel,
    ModelSettings,
    OllamaModel,
    OpenAIModel,
    Price,
    Routing,
    ScriptedModel,
    Section,
    Task,
    Thresholds,
    TransformersModel,
)
from companion.sections.agents import AUTO, PERSONA, faults
from companion.sections.settings import Settings

__all__ = [
    "AUTO",
    "PERSONA",
    "Agent",
    "AnthropicModel",
    "Budget",
    "Hardware",
    "HttpModel",
    "ModelSettings",
    "OllamaModel",
    "OpenAIModel",
    "Price",
    "Routing",
    "ScriptedModel",
    "Section",
    "Settings",
    "Task",
    "Thresholds",
    "TransformersModel",
    "load",
    "profiles",
]

SECRET = re.compile(r"(?<=//)[^/\s]*(?=@)|(?<=\?)[^\s'\"]*")
"""In an address, a name and password in front of the host, or what is asked behind the path."""

YAML: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same reader in C where PyYAML has it."""

ENV_PREFIX = "COMPANION_"
PROFILE = "COMPANION_PROFILE"
NOT_SETTINGS = frozenset({PROFILE, "COMPANION_HOME", "COMPANION_SERVE_KEY"})
"""Environment variables of ours that override no key: a layer, a folder, a secret."""


Layer = tuple[str, dict[str, Any]]


def load(profile: str | None = None, **overrides: Any) -> Settings:
    """Read the settings; `profile` defaults to `COMPANION_PROFILE`, overrides win over all layers.

    An override is a key of the tree; nested ones are written as dictionaries
    (`load(chat={"seed": 1})`). Raises ConfigError for anything unknown, missing or of a wrong type.
    """
    profile = profile or os.environ.get(PROFILE) or None
    layers = [_file_layer(configs() / "companion.yaml")]
    layers += [_named_layer("models"), _named_layer("agents")]
    if profile:
        layers.append(_file_layer(_profile_file(profile)))
    layers += [*_environment_layers(os.environ), ("keyword arguments", overrides)]
    tree: dict[str, Any] = {}
    for _, layer in layers:
        tree = _laid_over(_opened(tree, layer), layer)
    tree["persona"] = _persona(tree.get("persona"), layers)
    try:
        settings = Settings.model_validate({**tree, "profile": profile})
    except ValidationError as error:
        raise _explained(error, layers) from None
    for path, what, repair in _faults(settings):
        key = ".".join(path)
        raise ConfigError(f"{key} {what}", where=_layer_of(path, layers), repair=repair)
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


def _opened(tree: dict[str, Any], layer: Mapping[str, Any]) -> dict[str, Any]:
    """`tree`, with the persona's name as a key where `layer` has keys to lay beside it."""
    named, above = tree.get("persona"), layer.get("persona")
    both = isinstance(named, str) and isinstance(above, Mapping)
    return {**tree, "persona": {"card": named}} if both else tree


def _persona(told: Any, layers: list[Layer]) -> Any:
    """What the card says that is named, and over it the keys that stand beside the name."""
    told = {"card": told} if isinstance(told, str) else told
    if not isinstance(told, dict) or not isinstance(called := told.get("card"), str):
        return told
    try:
        card = cards.found(called, configs() / "personas")
    except CardError as error:
        where = f"persona, {_layer_of(['persona'], layers)}; {error.where}"
        raise ConfigError(error.what, where=where, repair=error.repair) from None
    return _laid_over(cards.persona(card, called), told)


def _faults(settings: Settings) -> Iterator[tuple[list[str], str, str]]:
    """Keys that are well in themselves and do not go together: path, what is wrong, repair."""
    path = ["chat", "models"]
    for name in settings.chat.models:
        if name not in settings.models:
            yield path, *_unknown(name, settings.models, "configs/models.yaml")
        elif not settings.routing.servers and isinstance(settings.models[name], HttpModel):
            yield path, f"names {name!r}, but routing.servers is false", "Set it to true."
    for name, model in settings.models.items():
        if model.superseded_by and model.superseded_by not in settings.models:
            path = ["models", name, "superseded_by"]
            yield path, *_unknown(model.superseded_by, settings.models, "configs/models.yaml")
    if settings.agent is not None and settings.agent not in (AUTO, PERSONA, *settings.agents):
        yield ["agent"], *_unknown(settings.agent, settings.agents, "configs/agents.yaml")
    own = settings.persona.agent
    if own is not None and own not in settings.agents:
        yield ["persona", "agent"], *_unknown(own, settings.agents, "configs/agents.yaml")
    otherwise = settings.routing.otherwise
    if settings.agent == AUTO and otherwise not in settings.agents:
        path = ["routing", "otherwise"]
        yield path, *_unknown(otherwise, settings.agents, "configs/agents.yaml")
    yield from faults(settings.agents, settings.models)


def _unknown(name: str, known: Mapping[str, object], file: str) -> tuple[str, str]:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    return f"names {name!r}, which {file} does not have", f"{hint}It has: {', '.join(known)}."


def _file_layer(file: Path) -> Layer:
    return str(file), _read_yaml(file)


def _named_layer(part: str) -> Layer:
    """The file that holds the models, or the agents, by name."""
    file = configs() / f"{part}.yaml"
    return str(file), {part: _read_yaml(file)}


def _read_yaml(file: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds; an empty file is an empty mapping."""
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=YAML)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The settings cannot be read: {error}", where=str(file)) from None
    except yaml.YAMLError as error:
        raise ConfigError(f"This is not valid YAML: {error}", where=str(file)) from None
    if content is not None and not isinstance(content, dict):
        raise ConfigError(
            f"The file must hold keys and values, found {type(content).__name__}", where=str(file)
        )
    return content or {}


def _environment_layers(environment: Mapping[str, str]) -> Iterator[Layer]:
    """`COMPANION_CHAT__MAX_TOKENS=80` becomes `{"chat": {"max_tokens": 80}}`; values are YAML."""
    for name, value in environment.items():
        if name.startswith(ENV_PREFIX) and name not in NOT_SETTINGS:
            told = _scalar(name, value)
            for key in reversed(name.removeprefix(ENV_PREFIX).lower().split("__")):
                told = {key: told}
            yield f"environment variable {name}", told


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
        shown = SECRET.sub("…", repr(problem["input"]))
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
