"""What we send to Ollama, and what our stand-in for it says, is in its published document."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from jsonschema import ValidationError  # type: ignore[import-untyped]

from companion.chat import ollama_admin
from companion.config import OllamaModel
from companion.types import ChatRequest
from tests.chat_server import OLLAMA, ChatServer
from tests.contract.test_chat_requests import CAN_PREFILL, REQUESTS, sent
from tests.ollama_reference import check_answer, check_request

SETTINGS: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "with prefill": CAN_PREFILL,
    "on a GPU": {"context": 8192, "num_gpu": 99, "main_gpu": 1},
    "thinking, for good": {"keep_alive": -1, "think": True},
    "for minutes": {"keep_alive": "10m", "think": False},
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
def test_every_question_is_one_that_the_document_allows(
    settings: dict[str, Any], request_: ChatRequest, chat_server: ChatServer
) -> None:
    check_request("/api/chat", sent(OLLAMA, chat_server, request_, **settings))
    assert chat_server.paths == ["/api/chat"]


async def _pull(server: OllamaModel) -> None:
    async for _ in ollama_admin.pull(server):
        pass


DETAILS = {"family": "llama", "parameter_size": "3.2B", "quantization_level": "Q4_K_M"}
INSTALLED = {"name": "m", "model": "m", "size": 2019393189, "digest": "a80c", "details": DETAILS}
RUNNING = INSTALLED | {"size_vram": 1500000000, "context_length": 8192, "expires_at": "2026-01-01"}


@pytest.mark.parametrize(
    ("manage", "answer"),
    [
        (ollama_admin.installed, {"models": [INSTALLED]}),
        (ollama_admin.loaded, {"models": [RUNNING]}),
        (ollama_admin.unload, {"model": "m", "done": True, "done_reason": "unload"}),
        (_pull, {"status": "success"}),
    ],
    ids=["installed", "loaded", "unload", "pull"],
)
def test_models_are_managed_by_paths_and_fields_that_the_document_names(
    manage: Callable[[OllamaModel], Awaitable[object]],
    answer: dict[str, Any],
    chat_server: ChatServer,
) -> None:
    chat_server.pieces = [json.dumps(answer).encode() + b"\n"]
    section = {"kind": "ollama", "base_url": chat_server.root, "model": "m", "languages": ["en"]}

    async def managed() -> None:
        await manage(OllamaModel.model_validate(section))

    asyncio.run(managed())
    [path] = chat_server.paths
    for body in chat_server.requests:
        check_request(path, body)
    check_answer(path, "post" if chat_server.requests else "get", answer)


def test_our_stand_in_says_what_an_ollama_server_says() -> None:
    lines = [json.loads(line) for line in OLLAMA.answer("Hel", "lo", finish="length") if line]
    assert len(lines) == 3
    for line in lines:
        check_answer("/api/chat", "post", line)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_tokens": 5},
        {"messages": [{"role": "bot", "content": "hello"}]},
        {"messages": [{"role": "user", "text": "hello"}]},
        {"options": {"seed": "1"}},
        {"think": "a little"},
        {"stream": "yes"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_field_that_it_does_not_know_or_takes_otherwise_is_found(wrong: dict[str, Any]) -> None:
    right = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
    check_request("/api/chat", right)
    with pytest.raises(ValidationError):
        check_request("/api/chat", right | wrong)
