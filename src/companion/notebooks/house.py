"""The house form: what every notebook has in common is written by this tool, never by hand.

Four cells after the title belong to it (badges, needs box, bootstrap, versions), and so do the
notebook's metadata and its outputs. Nothing is kept of a run but the outputs of cells tagged
`nbval-check-output`, because a test compares those with a fresh run. Writing twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

import companion
from companion.notebooks import hosted
from companion.notebooks.lesson import Facts, Lesson, Needs, code_cells, facts, lessons, tags

OWNED = ("badges", "needs", "bootstrap", "versions")
KEPT_OUTPUT = "nbval-check-output"

BOOTSTRAP = """\
# Colab and Kaggle fetch the course and install what is missing; elsewhere nothing is changed.
import os
import runpy
import subprocess
import sys

if {{"COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE"}} & os.environ.keys():
    url, folder = "https://github.com/{repository}", "{folder}"
    clone = ["git", "clone", "--quiet", "--depth=1", url, folder]
    if not os.path.isdir(folder) and subprocess.run(clone).returncode:
        sys.exit("The course cannot be fetched: switch the Internet on, then run this cell again.")
    runpy.run_path(f"{{folder}}/colab/bootstrap.py")["install"]({extras})
try:
    from companion.learning import ready, versions
except ModuleNotFoundError as error:
    sys.exit(f"{{error}}: run `make setup` in the repository and choose its kernel.")
ready()
"""

VERSIONS = """\
versions({extras}, written_for="{version}")
"""

NEEDS = """\
| This notebook needs | measured |
|---|---|
| time | {minutes:g} min |
| memory | {peak_memory_mb} MB |
| download | {download_mb} MB |
| GPU | {gpu} |

One run at size `{size}` on {date}: {machine}."""


def owned_cells(lesson: Lesson, known: Facts, repository: str) -> list[NotebookNode]:
    """The cells that follow from path, settings and facts alone."""
    extras = ", ".join(f'"{extra}"' for extra in known.extras)
    folder = repository.split("/")[1]
    bootstrap = BOOTSTRAP.format(repository=repository, folder=folder, extras=extras)
    versions = VERSIONS.format(extras=extras, version=companion.__version__)
    markdown, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    return [
        _owned(markdown, "badges", hosted.badges(lesson, repository, lesson.path.parent)),
        _owned(markdown, "needs", needs_box(known)),
        _owned(code, "bootstrap", bootstrap),
        _owned(code, "versions", versions),
    ]


def needs_box(known: Facts) -> str:
    """What the last measured run took, with machine and date."""
    gpu = "a T4 helps" if known.gpu else "none"
    if known.needs is None:
        return "This notebook has not been measured yet."
    return NEEDS.format(gpu=gpu, **known.needs.model_dump())


def house_form(lesson: Lesson, repository: str) -> str:
    """The text that the notebook's file should hold. Raises NotebookError for a broken one."""
    node = lesson.read()
    known = facts(lesson, node)
    authored = [cell for cell in node.cells if not set(tags(cell)) & set(OWNED)]
    node.cells = [*authored[:1], *owned_cells(lesson, known, repository), *authored[1:]]
    for count, (_, cell) in enumerate(code_cells(node), start=1):
        _without_run(cell, count)
    for cell in node.cells:
        cell.metadata = nbformat.from_dict({"tags": tags(cell)} if tags(cell) else {})
    node.metadata = nbformat.from_dict(
        {
            "companion": known.model_dump(mode="json", exclude_defaults=True),
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    node.nbformat, node.nbformat_minor = 4, 5
    return str(nbformat.writes(node)) + "\n"


def measured(lesson: Lesson, copy: Path, took: Needs) -> str:
    """The notebook with its needs, and the outputs that a test will hold it to, from one run."""
    node, ran = lesson.read(), nbformat.read(copy, as_version=4)
    node.metadata.companion.needs = took.model_dump(mode="json")
    outputs = {cell.id: cell.outputs for cell in ran.cells if KEPT_OUTPUT in tags(cell)}
    for cell in node.cells:
        if cell.id in outputs:
            cell.outputs = outputs[cell.id]
    return str(nbformat.writes(node)) + "\n"


def generated_files(root: Path, repository: str) -> dict[Path, str]:
    """Each file beside the notebooks that is written from them, with what it should hold."""
    rows = [(lesson, facts(lesson, lesson.read())) for lesson in lessons(root)]
    files = {
        hosted.kernel_folder(lesson) / "kernel-metadata.json": hosted.kernel_metadata(
            lesson, known, repository
        )
        for lesson, known in rows
    }
    readme = root / "colab" / "README.md"
    text = readme.read_text(encoding="utf-8")
    return {**files, readme: hosted.badge_table(text, rows, repository, readme.parent)}


def _owned(make: Callable[..., NotebookNode], name: str, source: str) -> NotebookNode:
    return make(source.rstrip("\n"), id=name, metadata={"tags": [name]})


def _without_run(cell: NotebookNode, count: int) -> None:
    """Forget every output that no test holds true; the others count as in a run from the top."""
    cell.outputs = cell.outputs if KEPT_OUTPUT in tags(cell) else []
    cell.execution_count = count if cell.outputs else None
    for output in cell.outputs:
        if "execution_count" in output:
            output.execution_count = count
