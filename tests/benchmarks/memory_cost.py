"""What memory costs: a turn on disk, and finding, recalling and forgetting amid ten thousand turns.

    python -m tests.benchmarks.memory_cost [TURNS]

The figures are medians in milliseconds of this machine's own disk, and are kept as an MLflow run
named `bench memory`. Times to write include what the disk takes to promise that nothing is lost.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from companion.memory import Answer, Journal, Memory, new_token, recalled
from tests.benchmarks.reporting import report

TURNS = 10_000
ROUNDS = 50


def milliseconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The median time that the work takes."""
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1e3


def filled(memory: Memory, turns: int) -> None:
    """A user with that many turns in conversations of a hundred, and a fact in every twentieth."""
    words = [
        "harbour",
        "lighthouse",
        "letter",
        "garden",
        "train",
        "winter",
        "music",
        "bread",
        "sea",
    ]

    def turn(number: int) -> dict[str, object]:
        said = f"{words[number % 9]} and {words[number // 9 % 9]} number {number}"
        reply = {"reply": f"You told me of {said}. " * 3, "model": "companion-tiny"}
        return {"at": float(number), "said": said, "state": "done", "answer": reply}

    conversations = [
        {
            "id": f"c{first}",
            "opened": float(first),
            "changed": float(first + 99),
            "turns": [turn(number) for number in range(first, min(first + 100, turns))],
        }
        for first in range(0, turns, 100)
    ]
    facts = [
        {"kind": "like", "value": f"{words[number % 9]} {number}", "at": float(number)}
        for number in range(0, turns, 20)
    ]
    file = {"format": "companion-memory", "version": 1}
    memory.import_json(json.dumps({**file, "conversations": conversations, "facts": facts}))


def measured(journal: Journal, turns: int) -> dict[str, float]:
    """Each thing that a page does with memory, timed amid that many turns."""
    memory = journal.user(new_token())
    started = time.perf_counter()
    filled(memory, turns)
    figures = {"import_all_s": time.perf_counter() - started}
    talk, facts, message = memory.conversations, memory.facts, "Shall we go to the harbour?"

    def one_turn() -> None:
        turn = talk.begin("new", "My name is Mia, and I live in Lyon.")
        facts.learn(turn)
        talk.finish(turn, Answer("Hello Mia! " * 10, "companion-tiny", "here", {"ms": 12.5}))

    turn_ms = milliseconds(one_turn)
    figures |= {
        "turn_ms": turn_ms,
        "turns_per_second": 1e3 / turn_ms,
        "list_ms": milliseconds(talk.list),
        "read_hundred_turns_ms": milliseconds(lambda: talk.read("c0")),
        "search_rare_word_ms": milliseconds(lambda: talk.search("4321")),
        "search_two_words_ms": milliseconds(lambda: talk.search("harbour winter")),
        "recall_ms": milliseconds(lambda: recalled(facts.current(), message, "en", 120)),
        "open_ms": milliseconds(lambda: Journal(journal.path).user(new_token()).facts.all(), 10),
        "megabytes": journal.path.stat().st_size / 1e6,
    }
    name = next(fact for fact in facts.current() if fact.kind == "name")
    figures["forget_a_fact_ms"] = milliseconds(lambda: facts.forget(name.id), 1)
    figures["forget_everything_ms"] = milliseconds(memory.forget_everything, 1)
    return figures


def main(arguments: list[str]) -> None:
    """Measure, keep and print."""
    turns = int(arguments[0]) if arguments else TURNS
    with TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "memory.db")
        figures = measured(journal, turns)
        journal.close()
    report("bench memory", "SQLite", figures, f"amid {turns:,} turns")


if __name__ == "__main__":
    main(sys.argv[1:])
