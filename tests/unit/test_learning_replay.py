"""The server that repeats: our adapters hear what was written, and it keeps what they said."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from companion.chat import build
from companion.config import load
from companion.errors import IncompleteAnswer
from companion.learning.replay import Replay, as_events, as_lines
from companion.types import ChatRequest, Chunk, End, Message, Text

PIECES: list[Mapping[str, Any]] = [
    {"choices": [{"delta": {"content": "Good "}}]},
    {"choices": [{"delta": {"content": "evening"}}]},
    {"choices": [{"delta": {}, "finish_reason": "stop"}]},
]
OLLAMA: list[Mapping[str, Any]] = [
    {"message": {"content": "Good evening"}, "done": False},
    {"message": {"content": ""}, "done": True, "done_reason": "stop", "eval_count": 2},
]


def heard(kind: str, url: str, more: Mapping[str, Any] | None = None) -> list[Chunk]:
    """What our adapter of that kind makes of an answer from there."""
    section = {"kind": kind, "base_url": url, "model": "m", "languages": ["en"], **(more or {})}
    model = build("there", load(models={"there": section}))
    request = ChatRequest((Message("user", "hello"),))

    async def collect() -> list[Chunk]:
        return [chunk async for chunk in model.stream(request)]

    return asyncio.run(collect())


def test_it_repeats_server_sent_events_and_keeps_the_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REPLAY_KEY", "a-key")
    with Replay(as_events(PIECES)) as server:
        chunks = heard("openai", f"{server.url}/v1", {"key_env": "REPLAY_KEY"})
    assert "".join(chunk.text for chunk in chunks if isinstance(chunk, Text)) == "Good evening"
    assert isinstance(chunks[-1], End)
    (asked,) = server.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == "Bearer a-key"
    assert asked.body["messages"] == [{"role": "user", "content": "hello"}]


def test_it_repeats_lines_of_json() -> None:
    with Replay(as_lines(OLLAMA)) as server:
        *_, end = heard("ollama", server.url)
    assert isinstance(end, End)
    assert end.usage.completion_tokens == 2


def test_another_answer_may_be_put_in_its_place() -> None:
    with Replay(as_events(PIECES)) as server:
        assert isinstance(heard("openai", server.url)[-1], End)
        server.answer = server.answer[:-1]
        with pytest.raises(IncompleteAnswer):
            heard("openai", server.url)
    assert len(server.asked) == 2
