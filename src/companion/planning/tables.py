"""Reading the tables in `configs/`: published shapes, hardware, free notebooks."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from companion.config import YAML
from companion.errors import ConfigError
from companion.resources import configs
from companion.sections.base import Section

S = TypeVar("S", bound=Section)


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
