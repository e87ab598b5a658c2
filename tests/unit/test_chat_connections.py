"""Event loops come and go, in notebooks, threads and scripts: no answer is lost or asked twice."""

from __future__ import annotations

import asyncio
import gc
import socket
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from companion.chat import ChatModel
from companion.types import ChatRequest, End, Message, Text
from tests.chat_server import DIALECTS, OPENAI, ChatServer, Dialect

HELLO = ChatRequest((Message("user", "hello"),))
EACH = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS.keys())


async def answer(model: ChatModel) -> str:
    text = ""
    async for chunk in model.stream(HELLO):
        text += chunk.text if isinstance(chunk, Text) else ""
    assert isinstance(chunk, End)
    return text


def keeping(chat_server: ChatServer, dialect: Dialect = OPENAI) -> ChatModel:
    chat_server.keep_alive, chat_server.pieces = True, dialect.answer("Hel", "lo")
    return dialect.model(chat_server)


@EACH
def test_one_connection_serves_answer_after_answer(
    dialect: Dialect, chat_server: ChatServer
) -> None:
    model = keeping(chat_server, dialect)

    async def ten() -> None:
        for _ in range(10):
            assert await answer(model) == "Hello"

    asyncio.run(ten())
    assert (len(chat_server.requests), len(chat_server.connections)) == (10, 1)


@EACH
def test_one_event_loop_after_another(dialect: Dialect, chat_server: ChatServer) -> None:
    model = keeping(chat_server, dialect)
    assert [asyncio.run(answer(model)) for _ in range(6)] == ["Hello"] * 6
    assert (len(chat_server.requests), len(chat_server.connections)) == (6, 6)


def test_eight_threads_with_ten_event_loops_each(chat_server: ChatServer) -> None:
    model = keeping(chat_server)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: asyncio.run(answer(model)), range(80)))
    assert answers == ["Hello"] * 80
    assert len(chat_server.requests) == 80


def test_sixteen_answers_at_once_in_one_event_loop(chat_server: ChatServer) -> None:
    model = keeping(chat_server)

    async def together() -> list[str]:
        return await asyncio.gather(*(answer(model) for _ in range(16)))

    assert asyncio.run(together()) == ["Hello"] * 16
    assert len(chat_server.requests) == 16


def test_connections_are_closed_with_their_loop(chat_server: ChatServer) -> None:
    model = keeping(chat_server)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        for _ in range(3):
            asyncio.run(answer(model))
        gc.collect()
    held = model._server._connections._held  # type: ignore[attr-defined]
    assert [client.is_closed for client, _ in held.values()] == [True]


def test_a_model_that_nobody_needs_takes_its_connections_with_it(chat_server: ChatServer) -> None:
    async def ask_and_forget() -> None:
        model = keeping(chat_server)
        held = model._server._connections  # type: ignore[attr-defined]
        assert await answer(model) == "Hello"
        client = await held.client()
        del model, held
        await asyncio.sleep(0.05)
        assert client.is_closed

    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        asyncio.run(ask_and_forget())
        gc.collect()


def test_a_loop_that_was_closed_without_being_ended_is_forgotten(chat_server: ChatServer) -> None:
    model = keeping(chat_server)
    loop = asyncio.new_event_loop()
    assert loop.run_until_complete(answer(model)) == "Hello"
    loop.close()
    assert asyncio.run(answer(model)) == "Hello"
    assert loop not in model._server._connections._held  # type: ignore[attr-defined]


def left_by_server(model: ChatModel) -> bool:
    """Whether the news that the server has closed has reached every connection of the model."""
    [(client, _)] = model._server._connections._held.values()  # type: ignore[attr-defined]
    return all(one.has_expired() for one in client._transport._pool.connections)


def test_a_connection_that_the_server_closed_meanwhile_is_not_used_again(
    chat_server: ChatServer,
) -> None:
    model = keeping(chat_server)

    async def twice() -> None:
        await answer(model)
        chat_server.keep_alive = False
        await answer(model)  # after which the server closes
        for _ in range(1000):
            if left_by_server(model):
                break
            await asyncio.sleep(0.01)
        assert await answer(model) == "Hello"

    asyncio.run(twice())
    assert len(chat_server.requests) == 3


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_what_is_said_to_this_machine_passes_no_proxy(
    variable: str, chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.setblocking(False)
        monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        assert asyncio.run(answer(keeping(chat_server))) == "Hello"
        with pytest.raises(BlockingIOError):
            proxy.accept()
