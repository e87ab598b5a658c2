"""The strict runner: papermill, with what papermill lets pass made an error.

Papermill itself accepts a parameter that nobody reads, a notebook without parameters, a `!command`
that fails and a cell that ends the kernel; each of these ends our run. The notebook is only read.
"""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill  # type: ignore[import-untyped]
from IPython.core.interactiveshell import InteractiveShell
from nbclient.exceptions import CellControlSignal, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient  # type: ignore[import-untyped]
from papermill.engines import Engine, papermill_engines  # type: ignore[import-untyped]
from papermill.exceptions import (  # type: ignore[import-untyped]
    PapermillException,
    PapermillExecutionError,
)

from companion.errors import NotebookError
from companion.notebooks.lesson import Lesson, Needs, Size, code_cells, facts, tags
from companion.notebooks.measure import Meter, environment, excess

FAIL_ON_COMMAND = "system_raise_on_error"
"""IPython's own switch: a `!command` that fails raises."""
ENGINE = "companion"
CELL_SECONDS: dict[Size, int] = {"smoke": 120, "small": 1800, "full": 86_400}


class _Client(PapermillNotebookClient):  # type: ignore[misc]
    """Leaves what widgets show in the cell, as a still picture, and tells the kernel nothing of it.

    nbclient would tell it on the socket on which it waits for the end of the cell, and then now and
    then sleeps through that end until the cell's time is over: ZeroMQ wakes a reader once.
    """

    def __init__(self, *told: Any, **named: Any) -> None:
        super().__init__(*told, **named)
        self.widget_registry: dict[str, Any] = {}


class _Engine(Engine):  # type: ignore[misc]
    """papermill's own, with that client."""

    @classmethod
    def execute_managed_notebook(
        cls,
        notebook: Any,
        kernel_name: str,
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        extra_arguments: Sequence[str] = (),
        **_: Any,
    ) -> Any:
        return _Client(
            notebook,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            timeout=execution_timeout,
            extra_arguments=list(extra_arguments),
        ).execute()


@dataclass(frozen=True, slots=True)
class Ran:
    """A run that reached its end: the executed copy, what it took, and what of that is too much."""

    copy: Path
    seconds: float
    took: Needs
    excess: list[str]


def run(
    lesson: Lesson, copy: Path, size: Size = "small", parameters: Mapping[str, Any] | None = None
) -> Ran:
    """Run the notebook from top to bottom and write the executed copy.

    At size `smoke` the kernel cannot reach the network. Raises NotebookError that names the cell.
    """
    node = lesson.read()
    given = {"SIZE": size, **(parameters or {})}
    _check(lesson, node, copy, given)
    copy.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        environment(_empty_caches(Path(folder))),
        Meter(Path(folder)) as meter,
    ):
        _execute(lesson, copy, given, size)
    _check_whole(copy)
    took, box = meter.needs(size), facts(lesson, node).needs
    return Ran(copy, meter.seconds, took, excess(took, box) if box else [])


def _check(lesson: Lesson, node: NotebookNode, copy: Path, given: Mapping[str, Any]) -> None:
    """What can be known to fail before a kernel starts."""
    if not InteractiveShell.class_traits().get(FAIL_ON_COMMAND):
        raise NotebookError(
            "This IPython lets a failing `!command` pass", repair="Run: pip install -U ipython"
        )
    if copy.is_dir():
        raise NotebookError(
            "The executed copy cannot be a folder", where=str(copy), repair="Name a file in it."
        )
    if copy.resolve() == lesson.path.resolve():
        raise NotebookError("The executed copy would replace the notebook", where=str(copy))
    known = _parameters(lesson, node)
    if unknown := [name for name in given if name not in known]:
        raise NotebookError(
            f"The notebook has no parameter {unknown[0]!r}",
            where=lesson.name,
            repair=f"Use: {', '.join(known)}.",
        )


def _parameters(lesson: Lesson, node: NotebookNode) -> list[str]:
    """The names that the cell tagged `parameters` sets."""
    cells = [cell for _, cell in code_cells(node) if "parameters" in tags(cell)]
    if len(cells) != 1:
        raise NotebookError(
            "Exactly one cell must be tagged `parameters`",
            where=lesson.name,
            repair="Tag the cell that sets SIZE (JupyterLab: property inspector, Cell Tags).",
        )
    try:
        lines = ast.parse(cells[0].source).body
    except SyntaxError as error:
        raise NotebookError(f"The parameters cannot be read: {error}", where=lesson.name) from None
    targets = [target for line in lines if isinstance(line, ast.Assign) for target in line.targets]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _empty_caches(folder: Path) -> dict[str, str]:
    """Where libraries keep what they download: a folder of this run, so that it can be weighed."""
    names = ("XDG_CACHE_HOME", "HF_HOME", "TORCH_HOME")
    return {name: str(folder / name.lower()) for name in names}


def _execute(lesson: Lesson, copy: Path, parameters: Mapping[str, Any], size: Size) -> None:
    arguments = [f"--InteractiveShell.{FAIL_ON_COMMAND}=True", "--IPKernelApp.log_level=ERROR"]
    if size == "smoke":
        arguments.append("--IPKernelApp.extra_extensions=companion.notebooks.offline")
    papermill_engines.register(ENGINE, _Engine)
    try:
        papermill.execute_notebook(
            str(lesson.path),
            str(copy),
            dict(parameters),
            engine_name=ENGINE,
            kernel_name="python3",
            language="python",
            cwd=str(lesson.path.parent),
            progress_bar=False,
            coalesce_streams=True,
            execution_timeout=CELL_SECONDS[size],
            extra_arguments=arguments,
        )
    except PapermillExecutionError as error:
        raise _failure(copy, f"In [{error.exec_count}] fails: {_why(error, copy)}") from None
    except (PapermillException, CellControlSignal, DeadKernelError) as error:
        raise _failure(copy, f"The run broke off: {str(error).splitlines()[0]}") from None


def _check_whole(copy: Path) -> None:
    """Papermill takes a quiet `sys.exit()` for a good end; nothing after it has run."""
    for _, cell in code_cells(nbformat.read(copy, as_version=4)):
        if any(output.output_type == "error" for output in cell.outputs):
            raise _failure(copy, f"In [{cell.execution_count}] ended the kernel")
        if cell.source.strip() and cell.execution_count is None:
            raise _failure(copy, f"A cell was never run: {cell.source.splitlines()[0]}")


def _why(error: PapermillExecutionError, copy: Path) -> str:
    """The error in one line; a magic that is unknown only says so in the cell's output."""
    if error.evalue:
        return f"{error.ename}: {error.evalue}"
    for _, cell in code_cells(nbformat.read(copy, as_version=4)):
        said = [output.text.strip() for output in cell.outputs if output.output_type == "stream"]
        if cell.execution_count == error.exec_count and said:
            return str(said[-1].splitlines()[-1])
    return str(error.ename)


def _failure(copy: Path, what: str) -> NotebookError:
    return NotebookError(what, where=copy.name, repair=f"See the executed copy: {copy}")
