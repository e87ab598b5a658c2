"""`python -m companion.training`: train companion-tiny, or make the shipped corpora again."""

from __future__ import annotations

import argparse
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from companion.errors import CompanionError

COMPILED_FROM = 12.0  # minutes


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        _import(options.raw, options.output) if options.raw else _train(options)
    except CompanionError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m companion.training", description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="folder to write")
    parser.add_argument("--minutes", type=float, default=20, help="time budget (default 20)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--from", dest="beginning", type=Path, metavar="FOLDER", help="go on with this model"
    )
    parser.add_argument(
        "--keep",
        type=_share,
        default=0.0,
        metavar="SHARE",
        help="with --from: how much of its weights to mix into the finished ones (0 to 1)",
    )
    parser.add_argument(
        "--beside", type=Path, nargs="*", default=[], help="model folders to compare with it"
    )
    parser.add_argument(
        "--import", dest="raw", type=Path, metavar="RAW", help="make corpora from raw data folders"
    )
    return parser


def _share(text: str) -> float:
    """A number from 0 to 1. Raises ArgumentTypeError for anything else."""
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share: give a number from 0 to 1")
    return share


def _train(options: argparse.Namespace) -> None:
    from companion.training import train_tiny
    from companion.training.recipe import usual

    # compiling takes a minute or two of the budget, pays after about ten, and needs a C++ compiler
    pays = options.minutes >= COMPILED_FROM and shutil.which("g++") is not None
    usually = usual(options.beginning is not None)
    recipe = replace(usually, compiled=pays, kept=options.keep)
    beside = {folder.name: folder for folder in options.beside}
    saved = train_tiny(
        options.output,
        options.minutes,
        options.seed,
        recipe=recipe,
        beside=beside,
        beginning=options.beginning,
    )
    print(f"Saved in {saved}")


def _import(raw: Path, output: Path) -> None:
    from companion.training.importers import import_all

    for name, conversations in import_all(raw, output).items():
        print(f"{name}: {conversations:,} conversations")


if __name__ == "__main__":
    sys.exit(main())
