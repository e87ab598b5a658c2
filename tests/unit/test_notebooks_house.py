"""The house form: writing it twice changes nothing, and it follows from path and settings."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nbformat
import pytest

from companion.notebooks import hosted, main
from companion.notebooks.house import BOOTSTRAP, house_form, measured
from companion.notebooks.lesson import Facts, Lesson, Needs, facts, lessons
from companion.resources import CHECKOUT

LESSONS = lessons(CHECKOUT)
each = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)


@each
def test_writing_changes_nothing_in_house_form(lesson: Lesson) -> None:
    from companion.config import load

    assert house_form(lesson, load().repository) == lesson.text()


def test_one_setting_moves_every_badge_and_bootstrap_cell(tmp_path: Path) -> None:
    path = tmp_path / "notebooks/0_start/01_welcome.ipynb"
    path.parent.mkdir(parents=True)
    shutil.copy(LESSONS[0].path, path)
    moved = house_form(Lesson(tmp_path, path), "ada/new-home")
    assert "companion-lab/companion-lab" not in moved
    assert moved.count("github.com/ada/new-home") == 2  # Kaggle's badge and the bootstrap
    assert "colab.research.google.com/github/ada/new-home/blob/main/notebooks/0_start" in moved


def test_owned_cells_lost_or_misplaced_are_put_back(tmp_path: Path) -> None:
    path = tmp_path / "notebooks/0_start/01_welcome.ipynb"
    path.parent.mkdir(parents=True)
    node = LESSONS[0].read()
    node.cells = [*node.cells[3:], node.cells[1]]
    node.cells.insert(0, LESSONS[0].read().cells[0])
    path.write_text(nbformat.writes(node))
    mended = nbformat.reads(house_form(Lesson(tmp_path, path), "a/b"), as_version=4)
    names = ["title", "badges", "needs", "bootstrap", "versions", "parameters"]
    assert [cell.id for cell in mended.cells[:6]] == names


def test_bootstrap_is_valid_python_and_the_same_in_every_notebook() -> None:
    cells = {
        next(cell.source for cell in n.read().cells if cell.id == "bootstrap") for n in LESSONS
    }
    for source in cells:
        compile(source, "bootstrap", "exec")
    without_extras = {source.split('["install"]')[0] for source in cells}
    assert len(without_extras) == 1
    assert len(BOOTSTRAP.strip().splitlines()) <= 18


def test_a_measured_run_fills_the_box_and_the_outputs_that_are_kept(tmp_path: Path) -> None:
    welcome = LESSONS[0]
    ran = welcome.read()
    for cell in ran.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("stream", text="new")]
    copy = tmp_path / "copy.ipynb"
    nbformat.write(ran, copy)
    took = Needs(
        minutes=1.5,
        peak_memory_mb=600,
        download_mb=3,
        size="small",
        machine="a test, 2 cores",
        date="2026-01-02",  # type: ignore[arg-type]
    )
    path = tmp_path / "notebooks/0_start/01_welcome.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(measured(welcome, copy, took))
    text = house_form(Lesson(tmp_path, path), "a/b")
    cells = nbformat.reads(text, as_version=4).cells
    assert "| time | 1.5 min |" in text
    assert "One run at size `small` on 2026-01-02: a test, 2 cores." in text
    assert [cell.id for cell in cells if cell.get("outputs")] == ["order"]


@each
def test_kaggle_takes_title_and_id(lesson: Lesson) -> None:
    metadata = json.loads((hosted.kernel_folder(lesson) / "kernel-metadata.json").read_text())
    assert len(metadata["title"]) <= 50
    assert metadata["id"].split("/")[1] == hosted.slug(metadata["title"])
    assert (hosted.kernel_folder(lesson) / metadata["code_file"]).resolve() == lesson.path
    helped = facts(lesson, lesson.read()).gpu
    assert metadata.get("machine_shape") == ("NvidiaTeslaT4" if helped else None)


def test_no_two_notebooks_share_a_kaggle_id() -> None:
    ids = [hosted.slug(hosted.kernel_title(lesson)) for lesson in LESSONS]
    assert len(set(ids)) == len(ids)


def test_a_t4_is_asked_for_where_a_gpu_helps() -> None:
    text = hosted.kernel_metadata(LESSONS[0], Facts(extras=("local",), gpu=True), "a/b")
    assert json.loads(text)["machine_shape"] == "NvidiaTeslaT4"
    assert json.loads(text)["enable_gpu"] is True


def test_check_says_how_many_and_write_has_nothing_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["check"]) == 0
    assert capsys.readouterr().out == f"{len(LESSONS)} notebooks, 0 problems\n"
    assert main(["write"]) == 0
    assert capsys.readouterr().out == ""
