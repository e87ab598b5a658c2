"""One notebook of the course, and the facts that it carries in its metadata."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, TypeAlias

import nbformat
from nbformat import NotebookNode
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from companion.errors import NotebookError
from companion.resources import CHECKOUT, in_checkout

Size: TypeAlias = Literal["smoke", "small", "full"]
SIZES: tuple[Size, ...] = ("smoke", "small", "full")
"""smoke: it runs at all, in seconds and offline; small: as in the text; full: all data."""


class Needs(BaseModel):
    """What one real run took. Memory is that of all its processes together, at the worst moment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    minutes: float = Field(ge=0)
    peak_memory_mb: int = Field(ge=0)
    download_mb: int = Field(ge=0)
    size: Size
    machine: str
    date: date


class Facts(BaseModel):
    """`metadata.companion` of a notebook: what it installs, and what its last measured run took."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    extras: tuple[str, ...]
    gpu: bool = False
    needs: Needs | None = None


@dataclass(frozen=True, slots=True)
class Lesson:
    """A notebook below `root/notebooks`. Reading it never changes the file."""

    root: Path
    path: Path

    @property
    def name(self) -> str:
        """Its name in the course, such as `0_start/01_welcome`."""
        return self.path.relative_to(self.root / "notebooks").with_suffix("").as_posix()

    def text(self) -> str:
        """The file as it stands."""
        return self.path.read_text(encoding="utf-8")

    def read(self) -> NotebookNode:
        """The notebook. Raises NotebookError for a file that is none."""
        try:
            node: NotebookNode = nbformat.reads(self.text(), as_version=4)
        except (OSError, ValueError, AttributeError, nbformat.ValidationError) as error:
            why = str(error).splitlines()[0][:120]
            raise NotebookError(f"This is not a notebook: {why}", where=self.name) from None
        if not node.cells:
            raise NotebookError("This notebook is empty", where=self.name)
        return node


def facts(lesson: Lesson, node: NotebookNode) -> Facts:
    """What the notebook's metadata says. Raises NotebookError when something is missing or odd."""
    try:
        return Facts.model_validate(node.metadata.get("companion", {}))
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        key = ".".join(["metadata", "companion", *map(str, problem["loc"])])
        raise NotebookError(
            f"{key}: {problem['msg']}",
            where=lesson.name,
            repair='The least is "companion": {"extras": ["local", "track"]}.',
        ) from None


def checkout() -> Path:
    """The repository, which holds the notebooks. Raises NotebookError where there is none."""
    if not in_checkout():
        raise NotebookError(
            "The notebooks are not part of the installed package",
            repair="Clone the repository and install it with: pip install -e '.[all]'",
        )
    return CHECKOUT


def lessons(root: Path) -> list[Lesson]:
    """All notebooks of the course, in order."""
    files = sorted((root / "notebooks").rglob("*.ipynb"))
    return [Lesson(root, file) for file in files if ".ipynb_checkpoints" not in file.parts]


def lesson_at(path: Path, root: Path) -> Lesson:
    """The lesson in that file. Raises NotebookError for a file outside the course."""
    file = path.resolve()
    if not file.is_file():
        raise NotebookError("There is no such notebook", where=str(path))
    if not file.is_relative_to(root / "notebooks"):
        raise NotebookError("This notebook is not part of the course", where=str(path))
    return Lesson(root, file)


def code_cells(node: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """(number, cell) of each cell of code; numbers count all cells from 1."""
    for number, cell in enumerate(node.cells, start=1):
        if cell.cell_type == "code":
            yield number, cell


def tags(cell: NotebookNode) -> list[str]:
    """The cell's tags."""
    return list(cell.metadata.get("tags", []))
