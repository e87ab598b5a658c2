"""`companion notebooks check | write | run | measure`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

import yaml

from companion.config import load
from companion.errors import NotebookError
from companion.notebooks.lesson import SIZES, Lesson, checkout, lesson_at, lessons
from companion.resources import project_root


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the commands; the exit status is 1 when a notebook is not in order."""
    options = _parser().parse_args(argv)
    status: int = options.command(options)
    return status


def check(options: argparse.Namespace) -> int:
    """The static gate over the whole course."""
    from companion.notebooks.gate import problems

    found = problems(checkout(), load().repository)
    for problem in found:
        print(problem)
    print(f"{len(lessons(checkout()))} notebooks, {len(found)} problems")
    return 1 if found else 0


def write(options: argparse.Namespace) -> int:
    """Bring notebooks into house form, and what is written from them up to date."""
    from companion.notebooks.house import generated_files, house_form

    repository = load().repository
    for lesson in _chosen(options.paths):
        if lesson.text() != (text := house_form(lesson, repository)):
            replace(lesson.path, text)
    for file, text in generated_files(checkout(), repository).items():
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            replace(file, text)
    return 0


def run(options: argparse.Namespace) -> int:
    """Run one notebook strictly."""
    from companion.notebooks.runner import run as strictly

    lesson = lesson_at(options.path, checkout())
    copy = options.output or project_root() / "build" / "notebooks" / f"{lesson.name}.ipynb"
    parameters = {name: _value(name, text) for name, text in options.parameter}
    ran = strictly(lesson, copy, options.size, parameters)
    print(
        f"{lesson.name} at size {ran.took.size}: {ran.seconds:.0f} s, "
        f"{ran.took.peak_memory_mb} MB of memory, {ran.took.download_mb} MB downloaded"
    )
    for clause in ran.excess:
        print(f"more than its box: {clause} (companion notebooks measure {options.path})")
    print(f"executed copy: {ran.copy}")
    return 0


def measure(options: argparse.Namespace) -> int:
    """Run one notebook and write what it took into its needs box."""
    from companion.notebooks.house import measured
    from companion.notebooks.runner import run as strictly

    lesson = lesson_at(options.path, checkout())
    copy = project_root() / "build" / "notebooks" / f"{lesson.name}.ipynb"
    ran = strictly(lesson, copy, options.size)
    replace(lesson.path, measured(lesson, ran.copy, ran.took))
    options.paths = [options.path]
    return write(options)


def replace(file: Path, text: str) -> None:
    """Write the file whole or leave it as it was, and say so."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.unfinished")
    unfinished.write_text(text, encoding="utf-8", newline="\n")
    os.replace(unfinished, file)
    print(f"wrote {file.relative_to(checkout())}")


def _chosen(paths: Sequence[Path]) -> list[Lesson]:
    return [lesson_at(path, checkout()) for path in paths] or lessons(checkout())


def _value(name: str, text: str) -> object:
    """A parameter's value, written as in YAML: 3, 0.5, true, words."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise NotebookError(f"The value of {name} cannot be read: {text}") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="companion notebooks", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    check_it = commands.add_parser("check", help="what is wrong with the course, and the repair")
    check_it.set_defaults(command=check)

    write_it = commands.add_parser("write", help="bring notebooks into house form")
    write_it.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="default: all")
    write_it.set_defaults(command=write)

    run_it = commands.add_parser("run", help="run a notebook strictly and keep an executed copy")
    _run_options(run_it, "smoke is offline and takes seconds")
    run_it.add_argument(
        *("-p", "--parameter"), nargs=2, action="append", default=[], metavar=("NAME", "VALUE")
    )
    run_it.add_argument("--output", type=Path, help="where the executed copy goes")
    run_it.set_defaults(command=run)

    measure_it = commands.add_parser("measure", help="run a notebook and fill in its needs box")
    _run_options(measure_it, "the size that the box speaks of")
    measure_it.set_defaults(command=measure)
    return parser


def _run_options(parser: argparse.ArgumentParser, size_help: str) -> None:
    parser.add_argument("path", type=Path, metavar="PATH")
    parser.add_argument("--size", choices=SIZES, default="small", help=size_help)
