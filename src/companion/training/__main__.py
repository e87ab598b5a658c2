"""`python -m companion.training`: train companion-tiny, or make the shipped corpora again."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from companion.errors import CompanionError


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
        "--import", dest="raw", type=Path, metavar="RAW", help="make corpora from raw data folders"
    )
    return parser


def _train(options: argparse.Namespace) -> None:
    from companion.training import train_tiny

    print(f"Saved in {train_tiny(options.output, options.minutes, options.seed)}")


def _import(raw: Path, output: Path) -> None:
    from companion.training.importers import import_all

    for name, conversations in import_all(raw, output).items():
        print(f"{name}: {conversations:,} conversations")


if __name__ == "__main__":
    sys.exit(main())
