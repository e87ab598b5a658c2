"""`make`: what it would run, on a copy of the Makefile. Nothing is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from companion.resources import CHECKOUT

FILES = ("Makefile", "pyproject.toml", "constraints.txt")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files that make looks at, without a .venv."""
    for name in FILES:
        shutil.copy(CHECKOUT / name, tmp_path)
    return tmp_path


@pytest.fixture
def installed(clone: Path) -> Path:
    """The same with a stamp that is newer than the list of dependencies."""
    stamp = clone / ".venv" / ".installed"
    stamp.parent.mkdir()
    stamp.touch()
    for name in FILES:
        os.utime(clone / name, (1, 1))
    return clone


def _told(folder: Path, *arguments: str) -> str:
    """The commands that make would run."""
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(
        ["make", "--dry-run", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize("target", ["setup", "demo", "test", "lab", "mlflow", "notebooks", "bench"])
def test_a_fresh_clone_installs_first(clone: Path, target: str) -> None:
    told = _told(clone, target)
    assert 'pip install -c constraints.txt -e ".[dev]"' in told
    assert "--index-url" not in told


def test_a_second_make_installs_nothing(installed: Path) -> None:
    assert _told(installed, "demo").strip() == ".venv/bin/companion demo"


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_dependency_installs_again(installed: Path, name: str) -> None:
    os.utime(installed / name)
    os.utime(installed / ".venv" / ".installed", (1, 1))
    assert "pip install" in _told(installed, "demo")


def test_torch_alone_comes_from_another_index(clone: Path) -> None:
    lines = [
        line for line in _told(clone, "setup", "TORCH_INDEX=URL").splitlines() if "pip" in line
    ]
    assert [("URL" in line, "torch" in line, "--no-deps" in line) for line in lines] == [
        (True, True, True),
        (False, False, False),
    ]


def test_an_old_python_is_refused_in_words(clone: Path) -> None:
    old = clone / "old-python"
    old.write_text(
        '#!/bin/sh\nexec python3 -c "import sys; sys.version_info = (3, 9, 1); $2"\n', "utf-8"
    )
    old.chmod(0o755)
    made = subprocess.run(
        ["make", "setup", "PYTHON=./old-python"], cwd=clone, capture_output=True, text=True
    )
    assert made.returncode != 0
    assert "Python 3.11 or newer is needed and this is 3.9" in made.stderr
    assert not (clone / ".venv").exists()


def test_help_names_every_target(clone: Path) -> None:
    listed = subprocess.run(
        ["make", "--no-print-directory"], cwd=clone, capture_output=True, text=True, check=True
    ).stdout
    [phony] = [
        line.split()[1:]
        for line in (clone / "Makefile").read_text("utf-8").splitlines()
        if line.startswith(".PHONY")
    ]
    assert [line.split()[1] for line in listed.splitlines()] == phony
