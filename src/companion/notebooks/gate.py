"""The static gate: what can be known of the notebooks without running them, in seconds.

Each rule is a function that yields what breaks it; `problems` applies them all.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from companion.errors import NotebookError
from companion.learning.course import registered
from companion.notebooks.house import KEPT_OUTPUT, generated_files, house_form
from companion.notebooks.lesson import Lesson, code_cells, facts, lessons, tags

MAX_LINES = 15
"""Lines of code that a reader takes in at a glance; blank lines and comments are not counted."""
MAX_DEFINITION = 5
"""A longer function or class belongs in the package, unless building it is the lesson."""
TEACHES_CODE = {"by-hand", "exercise"}

MACHINE_PATH = re.compile(r"(?<![\w.~])(/home/\w+|/Users/\w+|/root/|/tmp/|[A-Za-z]:\\+Users\b)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
OWN_FILE = re.compile(
    r"https://(?:colab\.research\.google\.com/github|kaggle\.com/kernels/welcome\?src="
    r"https://github\.com|github\.com)/([\w.-]+/[\w.-]+)/(?:blob|tree|raw)/[\w.-]+/(\S+)"
)
PAGES = ("README.md", "README.fr.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "colab/README.md")


@dataclass(frozen=True, slots=True)
class Problem:
    """What breaks a rule, where, and the command or change that mends it."""

    where: str
    what: str
    repair: str = ""

    def __str__(self) -> str:
        mend = f"\n    repair: {self.repair}" if self.repair else ""
        return f"{self.where}: {self.what}{mend}"


def problems(root: Path, repository: str) -> list[Problem]:
    """Everything that is wrong with the course in `root`; empty when it is in order."""
    found: list[Problem] = []
    for lesson in lessons(root):
        try:
            found += _lesson_problems(lesson, repository)
        except NotebookError as error:
            found.append(Problem(lesson.name, str(error)))
    with suppress(NotebookError):  # a notebook that cannot be read has been told of above
        found += _stale_files(root, repository)
    return [*found, *_dead_links_in_pages(root, repository), *_homeless_exercises(root)]


def _lesson_problems(lesson: Lesson, repository: str) -> Iterator[Problem]:
    node = lesson.read()
    yield from _invalid(lesson, node)
    yield from _not_in_house_form(lesson, repository)
    yield from _unfinished(lesson, node)
    for number, cell in enumerate(node.cells, start=1):
        where = f"{lesson.name}, cell {number}"
        for what in _cell_problems(cell):
            yield Problem(where, what)
        if cell.cell_type == "markdown":
            yield from dead_links(cell.source, where, lesson.path.parent, lesson.root, repository)


def _invalid(lesson: Lesson, node: NotebookNode) -> Iterator[Problem]:
    """GitHub shows "Invalid Notebook" for these, the widget state among them."""
    try:
        nbformat.validate(node)
    except nbformat.ValidationError as error:
        yield Problem(lesson.name, f"not a valid notebook: {str(error).splitlines()[0]}")
    widgets = node.metadata.get("widgets", {})
    if any("state" not in state for state in widgets.values()):
        yield Problem(lesson.name, "widget metadata without its state", _write(lesson))


def _not_in_house_form(lesson: Lesson, repository: str) -> Iterator[Problem]:
    if lesson.text() != house_form(lesson, repository):
        what = "not in house form (badges, needs box, bootstrap, versions, metadata or outputs)"
        yield Problem(lesson.name, what, _write(lesson))


def _unfinished(lesson: Lesson, node: NotebookNode) -> Iterator[Problem]:
    """What each notebook has: a title, a needs box, parameters, a recorded result, an ending."""
    code = "\n".join(cell.source for _, cell in code_cells(node))
    parameters = [cell for _, cell in code_cells(node) if "parameters" in tags(cell)]
    if not node.cells[0].source.startswith("# "):
        yield Problem(
            lesson.name, "the first cell is not a title", "Begin with `# What you build`."
        )
    if facts(lesson, node).needs is None:
        command = f"companion notebooks measure notebooks/{lesson.name}.ipynb"
        yield Problem(lesson.name, "its needs have not been measured", command)
    if len(parameters) != 1 or 'SIZE = "small"' not in parameters[0].source:
        yield Problem(lesson.name, 'no single cell tagged `parameters` that says SIZE = "small"')
    if f'start_run("{lesson.name}"' not in code:
        what = "it does not record its results"
        yield Problem(lesson.name, what, f'tracking.start_run("{lesson.name}", …)')
    if not node.cells[-1].source.startswith("## What you built"):
        yield Problem(lesson.name, "the last cell is not `## What you built, what comes next`")
    for exercise in registered().get(lesson.name, []):
        if f"{exercise.__name__}(" not in code:
            yield Problem(lesson.name, f"its exercise {exercise.__name__} is not asked")


def _cell_problems(cell: NotebookNode) -> Iterator[str]:
    if leak := MACHINE_PATH.search(json.dumps([cell.source, cell.get("outputs", [])])):
        yield f"the path of somebody's machine: {leak[0]}"
    if cell.cell_type != "code":
        return
    lines = [line.strip() for line in cell.source.splitlines()]
    length = sum(bool(line) and not line.startswith("#") for line in lines)
    if length > MAX_LINES:
        yield f"{length} lines of code; {MAX_LINES} are enough"
    if KEPT_OUTPUT in tags(cell) and not cell.outputs:
        yield f"tagged {KEPT_OUTPUT} without an output to check (companion notebooks measure)"
    if not set(tags(cell)) & TEACHES_CODE:
        yield from _long_definitions(cell.source)


def _long_definitions(source: str) -> Iterator[str]:
    try:
        plain = TransformerManager().transform_cell(source)
        tree = compile(plain, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError as error:
        yield f"not valid Python: {error}"
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_DEFINITION:
                yield f"`{node.name}` has {length} lines: move it to the package, or tag it by-hand"


def dead_links(text: str, where: str, base: Path, root: Path, repository: str) -> Iterator[Problem]:
    """Links in Markdown to files that are not there; other people's pages are not asked for."""
    for link in LINK.findall(text):
        own = OWN_FILE.fullmatch(link)
        if own and own[1] != repository:
            yield Problem(where, f"a link into another repository: {own[1]}")
        elif own and not (root / own[2]).exists():
            yield Problem(where, f"a dead link: {own[2]}")
        elif not re.match(r"[a-z]+:|#", link) and not (base / link.split("#")[0]).exists():
            yield Problem(where, f"a dead link: {link}")


def _dead_links_in_pages(root: Path, repository: str) -> Iterator[Problem]:
    for page in (root / name for name in PAGES):
        if page.is_file():
            text = page.read_text(encoding="utf-8")
            yield from dead_links(text, page.name, page.parent, root, repository)


def _stale_files(root: Path, repository: str) -> Iterator[Problem]:
    expected = generated_files(root, repository)
    for file, text in expected.items():
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            name = file.relative_to(root).as_posix()
            yield Problem(name, "not up to date", "companion notebooks write")
    for file in (root / "colab" / "kaggle").rglob("kernel-metadata.json"):
        if file not in expected:
            yield Problem(file.relative_to(root).as_posix(), "its notebook is gone: delete it")


def _homeless_exercises(root: Path) -> Iterable[Problem]:
    there = {lesson.name for lesson in lessons(root)}
    return [
        Problem(notebook, "there are exercises for this notebook, which does not exist")
        for notebook in registered()
        if notebook not in there
    ]


def _write(lesson: Lesson) -> str:
    return f"companion notebooks write notebooks/{lesson.name}.ipynb"
