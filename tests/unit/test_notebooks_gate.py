"""The static gate: our course passes it, and every way to break a rule is found and explained."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from companion.config import load
from companion.notebooks.gate import problems
from companion.notebooks.lesson import Lesson
from companion.resources import CHECKOUT

REPOSITORY = load().repository
WELCOME = "notebooks/0_start/01_welcome.ipynb"


def test_the_course_is_in_order_and_the_gate_is_quick() -> None:
    begin = time.perf_counter()
    assert [str(problem) for problem in problems(CHECKOUT, REPOSITORY)] == []
    assert time.perf_counter() - begin < 30


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Two chapters of the course, which may be broken, with everything else beside them."""
    for folder in ("notebooks/0_start", "notebooks/7_companion", "colab"):
        shutil.copytree(CHECKOUT / folder, tmp_path / folder)
    for thing in CHECKOUT.iterdir():
        if not (tmp_path / thing.name).exists():
            (tmp_path / thing.name).symlink_to(thing)
    return tmp_path


def told(course: Path) -> str:
    return "\n".join(str(problem) for problem in problems(course, REPOSITORY))


def change(course: Path, edit: Callable[[NotebookNode], object]) -> None:
    lesson = Lesson(course, course / WELCOME)
    node = lesson.read()
    edit(node)
    lesson.path.write_text(nbformat.writes(node) + "\n", encoding="utf-8")


def cell(node: NotebookNode, name: str) -> Any:
    return next(cell for cell in node.cells if cell.id == name)


def without(name: str) -> Callable[[NotebookNode], object]:
    return lambda node: node.cells.remove(cell(node, name))


def with_code(source: str, tag: str = "") -> Callable[[NotebookNode], object]:
    tags = {"tags": [tag]} if tag else {}
    new = nbformat.v4.new_code_cell(source, id="new", metadata=tags)
    return lambda node: node.cells.insert(-1, new)


def with_text(source: str) -> Callable[[NotebookNode], object]:
    return lambda node: node.cells.insert(-1, nbformat.v4.new_markdown_cell(source, id="new"))


def with_output(node: NotebookNode) -> None:
    cell(node, "meet").outputs = [nbformat.v4.new_output("stream", text="said last year")]


def out_of_order(node: NotebookNode) -> None:
    cell(node, "meet").execution_count = 7


FIX = "repair: companion notebooks write notebooks/0_start/01_welcome.ipynb"
LONG_FUNCTION = "def listen():\n" + "\n".join(f"    x{n} = {n}" for n in range(6))
BROKEN: dict[str, tuple[Callable[[NotebookNode], object], str]] = {
    "bootstrap by hand": (lambda n: cell(n, "bootstrap").update(source="%pip install x"), FIX),
    "no badges": (without("badges"), FIX),
    "stale output": (with_output, FIX),
    "out of order": (out_of_order, FIX),
    "widget state": (lambda n: n.metadata.update(widgets={"app": {"x": 1}}), "widget metadata"),
    "long cell": (with_code("\n".join(["x = 1"] * 16)), "16 lines of code"),
    "package code": (with_code(LONG_FUNCTION), "`listen` has 7 lines"),
    "not Python": (with_code("for for"), "not valid Python"),
    "unix path": (with_text("It is in /home/ada/models."), "somebody's machine: /home/ada"),
    "windows path": (with_code(r'open("C:\\Users\\Ada\\x")'), "somebody's machine: C:"),
    "dead link": (with_text("See [this](../gone.ipynb)."), "a dead link: ../gone.ipynb"),
    "dead badge": (
        with_text(f"[x](https://github.com/{REPOSITORY}/blob/main/gone.md)"),
        "a dead link: gone.md",
    ),
    "foreign badge": (
        with_text("[x](https://colab.research.google.com/github/someone/else/blob/main/a.ipynb)"),
        "another repository: someone/else",
    ),
    "no title": (without("title"), "the first cell is not a title"),
    "no parameters": (without("parameters"), "no single cell tagged `parameters`"),
    "no record": (without("record-run"), "does not record its results"),
    "no ending": (without("end"), "the last cell is not"),
    "exercise left out": (without("ask-history"), "its exercise History is not asked"),
    "not measured": (lambda n: n.metadata.companion.pop("needs"), "companion notebooks measure"),
    "nothing to check": (
        with_code("print(1)", "nbval-check-output"),
        "without an output to check",
    ),
    "unknown fact": (lambda n: n.metadata.companion.update(gpus=2), "metadata.companion.gpus"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_notebook_is_found(course: Path, name: str) -> None:
    edit, expected = BROKEN[name]
    change(course, edit)
    assert expected in told(course)


@pytest.mark.filterwarnings("ignore::nbformat.warnings.DuplicateCellId")
def test_two_cells_of_one_id_are_found(course: Path) -> None:
    text = (course / WELCOME).read_text()
    (course / WELCOME).write_text(text.replace('"id": "again"', '"id": "meet"'))
    assert FIX in told(course)


@pytest.mark.parametrize("tag", ["by-hand", "exercise"])
def test_a_long_function_may_stay_where_building_it_is_the_lesson(course: Path, tag: str) -> None:
    before = told(course)
    change(course, with_code(LONG_FUNCTION, tag))
    assert told(course) == before


def test_comments_blank_lines_magics_and_await_are_welcome(course: Path) -> None:
    code = ["x = 1"] * 12 + ["", "# why"] * 9 + ["%time await y", "!ls"]
    before = told(course)
    change(course, with_code("\n".join(code)))
    assert told(course) == before


@pytest.mark.parametrize("text", ["", "not JSON", "[]", "{}", '{"cells": []}', "\x00"])
def test_a_file_that_is_no_notebook_is_named_and_the_others_are_still_checked(
    course: Path, text: str
) -> None:
    (course / WELCOME).write_text(text)
    change_other = course / "notebooks/7_companion/03_gradio_demo.ipynb"
    change_other.write_text(change_other.read_text().replace("## Close it", "[x](gone.md)"))
    assert "(0_start/01_welcome)" in told(course)
    assert "a dead link: gone.md" in told(course)


def test_files_written_from_the_notebooks_are_kept_up_to_date(course: Path) -> None:
    metadata = course / "colab/kaggle/0_start-01_welcome/kernel-metadata.json"
    metadata.write_text(json.dumps({"id": "old"}))
    assert "kernel-metadata.json: not up to date\n    repair: companion notebooks wr" in told(
        course
    )


def test_metadata_of_a_notebook_that_is_gone_is_found(course: Path) -> None:
    shutil.copytree(course / "colab/kaggle/0_start-01_welcome", course / "colab/kaggle/9_old")
    assert "9_old/kernel-metadata.json: its notebook is gone" in told(course)


def test_exercises_without_their_notebook_are_found(course: Path) -> None:
    (course / WELCOME).unlink()
    assert "0_start/01_welcome: there are exercises for this notebook" in told(course)


def test_dead_links_in_the_pages_are_found(course: Path) -> None:
    page = course / "colab/README.md"
    page.write_text(page.read_text() + "\n[gone](gone.md)\n")
    assert "README.md: a dead link: gone.md" in told(course)
