"""An Ollama server is listed, fetched from, looked into and freed, as its docs/api.md describes."""

from __future__ import annotations

import asyncio
import json

import pytest

from companion.chat import ollama_admin
from companion.chat.ollama_admin import Progress
from companion.config import OllamaModel
from companion.errors import IncompleteAnswer, ModelUnavailable
from tests.chat_server import ChatServer


@pytest.fixture
def server(chat_server: ChatServer) -> OllamaModel:
    chat_server.content_type = "application/json"
    section = {"kind": "ollama", "base_url": chat_server.root, "model": "llama3.2:3b"}
    return OllamaModel.model_validate(section | {"languages": ["en"]})


def lines(*events: dict[str, object]) -> list[bytes]:
    return [json.dumps(event).encode() + b"\n" for event in events]


async def pulled(server: OllamaModel) -> list[Progress]:
    return [progress async for progress in ollama_admin.pull(server)]


MODEL = {
    "name": "llama3.2:3b",
    "model": "llama3.2:3b",
    "size": 2019393189,
    "digest": "a80c",
    "details": {"format": "gguf", "parameter_size": "3.2B", "quantization_level": "Q4_K_M"},
}


def test_the_models_on_its_disk(server: OllamaModel, chat_server: ChatServer) -> None:
    chat_server.pieces = lines({"models": [MODEL]})
    [model] = asyncio.run(ollama_admin.installed(server))
    assert (model.name, model.size) == ("llama3.2:3b", 2019393189)
    assert (model.details.parameter_size, model.details.quantization_level) == ("3.2B", "Q4_K_M")
    assert chat_server.paths == ["/api/tags"]


def test_the_models_in_its_memory(server: OllamaModel, chat_server: ChatServer) -> None:
    memory = {"size_vram": 1500000000, "context_length": 8192, "expires_at": "2026-01-01T00:00:00Z"}
    chat_server.pieces = lines({"models": [MODEL | memory]})
    [model] = asyncio.run(ollama_admin.loaded(server))
    assert (model.size_vram, model.context_length) == (1500000000, 8192)
    assert chat_server.paths == ["/api/ps"]


def test_a_download_tells_how_far_it_is(server: OllamaModel, chat_server: ChatServer) -> None:
    chat_server.pieces = lines(
        {"status": "pulling manifest"},
        {"status": "pulling a80c", "digest": "a80c", "total": 100},
        {"status": "pulling a80c", "digest": "a80c", "total": 100, "completed": 40},
        {"status": "success"},
    )
    progress = asyncio.run(pulled(server))
    assert progress[2] == Progress("pulling a80c", 40, 100)
    assert progress[-1] == Progress("success")
    assert chat_server.paths == ["/api/pull"]
    assert chat_server.requests == [{"model": "llama3.2:3b", "stream": True}]


def test_a_download_that_fails_says_so_although_its_status_is_200(
    server: OllamaModel, chat_server: ChatServer
) -> None:
    chat_server.pieces = lines(
        {"status": "pulling manifest"}, {"error": "pull model manifest: file does not exist"}
    )
    with pytest.raises(ModelUnavailable, match=r"file does not exist.*Check the model's name"):
        asyncio.run(pulled(server))


def test_a_download_without_success_broke_off(server: OllamaModel, chat_server: ChatServer) -> None:
    chat_server.pieces = lines({"status": "pulling a80c", "total": 100, "completed": 40})
    with pytest.raises(IncompleteAnswer, match="broke off"):
        asyncio.run(pulled(server))


def test_the_memory_is_freed_by_a_keep_alive_of_nothing(
    server: OllamaModel, chat_server: ChatServer
) -> None:
    chat_server.pieces = lines({"model": "llama3.2:3b", "done": True, "done_reason": "unload"})
    asyncio.run(ollama_admin.unload(server))
    assert chat_server.paths == ["/api/generate"]
    assert chat_server.requests == [{"model": "llama3.2:3b", "keep_alive": 0, "stream": False}]


def test_something_else_that_listens_there_is_not_ollama(
    server: OllamaModel, chat_server: ChatServer
) -> None:
    chat_server.pieces = [b'["no ollama"]']
    with pytest.raises(IncompleteAnswer, match="not what Ollama sends"):
        asyncio.run(ollama_admin.installed(server))
