"""Thirty-nine faults of a first model, with a healthy one behind it: who answers, or who refuses.

Twenty-three are faults of a plain answer and sixteen of a streamed one. Our client always streams,
so the plain ones come as such a server gives them to a streamed request: the same status, and the
same body where events belong. An answer without choices or content comes as events.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from companion.breaking import (
    ANSWER,
    Exchange,
    Fault,
    FaultServer,
    broken,
    close,
    end,
    finished,
    hang,
    healthy,
    nobody,
    raw,
    refusing,
    reset,
    sending,
    streaming,
    words,
)
from companion.config import Routing, load
from companion.errors import ContentFiltered, KeyRefused, ModelError, RequestRefused
from companion.routing import Books, Ledger, Router, candidates
from companion.tracking import store_folder
from companion.types import Attempt, Chunk, End, Restart, Text
from tests.faults.test_failover_bench import PREFILL, REQUEST

RULES = Routing(deadline_seconds=10, first_token_seconds=1, stall_seconds=0.7)


@dataclass(frozen=True)
class Case:
    """A fault, and what becomes of it: the `model` that ends the answer, or the error raised."""

    fault: Fault
    model: str = "fallback"
    error: type[ModelError] | None = None
    requests: int = 1
    """How often the first model may be asked."""


async def blank_reasons(exchange: Exchange) -> None:
    """As older servers of Ollama did: an empty finish_reason in every event."""
    for word in exchange.words:
        await exchange.event({"content": word}, finish="")


DONE = raw(b"data: [DONE]\n\n")
IN_BAND = raw(b'data: {"error": {"message": "out of memory", "type": "server_error"}}\n\n')
PLAIN = {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}
LATER = formatdate(4102444800, usegmt=True)

PLAIN_CASES = {
    "500": Case(refusing(500), requests=2),
    "503": Case(refusing(503)),
    "401": Case(refusing(401, "invalid_api_key"), error=KeyRefused),
    "404": Case(refusing(404, "model_not_found")),
    "429": Case(refusing(429)),
    "429 for seconds": Case(refusing(429, Retry_After="60")),
    "429 until a date": Case(refusing(429, Retry_After=LATER)),
    "429 for milliseconds": Case(refusing(429, retry_after_ms="60000")),
    "429 with nonsense": Case(refusing(429, Retry_After="soon")),
    "503 for seconds": Case(refusing(503, Retry_After="60")),
    "529": Case(refusing(529)),
    "400 context": Case(refusing(400, "context_length_exceeded")),
    "400": Case(refusing(400, "invalid_value"), error=RequestRefused),
    "html": Case(sending(b"<html><body>It works!</body></html>", "text/html")),
    "truncated json": Case(sending(json.dumps(PLAIN).encode()[:40])),
    "empty body": Case(sending(b"")),
    "200 with an error": Case(sending(b'{"error": {"message": "overloaded"}}')),
    "no choices": Case(streaming(raw(b'data: {"choices": []}\n\n'), DONE, end)),
    "content null": Case(
        streaming(raw(b'data: {"choices": [{"delta": {"content": null}}]}\n\n'), finished())
    ),
    "hang": Case(hang),
    "close": Case(close),
    "cut body": Case(sending(b'{"choices": [', length=500)),
    "refused": Case(hang, requests=0),  # nobody listens: see below
}

STREAM_CASES = {
    "closes at once": Case(streaming(close)),
    "ends at once": Case(streaming(end)),
    "error at once": Case(streaming(IN_BAND, end)),
    "hangs at once": Case(streaming(hang)),
    "done and no content": Case(streaming(DONE, end)),
    "cut": Case(streaming(words(0, 5), close)),
    "reset": Case(streaming(words(0, 5), reset)),
    "stalls": Case(streaming(words(0, 5), hang)),
    "broken line": Case(streaming(words(0, 5), raw(b"data: {oops\n\n"), words(5), finished())),
    "error": Case(streaming(words(0, 5), IN_BAND, end)),
    "silently truncated": Case(streaming(words(0, 5), end)),
    "blank reasons and no end": Case(streaming(blank_reasons, DONE, end)),
    "content filter": Case(
        streaming(words(0, 5), finished("content_filter")), error=ContentFiltered
    ),
    "blank reasons": Case(streaming(blank_reasons, finished()), model="primary"),
    "no done": Case(
        streaming(words(0, 5), words(5), finished("stop", done=False)), model="primary"
    ),
    "pings": Case(
        streaming(
            words(0, 5), raw(b": ping\n\n"), raw(b"event: ping\ndata: {}\n\n"), words(5), finished()
        ),
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
    overflow = refusing(400, "context_length_exceeded")
    with broken({"primary": overflow, "fallback": healthy}) as server:
        both = router(server, PREFILL)
        larger_first = Router(tuple(reversed(both.candidates)), RULES)
        server.faults = {"primary": healthy, "fallback": overflow}
        with pytest.raises(ModelError, match="its context of 8192 tokens is not larger"):
            heard(larger_first)
        assert server.of("primary") == []


def test_retry_after_a_minute_is_not_waited_for() -> None:
    with broken({"primary": refusing(429, Retry_After="60"), "fallback": healthy}) as server:
        asked = router(server, PREFILL)
        for _ in range(3):
            assert whole(heard(asked)) == ANSWER
        seen = server.seen
    assert [one.model for one in seen] == ["primary"] + ["fallback"] * 3
    assert seen[1].at - seen[0].at < 0.5


def test_a_dead_primary_costs_at_most_three_slow_calls() -> None:
    with broken({"primary": hang, "fallback": healthy}) as server:
        asked = router(server, PREFILL, cooldown_seconds=30)
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
