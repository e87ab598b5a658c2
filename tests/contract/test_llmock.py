"""An independent judge: llmock breaks what we ask, and finds no fault with how we take it.

It takes a request with the same body for the same call. So two servers of one model stand behind
the router, neither of which goes on where the other broke off; a rescue is what it calls a retry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from llmock.pytest_plugin import LLMock

from companion.config import Routing, load
from companion.errors import (
    ContextTooLong,
    EverythingFailed,
    KeyRefused,
    ModelError,
    RequestRefused,
)
from companion.routing import Router, candidates
from companion.types import ChatRequest, Chunk, End, Message, Restart, Text

REQUEST = ChatRequest((Message("system", "Be brief."), Message("user", "Tell me of the harbour.")))
RULES = Routing(deadline_seconds=20, first_token_seconds=5, stall_seconds=0.8)
ANSWER = "Lanterns hang along the harbour while the evening ferry waits for its last few guests."
SPOKEN = 6
"""Pieces of a stream until it is in the middle: Anthropic's begins with some that hold no word."""
KINDS = ("openai", "anthropic")

Break = Callable[[LLMock], object]

RESCUED: dict[str, Break] = {
    "nothing": lambda server: None,
    "429 for a moment": lambda server: server.rate_limit(retry_after=0.3),
    "500": lambda server: server.fail(500),
    "502": lambda server: server.fail(502),
    "503": lambda server: server.fail(503),
    "529": lambda server: server.fail(529),
    "disconnect": lambda server: server.disconnect(after_chunks=SPOKEN),
    "truncate": lambda server: server.truncate(after_chunks=SPOKEN),
    "corrupt": lambda server: server.corrupt(after_chunks=SPOKEN),
    "stall": lambda server: server.stall(after_chunks=SPOKEN, seconds=4),
    "slow first token": lambda server: server.slow_first_token(0.5),
}
REFUSED: dict[str, tuple[Break, type[ModelError]]] = {
    "400": (lambda server: server.fail(400, times=None), RequestRefused),
    "401": (lambda server: server.fail(401, times=None), KeyRefused),
    "403": (lambda server: server.fail(403, times=None), KeyRefused),
    "outage": (lambda server: server.outage(), EverythingFailed),
}


def router(server: LLMock, kind: str, *models: str) -> Router:
    """These models on the judge's server, in this order."""
    section: dict[str, Any] = {"kind": kind, "base_url": server.base_url(kind), "languages": ["en"]}
    sections = {
        f"{number}": section | {"model": model, "context": 8192 * number, "key_env": None}
        for number, model in enumerate(models, 1)
    }
    return Router(candidates(load(models=sections, chat={"models": list(sections)})), RULES)


def heard(model: Any) -> str:
    """The whole answer, as it stands in the end."""

    async def collect() -> list[Chunk]:
        return [chunk async for chunk in model.stream(REQUEST)]

    text, chunks = "", asyncio.run(collect())
    for chunk in chunks:
        text = "" if isinstance(chunk, Restart) else text
        text += chunk.text if isinstance(chunk, Text) else ""
    assert isinstance(chunks[-1], End)
    return text


def acquitted(server: LLMock, faults: bool = True) -> None:
    """No finding at all, no warning either, and the faults did happen."""
    server.assert_resilient(strict=True)
    told = httpx.get(f"{server.url}/_llmock/verdict", trust_env=False).json()
    assert (told["passed"], told["findings"]) == (True, [])
    assert bool(told["faults_injected"]) == faults


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", RESCUED)
def test_what_can_be_rescued_is_rescued_without_a_finding(
    name: str, kind: str, llmock: LLMock
) -> None:
    llmock.reply(ANSWER, times=None).pace(50)  # milliseconds: so that it notices who leaves
    RESCUED[name](llmock)
    assert heard(router(llmock, kind, "one", "one")) == ANSWER
    acquitted(llmock, faults=name not in ("nothing", "slow first token"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_rescued_is_an_error_without_a_finding(
    name: str, kind: str, llmock: LLMock
) -> None:
    fault, error = REFUSED[name]
    fault(llmock)
    with pytest.raises(error):
        heard(router(llmock, kind, "one", "one"))
    acquitted(llmock)


@pytest.mark.parametrize("fault", ["404", "context"])
def test_what_another_model_mends_is_asked_of_another_model(fault: str, llmock: LLMock) -> None:
    llmock.reply(ANSWER, times=None)
    _ = llmock.fail(404) if fault == "404" else llmock.context_overflow()
    assert heard(router(llmock, "openai", "one", "two")) == ANSWER
    assert [one.model for one in llmock.requests] == ["one", "two"]
    acquitted(llmock)


def test_a_context_that_is_too_small_is_told_by_the_adapter(llmock: LLMock) -> None:
    llmock.context_overflow()
    [only] = router(llmock, "openai", "one").candidates
    with pytest.raises(ContextTooLong):
        heard(only.model)


def test_the_judge_would_find_something_in_a_client_that_takes_half_for_whole(
    llmock: LLMock,
) -> None:
    """So that its silence above means something: a bare client, and the same server."""
    llmock.truncate(after_chunks=3)
    body = {"model": "one", "stream": True, "messages": [{"role": "user", "content": "hello"}]}
    url = f"{llmock.base_url('openai')}/chat/completions"
    assert httpx.post(url, json=body, trust_env=False).status_code == 200
    assert [finding.code for finding in llmock.verdict().findings] == ["truncated_stream_accepted"]
