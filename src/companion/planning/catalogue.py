"""The models and the memories that plans are made for, by name.

Models are those of `configs/shapes.yaml`, those of `models.yaml` that are folders, and any folder
with a config.json. Memories are those that the profiles name, and those of `configs/hardware.yaml`.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from companion.config import TransformersModel, load, profiles
from companion.errors import ConfigError
from companion.planning.anatomy import Anatomy, dissect
from companion.planning.memory import GIGABYTE
from companion.planning.tables import read_table
from companion.resources import choose_device, configs, packaged
from companion.sections.free_notebooks import FreeNotebooks
from companion.sections.shapes import Memory, Shape

HERE = "here"
"""The name of this machine among the memories: its GPU, else its RAM, what is free of it now."""


@dataclass(frozen=True, slots=True)
class Room:
    """Memory for a model: `bytes_there` are what it may take, and `why` says how many those are."""

    name: str
    kind: str
    bytes_there: float
    why: str


def find(name: str) -> Anatomy:
    """The model of that name, or in that folder.

    Raises ConfigError where there is none, or its config.json is no model that can be counted.
    """
    shapes = _shapes()
    for key, shape in shapes.items():
        if name.lower() in (key, shape.name.lower(), *shape.also):
            return _published(key)
    folder = _folder(name)
    if folder is None:
        known = [*shapes, *(key for shape in shapes.values() for key in shape.also), *_folders()]
        where = f"{configs() / 'shapes.yaml'}, and no such folder"
        raise _nothing(f"The shape of {name!r} is not known", name, known, where)
    return _in_folder(name, folder)


def everything() -> Iterator[tuple[str, Anatomy]]:
    """Each model that has a name here, with the name, the shipped ones first."""
    for name, folder in _folders().items():
        yield name, _in_folder(name, folder)
    for key in _shapes():
        yield key, _published(key)


def room(name: str) -> Room:
    """The memory of that name; "here" is this machine. Raises ConfigError for an unknown one."""
    if name == HERE:
        return _here()
    found = {one.name: one for one in rooms()}
    if name.lower() in found:
        return found[name.lower()]
    where = str(configs() / "hardware.yaml")
    raise _nothing(f"There is no hardware named {name!r}", name, [*found, HERE], where)


def rooms() -> Iterator[Room]:
    """Each memory that has a name here, the smallest first."""
    told = [
        *_of_profiles(),
        *(_of(name, one) for name, one in read_table("hardware", Memory).items()),
    ]
    yield from sorted(told, key=lambda one: one.bytes_there)


def free_notebooks() -> dict[str, FreeNotebooks]:
    """Hosted notebooks that lend a GPU for nothing, by name, each with its source and date."""
    return read_table("free_notebooks", FreeNotebooks)


def _of_profiles() -> Iterator[Room]:
    for profile in profiles():
        hardware = load(profile).hardware
        if hardware.memory_gb is not None:
            share = hardware.gpu_memory_fraction or 1
            kind = "ram" if hardware.gpu_layers == 0 else "gpu"
            yield _room(profile, kind, hardware.memory_gb, share)


def _of(name: str, one: Memory) -> Room:
    return _room(name, one.kind, one.memory_gb, one.share)


def _room(name: str, kind: str, gigabytes: float, share: float) -> Room:
    usable = gigabytes * share
    part = "" if share == 1 else f", {share:.0%} of {gigabytes:g} GB"
    return Room(name, kind, usable * GIGABYTE, f"{usable:.3g} GB usable{part}")


def _here() -> Room:
    device = choose_device()
    kind = "gpu" if device.kind == "cuda" else "ram"
    free = f"{device.memory_bytes / GIGABYTE:.3g} GB free now on {device.name}"
    return Room(HERE, kind, device.memory_bytes, free)


def _folder(name: str) -> Path | None:
    """The folder that is meant, None where there is none of that name."""
    known = _folders()
    if name in known:
        return known[name]
    folder = Path(name).expanduser()
    return folder if folder.is_dir() else None


def _folders() -> dict[str, Path]:
    """The models of the settings that are folders."""
    found = {}
    for name, model in load().models.items():
        if isinstance(model, TransformersModel):
            shipped = model.path.removeprefix("package:")
            inside = shipped != model.path
            found[name] = packaged(shipped) if inside else Path(model.path).expanduser()
    return found


def _in_folder(name: str, folder: Path) -> Anatomy:
    file = folder / "config.json"
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(told, dict):  # JSON, and no object
            raise ValueError(f"it holds a {type(told).__name__}")
    except FileNotFoundError:
        raise ConfigError(
            "The folder holds no config.json",
            where=str(folder),
            repair="Give the folder of a model that transformers saved.",
        ) from None
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"config.json cannot be read: {error}", where=str(file), repair="Fetch the model again."
        ) from None
    return dissect(told, name, str(file))


@cache
def _published(key: str) -> Anatomy:
    shape = _shapes()[key]
    where = f"{configs() / 'shapes.yaml'}, {key}"
    return dissect(shape.config, shape.name, where, shape.without)


def _shapes() -> dict[str, Shape]:
    return read_table("shapes", Shape)


def _nothing(what: str, name: str, known: Iterable[str], where: str) -> ConfigError:
    names = list(known)
    near = difflib.get_close_matches(name.lower(), names, n=1)
    near += [one for one in names if name.lower() in one]
    hint = f"Did you mean {near[0]}? " if near else ""
    return ConfigError(what, where=where, repair=f"{hint}Use one of: {', '.join(names)}.")
