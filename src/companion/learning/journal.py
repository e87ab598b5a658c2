"""What a learner has solved: one line a step forward, in `mlruns/progress.jsonl` of the project.

Lines are only ever appended, so several open notebooks do not disturb each other, and a broken line
costs no more than itself. Nothing leaves this machine.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from enum import Enum
from functools import cache
from pathlib import Path

from companion.resources import project_root


class Verdict(Enum):
    """What came of an exercise, from nothing to solved."""

    UNTRIED = 0
    WRONG = 1
    RIGHT = 2


_unwritten: dict[str, Verdict] = {}
"""Where the folder cannot be written, progress lasts as long as the kernel."""


def journal() -> Path:
    """The file of the journal."""
    return project_root() / "mlruns" / "progress.jsonl"


def record(exercise: str, verdict: Verdict) -> None:
    """Note the verdict, unless this exercise has already come as far."""
    if verdict.value <= best().get(exercise, Verdict.UNTRIED).value:
        return
    line = json.dumps({"exercise": exercise, "verdict": verdict.name})
    try:
        journal().parent.mkdir(parents=True, exist_ok=True)
        with journal().open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    except OSError as error:
        _unwritten[exercise] = verdict
        _say_unwritten(str(error))


def best() -> dict[str, Verdict]:
    """The furthest that each exercise has come."""
    furthest = dict(_unwritten)
    for exercise, verdict in _entries():
        furthest[exercise] = max(
            verdict, furthest.get(exercise, Verdict.UNTRIED), key=lambda one: one.value
        )
    return furthest


def _entries() -> Iterator[tuple[str, Verdict]]:
    try:
        lines = journal().read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        try:
            entry = json.loads(line)
            yield str(entry["exercise"]), Verdict[entry["verdict"]]
        except (ValueError, KeyError, TypeError):
            continue  # a line that was cut off by a full disk, or written by somebody else


@cache
def _say_unwritten(why: str) -> None:
    print(f"Progress is kept in memory only: {why}", file=sys.stderr)
