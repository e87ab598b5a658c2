"""Where files outlive a session, in each place where a notebook runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from companion.errors import NotebookError
from companion.learning import environment
from companion.resources import project_root


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither Colab nor Kaggle."""
    for name in ("COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE"):
        monkeypatch.delenv(name, raising=False)


def test_at_home_files_stay_with_the_runs_of_the_project() -> None:
    assert environment.lasting_folder() == project_root() / "mlruns"


def test_on_kaggle_they_stay_in_the_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "Interactive")
    assert environment.lasting_folder() == Path("/kaggle/working")


def test_on_colab_they_stay_on_drive_once_it_is_mounted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    monkeypatch.setattr(environment, "DRIVE", tmp_path / "not there")
    with pytest.raises(NotebookError, match=r"drive\.mount"):
        environment.lasting_folder()
    monkeypatch.setattr(environment, "DRIVE", tmp_path)
    assert environment.lasting_folder() == tmp_path / "companion-lab"
