"""Where a notebook runs, and whether what it needs is installed there."""

from __future__ import annotations

import os
import platform
import textwrap
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement
from packaging.version import Version

import companion
from companion.dependencies import declared, installed_version
from companion.errors import NotebookError
from companion.learning.display import in_kernel
from companion.resources import project_root

Place = Literal["Colab", "Kaggle", "Jupyter", "Python"]
DRIVE = Path("/content/drive/MyDrive")


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
