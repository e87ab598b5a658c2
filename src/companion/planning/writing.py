"""A stack as a profile of one's own: `companion chat --profile NAME` then starts it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from companion.config import load, profiles
from companion.errors import ConfigError
from companion.planning.advice import Candidate, Stack
from companion.planning.memory import GIGABYTE
from companion.planning.places import SHARE
from companion.planning.situation import described
from companion.resources import configs

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
FIRST_LINE = "# yaml-language-server: $schema=../schema/settings.schema.json"


def write_profile(name: str, stack: Stack, *, overwrite: bool = False) -> Path:
    """Write the stack's profile under that name, and read it back; returns the file.

    Raises ConfigError for a name that is no file name or is taken, unless it may be overwritten,
    and for a folder that cannot be written to.
    """
    if not NAME.fullmatch(name):
        repair = "Use small letters, digits, dots, dashes and underscores."
        raise ConfigError(f"{name!r} cannot name a profile", where="--write", repair=repair)
    if name in profiles() and not overwrite:
        repair = "Choose another name, or say --overwrite."
        raise ConfigError(f"There is a profile {name!r} already", where="--write", repair=repair)
    file = configs() / "profiles" / f"{name}.yaml"
    try:
        _replace(file, profile_text(stack))
    except OSError as error:
        raise ConfigError(f"The profile cannot be written: {error}", where=str(file)) from None
    load(name)
    return file


def profile_text(stack: Stack) -> str:
    """The profile as YAML: the one that the stack ends in, with this memory and these rules."""
    tree = yaml.safe_dump(_tree(stack), sort_keys=False, allow_unicode=True)
    about = f"# {described(stack.situation)}.\n# Made from the profile {stack.profile}."
    return f"{FIRST_LINE}\n{about}\n{tree}"


def _tree(stack: Stack) -> dict[str, Any]:
    settings, mind = load(stack.profile), stack.candidate.mind
    tree: dict[str, Any] = {"chat": {"models": list(settings.chat.models)}}
    if mind.engine.name != "transformers":
        tree["hardware"] = _hardware(stack.candidate)
    routing: dict[str, Any] = {}
    if stack.situation.private or settings.routing.privacy == "local_only":
        routing["privacy"] = "local_only"
    if not settings.routing.servers:
        routing["servers"] = False
    return tree | ({"routing": routing} if routing else {})


def _hardware(best: Candidate) -> dict[str, Any]:
    """What a profile of a GPU says of it; of a computer without one, the RAM that is left."""
    room = best.place.room
    if room.kind == "ram":
        return {"memory_gb": _gigabytes(room.bytes_there), "gpu_layers": 0}
    whole = _gigabytes(room.bytes_there / SHARE)
    return {"memory_gb": whole, "gpu": 0, "gpu_layers": "all", "gpu_memory_fraction": SHARE}


def _gigabytes(size: float) -> float:
    return round(size / GIGABYTE, 2)


def _replace(file: Path, text: str) -> None:
    """Put the text there whole: a profile that is half written would break every command."""
    beside = file.with_name(f"{file.stem}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)
