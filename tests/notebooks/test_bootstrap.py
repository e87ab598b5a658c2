"""The first cell on a pretended Colab: real git, real pip, and nothing from the network.

Packages come from a folder of wheels, and the repository from a copy of this checkout to which git
is told to turn. The cell itself is the one that stands in the notebooks.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import textwrap
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from companion.config import load
from companion.notebooks.lesson import lessons
from companion.resources import CHECKOUT

REPOSITORY = load().repository
FOLDER = REPOSITORY.split("/")[1]
CELL = next(cell.source for cell in lessons(CHECKOUT)[0].read().cells if cell.id == "bootstrap")


@dataclass
class Machine:
    """A fresh environment with an empty working folder and its own packages."""

    home: Path
    python: Path
    wheels: Path

    def pip(self, *arguments: str) -> None:
        command = [str(self.python), "-m", "pip", "install", "--no-deps", *arguments]
        subprocess.run(command, check=True, capture_output=True, env=self.environment())

    def run(self, code: str, place: str = "COLAB_RELEASE_TAG") -> subprocess.CompletedProcess[str]:
        """Run code as a kernel there would, in the working folder."""
        work = self.home / "content"
        work.mkdir(exist_ok=True)
        return subprocess.run(
            [self.python, "-c", code],
            cwd=work,
            env={**self.environment(), place: "pretended"},
            capture_output=True,
            text=True,
        )

    def environment(self) -> dict[str, str]:
        """git finds the repository here, and pip only the wheels; it builds with what is there."""
        repository = (self.home / "repository").as_uri()
        return {
            **os.environ,
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{repository}.insteadOf",
            "GIT_CONFIG_VALUE_0": f"https://github.com/{REPOSITORY}",
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_NO_BUILD_ISOLATION": "0",  # pip's way of saying: build with what is installed
        }


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Sees what is installed here, all but the companion, and may not touch it."""
    venv.create(tmp_path / "venv", symlinks=True)
    seen = tmp_path / "seen"
    seen.mkdir()
    for thing in Path(sysconfig.get_path("purelib")).iterdir():
        if "companion" not in thing.name:
            (seen / thing.name).symlink_to(thing)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    (own,) = (tmp_path / "venv").rglob("site-packages")
    (own / "seen.pth").write_text(f"{seen}\n")
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    return Machine(tmp_path, python, wheels)


def commit(repository: Path) -> None:
    """Make a git repository of a folder."""
    who = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    for command in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "All"]):
        subprocess.run(["git", *command], cwd=repository, check=True, capture_output=True)


def wheel(folder: Path, name: str, version: str) -> Path:
    """The smallest package that pip installs."""
    file = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}.py", f"version = {version!r}\n")
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n")
    return file


@pytest.fixture
def little(machine: Machine) -> Machine:
    """A repository that needs kept>=1, missing and old>=2; the machine has kept 1.5 and old 1.0."""
    repository = machine.home / "repository"
    (repository / "src/companion").mkdir(parents=True)
    (repository / "src/companion/__init__.py").touch()
    learning = repository / "src/companion/learning.py"
    learning.write_text("def ready():\n    print('ready')\n\nversions = print\n")
    shutil.copytree(CHECKOUT / "colab", repository / "colab")
    (repository / "pyproject.toml").write_text(
        textwrap.dedent("""
            [build-system]
            requires = ["hatchling"]
            build-backend = "hatchling.build"
            [project]
            name = "companion-lab"
            version = "1"
            [project.optional-dependencies]
            local = ["kept>=1", "missing"]
            track = ["old>=2"]
            [tool.hatch.build.targets.wheel]
            packages = ["src/companion"]
        """)
    )
    commit(repository)
    for name, version in {"kept": "1.5", "old": "1.0"}.items():
        machine.pip(str(wheel(machine.home, name, version)))
    for name, version in {"kept": "3.0", "missing": "1.0", "old": "2.0"}.items():
        wheel(machine.wheels, name, version)
    return machine


SAY = "\nimport kept, missing, old; print(kept.version, missing.version, old.version)"


@pytest.mark.parametrize("place", ["COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE"])
def test_what_is_missing_is_installed_and_what_will_do_is_kept(little: Machine, place: str) -> None:
    done = little.run(CELL + SAY, place)
    assert done.returncode == 0, done.stderr
    first, ready, versions = done.stdout.splitlines()
    assert first.startswith("3 packages installed in ")
    assert first.endswith("s: companion-lab, missing, old")
    assert (ready, versions) == ("ready", "1.5 1.0 2.0")


def test_a_second_time_nothing_is_left_to_do(little: Machine) -> None:
    little.run(CELL)
    done = little.run(CELL)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("0 packages installed in ")


def test_an_imported_package_is_never_replaced_and_one_line_says_what_helps(
    little: Machine,
) -> None:
    done = little.run("import old\n" + CELL)
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("The course cannot start. old would have to be replaced while in use")
    assert "restart the session" in line
    assert "1.0" in little.run("import old; print(old.version)").stdout
    assert little.run("import missing").returncode == 1  # nothing was half done


def test_a_package_that_cannot_be_had_is_named_in_one_line(little: Machine) -> None:
    (little.wheels / "missing-1.0-py3-none-any.whl").unlink()
    done = little.run(CELL)
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert (
        "pip could not install the course (ERROR: No matching distribution found for miss" in line
    )


def test_a_repository_that_cannot_be_fetched_stops_with_one_line_of_ours(machine: Machine) -> None:
    done = machine.run(CELL)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("The course cannot be fetched: switch")


def test_elsewhere_nothing_is_fetched_and_a_missing_package_is_explained(machine: Machine) -> None:
    done = machine.run(CELL, place="SOMEWHERE_ELSE")
    assert done.returncode == 1
    assert "No module named 'companion': run `make setup` in the repository" in done.stderr
    assert not (machine.home / "content" / FOLDER).exists()


def test_this_checkout_installs_and_runs(machine: Machine) -> None:
    repository = machine.home / "repository"
    for part in ("src", "configs", "colab"):
        junk = shutil.ignore_patterns("__pycache__")
        shutil.copytree(CHECKOUT / part, repository / part, ignore=junk)
    for part in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(CHECKOUT / part, repository / part)
    commit(repository)
    done = machine.run(CELL + '\nversions("local", "track", written_for="0.1")')
    assert done.returncode == 0, done.stderr
    installed, ready, versions, *_ = done.stdout.splitlines()
    assert installed.startswith("1 packages installed")
    assert ready.endswith(f"is ready: Colab on {sys.platform.capitalize()}.")
    assert "companion 0.1" in versions
