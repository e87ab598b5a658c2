"""Servers that break: each fault is a ModelError with a cause, never text or half an answer."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from companion.chat.openai_compatible import OpenAICompatible
from companion.config import OpenAIModel
from companion.errors import IncompleteAnswer, ModelUnavailable
from companion.types import Attempt, ChatRequest, Chunk, End, Message, Text, Usage
from tests.chat_server import DONE, USAGE, ChatServer, event

REQUEST = ChatRequest((Message("user", "hello"),), seed=5)


def model_of(url: str, **settings: object) -> OpenAICompatible:
    base = {"kind": "openai", "base_url": url, "model": "m", "languages": ["en"]}
    return OpenAICompatible("server", OpenAIModel.model_validate(base | settings))


def ask(model: OpenAICompatible) -> list[Chunk]:
    async def collect() -> list[Chunk]:
        return [chunk async for chunk in model.stream(REQUEST)]

    return asyncio.run(collect())


def test_a_good_answer_carries_text_usage_and_the_request_asked_for(
    chat_server: ChatServer,
) -> None:
    chunks = ask(model_of(chat_server.url))
    assert "".join(chunk.text for chunk in chunks if isinstance(chunk, Text)) == "Hello you"
    assert chunks[-1] == End("server", "stop", Usage(7, 3, 0.0))
    sent = chat_server.requests[0]
    assert sent["messages"] == [{"role": "user", "content": "hello"}]
    assert (sent["model"], sent["stream"], sent["seed"]) == ("m", True, 5)
    assert "authorization" not in chat_server.headers[0]


BROKEN_STREAMS = {
    "nothing at all": [],
    "html": [b"<html><body>It works!</body></html>\n"],
    "cut after some words": [event("Hel"), event("lo")],
    "done without saying how it ended": [event("Hel"), DONE],
    "empty finish reason": [event("Hel"), event(finish=""), DONE],
    "an event that is not json": [event("Hel"), b"data: {oops\n\n"],
    "an event that is a list": [b"data: [1, 2]\n\n"],
    "an error in the stream": [event("Hel"), b'data: {"error": {"message": "out of memory"}}\n\n'],
    "choices of a wrong type": [b'data: {"choices": 3}\n\n'],
    "a choice of a wrong type": [b'data: {"choices": ["x"]}\n\n'],
    "content of a wrong type": [b'data: {"choices": [{"delta": {"content": 5}}]}\n\n'],
}


@pytest.mark.parametrize("pieces", BROKEN_STREAMS.values(), ids=BROKEN_STREAMS.keys())
def test_a_broken_stream_is_an_incomplete_answer(
    chat_server: ChatServer, pieces: list[bytes]
) -> None:
    chat_server.pieces = pieces
    with pytest.raises(IncompleteAnswer):
        ask(model_of(chat_server.url))


def test_comments_pings_and_other_fields_of_the_event_stream_are_no_fault(
    chat_server: ChatServer,
) -> None:
    noise = [b": keep-alive\n\n", b"event: ping\ndata: {}\n\n", b"id: 1\n", b"retry: 10\n\n"]
    chat_server.pieces = [*noise, event("hello"), event(finish="length", usage=USAGE), DONE]
    end = ask(model_of(chat_server.url))[-1]
    assert isinstance(end, End)
    assert end.finish_reason == "length"


def test_usage_that_the_server_does_not_tell_is_not_invented(chat_server: ChatServer) -> None:
    chat_server.pieces = [event("hello"), event(finish="stop"), DONE]
    end = ask(model_of(chat_server.url))[-1]
    assert isinstance(end, End)
    assert end.usage == Usage(None, None, 0.0)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "Check the key"),
        (404, "Check base_url"),
        (429, "Wait"),
        (500, "answered 500: it broke"),
    ],
)
def test_a_refusal_says_the_status_and_what_to_do(
    chat_server: ChatServer, status: int, words: str
) -> None:
    chat_server.status, chat_server.pieces = status, [b"it broke"]
    with pytest.raises(ModelUnavailable, match=words):
        ask(model_of(chat_server.url))


def test_nobody_listening_is_said_with_the_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ModelUnavailable, match=rf"cannot be reached.*:{port}/v1.*running"):
        ask(model_of(f"http://127.0.0.1:{port}/v1"))


def test_a_server_that_hangs_is_given_up_after_its_time(chat_server: ChatServer) -> None:
    chat_server.before_piece = lambda number: time.sleep(2) if number == 1 else None
    with pytest.raises(ModelUnavailable, match=r"No answer within 0\.3 s"):
        ask(model_of(chat_server.url, timeout_seconds=0.3))


def test_a_missing_key_names_the_variable_and_sends_nothing(chat_server: ChatServer) -> None:
    with pytest.raises(ModelUnavailable, match="MY_TEST_KEY is not set"):
        ask(model_of(chat_server.url, key_env="MY_TEST_KEY"))
    assert chat_server.requests == []


def test_the_key_travels_in_the_header_and_in_no_error(
    chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TEST_KEY", "planted-secret")
    chat_server.status, chat_server.pieces = 500, [b"no"]
    model = model_of(chat_server.url, key_env="MY_TEST_KEY")
    with pytest.raises(ModelUnavailable) as caught:
        ask(model)
    assert chat_server.headers[0]["authorization"] == "Bearer planted-secret"
    assert "planted-secret" not in f"{caught.value!r} {caught.value} {vars(model)}"


def test_leaving_closes_the_connection_so_that_the_server_can_stop(chat_server: ChatServer) -> None:
    chat_server.pieces = [event("word ") for _ in range(400)]
    chat_server.before_piece = lambda number: time.sleep(0.01)

    async def leave_after_the_first_word() -> None:
        stream = model_of(chat_server.url).stream(REQUEST)
        async for chunk in stream:
            if isinstance(chunk, Text):
                break
        await stream.aclose()

    asyncio.run(leave_after_the_first_word())
    assert chat_server.left.wait(5)


def test_cost_is_computed_from_the_price_unknown_without_and_nothing_on_this_machine() -> None:
    price = {"input": 1.0, "output": 2.0, "date": "2026-01-01"}
    far = "https://example.org/v1"
    assert model_of(far, price=price)._cost(1000, 500) == pytest.approx(0.002)
    assert model_of(far)._cost(1000, 500) is None
    assert model_of(far, price=price)._cost(None, 500) is None
    assert model_of("http://localhost:1/v1")._cost(None, None) == 0.0


def test_the_attempt_says_which_model_at_which_address(chat_server: ChatServer) -> None:
    first = ask(model_of(chat_server.url))[0]
    assert first == Attempt("server", f"m at {chat_server.url}")
