"""What a turn with the embedded model takes on this machine: loading, waiting, speed, memory.

    python -m tests.benchmarks.turn_cost [TURNS]

The first turn of a fresh process stands for itself; the others give medians. The figures are kept
as an MLflow run named `bench turn`.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import sys
import time

from companion.chat.scripted import Scripted
from companion.config import load
from companion.pipeline import Companion
from companion.types import ChatRequest, Message, TurnDone
from tests.benchmarks.reporting import report

MODEL = "companion-tiny"
QUESTIONS = (
    "Hello, who are you?",
    "What shall we talk about?",
    "Do you like music?",
    "I had a long day.",
    "What did you do this weekend?",
)


async def _turn(companion: Companion, text: str) -> TurnDone:
    """The finished turn. Raises what `Companion.turn` raises."""
    [done] = [event async for event in companion.turn(text) if isinstance(event, TurnDone)]
    return done


def scripted_seconds() -> float:
    """The slowest of the written replies, the longest message that the page takes among them."""
    settings = load()
    scripted = Scripted("scripted", settings.persona.name)
    scripted.load()
    longest = ("tell me something " * 1000)[: settings.chat.max_message_characters]
    taken = []
    for said in (*QUESTIONS, longest):
        began = time.perf_counter()
        scripted.reply(ChatRequest((Message("user", said),)))
        taken.append(time.perf_counter() - began)
    return max(taken)


def measured(turns: int) -> dict[str, float]:
    """The figures by name; seconds, tokens per second, milliseconds, megabytes."""
    companion = Companion(load(chat={"models": [MODEL], "seed": 0}))
    started = time.perf_counter()
    companion.warm_up()
    loaded = time.perf_counter()
    with asyncio.Runner() as runner:
        done = [
            runner.run(_turn(companion, QUESTIONS[number % len(QUESTIONS)]))
            for number in range(turns + 1)
        ]
    rates = [turn.tokens_per_second for turn in done[1:] if turn.tokens_per_second]
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "load_seconds": loaded - started,
        "first_turn_first_token_seconds": done[0].first_token_seconds,
        "first_token_seconds": statistics.median(turn.first_token_seconds for turn in done[1:]),
        "tokens_per_second": statistics.median(rates),
        "scripted_slowest_ms": scripted_seconds() * 1e3,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6,
    }


def main(arguments: list[str]) -> int:
    """Measure, record and print."""
    turns = int(arguments[0]) if arguments else 20
    report("bench turn", MODEL, measured(turns), f"{turns} turns")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
