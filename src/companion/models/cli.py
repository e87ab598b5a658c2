"""`companion models list | pull NAME | bench NAME`."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
from collections.abc import Sequence
from contextlib import aclosing

from companion.chat import build
from companion.chat.ollama_admin import Progress
from companion.config import Settings, load
from companion.models.bench import bench
from companion.models.fetching import fetch
from companion.models.listing import Listed, listed


def main(argv: Sequence[str]) -> int:
    """Run one command; returns the exit status. Raises CompanionError for what cannot be done."""
    options = _parser().parse_args(argv)
    if options.command == "list":
        _list(load(options.profile))
    elif options.command == "pull":
        asyncio.run(_pull(options.name, load(options.profile)))
    else:
        build(options.name, load(options.profile))  # says which names there are
        alone = {"models": [options.name], "discover": False}
        asyncio.run(_bench(load(options.profile, chat=alone, agent=None)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="companion models", description="The models in configs/models.yaml."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="")
    for name, summary in (
        ("list", "each model, where it is, and whether it could answer now"),
        ("pull", "let Ollama fetch a model, which may take gigabytes"),
        ("bench", "time to the first token and tokens per second"),
    ):
        command = commands.add_parser(name, help=summary, description=summary)
        command.add_argument("--profile", help="profile to use (configs/profiles)")
        if name != "list":
            command.add_argument("name", help="its name in configs/models.yaml")
    return parser


def _list(settings: Settings) -> None:
    rows = [("name", "kind", "asked", "runs", "now", "where")]
    rows += [_row(one) for one in asyncio.run(listed(settings))]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)).rstrip())


def _row(one: Listed) -> tuple[str, str, str, str, str, str]:
    turn = str(one.turn) if one.turn else "-"
    return one.name, one.kind, turn, "here" if one.local else "elsewhere", one.state, one.where


async def _pull(name: str, settings: Settings) -> None:
    """One line a stage; in a terminal, the line counts up where it stands."""
    live, told = sys.stdout.isatty(), ""
    async with aclosing(fetch(name, settings)) as steps:
        async for step in steps:
            if live and told:
                print("\r" if step.status == told else "\n", end="")
            if live or step.status != told:
                line = f"{step.status} {_share(step)}".rstrip()
                print(line, end="" if live else "\n", flush=True)
            told = step.status
    if live:
        print()


def _share(step: Progress) -> str:
    if not step.total or step.completed is None:
        return ""
    return f"{step.completed / step.total:.0%} of {step.total / 1e9:.2f} GB"


async def _bench(settings: Settings) -> None:
    firsts, speeds = list[float](), list[float]()
    async with aclosing(bench(settings)) as answers:
        async for one in answers:
            first, speed = one.done.first_token_seconds, one.done.tokens_per_second
            if one.question:
                firsts.append(first)
                speeds += [speed] if speed else []
            print(_line(one.question or "(warming up)", first, speed), flush=True)
    median = statistics.median(speeds) if speeds else None
    print(_line("median", statistics.median(firsts), median))


def _line(what: str, first: float, speed: float | None) -> str:
    fast = f"{speed:7.1f} tokens/s" if speed else "tokens are not told"
    return f"{what:<44} first token {first * 1000:8.1f} ms  {fast}"
