"""All parts together: a turn, its entry in the ledger, the endpoint, threads, and who leaves."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path

from companion.breaking import FaultServer, broken, hang, healthy, streaming, words
from companion.config import Settings
from companion.doctor.findings import Check
from companion.doctor.standing import (
    BEHIND_THEM,
    QUESTION,
    Wrong,
    ask,
    examine,
    permitted,
    run,
    stand_in,
    who_is_asked,
    whole,
)
from companion.errors import MissingExtra
from companion.models.bench import answered
from companion.pipeline import Companion, mind
from companion.routing import Books, Ledger, Router
from companion.types import Text

GREETING = {"en": "Hello, how are you?", "fr": "Bonjour, comment vas-tu ?"}
THREADS, TURNS = 4, 5
PATIENCE = 5.0
"""Seconds that a server gets to notice that its client has left."""


def integration(settings: Settings) -> Iterator[Check]:
    """The whole mind of the settings, as far as it is on this machine, and its listeners."""
    if any(one.local for one in who_is_asked(settings)):
        yield from _mind(settings)
    else:
        for name in ("a turn", "ledger", "endpoint"):
            fact = "nobody on this machine could answer"
            yield Check("integration", name, "missing", fact, BEHIND_THEM)
    yield examine("integration", "threads and loops", _threads, settings)
    yield examine("integration", "leaving", _leaving, settings)


def _mind(settings: Settings) -> Iterator[Check]:
    """The mind itself, with a ledger of its own, and kept from asking elsewhere."""
    local = settings.routing.model_copy(update={"privacy": "local_only"})
    settings = settings.model_copy(update={"routing": local})
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "ledger.db")
        companion = Companion(settings, mind(settings, books=Books(ledger)))
        yield examine("integration", "a turn", _turn, companion)
        yield examine("integration", "ledger", _written, ledger)
        yield examine("integration", "endpoint", _served, companion)
        ledger.close()


def _turn(companion: Companion) -> str:
    done = run(lambda: answered(companion, GREETING[companion.settings.language]))
    if not done.text.strip():
        raise Wrong(f"{done.model} answered nothing")
    return f"{done.model} answered {len(done.text.split())} words in {done.total_seconds:.2f} s"


def _written(ledger: Ledger) -> str:
    """That turn stands there once as an answer, with who gave it and why."""
    answers = [entry for entry in ledger.entries() if entry.outcome == "answered"]
    if len(answers) != 1 or not answers[0].reason:
        raise Wrong(f"the turn should be there once, and is {len(answers)} times")
    return f"the turn is there once, from {answers[0].model}"


def _served(companion: Companion) -> str:
    """Another program asks, as it would ask OpenAI."""
    import httpx

    try:
        from companion.serving import serve_in_background
        from companion.serving.server import KEY
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "fastapi", "demo") from None
    said = [{"role": "user", "content": GREETING[companion.settings.language]}]
    wish = {"model": "companion", "messages": said}
    key = os.environ.get(KEY, "").strip()
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with serve_in_background(companion) as served:
        url, seconds = f"{served.url}/v1/chat/completions", 60
        told = httpx.post(url, json=wish, headers=headers, timeout=seconds, trust_env=False)
    if told.status_code != httpx.codes.OK:
        raise Wrong(f"it answers with status {told.status_code}")
    if not told.json()["choices"][0]["message"]["content"].strip():
        raise Wrong("it answers nothing")
    return f"other programs get an answer of {told.json()['model']}"


def _threads(settings: Settings) -> str:
    """One router, many threads, an event loop for each answer: none is lost, none asked twice."""
    with broken({"near": healthy}) as server:
        router = Router([stand_in("near", server.url, local=True)], permitted(settings))
        with ThreadPoolExecutor(THREADS) as pool:
            heard = list(pool.map(ask, [router] * (THREADS * TURNS)))
        asked = len(server.seen)
    came = sum(whole(one) for one in heard)
    if (came, asked) != (len(heard), len(heard)):
        raise Wrong(f"{len(heard)} were wanted, {came} answers came, {asked} requests were sent")
    return f"{came} answers in {THREADS} threads and as many loops, for {asked} requests"


def _leaving(settings: Settings) -> str:
    """Whoever stops listening stops the server's work."""
    rules = permitted(settings).model_copy(update={"stall_seconds": 2 * PATIENCE})
    with broken({"near": streaming(words(0, 5), hang)}) as server:
        router = Router([stand_in("near", server.url, local=True)], rules)
        if not run(lambda: _left(router, server)):
            raise Wrong(f"the server still answers nobody, {PATIENCE:g} s after its client left")
    return "a server is left at once when nobody listens any more"


async def _left(router: Router, server: FaultServer) -> bool:
    """Leave after the first word: does the server notice while our event loop still runs?"""
    async with aclosing(router.stream(QUESTION)) as chunks:
        async for chunk in chunks:
            if isinstance(chunk, Text):
                break
    return await asyncio.to_thread(_noticed, server)


def _noticed(server: FaultServer) -> bool:
    until = time.monotonic() + PATIENCE
    while server.seen[0].left_after is None and time.monotonic() < until:
        time.sleep(0.02)
    return server.seen[0].left_after is not None
