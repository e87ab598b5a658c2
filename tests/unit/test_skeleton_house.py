"""The rules of the house that a machine can check: floors, sizes, docstrings, nothing private."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "companion"
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = ("torch", "transformers", "gradio", "fastapi", "mlflow", "nbformat", "numpy", "IPython")

FLOOR = re.compile(r"^    floor (\d)  (.+?)(?:   .*)?$", re.MULTILINE)
ROOM = re.compile(r"\b([a-z_]+)(?:\.py|/)")

PRIVATE = re.compile(r"(?<![\w.])/(?:work|root|home|Users)/|C:\\\\Users")
REGISTRY = re.compile(r"\b(?:pypi|pythonhosted|anaconda|npmjs)\.(?:org|com)\b")


def _floors() -> dict[str, int]:
    """The floor of each room, as ARCHITECTURE.md tells readers."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    return {
        room: int(number) for number, rooms in FLOOR.findall(text) for room in ROOM.findall(rooms)
    }


def _room(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _rooms_imported(module: Path) -> Iterator[str]:
    """The rooms that a module imports from, at its top or inside a function."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module == "companion":
            names = [f"companion.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        yield from (name.split(".")[1] for name in names if name.startswith("companion."))


def test_every_room_has_its_floor_in_architecture_md() -> None:
    rooms = {_room(module) for module in MODULES} - {"__init__"}
    assert _floors().keys() == rooms, "repair: name the room on its floor in ARCHITECTURE.md"


def test_a_room_imports_only_from_floors_below_it() -> None:
    floors = _floors()
    upward = [
        f"{module.relative_to(ROOT)} (floor {floors[room]}) imports {other} (floor {floors[other]})"
        for module in MODULES
        if (room := _room(module)) in floors
        for other in _rooms_imported(module)
        if other in floors and other != room and floors[other] >= floors[room]
    ]
    assert upward == []


@pytest.mark.parametrize(
    "module", ["companion", "companion.cli", "companion.pipeline", "companion.learning"]
)
def test_importing_pulls_in_no_heavy_library(module: str) -> None:
    code = f"import sys, {module}; print(*sorted(set({HEAVY!r}) & sys.modules.keys()))"
    assert _printed(code) == []


LATER = {
    "companion.pipeline": ("httpx", "PIL", "sqlite3", "xml", "http", "pickle", "companion.images"),
    "companion.routing": ("httpx", "PIL", "companion.images", "companion.intents"),
}
"""What a module's import leaves to the call that needs it."""


@pytest.mark.parametrize("module", LATER)
def test_importing_leaves_to_a_call_what_only_that_needs(module: str) -> None:
    code = f"import sys, {module}; print(*sorted(set({LATER[module]!r}) & sys.modules.keys()))"
    assert _printed(code) == []


def test_importing_builds_no_reader_of_settings() -> None:
    """Pydantic's building of one takes as long as importing a module of ours."""
    code = """
import companion.pipeline
from companion.sections import Section

def built(section):
    yield from [section.__name__] if section.__pydantic_complete__ else []
    for one in section.__subclasses__():
        yield from built(one)

print(*built(Section))
"""
    assert _printed(code) == [], "repair: give a default that is a section by default_factory"


def _printed(code: str) -> list[str]:
    """The words that a fresh process prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_module_fits_on_a_few_screens() -> None:
    lengths = {str(m.relative_to(ROOT)): len(m.read_text("utf-8").splitlines()) for m in MODULES}
    assert {name: lines for name, lines in lengths.items() if lines > 300} == {}


def _definitions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield f"{module.relative_to(PACKAGE)}: {node.name}", node


def test_functions_hold_one_idea() -> None:
    lengths = sorted(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for _, node in _definitions()
        if not isinstance(node, ast.ClassDef)
    )
    assert statistics.median(lengths) <= 12
    assert statistics.quantiles(lengths, n=10)[-1] <= 30


def _public(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.stmt]]:
    """Public classes and functions of a module, and the public methods of its public classes."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name.startswith("_"):
                continue
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef) and not node.bases:  # else the base class explains
                yield from _public(node.body, f"{prefix}{node.name}.")


PROTOCOL = {"name", "languages", "capabilities", "load", "stream"}
"""Told once, in `ChatModel`; what fulfils it need not say it again."""


def test_what_is_public_is_explained() -> None:
    silent = []
    for module in MODULES:
        tree = ast.parse(module.read_text(encoding="utf-8"))
        if not ast.get_docstring(tree):
            silent.append(str(module.relative_to(ROOT)))
        for name, node in _public(tree.body, f"{module.relative_to(ROOT)}: "):
            told_once = name.rpartition(".")[2] in PROTOCOL
            if not told_once and not ast.get_docstring(node):  # type: ignore[arg-type]
                silent.append(name)
    assert silent == []


def _tracked_text() -> Iterator[tuple[str, str]]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout
    if not listed:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.split("\0")):
        file = ROOT / name
        try:
            yield name, file.read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):  # a picture, or deleted and not committed
            continue


HOLD_THE_PATTERNS = (
    "tests/unit/test_skeleton_house.py",
    "tests/unit/test_notebooks_gate.py",
    "src/companion/notebooks/gate.py",
)


def test_no_file_tells_of_a_machine_or_a_registry() -> None:
    found = [
        f"{name}: {match[0]}"
        for name, text in _tracked_text()
        if name not in HOLD_THE_PATTERNS
        for match in [*PRIVATE.finditer(text), *REGISTRY.finditer(text)]
    ]
    assert found == []


def test_the_licence_is_the_plain_text_of_apache_2() -> None:
    import hashlib

    digest = hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest()
    assert digest == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
