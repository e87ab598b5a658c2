"""A key goes to its server and nowhere else: into no error, no reply, no setting that is shown."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest

from companion.chat import ChatModel
from companion.config import HttpModel, load
from companion.errors import ConfigError, EverythingFailed, InputError, KeyRefused, ModelError
from companion.types import ChatRequest, Message, Text
from tests.chat_server import DIALECTS, ChatServer, Dialect

KEY = "sk-planted-0123456789"
ANOTHER = "gw-planted-9876543210"
HELLO = ChatRequest((Message("user", "hello"),))


@pytest.fixture(params=DIALECTS.values(), ids=list(DIALECTS))
def dialect(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Dialect:
    """Each kind of server, with the planted key in the environment."""
    monkeypatch.setenv("PLANTED_KEY", KEY)
    dialect: Dialect = request.param
    return dialect


@pytest.fixture
def model(dialect: Dialect, chat_server: ChatServer) -> ChatModel:
    """An adapter for a server that wants the planted key."""
    chat_server.pieces = dialect.answer("Hello ", "you")
    return dialect.model(chat_server, key_env="PLANTED_KEY")


def _answer(model: ChatModel) -> str:
    async def collect() -> str:
        return "".join([c.text async for c in model.stream(HELLO) if isinstance(c, Text)])

    return asyncio.run(collect())


def test_it_reaches_its_server_without_the_line_end_of_a_careless_copy(
    model: ChatModel, chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTED_KEY", f" {KEY}\n")
    assert _answer(model) == "Hello you"
    sent = chat_server.headers[0]
    assert KEY in (sent.get("x-api-key"), sent.get("authorization", "").removeprefix("Bearer "))
    assert sum(KEY in value for value in sent.values()) == 1


def test_a_server_that_needs_none_gets_none(dialect: Dialect, chat_server: ChatServer) -> None:
    chat_server.pieces = dialect.answer("Hello")
    assert _answer(dialect.model(chat_server)) == "Hello"
    assert not {"authorization", "x-api-key"} & chat_server.headers[0].keys()


def test_the_settings_do_not_hold_it(dialect: Dialect) -> None:
    far = {"kind": dialect.kind, "base_url": "https://example.org", "model": "any"}
    settings = load(models={"far": far | {"languages": ["en"], "key_env": "PLANTED_KEY"}})
    assert KEY not in repr(settings) + settings.model_dump_json()
    section = settings.models["far"]
    assert isinstance(section, HttpModel)
    assert KEY not in repr(section.key())


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
def test_a_server_that_repeats_it_is_quoted_without_it(
    status: int, dialect: Dialect, model: ChatModel, chat_server: ChatServer
) -> None:
    bodies = [
        f"your key is {KEY}\n\n".encode(),
        f"data: not json, {KEY}\n\n".encode(),
        b"data: " + json.dumps({"error": f"bad key {KEY}"}).encode() + b"\n\n",
        dialect.error("api_error", f"bad key {KEY}"),
        dialect.end(KEY),
    ]
    chat_server.status = status
    for body in bodies:
        chat_server.pieces = [body]
        with pytest.raises(ModelError) as told:
            _answer(model)
        assert KEY not in f"{told.value} {told.value!r} {vars(told.value)}"
        assert "[key]" in str(told.value)


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
def test_a_server_that_repeats_the_key_of_another_is_quoted_without_it(
    status: int,
    dialect: Dialect,
    model: ChatModel,
    chat_server: ChatServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A gateway may know all the keys of its user; a long answer is cut, and no key in two."""
    monkeypatch.setenv("ANOTHER_KEY", ANOTHER)
    section = {"kind": "openai", "base_url": "https://example.org/v1", "model": "m"}
    load(models={"another": section | {"languages": ["en"], "key_env": "ANOTHER_KEY"}})
    chat_server.status = status
    for words in (f"{KEY} or {ANOTHER}?", "x" * 190 + ANOTHER):
        for body in (
            words.encode() + b"\n\n",
            json.dumps({"error": {"message": words, "code": ANOTHER}}).encode(),
            dialect.error("api_error", words),
            dialect.end(ANOTHER),
        ):
            chat_server.pieces = [body]
            with pytest.raises(ModelError) as told:
                _answer(model)
            text = f"{told.value} {told.value!r} {vars(told.value)}"
            assert KEY not in text
            assert ANOTHER[:8] not in text


def test_whatever_fails_tells_no_key_that_the_settings_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANOTHER_KEY", ANOTHER)
    section = {"kind": "openai", "base_url": "https://example.org/v1", "model": "m"}
    load(models={"another": section | {"languages": ["en"], "key_env": "ANOTHER_KEY"}})
    error = InputError(f"{ANOTHER} is no name", where=f"file {ANOTHER}", repair=f"Not {ANOTHER}.")
    assert str(error) == "[key] is no name (file [key]). Not [key]."
    everything = EverythingFailed([("far", f"the server said {ANOTHER}")])
    assert "the server said [key]" in str(everything)
    assert ANOTHER not in f"{vars(error)} {vars(everything)}"


def test_a_word_that_stands_for_no_key_stays_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANOTHER_KEY", "none")
    section = {"kind": "openai", "base_url": "https://example.org/v1", "model": "m"}
    load(models={"another": section | {"languages": ["en"], "key_env": "ANOTHER_KEY"}})
    assert str(InputError("Of these, none is right")) == "Of these, none is right."


def test_a_reply_that_repeats_it_is_shown_without_it(
    dialect: Dialect, model: ChatModel, chat_server: ChatServer
) -> None:
    chat_server.pieces = dialect.answer(f"it is {KEY}")
    assert _answer(model) == "it is [key]"


def test_no_log_holds_it_even_at_its_most_talkative(
    model: ChatModel, chat_server: ChatServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert _answer(model) == "Hello you"
    chat_server.status = 500
    with pytest.raises(ModelError):
        _answer(model)
    assert caplog.text
    assert KEY not in caplog.text


def test_one_that_is_not_set_is_named_by_its_variable_and_nothing_is_sent(
    model: ChatModel, chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLANTED_KEY")
    with pytest.raises(KeyRefused, match="PLANTED_KEY is not set") as told:
        _answer(model)
    assert told.value.status is None
    assert chat_server.requests == []


@pytest.mark.parametrize("broken", [f"{KEY}é", f"{KEY}\n{KEY}", f"{KEY}\x7f"])
def test_a_key_that_no_header_can_carry_is_named_by_its_variable(
    model: ChatModel, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTED_KEY", broken)
    with pytest.raises(KeyRefused, match="The key in PLANTED_KEY has characters") as told:
        _answer(model)
    assert KEY not in str(told.value)


@pytest.mark.parametrize(
    "address", [f"https://me:{KEY}@example.org/v1", f"https://example.org/v1?key={KEY}&version=1"]
)
def test_an_address_that_holds_a_secret_is_refused_because_addresses_are_shown(
    address: str,
) -> None:
    section = {"kind": "openai", "base_url": address, "model": "m"}
    with pytest.raises(ConfigError, match="base_url") as told:
        load(models={"far": section | {"languages": ["en"]}})
    assert KEY not in str(told.value)
