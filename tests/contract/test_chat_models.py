"""Every chat model keeps the same promises, whatever answers behind it."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from companion.chat import ChatModel, build
from companion.config import load
from companion.errors import ContextTooLong, ModelError
from companion.pipeline import Companion
from companion.routing import Router, candidate
from companion.serving import serve_in_background
from companion.types import Attempt, ChatRequest, Chunk, End, Message, Text
from tests.chat_server import ANTHROPIC, OLLAMA, OPENAI, ChatServer, Dialect
from tests.other_servers import LLAMA_CPP

HELLO = ChatRequest((Message("system", "You are Lia."), Message("user", "hello")), max_tokens=12)


@dataclasses.dataclass(frozen=True)
class Parts:
    """What a model may be made from."""

    folder: Path
    server: ChatServer
    request: pytest.FixtureRequest


def _local(path: Callable[[Parts], str]) -> Callable[[Parts], ChatModel]:
    def make(parts: Parts) -> ChatModel:
        section = {"kind": "transformers", "path": path(parts), "languages": ["en"]}
        return build("local", load(models={"local": section}))

    return make


def _served(dialect: Dialect) -> Callable[[Parts], ChatModel]:
    def make(parts: Parts) -> ChatModel:
        parts.server.keep_alive = True
        parts.server.pieces = dialect.answer("Hel", "lo ", "you")
        return dialect.model(parts.server)

    return make


def _real_server(parts: Parts) -> ChatModel:
    """`transformers serve` with the tiny model, where what it needs is installed."""
    url = parts.request.getfixturevalue("transformers_serve")
    section = {"kind": "openai", "base_url": url, "model": str(parts.folder), "languages": ["en"]}
    return build("real", load(models={"real": section}))


def _llama_cpp(parts: Parts) -> ChatModel:
    """llama.cpp's server from Python, with the embedded model.

    It ends a stream without a word where the message is too long, so its context is not told here.
    """
    url = parts.request.getfixturevalue("llama_cpp_server")
    section = {"kind": "openai", "base_url": url, "model": "any", "languages": ["en"]}
    return build("llama.cpp", load(models={"llama.cpp": section}))


@pytest.fixture(scope="session")
def own_server() -> Iterator[str]:
    """The base URL of `companion serve` with the embedded model."""
    settings = load(chat={"max_message_characters": 100_000})
    companion = Companion(settings, build("companion-tiny", settings))
    with serve_in_background(companion) as running:
        yield f"{running.url}/v1"


def _own_server(parts: Parts) -> ChatModel:
    """Our own endpoint, asked by our own adapter."""
    url = parts.request.getfixturevalue("own_server")
    section = {"kind": "openai", "base_url": url, "model": "companion", "languages": ["en"]}
    able = {"features": ["streaming", "system_prompt", "prefill"], "context": 512}
    return build("own", load(models={"own": section | able}))


def _router(parts: Parts) -> ChatModel:
    section = {"kind": "openai", "base_url": parts.server.url, "model": "m", "languages": ["en"]}
    settings = load(models={"server": section})
    return Router([candidate(name, settings) for name in ("server", "scripted")])


MAKERS: dict[str, Callable[[Parts], ChatModel]] = {
    "local": _local(lambda parts: str(parts.folder)),
    "embedded": _local(lambda parts: "package:data/companion-tiny"),
    "openai": _served(OPENAI),
    "ollama": _served(OLLAMA),
    "anthropic": _served(ANTHROPIC),
    "transformers serve": _real_server,
    "companion serve": _own_server,
    "scripted": lambda parts: build("scripted", load()),
    "router": _router,
} | ({"llama.cpp": _llama_cpp} if LLAMA_CPP else {})


@pytest.fixture(params=MAKERS)
def model(request: pytest.FixtureRequest, tiny_folder: Path, chat_server: ChatServer) -> ChatModel:
    return MAKERS[request.param](Parts(tiny_folder, chat_server, request))


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


def test_tokens_are_counted_or_not_told(model: ChatModel) -> None:
    end = asyncio.run(collect(model))[-1]
    assert isinstance(end, End)
    assert all(n is None or n > 0 for n in (end.usage.prompt_tokens, end.usage.completion_tokens))
    assert end.usage.cost == 0, "all of these run on this machine"


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


def test_a_task_that_waits_for_an_answer_can_be_cancelled(model: ChatModel) -> None:
    async def cancel_then_ask_again() -> list[Chunk]:
        task = asyncio.create_task(collect(model))
        await asyncio.sleep(0)
        task.cancel()
        [told] = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(told, asyncio.CancelledError | list), "no other error hides it"
        return await collect(model)

    assert isinstance(asyncio.run(cancel_then_ask_again())[-1], End)


def test_it_names_the_languages_it_speaks(model: ChatModel) -> None:
    assert model.languages <= {"en", "fr"}
    assert model.languages


def test_it_says_what_it_can_do_and_that_it_is_on_this_machine(model: ChatModel) -> None:
    able = model.capabilities
    assert able.streaming
    assert able.local
    assert able.context is None or able.context > 0


def test_it_may_be_loaded_before_it_is_asked(model: ChatModel) -> None:
    model.load()
    assert isinstance(asyncio.run(collect(model))[-1], End)


def test_it_goes_on_behind_a_beginning_if_it_says_it_can(model: ChatModel) -> None:
    """What comes is new: the beginning is not said again, nor the space that it ended with."""
    if not model.capabilities.prefill:
        pytest.skip("it does not say so")
    request = dataclasses.replace(HELLO, prefill="Good morning, ", temperature=0.0)
    chunks = asyncio.run(collect(model, request))
    text = "".join(chunk.text for chunk in chunks if isinstance(chunk, Text))
    assert not text.startswith(("Good morning", " "))
    assert isinstance(chunks[-1], End)


def test_a_message_longer_than_its_context_is_refused_as_such(model: ChatModel) -> None:
    if model.capabilities.context is None:
        pytest.skip("its context is not known")
    long = dataclasses.replace(HELLO, messages=(Message("user", "word " * 5000),))
    with pytest.raises(ModelError) as told:
        asyncio.run(collect(model, long))
    assert isinstance(told.value, ContextTooLong)
    assert told.value.limit == model.capabilities.context
