"""The wheel: complete, lean, and able to work where there is no checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from companion.resources import CHECKOUT

LARGEST = 40_000_000
"""Bytes: twice what the embedded model may take."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "-q", "-w", str(folder), str(CHECKOUT)], check=True)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the wheel installs, and no checkout around it."""
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(target)]
    subprocess.run([*command, str(wheel)], check=True)
    return target


def _run(installed: Path, own_place: Path, *command: str) -> str:
    """Run Python with the wheel's package, in an empty folder."""
    environment = os.environ | {"PYTHONPATH": str(installed), "COMPANION_HOME": str(own_place)}
    return subprocess.run(
        [sys.executable, *command],
        cwd=own_place,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_it_holds_the_package_its_settings_and_its_licence_and_no_tests(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "companion/configs/companion.yaml" in names
    assert "companion/configs/profiles/offline.yaml" in names
    assert "companion/data/companion-tiny/model.safetensors" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert any(name.endswith("licenses/NOTICE") for name in names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"companion", "companion_lab"}
    assert wheel.stat().st_size < LARGEST


def test_it_reads_its_own_settings(installed: Path, own_place: Path) -> None:
    code = "from companion.resources import configs; from companion.config import load; "
    told = _run(
        installed, own_place, "-c", code + "print(configs(), load('ollama').chat.models[0])"
    )
    assert told.split() == [str(installed / "companion" / "configs"), "ollama"]


def test_the_doctor_finds_it_in_order(installed: Path, own_place: Path) -> None:
    told = json.loads(_run(installed, own_place, "-m", "companion.cli", "doctor", "--json"))
    assert told["works"]
    assert told["categories"]["models"] == 30
    assert (own_place / "mlruns" / "mlflow.db").is_file()
