"""The strict runner fails where papermill passes, says where, and measures what a run takes."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from companion.cli import main
from companion.errors import NotebookError
from companion.notebooks.lesson import Lesson, Needs
from companion.notebooks.measure import excess
from companion.notebooks.runner import Ran, run
from companion.resources import CHECKOUT

PARAMETERS = 'SIZE = "small"\nCOUNT = 1'


def lesson(folder: Path, *cells: str, parameters: str | None = PARAMETERS) -> Lesson:
    """A notebook with these cells of code, after one with its parameters."""
    path = folder / "notebooks/0_start/01_first.ipynb"
    path.parent.mkdir(parents=True)
    first = (
        []
        if parameters is None
        else [nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})]
    )
    metadata = {"companion": {"extras": []}, "kernelspec": {"name": "python3", "display_name": "P"}}
    node = nbformat.v4.new_notebook(
        cells=[*first, *(nbformat.v4.new_code_cell(source) for source in cells)], metadata=metadata
    )
    nbformat.write(node, path)
    return Lesson(folder, path)


def smoke(folder: Path, *cells: str, **parameters: object) -> Ran:
    return run(lesson(folder, *cells), folder / "copy.ipynb", "smoke", parameters)


MUST_FAIL = {
    "!exit 3\nprint('on')": "CalledProcessError",
    "if True:\n    x = !exit 3": "CalledProcessError",
    "%pip install --no-index nothing-of-that-name": "CalledProcessError",
    "%nosuch\nx = 1": "`%nosuch` not found",
    "x = 1\n%nosuch\ny = 2": "`%nosuch` not found",
    "%%nosuch\nx = 1": "`%%nosuch` not found",
    "import socket\nsocket.create_connection(('192.0.2.1', 80))": "asked for 192.0.2.1",
    "import socket\nsocket.getaddrinfo('example.org', 80)": "asked for example.org",
}


def test_commands_magics_and_the_network_fail_in_a_kernel_of_ours(tmp_path: Path) -> None:
    """All in one kernel, which the tag keeps from stopping at the first of them."""
    asked = lesson(tmp_path, *MUST_FAIL)
    node = asked.read()
    for cell in node.cells[1:]:
        cell.metadata.tags = ["raises-exception"]
    nbformat.write(node, asked.path)
    with pytest.raises(NotebookError):
        run(asked, tmp_path / "copy.ipynb", "smoke")
    ran = nbformat.read(tmp_path / "copy.ipynb", as_version=4)
    cells = [cell for cell in ran.cells if "raises-exception" in cell.metadata.get("tags", [])]
    for cell, why in zip(cells, MUST_FAIL.values(), strict=True):
        assert why in json.dumps(cell.outputs), cell.source


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("!exit 3", "CalledProcessError"),
        ("x = 1\n%nosuch", "`%nosuch` not found"),
        ("import sys\nsys.exit()", "ended the kernel"),
        ("import os\nos._exit(0)", "broke off"),
    ],
)
def test_a_cell_that_fails_ends_the_run(tmp_path: Path, cell: str, why: str) -> None:
    with pytest.raises(NotebookError, match=rf"(?s){why}.*executed copy"):
        smoke(tmp_path, cell, "print('after')")


def test_a_whole_run_sets_parameters_writes_a_copy_and_leaves_the_notebook(tmp_path: Path) -> None:
    cells = ["print(SIZE, COUNT + 1)", "import os, socket", "print(os.path.basename(os.getcwd()))"]
    listening = (
        "s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname())"
    )
    asked = lesson(tmp_path, *cells, listening)
    before = asked.text()
    ran = run(asked, tmp_path / "elsewhere" / "copy.ipynb", "smoke", {"COUNT": 41})
    said = [o.text for c in nbformat.read(ran.copy, 4).cells for o in c.outputs if "text" in o]
    assert said == ["smoke 42\n", "0_start\n"]
    assert asked.text() == before


def test_memory_downloads_and_time_are_measured(tmp_path: Path) -> None:
    download = "import os, pathlib\npathlib.Path(os.environ['HF_HOME']).mkdir(parents=True)\n"
    download += "(pathlib.Path(os.environ['HF_HOME']) / 'weights').write_bytes(bytes(5_000_000))"
    child = (
        "import subprocess, sys\nwork = 'import time; x = b\"1\" * 200_000_000; time.sleep(1)'\n"
    )
    child += "_ = subprocess.run([sys.executable, '-c', work])"
    ran = smoke(tmp_path, download, child)
    assert ran.took.download_mb == 5
    assert 250 < ran.took.peak_memory_mb < 600  # the kernel's own, and its child's
    assert 1 < ran.seconds < 60


@pytest.mark.parametrize("parameters", [None, 'SIZE = "small"\n# no tag'])
def test_a_notebook_without_tagged_parameters_is_refused(
    tmp_path: Path, parameters: str | None
) -> None:
    asked = lesson(tmp_path, "1", parameters=parameters)
    if parameters:
        asked.path.write_text(asked.text().replace('"parameters"', '"other"'))
    with pytest.raises(NotebookError, match="Exactly one cell must be tagged `parameters`"):
        run(asked, tmp_path / "copy.ipynb", "smoke")


def test_an_unknown_parameter_is_refused_and_the_known_ones_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match=r"no parameter 'CONUT'.*Use: SIZE, COUNT"):
        smoke(tmp_path, "1", CONUT=2)


def test_the_command_line_refuses_what_the_runner_refuses(
    capsys: pytest.CaptureFixture[str],
) -> None:
    welcome = str(CHECKOUT / "notebooks/0_start/01_welcome.ipynb")
    assert main(["notebooks", "run", welcome, "--size", "smoke", "-p", "SEEED", "3"]) == 1
    assert "no parameter 'SEEED' (0_start/01_welcome). Use: SIZE, SEED." in capsys.readouterr().err
    assert main(["notebooks", "run", str(CHECKOUT / "README.md")]) == 1
    assert "not part of the course" in capsys.readouterr().err
    assert main(["notebooks", "run", "nowhere.ipynb"]) == 1
    assert "There is no such notebook (nowhere.ipynb)" in capsys.readouterr().err


def test_the_notebook_itself_is_never_the_copy(tmp_path: Path) -> None:
    asked = lesson(tmp_path, "1")
    with pytest.raises(NotebookError, match="would replace the notebook"):
        run(asked, asked.path, "smoke")


def test_what_exceeds_the_box_by_more_than_half_is_reported() -> None:
    box = Needs(
        minutes=1.0,
        peak_memory_mb=400,
        download_mb=0,
        size="small",
        machine="any",
        date="2026-01-02",  # type: ignore[arg-type]
    )
    took = box.model_copy(update={"minutes": 1.5, "peak_memory_mb": 601, "download_mb": 80})
    assert excess(took, box) == [
        "601 MB of memory where its box says 400",
        "80 MB of download where its box says 0",
    ]


def test_what_a_widget_shows_stands_in_the_copy(tmp_path: Path) -> None:
    drawing = "from companion.learning.sliders import explore\n"
    drawing += "explore(lambda p=0.5: print('drawn at', p), p=(0.0, 1.0, 0.5))"
    node = nbformat.read(smoke(tmp_path, *[drawing] * 5).copy, as_version=4)
    shown = ["".join(out.get("text", "") for out in cell.outputs) for cell in node.cells[-5:]]
    assert shown == ["drawn at 0.5\n"] * 5


def test_a_folder_is_no_executed_copy(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match=r"cannot be a folder.*Name a file in it"):
        run(lesson(tmp_path), tmp_path)
