"""Every chat model keeps the same promises, whatever answers behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from companion.chat import ChatModel, build
from companion.config import Settings, load
from companion.routing import Router, candidate
from companion.types import Attempt, ChatRequest, Chunk, End, Message, Text
from tests.chat_server import ChatServer

HELLO = ChatRequest((Message("system", "You are Lia."), Message("user", "hello")), max_tokens=12)


@pytest.fixture
def settings(tiny_folder: Path, chat_server: ChatServer) -> Settings:
    languages = ["en"]
    local = {"kind": "transformers", "path": str(tiny_folder), "languages": languages}
    server = {"kind": "openai", "base_url": chat_server.url, "model": "m", "languages": languages}
    return load(models={"tiny": local, "server": server})


def _router(settings: Settings) -> ChatModel:
    return Router([candidate(name, settings) for name in ("server", "scripted")])


MAKERS: dict[str, Callable[[Settings], ChatModel]] = {
    "local": lambda settings: build("tiny", settings),
    "embedded": lambda settings: build("companion-tiny", settings),
    "openai": lambda settings: build("server", settings),
    "scripted": lambda settings: build("scripted", settings),
    "router": _router,
}


@pytest.fixture(params=MAKERS)
def model(request: pytest.FixtureRequest, settings: Settings) -> ChatModel:
    return MAKERS[request.param](settings)


async def collect(model: ChatModel, request: ChatRequest = HELLO) -> list[Chunk]:
    return [chunk async for chunk in model.stream(request)]


def test_an_answer_is_an_attempt_then_text_then_one_end(model: ChatModel) -> None:
    first, *middle, last = asyncio.run(collect(model))
    assert isinstance(first, Attempt)
    assert first.error is None
    assert first.reason
    assert middle
    assert all(isinstance(chunk, Text) for chunk in middle)
    assert isinstance(last, End)
    assert last.model == first.model


def test_the_answer_says_something_and_comes_in_pieces(model: ChatModel) -> None:
    pieces = [chunk.text for chunk in asyncio.run(collect(model)) if isinstance(chunk, Text)]
    assert "".join(pieces).strip()
    assert len(pieces) > 1


def test_the_same_model_answers_in_one_event_loop_after_another(model: ChatModel) -> None:
    for _ in range(3):
        assert isinstance(asyncio.run(collect(model))[-1], End)


def test_two_answers_at_once_do_not_mix(model: ChatModel) -> None:
    async def both() -> list[list[Chunk]]:
        return list(await asyncio.gather(collect(model), collect(model)))

    for chunks in asyncio.run(both()):
        assert isinstance(chunks[0], Attempt)
        assert isinstance(chunks[-1], End)
        assert sum(isinstance(chunk, End) for chunk in chunks) == 1


def test_a_listener_may_leave_in_the_middle_and_come_back(model: ChatModel) -> None:
    async def leave_then_ask_again() -> list[Chunk]:
        stream = model.stream(HELLO)
        async for chunk in stream:
            if isinstance(chunk, Text):
                break
        await stream.aclose()
        return await collect(model)

    assert isinstance(asyncio.run(leave_then_ask_again())[-1], End)


def test_it_names_the_languages_it_speaks(model: ChatModel) -> None:
    assert model.languages <= {"en", "fr"}
    assert model.languages
