"""The endpoint, asked as its clients do: answers, errors, keys, and clients that leave."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from companion.chat import build
from companion.config import load
from companion.errors import ServerError
from companion.pipeline import Companion
from companion.serving import serve_in_background
from companion.serving.stopping import Stop
from companion.types import Language
from tests.chat_server import OPENAI, USAGE, ChatServer, event, serving

PATH = "/v1/chat/completions"
KEY = "sk-planted-0123456789"
HELLO: dict[str, Any] = {
    "model": "companion",
    "messages": [{"role": "user", "content": "hello"}],
}


@contextmanager
def client(companion: Companion | None = None, **options: Any) -> Iterator[httpx.Client]:
    """A client of a companion that is being served; without one, of the written replies."""
    companion = companion or Companion(load(chat={"models": ["scripted"]}))
    with (
        serve_in_background(companion, **options) as running,
        httpx.Client(base_url=running.url, timeout=20, trust_env=False) as asking,
    ):
        yield asking


def in_front_of(server: ChatServer, *behind: str) -> Companion:
    """A companion that asks this server first."""
    section = {"kind": "openai", "base_url": server.url, "model": "m", "languages": ["en"]}
    return Companion(load(models={"far": section}, chat={"models": ["far", *behind]}))


def streamed(asking: httpx.Client, **wish: Any) -> list[Any]:
    """The data of each event, parsed; `[DONE]` as it is."""
    response = asking.post(PATH, json=HELLO | {"stream": True} | wish)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    said = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
    return [one if one == "[DONE]" else json.loads(one) for one in said]


def text(events: list[Any]) -> str:
    choices = [choice for one in events if "choices" in one for choice in one["choices"]]
    return "".join(choice["delta"].get("content", "") for choice in choices)


# ---- answers -------------------------------------------------------------------------------------


def test_the_one_model_and_the_health() -> None:
    with client() as asking:
        assert asking.get("/health").json() == {"status": "ok"}
        [card] = asking.get("/v1/models").json()["data"]
        assert card["id"] == "companion"
        assert card["object"] == "model"
        assert asking.get("/v1/models/companion").json() == card
        assert asking.get("/v1/models/gpt").status_code == 404


def test_an_answer_in_one_piece(chat_server: ChatServer) -> None:
    with client(in_front_of(chat_server)) as asking:
        told = asking.post(PATH, json=HELLO).json()
    assert told["object"] == "chat.completion"
    assert told["model"] == "far", "it says who really answered"
    [choice] = told["choices"]
    assert choice["message"] == {"role": "assistant", "content": "Hello you", "refusal": None}
    assert choice["finish_reason"] == "stop"
    assert told["usage"] == USAGE | {"total_tokens": 10}


def test_an_answer_as_it_comes(chat_server: ChatServer) -> None:
    with client(in_front_of(chat_server)) as asking:
        first, *middle, last, usage, done = streamed(asking, stream_options={"include_usage": True})
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert [one["choices"][0]["delta"] for one in middle] == [
        {"content": piece} for piece in ("Hel", "lo ", "you")
    ]
    assert (last["choices"][0]["delta"], last["choices"][0]["finish_reason"]) == ({}, "stop")
    assert (usage["choices"], usage["usage"]) == ([], USAGE | {"total_tokens": 10})
    assert done == "[DONE]"
    assert all(one["usage"] is None for one in (first, *middle, last))
    assert len({one["id"] for one in (first, *middle, last, usage)}) == 1


def test_usage_that_nobody_asked_for_or_nobody_knows_is_not_sent(chat_server: ChatServer) -> None:
    with client(in_front_of(chat_server)) as asking:
        assert not any("usage" in one for one in streamed(asking))
    with client() as asking:
        assert "usage" not in asking.post(PATH, json=HELLO).json()
        *_, last, done = streamed(asking, stream_options={"include_usage": True})
        assert (last["choices"][0]["finish_reason"], done) == ("stop", "[DONE]")


def test_what_the_client_wishes_reaches_the_model(chat_server: ChatServer) -> None:
    parts = [{"type": "text", "text": "good "}, {"type": "text", "text": "day"}]
    said = [{"role": "developer", "content": "Be Bo."}, {"role": "user", "content": parts}]
    wish = {"max_completion_tokens": 9, "temperature": 1, "top_p": 0.5, "seed": 3, "user": "me"}
    with client(in_front_of(chat_server)) as asking:
        asking.post(PATH, json=HELLO)
        asking.post(PATH, json=HELLO | wish | {"messages": said})
    plain, wished = chat_server.requests
    assert plain["messages"][0]["role"] == "system"
    assert "Lia" in plain["messages"][0]["content"], "the persona, as the client brings none"
    assert wished["messages"] == [
        {"role": "system", "content": "Be Bo."},
        {"role": "user", "content": "good day"},
    ]
    asked = [wished[key] for key in ("max_tokens", "temperature", "top_p", "seed")]
    assert asked == [9, 1, 0.5, 3]


@pytest.mark.parametrize(("stop", "said"), [("o y", "Hell"), (["never", "lo y"], "Hel")])
def test_an_answer_ends_before_the_words_that_the_client_named(
    stop: Any, said: str, chat_server: ChatServer
) -> None:
    with client(in_front_of(chat_server)) as asking:
        events = streamed(asking, stop=stop)
        whole = asking.post(PATH, json=HELLO | {"stop": stop}).json()["choices"][0]
    assert (text(events), whole["message"]["content"]) == (said, said)
    assert whole["finish_reason"] == "stop"
    assert events[-1] == "[DONE]"


def test_what_may_be_the_beginning_of_a_stop_word_waits() -> None:
    stop = Stop(["END"])
    assert [stop.hear(piece) for piece in ("a E", "N", "X E", "ND b")] == ["a ", "", "ENX ", ""]
    assert stop.hit
    waiting = Stop(["END"])
    assert (waiting.hear("the EN"), waiting.rest()) == ("the ", "EN")


# ---- what goes wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "messages.0.content",
        ),
        ({"messages": [{"role": "user", "content": " "}]}, "messages"),
        ({"messages": [{"role": "user", "content": "x" * 9000}]}, "messages"),
        ({"temperature": "warm"}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"n": 2}, "n"),
        ({"seed": 2**64}, "seed"),
        ({"stop": [""]}, "stop.0"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_the_name_of_its_field(
    wish: dict[str, Any], field: str
) -> None:
    with client() as asking:
        for stream in (False, True):
            response = asking.post(PATH, json=HELLO | wish | {"stream": stream})
            error = response.json()["error"]
            assert (response.status_code, error["param"]) == (400, field)
            assert error["type"] == "invalid_request_error"
            assert error["message"]


def test_every_other_mistake_of_a_client_has_its_status_and_the_same_form() -> None:
    plain = {"content-type": "application/json"}
    with client() as asking:
        for response, status in (
            (asking.post(PATH, json=HELLO | {"model": "gpt"}), 404),
            (asking.get("/v1/nothing"), 404),
            (asking.get(PATH), 405),
            (asking.post(PATH, content=b"{", headers=plain), 400),
            (asking.post(PATH, content=b"[]", headers=plain), 400),
            (asking.post(PATH, content=b" " * 5_000_000, headers=plain), 413),
            (asking.post(PATH, content=json.dumps(HELLO), headers={}), 415),
        ):
            assert response.status_code == status, response.text
            assert response.json()["error"].keys() == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    ("status", "code", "told", "told_code"),
    [
        (400, "context_length_exceeded", 400, "context_length_exceeded"),
        (400, "content_filter", 400, "content_filter"),
        (400, "strange", 400, "strange"),
        (401, "invalid_api_key", 503, "no_model_answered"),
        (429, "rate_limit_exceeded", 503, "overloaded"),
        (500, "", 503, "no_model_answered"),
    ],
)
def test_what_a_model_refuses_has_the_status_of_whoever_can_mend_it(
    status: int, code: str, told: int, told_code: str, chat_server: ChatServer
) -> None:
    chat_server.status, chat_server.content_type = status, "application/json"
    chat_server.pieces = [json.dumps({"error": {"message": "no", "code": code}}).encode()]
    chat_server.extra_headers = {"Retry-After": "7"} if status == 429 else {}
    companion = Companion(load(), OPENAI.model(chat_server))
    with client(companion) as asking:
        for stream in (False, True):
            response = asking.post(PATH, json=HELLO | {"stream": stream})
            assert response.status_code == told
            assert response.json()["error"]["code"] == told_code
            assert response.headers.get("retry-after") == ("7" if status == 429 else None)


def test_when_everything_failed_every_cause_is_told(chat_server: ChatServer) -> None:
    chat_server.status = 503
    with client(in_front_of(chat_server)) as asking:
        response = asking.post(PATH, json=HELLO | {"stream": True})
    assert response.status_code == 503
    assert "far" in response.json()["error"]["message"]


def too_long(limit: int) -> bytes:
    """What llama.cpp's server says of it."""
    error = {"message": "no", "type": "exceed_context_size_error", "n_ctx": limit}
    return json.dumps({"error": error}).encode()


@pytest.mark.parametrize(
    ("statuses", "told", "code"),
    [
        ((400, 400), 400, "context_length_exceeded"),
        ((400, 503), 503, "no_model_answered"),
        ((503, 400), 503, "no_model_answered"),
    ],
)
def test_a_conversation_too_long_for_all_is_the_clients_to_shorten(
    statuses: tuple[int, int], told: int, code: str
) -> None:
    with serving() as near, serving() as far:
        models = {}
        for server, status, limit in zip((near, far), statuses, (2048, 8192), strict=True):
            server.status, server.content_type = status, "application/json"
            server.pieces = [too_long(limit) if status == 400 else b""]
            section = {"kind": "openai", "base_url": server.url, "model": "m", "languages": ["en"]}
            models[f"m{limit}"] = section
        companion = Companion(load(models=models, chat={"models": list(models)}))
        with client(companion) as asking:
            for stream in (False, True):
                response = asking.post(PATH, json=HELLO | {"stream": stream})
                error = response.json()["error"]
                assert (response.status_code, error["code"]) == (told, code)
                assert error.get("n_ctx") == (8192 if told == 400 else None)
                assert error["param"] == ("messages" if told == 400 else None)
                assert "m2048" in error["message"]
                assert "m8192" in error["message"]


def test_a_failure_before_the_first_word_is_not_heard_of(chat_server: ChatServer) -> None:
    chat_server.pieces = [OPENAI.opening]
    with client(in_front_of(chat_server, "scripted")) as asking:
        events = streamed(asking)
    assert events[-1] == "[DONE]"
    assert {one["model"] for one in events[:-1]} == {"scripted"}


def test_half_an_answer_never_passes_as_whole(chat_server: ChatServer) -> None:
    """The first model breaks off, and the second can only start again."""
    chat_server.pieces = [OPENAI.opening, event("I was ")]
    with client(in_front_of(chat_server, "scripted")) as asking:
        *begun, error = streamed(asking)
        whole = asking.post(PATH, json=HELLO).json()
    assert text(begun) == "I was "
    assert all(one["choices"][0]["finish_reason"] is None for one in begun)
    assert "withdrawn" in error["error"]["message"]
    assert whole["model"] == "scripted"
    assert "I was" not in whole["choices"][0]["message"]["content"], "one piece can wait"


class Broken:
    """A model with a mistake in its code."""

    name = "broken"
    languages: frozenset[Language] = frozenset({"en"})
    capabilities = build("scripted", load()).capabilities

    def load(self) -> None:
        """Nothing to load."""

    def stream(self, request: Any) -> Any:
        raise RuntimeError(f"secret {KEY}")


def test_a_mistake_of_ours_tells_nothing_of_the_inside() -> None:
    with client(Companion(load(), Broken())) as asking:
        response = asking.post(PATH, json=HELLO)
    assert response.status_code == 500
    assert response.json()["error"]["type"] == "server_error"
    assert KEY not in response.text


# ---- clients that leave --------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("said", [event("word "), OPENAI.opening], ids=["speaking", "silent"])
def test_the_work_stops_when_the_client_leaves(
    stream: bool, said: bytes, chat_server: ChatServer
) -> None:
    chat_server.pieces = [said] * 1000
    asked = threading.Event()

    def before_piece(number: int) -> None:
        asked.set() if number == 10 else time.sleep(0.01)

    chat_server.before_piece = before_piece
    with client(in_front_of(chat_server)) as asking:
        asyncio.run(_ask_and_leave(asking.base_url.join(PATH), stream, asked))
        assert chat_server.left.wait(5), "the server is still being asked"


async def _ask_and_leave(url: httpx.URL, stream: bool, asked: threading.Event) -> None:
    """Go as soon as the model behind the endpoint has begun to answer."""
    async with httpx.AsyncClient(timeout=20, trust_env=False) as asking:
        request = asyncio.create_task(asking.post(url, json=HELLO | {"stream": stream}))
        assert await asyncio.to_thread(asked.wait, 20)
        request.cancel()
        await asyncio.wait([request])


# ---- who may ask ---------------------------------------------------------------------------------


def test_with_a_key_only_who_knows_it_is_answered(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMPANION_SERVE_KEY", f"{KEY}\n")
    with client() as asking:
        for wrong in ({}, {"Authorization": "Bearer sk"}, {"Authorization": KEY}):
            response = asking.post(PATH, json=HELLO, headers=wrong)
            assert response.status_code == 401
            assert response.json()["error"]["code"] == "invalid_api_key"
            assert KEY not in response.text
            assert asking.get("/v1/models", headers=wrong).status_code == 401
        right = {"Authorization": f"Bearer {KEY}"}
        assert asking.post(PATH, json=HELLO, headers=right).status_code == 200
        assert asking.get("/health").status_code == 200
    assert KEY not in "".join(capfd.readouterr())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "companion.example"])
def test_other_machines_are_not_let_in_without_a_key(host: str) -> None:
    with pytest.raises(ServerError, match="COMPANION_SERVE_KEY"):
        serve_in_background(Companion(load(chat={"models": ["scripted"]})), host=host)


def test_web_pages_of_other_origins_are_let_in_only_by_name() -> None:
    page = {"Origin": "http://page.example"}
    with client() as asking:
        assert "access-control-allow-origin" not in asking.get("/v1/models", headers=page).headers
    with client(origins=["http://page.example"]) as asking:
        named = asking.get("/v1/models", headers=page).headers
        other = asking.get("/v1/models", headers={"Origin": "http://other.example"}).headers
    assert named["access-control-allow-origin"] == "http://page.example"
    assert "access-control-allow-origin" not in other
