"""What Colab and Kaggle have installed is accepted as it is: nothing of it would be replaced.

The lists are recorded (tests/data/hosted_environments/SOURCE.txt). Where a list lacks a package
that we need, pip would install it, so its own requirements are held against the list as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from companion.dependencies import declared, requirements
from companion.notebooks.lesson import facts, lessons
from companion.resources import CHECKOUT

RECORDED = Path(__file__).parents[1] / "data" / "hosted_environments"
COLAB_LISTS = ["colab-pip-freeze.txt", "colab-pip-freeze.gpu.txt"]
EXTRAS = [extra for extra in declared() if extra not in ("", "all", "dev")]
NOTEBOOK_EXTRAS = sorted(
    {e for lesson in lessons(CHECKOUT) for e in facts(lesson, lesson.read()).extras}
)


def pinned(file: str) -> dict[str, Version]:
    """Exact versions of the list, by canonical name."""
    lines = (RECORDED / file).read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if "==" in line and not line.startswith("#")]
    return {canonicalize_name(name.split("[")[0]): Version(version) for name, version in pairs}


def replaced(wanted: list[Requirement], there: dict[str, Version], python: str) -> Iterator[str]:
    """What pip would have to replace to satisfy `wanted` where these packages are installed."""
    seen: set[str] = set()
    while wanted:
        wish = wanted.pop()
        name = canonicalize_name(wish.name)
        found = there.get(name)
        if found and not wish.specifier.contains(found, prereleases=True):
            yield f"{name} {found}, because {wish.name}{wish.specifier} is needed"
        if (key := f"{name}{sorted(wish.extras)}") not in seen:
            seen.add(key)
            wanted += asked_by(wish, python, extras_only=bool(found))


def asked_by(wish: Requirement, python: str, *, extras_only: bool) -> list[Requirement]:
    """The requirements of a package as installed here, for another Python on Linux.

    Of a package that is there already, only what the asked extras add is still open.
    """
    target: dict[str, str] = {
        **{name: str(value) for name, value in default_environment().items()},
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
    }
    groups = set(wish.extras) if extras_only else {"", *wish.extras}
    lines = [Requirement(line) for line in metadata.requires(wish.name) or []]
    return [
        line
        for line in lines
        if any(not line.marker or line.marker.evaluate({**target, "extra": g}) for g in groups)
    ]


@pytest.mark.parametrize("file", COLAB_LISTS)
def test_nothing_on_colab_is_replaced_by_what_notebooks_install(file: str) -> None:
    there = pinned(file)
    assert len(there) > 600
    assert list(replaced(requirements(*NOTEBOOK_EXTRAS), there, "3.13")) == []


@pytest.mark.parametrize("file", [*COLAB_LISTS, "kaggle_requirements.txt"])
def test_every_pinned_package_is_accepted_by_every_extra(file: str) -> None:
    there = pinned(file)
    wishes = [wish for wish in requirements(*EXTRAS) if canonicalize_name(wish.name) in there]
    accepted = {w.name: w.specifier.contains(there[canonicalize_name(w.name)]) for w in wishes}
    assert accepted
    assert all(accepted.values()), accepted


@pytest.mark.parametrize(
    ("file", "name", "version"),
    [
        ("colab-pip-freeze.txt", "torch", "2.11.0+cpu"),
        ("colab-pip-freeze.gpu.txt", "torch", "2.11.0+cu128"),
        ("colab-pip-freeze.txt", "transformers", "5.15.0"),
        ("colab-pip-freeze.txt", "numpy", "2.1.3"),
        ("colab-pip-freeze.txt", "gradio", "6.24.0"),
        ("colab-pip-freeze.txt", "ipywidgets", "7.7.1"),
        ("kaggle_requirements.txt", "ipywidgets", "8.1.5"),
    ],
)
def test_these_are_in_the_lists_and_accepted(file: str, name: str, version: str) -> None:
    assert pinned(file)[name] == Version(version)
    (wish,) = [wish for wish in requirements(*EXTRAS) if wish.name == name]
    assert wish.specifier.contains(version)


def test_the_oldest_transformers_that_kaggle_takes_is_accepted() -> None:
    lines = (RECORDED / "kaggle_requirements.txt").read_text(encoding="utf-8").splitlines()
    (theirs,) = [Requirement(line) for line in lines if line.startswith("transformers")]
    (ours,) = [wish for wish in requirements("local") if wish.name == "transformers"]
    (floor,) = theirs.specifier
    assert floor.operator == ">="
    assert ours.specifier.contains(floor.version)


@pytest.mark.parametrize("python", ["3.12.11", "3.13.7"])
def test_the_platforms_python_is_accepted(python: str) -> None:
    assert SpecifierSet(metadata.metadata("companion-lab")["Requires-Python"]).contains(python)


def test_a_package_that_would_be_replaced_is_found() -> None:
    too_old = {"torch": Version("2.1.0"), "protobuf": Version("3.0")}
    found = "\n".join(replaced(requirements("local", "track"), too_old, "3.13"))
    assert "torch 2.1.0, because torch" in found
    assert "protobuf 3.0, because protobuf" in found  # asked for by mlflow, not by us
