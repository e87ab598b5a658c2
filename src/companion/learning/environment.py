"""Where a notebook runs, and whether what it needs is installed there."""

from __future__ import annotations

import os
import platform
import textwrap
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from packaging.requirements import Requirement
from packaging.version import Version
from pydantic import SecretStr

import companion
from companion.dependencies import declared, installed_version
from companion.errors import NotebookError
from companion.learning.display import in_kernel
from companion.resources import project_root

Place = Literal["Colab", "Kaggle", "Jupyter", "Python"]
DRIVE = Path("/content/drive/MyDrive")
INPUT = Path("/kaggle/input")
STORES = {
    "Colab": "Open the key symbol on the left, add it there, and let this notebook see it.",
    "Kaggle": "Open Add-ons, Secrets, add it there, and attach it to this notebook.",
    "Jupyter": "Set the environment variable before you start Jupyter.",
    "Python": "Set the environment variable.",
}
"""Where each place keeps secrets, in words for its user."""


def place() -> Place:
    """Where this code runs. Colab and Kaggle say so in the environment; papermill is Jupyter."""
    if "COLAB_RELEASE_TAG" in os.environ:
        return "Colab"
    if "KAGGLE_KERNEL_RUN_TYPE" in os.environ:
        return "Kaggle"
    return "Jupyter" if in_kernel() else "Python"


def ready() -> None:
    """Say in one line that the package is here."""
    print(f"companion {companion.__version__} is ready: {place()} on {platform.system()}.")


def lasting_folder() -> Path:
    """Where files outlive the session: Drive on Colab, the output on Kaggle, else this project.

    Raises NotebookError on Colab as long as Drive is not mounted.
    """
    match place():
        case "Colab" if not DRIVE.is_dir():
            raise NotebookError(
                "Google Drive is not mounted, so nothing here outlives the session",
                repair="Run: from google.colab import drive; drive.mount('/content/drive')",
            )
        case "Colab":
            return DRIVE / "companion-lab"
        case "Kaggle":
            return Path("/kaggle/working")
        case _:
            return project_root() / "mlruns"


def data_folder(name: str) -> Path:
    """Where the files of a dataset lie: attached on Kaggle, else `data/NAME` in what lasts.

    Raises NotebookError where it is not there, or on Colab as long as Drive is not mounted.
    """
    if place() == "Kaggle":
        folders = [INPUT / name, *INPUT.glob(f"datasets/*/{name}")]
        repair = f"Press Add Input, and attach the dataset {name!r}."
    else:
        folders = [lasting_folder() / "data" / name]
        repair = f"Put its files into {folders[0]}."
    found = next((folder for folder in folders if folder.is_dir()), None)
    if found is None:
        raise NotebookError(f"The data {name!r} are not here", where=str(folders[0]), repair=repair)
    return found


def secret(name: str) -> SecretStr:
    """A key from the environment, else from the host's own store; printed, it is only stars.

    Raises NotebookError where neither has it; the message never quotes what a store said.
    """
    value = os.environ.get(name, "").strip() or _from_store(name)
    if not value:
        raise NotebookError(f"{name} is not set", where=place(), repair=STORES[place()])
    return SecretStr(value)


def _from_store(name: str) -> str:
    """What Colab's or Kaggle's store holds under that name; "" for nothing, or for a refusal."""
    try:
        match place():
            case "Colab":
                colab: Any = import_module("google.colab.userdata")
                return str(colab.get(name) or "").strip()
            case "Kaggle":
                kaggle: Any = import_module("kaggle_secrets")
                return str(kaggle.UserSecretsClient().get_secret(name) or "").strip()
    except Exception:  # each host has errors of its own, and some of them tell what they hold
        return ""
    return ""


def versions(*extras: str, written_for: str) -> None:
    """Print what is installed of the extras that a notebook uses.

    Raises NotebookError when notebook and package do not belong together (major and minor number
    of `written_for` differ from the package's), or when a library is missing or too old.
    """
    _check_package(written_for)
    wanted = [wish for extra in extras for wish in declared()[extra]]
    found = {wish.name: installed_version(wish.name) for wish in wanted}
    wrong = [f"{wish.name}{wish.specifier}" for wish in wanted if not _fits(wish, found[wish.name])]
    if wrong:
        raise NotebookError(
            f"Missing or of another version: {', '.join(wrong)}",
            repair=f"Run: pip install 'companion-lab[{','.join(extras)}]', then restart.",
        )
    ours = {"Python": platform.python_version(), "companion": companion.__version__}
    line = ", ".join(f"{name} {version}" for name, version in {**ours, **found}.items())
    print(textwrap.fill(line, width=90, break_on_hyphens=False))


def _check_package(written_for: str) -> None:
    if companion.__version__.split(".")[:2] != written_for.split(".")[:2]:
        raise NotebookError(
            f"This notebook was written for companion {written_for}, "
            f"and {companion.__version__} is installed",
            repair="Open the notebook of the same version, from the README of the repository.",
        )


def _fits(wish: Requirement, version: Version | None) -> bool:
    return version is not None and wish.specifier.contains(version, prereleases=True)
