"""Servers that break: each fault is a ModelError of the right class, never text or half an answer.

Every fault is tried in each of the three languages that servers speak.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable

import pytest

from companion.chat import ChatModel
from companion.errors import (
    ContentFiltered,
    ContextTooLong,
    IncompleteAnswer,
    KeyRefused,
    ModelBusy,
    ModelError,
    ModelUnavailable,
    RequestRefused,
)
from companion.types import Attempt, ChatRequest, Chunk, End, Message, Text, Usage
from tests.chat_server import ANTHROPIC, DIALECTS, OLLAMA, OPENAI, ChatServer, Dialect, event

REQUEST = ChatRequest((Message("user", "hello"),), seed=5)
EACH = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS.keys())


def ask(model: ChatModel, request: ChatRequest = REQUEST) -> list[Chunk]:
    async def collect() -> list[Chunk]:
        return [chunk async for chunk in model.stream(request)]

    return asyncio.run(collect())


def text_of(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, Text))


def end_of(chunks: list[Chunk]) -> End:
    assert isinstance(chunks[-1], End)
    return chunks[-1]


# ---- whole answers -------------------------------------------------------------------------------


@EACH
@pytest.mark.parametrize("keep_alive", [False, True])
def test_a_good_answer_carries_text_and_usage(
    dialect: Dialect, keep_alive: bool, chat_server: ChatServer
) -> None:
    chat_server.keep_alive = keep_alive
    chat_server.pieces = dialect.answer("Hel", "lo ", "you")
    chunks = ask(dialect.model(chat_server))
    assert chunks[0] == Attempt("server", f"m at {chat_server.root}{dialect.base_path}")
    assert text_of(chunks) == "Hello you"
    assert chunks[-1] == End("server", "stop", Usage(7, 3, 0.0))
    assert chat_server.paths == [dialect.path]


@EACH
def test_an_answer_at_its_limit_says_so(dialect: Dialect, chat_server: ChatServer) -> None:
    chat_server.pieces = dialect.answer("Hello", finish=dialect.finishes[1])
    assert end_of(ask(dialect.model(chat_server))).finish_reason == "length"


@EACH
def test_a_whole_answer_whose_closing_event_is_missing_is_whole(
    dialect: Dialect, chat_server: ChatServer
) -> None:
    chat_server.pieces = dialect.answer("Hello")[:-1]
    assert text_of(ask(dialect.model(chat_server))) == "Hello"


@EACH
def test_pieces_may_be_cut_anywhere(dialect: Dialect, chat_server: ChatServer) -> None:
    whole = b"".join(dialect.answer("Où ", "ça ? ", "là")).replace(b"\n", b"\r\n")
    chat_server.pieces = [whole[at : at + 7] for at in range(0, len(whole), 7)]
    assert text_of(ask(dialect.model(chat_server))) == "Où ça ? là"


@EACH
def test_a_server_that_stays_after_its_last_event_does_not_hold_the_answer(
    dialect: Dialect, chat_server: ChatServer
) -> None:
    if not dialect.closing:
        chat_server.pieces = [*dialect.answer("Hello"), b"\n"]
    else:
        chat_server.pieces = [*dialect.answer("Hello"), b": still here\n\n"]
    last = len(chat_server.pieces) - 1
    chat_server.before_piece = lambda number: time.sleep(2) if number == last else None
    started = time.monotonic()
    assert text_of(ask(dialect.model(chat_server))) == "Hello"
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize("dialect", [OPENAI, ANTHROPIC], ids=lambda dialect: dialect.kind)
def test_comments_pings_and_other_fields_of_the_event_stream_are_no_fault(
    dialect: Dialect, chat_server: ChatServer
) -> None:
    noise = [b": keep-alive\n\n", b"event: ping\ndata: {}\n\n", b"id: 1\n", b"retry: 10\n\n"]
    chat_server.pieces = [*noise, *dialect.answer("hello")]
    assert text_of(ask(dialect.model(chat_server))) == "hello"


def test_usage_that_the_server_does_not_tell_is_not_invented(chat_server: ChatServer) -> None:
    chat_server.pieces = [event("hello"), event(finish="stop")]
    assert end_of(ask(OPENAI.model(chat_server))).usage == Usage(None, None, 0.0)


# ---- broken answers ------------------------------------------------------------------------------

BROKEN: dict[str, Callable[[Dialect], list[bytes]]] = {
    "nothing at all": lambda it: [],
    "html under the right type": lambda it: [b"<html><body>It works!</body></html>\n"],
    "ends cleanly after some words": lambda it: it.answer("Hel", "lo")[:3],
    "closed without saying how it ended": lambda it: [it.opening, it.say("Hel"), it.closing],
    "an empty finish reason": lambda it: [it.opening, it.say("Hel"), event(finish="")],
    "a line that is not json": lambda it: [it.say("Hel"), b"data: {oops\n\n", it.say("lo")],
    "truncated json": lambda it: [it.say("Hel"), it.end(it.finishes[0])[:30]],
    "a list": lambda it: [b"data: [1, 2]\n\n", *it.answer("Hello")],
    "bytes that are no text": lambda it: [b"data: \xff\xfe\n\n", *it.answer("Hello")],
    "an error after some words": lambda it: [it.say("Hel"), it.error("api_error", "broke")],
    "an error at once": lambda it: [it.error("api_error", "out of memory")],
    "an unknown ending": lambda it: it.answer("Hello", finish="aborted"),
    "no words": lambda it: it.answer(),
    "only white space": lambda it: it.answer(" ", "\n"),
}


@EACH
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_answer_is_incomplete(
    dialect: Dialect, broken: Callable[[Dialect], list[bytes]], chat_server: ChatServer
) -> None:
    chat_server.pieces = broken(dialect)
    with pytest.raises(IncompleteAnswer):
        ask(dialect.model(chat_server))


WRONG_TYPES = [
    b'data: {"choices": 3}\n\n',
    b'data: {"choices": ["x"]}\n\n',
    b'data: {"choices": [{"delta": {"content": 5}}]}\n\n',
    b'data: {"error": {"message": "out of memory"}}\n\n',
    b'data: {"error": "out of memory"}\n\n',
]


@pytest.mark.parametrize("piece", WRONG_TYPES)
def test_events_of_wrong_types_are_an_incomplete_answer(
    piece: bytes, chat_server: ChatServer
) -> None:
    chat_server.pieces = [event("Hel"), piece]
    with pytest.raises(IncompleteAnswer):
        ask(OPENAI.model(chat_server))


@EACH
@pytest.mark.parametrize("words", [(), ("Hel", "lo")])
def test_a_connection_that_breaks_in_the_answer_is_incomplete(
    dialect: Dialect, words: tuple[str, ...], chat_server: ChatServer
) -> None:
    chat_server.keep_alive = chat_server.cut = True
    chat_server.pieces = [dialect.opening, *map(dialect.say, words)]
    with pytest.raises(IncompleteAnswer, match="broke off"):
        ask(dialect.model(chat_server))


@EACH
def test_a_web_page_is_not_an_answer(dialect: Dialect, chat_server: ChatServer) -> None:
    chat_server.content_type, chat_server.pieces = "text/html; charset=utf-8", [b"<html>"]
    with pytest.raises(ModelUnavailable, match="web page"):
        ask(dialect.model(chat_server))


@pytest.mark.parametrize("dialect", [OPENAI, ANTHROPIC], ids=lambda dialect: dialect.kind)
def test_an_answer_that_the_filter_ended_is_filtered(
    dialect: Dialect, chat_server: ChatServer
) -> None:
    chat_server.pieces = dialect.answer("Hel", finish=dialect.finishes[2])
    with pytest.raises(ContentFiltered):
        ask(dialect.model(chat_server))


def test_an_overloaded_server_may_say_so_in_the_middle(chat_server: ChatServer) -> None:
    chat_server.pieces = [ANTHROPIC.say("Hel"), ANTHROPIC.error("overloaded_error", "Overloaded")]
    with pytest.raises(ModelBusy):
        ask(ANTHROPIC.model(chat_server))


# ---- silence -------------------------------------------------------------------------------------


@EACH
@pytest.mark.parametrize("silent_at", [0, 2], ids=["before a word", "after some words"])
def test_a_server_that_hangs_is_given_up_after_its_time(
    dialect: Dialect, silent_at: int, chat_server: ChatServer
) -> None:
    chat_server.pieces = dialect.answer("Hel", "lo")
    chat_server.before_piece = lambda number: time.sleep(1.5) if number == silent_at else None
    with pytest.raises(ModelUnavailable, match=r"No answer within 0\.3 s"):
        ask(dialect.model(chat_server, timeout_seconds=0.3))


@EACH
def test_a_server_that_drips_and_never_ends_a_line_is_given_up(
    dialect: Dialect, chat_server: ChatServer
) -> None:
    chat_server.pieces = [b"d"] * 100
    chat_server.before_piece = lambda number: time.sleep(0.05)
    started = time.monotonic()
    with pytest.raises(ModelUnavailable, match="never ends its line"):
        ask(dialect.model(chat_server, timeout_seconds=0.3))
    assert time.monotonic() - started < 2


def test_nobody_listening_is_said_with_the_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    nobody = ChatServer(f"http://127.0.0.1:{port}/v1")
    with pytest.raises(ModelUnavailable, match=rf"cannot be reached.*:{port}/v1.*running"):
        ask(OPENAI.model(nobody))


@EACH
def test_leaving_closes_the_connection_so_that_the_server_can_stop(
    dialect: Dialect, chat_server: ChatServer
) -> None:
    chat_server.pieces = [dialect.opening, *[dialect.say("word ")] * 400]
    chat_server.before_piece = lambda number: time.sleep(0.01)

    async def leave_after_the_first_word() -> None:
        stream = dialect.model(chat_server).stream(REQUEST)
        async for chunk in stream:
            if isinstance(chunk, Text):
                break
        await stream.aclose()

    asyncio.run(leave_after_the_first_word())
    assert chat_server.left.wait(5)


# ---- refusals ------------------------------------------------------------------------------------

BY_STATUS: list[tuple[int, type[ModelError]]] = [
    (301, ModelUnavailable),
    (400, RequestRefused),
    (401, KeyRefused),
    (402, ModelUnavailable),
    (403, KeyRefused),
    (404, ModelUnavailable),
    (408, ModelUnavailable),
    (413, ContextTooLong),
    (422, RequestRefused),
    (429, ModelBusy),
    (500, ModelUnavailable),
    (502, ModelUnavailable),
    (503, ModelUnavailable),
    (504, ModelUnavailable),
    (529, ModelBusy),
]


@EACH
@pytest.mark.parametrize(("status", "kind"), BY_STATUS)
def test_a_refusal_is_told_by_its_status(
    dialect: Dialect, status: int, kind: type[ModelError], chat_server: ChatServer
) -> None:
    chat_server.status, chat_server.pieces = status, [b"context_length_exceeded 429 it broke"]
    with pytest.raises(kind, match=f"answered {status}: context_length_exceeded 429") as told:
        ask(dialect.model(chat_server))
    assert type(told.value) is kind
    assert getattr(told.value, "status", status) == status


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "Check the key"), (404, "Check base_url"), (429, "Wait"), (402, "no credit")],
)
def test_a_refusal_says_what_to_do(status: int, words: str, chat_server: ChatServer) -> None:
    chat_server.status, chat_server.pieces = status, [b"it broke"]
    with pytest.raises(ModelError, match=rf"answered {status}: it broke .*{words}"):
        ask(OPENAI.model(chat_server))


BY_FIELDS: list[tuple[int, object, type[ModelError]]] = [
    (400, {"error": {"code": "context_length_exceeded", "message": "no"}}, ContextTooLong),
    (400, {"error": {"type": "exceed_context_size_error", "n_ctx": 4096}}, ContextTooLong),
    (400, {"error": {"type": "BadRequestError", "param": "input_tokens"}}, ContextTooLong),
    (400, {"error": {"code": "content_filter", "message": "no"}}, ContentFiltered),
    (403, {"error": {"code": "content_filter", "message": "no"}}, ContentFiltered),
    (400, {"error": {"innererror": {"code": "ResponsibleAIPolicyViolation"}}}, ContentFiltered),
    (400, {"error": {"code": "content_policy_violation"}}, ContentFiltered),
    (400, {"type": "error", "error": {"type": "invalid_request_error"}}, RequestRefused),
    (401, {"error": {"type": "invalid_request_error", "code": "invalid_api_key"}}, KeyRefused),
    (404, {"error": "model 'm' not found"}, ModelUnavailable),
    (429, {"error": {"code": "insufficient_quota"}}, ModelBusy),
    (529, {"type": "error", "error": {"type": "overloaded_error"}}, ModelBusy),
    (400, ["context_length_exceeded"], RequestRefused),
    (400, {"error": {"message": "maximum context length content_filter"}}, RequestRefused),
]


@pytest.mark.parametrize(("status", "body", "kind"), BY_FIELDS)
def test_fields_tell_what_the_status_does_not(
    status: int, body: object, kind: type[ModelError], chat_server: ChatServer
) -> None:
    chat_server.status, chat_server.pieces = status, [json.dumps(body).encode()]
    with pytest.raises(ModelError) as told:
        ask(OPENAI.model(chat_server))
    assert type(told.value) is kind


def test_a_refusal_keeps_code_and_limit(chat_server: ChatServer) -> None:
    chat_server.status = 400
    chat_server.pieces = [b'{"error": {"code": "unknown_parameter", "type": "invalid"}}']
    with pytest.raises(RequestRefused) as refused:
        ask(OPENAI.model(chat_server))
    assert (refused.value.status, refused.value.code) == (400, "unknown_parameter")
    chat_server.pieces = [b'{"error": {"type": "exceed_context_size_error", "n_ctx": 4096}}']
    with pytest.raises(ContextTooLong) as long:
        ask(OPENAI.model(chat_server))
    assert long.value.limit == 4096


@EACH
@pytest.mark.parametrize(("status", "said"), [(429, "7"), (503, "7"), (529, "7")])
def test_a_busy_server_says_how_long_to_wait(
    dialect: Dialect, status: int, said: str, chat_server: ChatServer
) -> None:
    chat_server.status, chat_server.pieces = status, [b"later"]
    chat_server.extra_headers = {"Retry-After": said}
    with pytest.raises(ModelBusy) as busy:
        ask(dialect.model(chat_server))
    assert (busy.value.status, busy.value.retry_after) == (status, 7.0)


def test_a_proxys_own_400_page_is_not_the_callers_mistake(chat_server: ChatServer) -> None:
    chat_server.status, chat_server.content_type = 400, "text/html"
    with pytest.raises(ModelUnavailable):
        ask(OPENAI.model(chat_server))


def test_a_refusal_that_never_ends_is_not_waited_for(
    chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("companion.chat.server.WORDS_SECONDS", 0.2)
    chat_server.status, chat_server.pieces = 500, [b"and "] * 200
    chat_server.before_piece = lambda number: time.sleep(0.05)
    started = time.monotonic()
    with pytest.raises(ModelUnavailable, match="answered 500: nothing"):
        ask(OPENAI.model(chat_server))
    assert time.monotonic() - started < 2


# ---- what it costs -------------------------------------------------------------------------------


def test_cost_is_computed_from_the_price_unknown_without_and_nothing_on_this_machine() -> None:
    from companion.chat.openai_compatible import OpenAICompatible
    from companion.config import OpenAIModel

    def cost(url: str, *counts: int | None, **settings: object) -> float | None:
        base = {"kind": "openai", "base_url": url, "model": "m", "languages": ["en"]}
        model = OpenAICompatible("m", OpenAIModel.model_validate(base | settings))
        return model._cost(*counts)

    price = {"input": 1.0, "output": 2.0, "date": "2026-01-01"}
    far = "https://example.org/v1"
    assert cost(far, 1000, 500, price=price) == pytest.approx(0.002)
    assert cost(far, 1000, 500) is None
    assert cost(far, None, 500, price=price) is None
    assert cost("http://localhost:1/v1", None, None) == 0.0


def test_ollamas_errors_come_with_status_200(chat_server: ChatServer) -> None:
    chat_server.pieces = [OLLAMA.say("Hel"), b'{"error": "an error was encountered"}\n']
    with pytest.raises(IncompleteAnswer, match="reports an error"):
        ask(OLLAMA.model(chat_server))
