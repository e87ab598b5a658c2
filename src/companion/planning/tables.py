"""Reading the tables in `configs/`, and keeping what follows from the settings while they stand."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from functools import cache, lru_cache, wraps
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from companion.config import ENV_PREFIX, NOT_SETTINGS, PROFILE, YAML
from companion.errors import ConfigError
from companion.resources import configs
from companion.sections.base import Section

S = TypeVar("S", bound=Section)
T = TypeVar("T")

KEPT = 64
"""How many results a function keeps, the latest: those of older settings go by themselves."""


@cache
def read_table(name: str, section: type[S]) -> dict[str, S]:
    """The file of that name in `configs/`, which holds such sections by name.

    Raises ConfigError, with the file and the key, for what cannot be read.
    """
    file = configs() / f"{name}.yaml"
    try:
        content: Any = yaml.load(file.read_text(encoding="utf-8"), Loader=YAML)
        return TypeAdapter(dict[str, section]).validate_python(content)  # type: ignore[valid-type]
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"The file cannot be read: {error}", where=str(file)) from None
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in problem["loc"])
        raise ConfigError(f"{key}: {problem['msg']}", where=str(file)) from None


def while_settings_stand(work: Callable[..., T]) -> Callable[..., T]:
    """Keep what `work` returns until a file of the settings or a variable for them changes.

    Its arguments must be hashable. A character card is no such file.
    """

    @lru_cache(KEPT)
    def kept(settings: Hashable, *arguments: Hashable) -> T:
        return work(*arguments)

    @wraps(work)
    def asked(*arguments: Hashable) -> T:
        return kept(_settings(), *arguments)

    return asked


def _settings() -> Hashable:
    """What `load` reads, as it is now."""
    files = (*configs().glob("*.yaml"), *(configs() / "profiles").glob("*.yaml"))
    written = sorted((str(file), file.stat().st_mtime_ns) for file in files)
    told = sorted((name, told) for name, told in os.environ.items() if _is_setting(name))
    return (*written, *told)


def _is_setting(name: str) -> bool:
    return name == PROFILE or (name.startswith(ENV_PREFIX) and name not in NOT_SETTINGS)
