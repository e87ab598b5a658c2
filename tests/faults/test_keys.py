"""A key goes to its server and nowhere else: into no error, no reply, no setting that is shown."""

from __future__ import annotations

import asyncio
import json

import pytest

from companion.chat import build
from companion.config import Settings, load
from companion.errors import ModelError, ModelUnavailable
from companion.types import ChatRequest, Message, Text
from tests.chat_server import DONE, ChatServer, event

KEY = "sk-planted-0123456789"
HELLO = ChatRequest((Message("user", "hello"),))


@pytest.fixture
def settings(chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A server that wants the planted key."""
    monkeypatch.setenv("PLANTED_KEY", KEY)
    server = {"base_url": chat_server.url, "key_env": "PLANTED_KEY"}
    model = {"kind": "openai", "model": "any", "languages": ["en"], **server}
    return load(chat={"models": ["far"]}, models={"far": model})


def _answer(settings: Settings) -> str:
    async def collect() -> str:
        stream = build("far", settings).stream(HELLO)
        return "".join([chunk.text async for chunk in stream if isinstance(chunk, Text)])

    return asyncio.run(collect())


def test_it_reaches_its_server_without_the_line_end_of_a_careless_copy(
    settings: Settings, chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTED_KEY", f" {KEY}\n")
    assert _answer(settings) == "Hello you"
    assert chat_server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_the_settings_do_not_hold_it(settings: Settings) -> None:
    assert KEY not in repr(settings) + settings.model_dump_json()
    assert KEY not in repr(settings.models["far"].key())  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("status", "pieces"),
    [
        (401, [f"Incorrect API key provided: {KEY}".encode()]),
        (200, [f"your key is {KEY}\n\n".encode()]),
        (200, [f"data: not json, {KEY}\n\n".encode()]),
        (200, [b"data: " + json.dumps({"error": f"bad key {KEY}"}).encode() + b"\n\n"]),
    ],
)
def test_a_server_that_repeats_it_is_quoted_without_it(
    settings: Settings, chat_server: ChatServer, status: int, pieces: list[bytes]
) -> None:
    chat_server.status, chat_server.pieces = status, pieces
    with pytest.raises(ModelError) as told:
        _answer(settings)
    assert KEY not in str(told.value)
    assert "[key]" in str(told.value)


def test_a_reply_that_repeats_it_is_shown_without_it(
    settings: Settings, chat_server: ChatServer
) -> None:
    chat_server.pieces = [event(f"it is {KEY}"), event(finish="stop"), DONE]
    assert _answer(settings) == "it is [key]"


@pytest.mark.parametrize("broken", [f"{KEY}é", f"{KEY}\n{KEY}", f"{KEY}\x7f"])
def test_a_key_that_no_header_can_carry_is_named_by_its_variable(
    settings: Settings, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTED_KEY", broken)
    with pytest.raises(ModelUnavailable, match="The key in PLANTED_KEY has characters") as told:
        _answer(settings)
    assert KEY not in str(told.value)
