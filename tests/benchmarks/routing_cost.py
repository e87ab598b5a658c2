"""What routing costs above bare httpx, in CPU time per call, and how soon a fault is got over.

    python -m tests.benchmarks.routing_cost [ROUNDS] [--litellm PYTHON]

Server and client are processes of their own, on cores of their own where there are two. The clients
take turns in every round, so that a machine that is busy for a while is unfair to none; figures are
medians over rounds. `--litellm` names the Python of an environment that has litellm, whose Router
is then measured in the same run. Fails when a limit is not kept. The figures are kept as an MLflow
run named `bench routing`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from companion import tracking
from companion.config import load
from companion.resources import machine
from companion.routing import Books, Ledger, Router, candidates
from companion.types import ChatRequest, End, Message, Text

CALLS = 40
"""Calls of one client in one round."""

LIMITS = {
    "call/async": 2.0,
    "stream/async": 2.0,
    "retry_after_ms": 100.0,
    "dead_slow_calls": 3.0,
    "dead_added_ms": 5.0,
}
"""The most each may be: times bare httpx, milliseconds, calls."""

LITELLM_TIMES = 8.0
"""How many times a routed call LiteLLM's Router must cost, at least."""

REQUEST = ChatRequest((Message("user", "Tell me of the harbour."),))
BODY = {"messages": [{"role": "user", "content": "Tell me of the harbour."}]}

LITELLM = """
import asyncio, json, sys, time
from litellm import Router
url, calls, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
def at(model):
    return {"model": "openai/" + model, "api_base": url, "api_key": "none"}
names = ("short", "twenty")
router = Router(
    model_list=[{"model_name": name, "litellm_params": at(name)} for name in names]
    + [{"model_name": "behind", "litellm_params": at("short")}],
    fallbacks=[{name: ["behind"]} for name in names],
)
messages = [{"role": "user", "content": "Tell me of the harbour."}]
async def call():
    return (await router.acompletion("short", messages)).choices[0].message.content
async def stream():
    pieces = await router.acompletion("twenty", messages, stream=True)
    return [piece async for piece in pieces]
def cpu(ask):
    started = time.process_time()
    for _ in range(calls):
        ask()
    return (time.process_time() - started) / calls * 1e6
with asyncio.Runner() as loop:
    asks = {
        "call/sync": lambda: router.completion("short", messages),
        "call/async": lambda: loop.run(call()),
        "stream/async": lambda: loop.run(stream()),
    }
    for ask in asks.values():
        cpu(ask)
    print(json.dumps({name: [cpu(ask) for _ in range(rounds)] for name, ask in asks.items()}))
"""


def pinned(core: int) -> None:
    """Keep this process on one core, where the system can and there are enough of them."""
    if hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > 1:
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[core]})


@contextmanager
def server() -> Iterator[str]:
    """The address of a server in a process of its own, on the second core."""
    command = [sys.executable, "-m", "tests.fault_server"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        if hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > 1:
            os.sched_setaffinity(process.pid, {sorted(os.sched_getaffinity(0))[1]})
        yield process.stdout.readline().strip()
        process.communicate()


def routed(url: str, ledger: Ledger, *models: str, **rules: float) -> Router:
    """A router over these models of the server, which writes every attempt down."""
    http = {"kind": "openai", "base_url": url, "languages": ["en"]}
    named = {model: {**http, "model": model} for model in models}
    settings = load(models=named, chat={"models": list(models)}, routing=rules)
    return Router(candidates(settings), settings.routing, books=Books(ledger))


async def answered(router: Router) -> str:
    """The answer as our callers read it."""
    text, end = "", None
    async for chunk in router.stream(REQUEST):
        if isinstance(chunk, Text):
            text += chunk.text
        elif isinstance(chunk, End):
            end = chunk
    assert text
    assert end
    return text


async def bare_call(client: httpx.AsyncClient, url: str) -> str:
    response = await client.post(f"{url}/chat/completions", json={**BODY, "model": "short"})
    return str(response.json()["choices"][0]["message"]["content"])


async def bare_stream(client: httpx.AsyncClient, url: str) -> str:
    """Twenty pieces, parsed as JSON and put together."""
    text, body = "", {**BODY, "model": "twenty", "stream": True}
    async with client.stream("POST", f"{url}/chat/completions", json=body) as response:
        async for line in response.aiter_lines():
            if line.startswith("data: {"):
                for choice in json.loads(line[6:])["choices"]:
                    text += choice["delta"].get("content") or ""
    return text


def cpu(ask: Callable[[], object]) -> float:
    """Microseconds of CPU time of this process for one call."""
    started = time.process_time()
    for _ in range(CALLS):
        ask()
    return (time.process_time() - started) / CALLS * 1e6


def costs(url: str, ledger: Ledger, rounds: int) -> dict[str, list[float]]:
    """Microseconds of CPU time a call, of each client in each round."""
    short, twenty = (routed(url, ledger, model, "busy") for model in ("short", "twenty"))
    body = {**BODY, "model": "short"}
    with asyncio.Runner() as loop, httpx.Client() as sync:
        bare = httpx.AsyncClient()
        asks: dict[str, Callable[[], object]] = {
            "httpx call/sync": lambda: sync.post(f"{url}/chat/completions", json=body).json(),
            "httpx call/async": lambda: loop.run(bare_call(bare, url)),
            "httpx stream/async": lambda: loop.run(bare_stream(bare, url)),
            "routed call/async": lambda: loop.run(answered(short)),
            "routed stream/async": lambda: loop.run(answered(twenty)),
        }
        for ask in asks.values():
            cpu(ask)  # warm
        samples: dict[str, list[float]] = {name: [] for name in asks}
        for _ in range(rounds):
            for name, ask in asks.items():
                samples[name].append(cpu(ask))
        loop.run(bare.aclose())
    return samples


def waits(url: str, ledger: Ledger) -> dict[str, float]:
    """Milliseconds that a fault of the first model costs, and how many calls a dead one slows."""

    def seconds(router: Router) -> float:
        started = time.perf_counter()
        loop.run(answered(router))
        return time.perf_counter() - started

    with asyncio.Runner() as loop:
        alone = routed(url, ledger, "short")
        dead = routed(url, ledger, "dead", "short", first_token_seconds=0.5, cooldown_seconds=60)
        busy = seconds(routed(url, ledger, "busy", "short"))
        pairs = [(seconds(dead), seconds(alone)) for _ in range(40)]
    slow = sum(one > 0.4 for one, _ in pairs)
    return {
        "retry_after_ms": busy * 1e3,
        "dead_slow_calls": float(slow),
        "dead_added_ms": statistics.median(one - usual for one, usual in pairs[slow:]) * 1e3,
    }


def litellm(python: str, url: str, rounds: int) -> dict[str, list[float]]:
    """The same calls through LiteLLM's Router, in its own environment."""
    command = [python, "-c", LITELLM, url, str(CALLS), str(rounds)]
    found = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    figures = json.loads(found.splitlines()[-1])
    return {f"litellm {name}": values for name, values in figures.items()}


def main(arguments: list[str]) -> int:
    """Measure, record, print, and say whether the limits are kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("rounds", nargs="?", type=int, default=15)
    parser.add_argument("--litellm", metavar="PYTHON")
    chosen = parser.parse_args(arguments)
    with server() as url, TemporaryDirectory() as folder:
        pinned(0)
        ledger = Ledger(Path(folder) / "ledger.db")
        samples = costs(url, ledger, chosen.rounds)
        if chosen.litellm:
            samples |= litellm(chosen.litellm, url, chosen.rounds)
        figures = waits(url, ledger)
        ledger.close()
    micros = {name: statistics.median(values) for name, values in samples.items()}
    for kind in ("call/async", "stream/async"):
        figures[kind] = micros[f"routed {kind}"] / micros[f"httpx {kind}"]
    recorded = {f"{name.replace(' ', '/')}_us": value for name, value in micros.items()} | figures
    with tracking.start_run("bench routing", params={"machine": machine()}) as run:
        run.metrics(recorded)
    return report(micros, figures, chosen.rounds)


def report(micros: dict[str, float], figures: dict[str, float], rounds: int) -> int:
    """Print the figures; 1 when a limit is not kept."""
    print(f"{machine()}, {date.today()}, {rounds} rounds of {CALLS} calls")
    for name, value in micros.items():
        kind = name.split()[1]
        print(f"{name:<24}{value:12.0f} us CPU{value / micros[f'httpx {kind}']:8.2f} x httpx")
    lines = [(name, figures[name], "at most", limit) for name, limit in LIMITS.items()]
    for name in ("litellm call/sync", "litellm call/async"):
        if name in micros:
            times = micros[name] / micros["routed call/async"]
            lines.append((f"{name} / routed", times, "at least", LITELLM_TIMES))
    broken = 0
    for name, value, bound, limit in lines:
        kept = value <= limit if bound == "at most" else value >= limit
        broken += not kept
        print(f"{name:<28}{value:8.2f}  {bound} {limit:g}{'' if kept else '  NOT KEPT'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
