"""Where files outlive a session and keys are kept, in each place where a notebook runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

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


def test_data_are_found_where_each_place_keeps_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = project_root() / "mlruns" / "data" / "talks"
    with pytest.raises(NotebookError, match="Put its files into"):
        environment.data_folder("talks")
    kept.mkdir(parents=True)
    assert environment.data_folder("talks") == kept
    monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "Interactive")
    monkeypatch.setattr(environment, "INPUT", tmp_path)
    with pytest.raises(NotebookError, match="Add Input"):
        environment.data_folder("talks")
    for folder in (tmp_path / "datasets" / "someone" / "talks", tmp_path / "talks"):
        folder.mkdir(parents=True)
        assert environment.data_folder("talks") == folder


KEY = "not-a-real-key"


def store_of_colab(monkeypatch: pytest.MonkeyPatch, kept: dict[str, str]) -> None:
    """google.colab.userdata as it behaves: `get` returns a string, or raises its own error."""
    module = ModuleType("google.colab.userdata")
    module.get = lambda name: kept[name]  # type: ignore[attr-defined]
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    for name in ("google", "google.colab"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "google.colab.userdata", module)


def store_of_kaggle(monkeypatch: pytest.MonkeyPatch, kept: dict[str, str]) -> None:
    """kaggle_secrets: a client with `get_secret`."""
    module = ModuleType("kaggle_secrets")
    client = SimpleNamespace(get_secret=lambda name: kept[name])
    module.UserSecretsClient = lambda: client  # type: ignore[attr-defined]
    monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "Interactive")
    monkeypatch.setitem(sys.modules, "kaggle_secrets", module)


@pytest.mark.parametrize("store", [store_of_colab, store_of_kaggle])
def test_a_key_comes_from_the_store_of_the_host(
    monkeypatch: pytest.MonkeyPatch, store: Callable[[pytest.MonkeyPatch, dict[str, str]], None]
) -> None:
    monkeypatch.delenv("SOME_KEY", raising=False)
    store(monkeypatch, {"SOME_KEY": KEY, "EMPTY": ""})
    found = environment.secret("SOME_KEY")
    assert found.get_secret_value() == KEY
    assert KEY not in f"{found} {found!r}"
    for name in ("EMPTY", "UNKNOWN"):
        with pytest.raises(NotebookError, match=f"{name} is not set") as caught:
            environment.secret(name)
        assert KEY not in str(caught.value)
    monkeypatch.setenv("SOME_KEY", "from the environment")
    assert environment.secret("SOME_KEY").get_secret_value() == "from the environment"


def test_a_store_that_refuses_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOME_KEY", raising=False)
    store_of_colab(monkeypatch, {})

    def refuse(name: str) -> str:
        raise RuntimeError(f"no access to {name}, which is {KEY}")

    monkeypatch.setattr(sys.modules["google.colab.userdata"], "get", refuse)
    with pytest.raises(NotebookError, match="let this notebook see it") as caught:
        environment.secret("SOME_KEY")
    assert KEY not in str(caught.value)


def test_at_home_a_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOME_KEY", raising=False)
    with pytest.raises(NotebookError, match="environment variable"):
        environment.secret("SOME_KEY")
    monkeypatch.setenv("SOME_KEY", f" {KEY} ")
    assert environment.secret("SOME_KEY").get_secret_value() == KEY
