"""Thirty-nine faults of a first model, with a healthy one behind it: who answers, or who refuses.

Twenty-three are faults of a plain answer and sixteen of a streamed one. Our client always streams,
so the plain ones come as such a server gives them to a streamed request: the same status, and the
same body where events belong. An answer without choices or content comes as events.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from companion.config import Routing, load
from companion.errors import ContentFiltered, KeyRefused, ModelError, RequestRefused
from companion.routing import Books, Ledger, Router, candidates
from companion.tracking import store_folder
from companion.types import Attempt, Chunk, End, Restart, Text
from tests.fault_server import ANSWER, Exchange, Fault, FaultServer, broken, healthy
from tests.faults.test_failover_bench import PREFILL, REQUEST

RULES = Routing(deadline_seconds=10, first_token_seconds=1, stall_seconds=0.7)
SILENCE = 5.0


@dataclass(frozen=True)
class Case:
    """A fault, and what becomes of it: the `model` that ends the answer, or the error raised."""

    fault: Fault
    model: str = "fallback"
    error: type[ModelError] | None = None
    requests: int = 1
    """How often the first model may be asked."""


def status(code: int, name: str | None = None, **headers: str) -> Fault:
    async def fault(exchange: Exchange) -> None:
        await exchange.refuse(code, name, {k.replace("_", "-"): v for k, v in headers.items()})

    return fault


def body(content: bytes, kind: str = "application/json", length: int | None = None) -> Fault:
    async def fault(exchange: Exchange) -> None:
        await exchange.body(content, kind=kind, length=length)

    return fault


def stream(*parts: Callable[[Exchange], Any]) -> Fault:
    """The head of a stream, then each part in turn; the connection closes behind them."""

    async def fault(exchange: Exchange) -> None:
        await exchange.begin()
        for part in parts:
            await part(exchange)

    return fault


async def five(exchange: Exchange) -> None:
    await exchange.say(exchange.words[:5])


async def rest(exchange: Exchange) -> None:
    await exchange.say(exchange.words[5:])


async def hang(exchange: Exchange) -> None:
    await exchange.silence(SILENCE)


async def close(exchange: Exchange) -> None:
    exchange.writer.close()


async def reset(exchange: Exchange) -> None:
    exchange.reset()


async def end(exchange: Exchange) -> None:
    await exchange.end()


async def finish(exchange: Exchange) -> None:
    await exchange.finish()


def raw(data: bytes) -> Callable[[Exchange], Any]:
    return lambda exchange: exchange.raw(data)


def finished(reason: str, done: bool = True) -> Callable[[Exchange], Any]:
    return lambda exchange: exchange.finish(done=done, reason=reason)


async def blank_reasons(exchange: Exchange) -> None:
    """As older servers of Ollama did: an empty finish_reason in every event."""
    for word in exchange.words:
        await exchange.event({"content": word}, finish="")


DONE = raw(b"data: [DONE]\n\n")
IN_BAND = raw(b'data: {"error": {"message": "out of memory", "type": "server_error"}}\n\n')
PLAIN = {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}
LATER = formatdate(4102444800, usegmt=True)

PLAIN_CASES = {
    "500": Case(status(500), requests=2),
    "503": Case(status(503)),
    "401": Case(status(401, "invalid_api_key"), error=KeyRefused),
    "404": Case(status(404, "model_not_found")),
    "429": Case(status(429)),
    "429 for seconds": Case(status(429, Retry_After="60")),
    "429 until a date": Case(status(429, Retry_After=LATER)),
    "429 for milliseconds": Case(status(429, retry_after_ms="60000")),
    "429 with nonsense": Case(status(429, Retry_After="soon")),
    "503 for seconds": Case(status(503, Retry_After="60")),
    "529": Case(status(529)),
    "400 context": Case(status(400, "context_length_exceeded")),
    "400": Case(status(400, "invalid_value"), error=RequestRefused),
    "html": Case(body(b"<html><body>It works!</body></html>", "text/html")),
    "truncated json": Case(body(json.dumps(PLAIN).encode()[:40])),
    "empty body": Case(body(b"")),
    "200 with an error": Case(body(b'{"error": {"message": "overloaded"}}')),
    "no choices": Case(stream(raw(b'data: {"choices": []}\n\n'), DONE, end)),
    "content null": Case(
        stream(raw(b'data: {"choices": [{"delta": {"content": null}}]}\n\n'), finish)
    ),
    "hang": Case(hang),
    "close": Case(close),
    "cut body": Case(body(b'{"choices": [', length=500)),
    "refused": Case(hang, requests=0),  # nobody listens: see below
}

STREAM_CASES = {
    "closes at once": Case(stream(close)),
    "ends at once": Case(stream(end)),
    "error at once": Case(stream(IN_BAND, end)),
    "hangs at once": Case(stream(hang)),
    "done and no content": Case(stream(DONE, end)),
    "cut": Case(stream(five, close)),
    "reset": Case(stream(five, reset)),
    "stalls": Case(stream(five, hang)),
    "broken line": Case(stream(five, raw(b"data: {oops\n\n"), rest, finish)),
    "error": Case(stream(five, IN_BAND, end)),
    "silently truncated": Case(stream(five, end)),
    "blank reasons and no end": Case(stream(blank_reasons, DONE, end)),
    "content filter": Case(stream(five, finished("content_filter")), error=ContentFiltered),
    "blank reasons": Case(stream(blank_reasons, finish), model="primary"),
    "no done": Case(stream(five, rest, finished("stop", done=False)), model="primary"),
    "pings": Case(
        stream(five, raw(b": ping\n\n"), raw(b"event: ping\ndata: {}\n\n"), rest, finish),
        model="primary",
    ),
}
CASES = PLAIN_CASES | STREAM_CASES
MIDDLE = ["cut", "reset", "stalls", "broken line", "error", "silently truncated"]


def router(server: FaultServer, features: list[str], first: str = "", **rules: Any) -> Router:
    """The broken model with the healthy one behind it, and a ledger in the test's own place."""
    both = {"kind": "openai", "base_url": server.url, "languages": ["en"]}
    primary = {**both, "base_url": first or server.url, "model": "primary", "context": 8192}
    fallback = {**both, "model": "fallback", "context": 131072, "features": features}
    models = {"primary": primary, "fallback": fallback}
    settings = load(models=models, chat={"models": list(models)})
    return Router(candidates(settings), RULES.model_copy(update=rules), books=Books(Ledger()))


def heard(model: Router) -> list[Chunk]:
    async def collect() -> list[Chunk]:
        return [chunk async for chunk in model.stream(REQUEST)]

    return asyncio.run(collect())


def whole(chunks: list[Chunk]) -> str:
    """The text that stands in the end."""
    text = ""
    for chunk in chunks:
        text = "" if isinstance(chunk, Restart) else text
        text += chunk.text if isinstance(chunk, Text) else ""
    return text


def nobody() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"


def test_there_are_as_many_as_the_title_says() -> None:
    assert (len(PLAIN_CASES), len(STREAM_CASES)) == (23, 16)


@pytest.mark.parametrize("name", CASES)
def test_each_fault_ends_as_it_should(name: str, own_place: Path) -> None:
    case = CASES[name]
    with broken({"primary": case.fault, "fallback": healthy}) as server:
        asked = router(server, PREFILL, nobody() if name == "refused" else "")
        if case.error:
            with pytest.raises(case.error):
                heard(asked)
            assert server.of("fallback") == [], "what nobody can mend was asked again"
        else:
            chunks = heard(asked)
            assert whole(chunks) == ANSWER
            assert isinstance(chunks[-1], End)
            assert chunks[-1].model == case.model
        assert len(server.of("primary")) <= case.requests
    for entry in Ledger().entries():
        billed = entry.outcome == "answered"
        assert (entry.cost is not None, entry.completion_tokens is not None) == (billed, billed)


@pytest.mark.parametrize("name", MIDDLE)
@pytest.mark.parametrize("able", [True, False], ids=["goes on", "starts again"])
def test_a_stream_that_breaks_in_the_middle_is_continued_or_withdrawn(
    name: str, able: bool
) -> None:
    with broken({"primary": CASES[name].fault, "fallback": healthy}) as server:
        chunks = heard(router(server, PREFILL if able else PREFILL[:2]))
        [sent] = server.of("fallback")
    assert whole(chunks) == ANSWER
    assert sum(isinstance(chunk, Restart) for chunk in chunks) == (0 if able else 1)
    last = sent.body["messages"][-1]
    assert last["role"] == ("assistant" if able else "user")
    assert ANSWER.startswith(last["content"]) == able


def test_a_model_that_refuses_a_beginning_is_asked_for_the_whole_answer() -> None:
    async def refusing(exchange: Exchange) -> None:
        begun = exchange.seen.body["messages"][-1]["role"] == "assistant"
        await (exchange.refuse(400, "invalid_prefill") if begun else healthy(exchange))

    with broken({"primary": CASES["cut"].fault, "fallback": refusing}) as server:
        chunks = heard(router(server, PREFILL))
        roles = [seen.body["messages"][-1]["role"] for seen in server.of("fallback")]
    assert whole(chunks) == ANSWER
    assert roles == ["assistant", "user"]


def test_a_context_overflow_goes_to_no_smaller_model() -> None:
    overflow = status(400, "context_length_exceeded")
    with broken({"primary": overflow, "fallback": healthy}) as server:
        both = router(server, PREFILL)
        larger_first = Router(tuple(reversed(both.candidates)), RULES)
        server.faults = {"primary": healthy, "fallback": overflow}
        with pytest.raises(ModelError, match="its context of 8192 tokens is not larger"):
            heard(larger_first)
        assert server.of("primary") == []


def test_retry_after_a_minute_is_not_waited_for() -> None:
    with broken({"primary": status(429, Retry_After="60"), "fallback": healthy}) as server:
        asked = router(server, PREFILL)
        for _ in range(3):
            assert whole(heard(asked)) == ANSWER
        seen = server.seen
    assert [one.model for one in seen] == ["primary"] + ["fallback"] * 3
    assert seen[1].at - seen[0].at < 0.5


def test_a_dead_primary_costs_at_most_three_slow_calls() -> None:
    with broken({"primary": hang, "fallback": healthy}) as server:
        asked = router(server, PREFILL, first_token_seconds=0.3, cooldown_seconds=30)
        for _ in range(8):
            assert whole(heard(asked)) == ANSWER
        assert len(server.of("primary")) <= 3


def test_leaving_ends_the_attempt_at_once() -> None:
    async def leave() -> None:
        stream = asked.stream(REQUEST)
        async for chunk in stream:
            if isinstance(chunk, Text):
                break
        await stream.aclose()
        [seen] = server.seen
        for _ in range(100):  # a busy server may take a while to notice
            if seen.left_after is None:
                await asyncio.sleep(0.05)

    with broken({"primary": CASES["stalls"].fault, "fallback": healthy}) as server:
        asked = router(server, PREFILL, stall_seconds=10)
        asyncio.run(leave())
        [seen] = server.seen
    assert seen.left_after is not None
    assert seen.left_after < 1
    assert [entry.outcome for entry in Ledger().entries()] == ["left"]


def test_a_key_that_is_not_set_falls_over_and_one_that_is_set_is_in_no_ledger(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def repeating(exchange: Exchange) -> None:
        await exchange.body(b'{"error": {"message": "sk-planted-42", "code": "x"}}', status=500)

    with broken({"primary": repeating, "fallback": healthy}) as server:
        http = {"kind": "openai", "base_url": server.url, "languages": ["en"]}
        keyed = {**http, "model": "primary", "key_env": "PLANTED_KEY"}
        models = {"primary": keyed, "fallback": {**http, "model": "fallback"}}
        both = candidates(load(models=models, chat={"models": list(models)}))
        asked = Router(both, RULES, books=Books(Ledger()))
        attempts = [one for one in heard(asked) if isinstance(one, Attempt)]
        assert "PLANTED_KEY is not set" in str(attempts[0].error)
        assert [seen.model for seen in server.seen] == ["fallback"]
        monkeypatch.setenv("PLANTED_KEY", "sk-planted-42")
        assert whole(heard(asked)) == ANSWER
    assert [one.cause for one in Ledger().entries()][2] == "ModelUnavailable 500"
    assert b"planted" not in b"".join(file.read_bytes() for file in store_folder().iterdir())
