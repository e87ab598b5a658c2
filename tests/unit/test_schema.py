"""The JSON Schemas that editors read are those of the settings, and the shipped files pass them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from companion.resources import configs
from companion.schema import documents

FILES = [
    file
    for folder in (".", "profiles", "catalogue")
    for file in sorted((configs() / folder).glob("*.yaml"))
]


def test_they_are_up_to_date() -> None:
    shipped = {path.name: path.read_text("utf-8") for path in (configs() / "schema").iterdir()}
    assert shipped == documents(), "repair: python -m companion.schema"


class Loader(yaml.SafeLoader):
    """Leaves dates as the text they are in JSON."""


Loader.yaml_implicit_resolvers = {
    letter: [one for one in resolvers if one[0] != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def validator(file: Path) -> Any:
    """The schema that the file's first line names."""
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", file.read_text("utf-8"))
    assert named, f"{file.name} does not name its schema"
    schema = yaml.safe_load((file.parent / named[1]).read_text("utf-8"))
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_file_passes_the_schema_that_it_names(file: Path) -> None:
    content = yaml.load(file.read_text("utf-8"), Loader)
    assert [error.message for error in validator(file).iter_errors(content)] == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("companion.yaml", {"chat": {"max_tokns": 5}}),
        ("companion.yaml", {"hardware": {"gpu_layers": "some"}}),
        ("agents.yaml", {"mine": {"task": "cooking"}}),
        ("models.yaml", {"mine": {"kind": "ollama"}}),
    ],
)
def test_a_mistake_is_seen_while_it_is_typed(name: str, content: dict[str, object]) -> None:
    assert list(validator(configs() / name).iter_errors(content))
