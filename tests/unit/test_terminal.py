"""A conversation in the terminal, in a process of its own and with a real server behind it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from companion.app.keeping import Keeper
from companion.chat import build, generation
from companion.chat.batch import Batch
from companion.chat.local import LocalModel
from companion.config import load
from companion.memory import journal_file
from companion.memory.forgetting import DONE
from companion.pipeline import Companion
from companion.terminal import WORDS, _Reply, _Talk
from companion.types import ChatRequest, Message
from tests.chat_server import ChatServer, event


def _command(*options: str) -> list[str]:
    return [sys.executable, "-m", "companion.cli", "chat", *options]


def _environment(server: ChatServer | None = None, speaks: str = "[en, fr]") -> dict[str, str]:
    """Settings for the process: written replies, or that server alone."""
    if server is None:
        return os.environ | {"COMPANION_CHAT__MODELS": "[scripted]"}
    model = f"{{kind: openai, base_url: '{server.url}', model: any, languages: {speaks}}}"
    return os.environ | {"COMPANION_CHAT__MODELS": "[far]", "COMPANION_MODELS__FAR": model}


def _talked(
    typed: str, *options: str, server: ChatServer | None = None, speaks: str = "[en, fr]"
) -> tuple[str, str]:
    """What the terminal shows, and what goes to standard error."""
    process = subprocess.run(
        _command(*options),
        input=typed,
        env=_environment(server, speaks),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout, process.stderr


def test_each_reply_is_followed_by_the_truth_about_it_and_remembered(
    store: object, chat_server: ChatServer
) -> None:
    shown, _ = _talked("hi\nand then?\n", server=chat_server)
    reply, truth = shown.partition("Lia > ")[2].splitlines()[:2]
    assert reply == "Hello you"
    assert truth.startswith("far · first token after ")
    assert truth.endswith(" tokens/s · free")
    said = [(m["role"], m["content"]) for m in chat_server.requests[1]["messages"][1:]]
    assert said == [("user", "hi"), ("assistant", "Hello you"), ("user", "and then?")]


@pytest.mark.parametrize(("language", "word"), [("en", "Loading…"), ("fr", "Chargement…")])
def test_it_says_that_it_is_loading_before_anything_is_typed(
    store: object, language: str, word: str
) -> None:
    shown, _ = _talked("", "--language", language)
    about, loading, _, prompt = shown.splitlines()[:4]
    assert "Lia" in about
    assert loading == word
    assert prompt.startswith(("You > ", "Toi > "))


def test_what_was_weak_is_told_in_french_and_punctuated_so(
    store: object, chat_server: ChatServer
) -> None:
    typed = f"bonjour\n{'x' * 9_000}\n"
    shown, told = _talked(typed, "--language", "fr", server=chat_server, speaks="[en]")
    assert "far : il n’a presque pas appris le français" in shown
    assert "Le message a 9\u202f000 caractères" in told


def test_french(store: object) -> None:
    shown, _ = _talked("bonjour\n", "--language", "fr")
    assert "Lia est une IA" in shown
    assert "scripted · premier jeton après " in shown
    assert shown.endswith("Au revoir.\n")


@pytest.mark.parametrize("farewell", ["exit\n", "quit\n", ""])
def test_leaving(store: object, farewell: str) -> None:
    shown, _ = _talked(farewell)
    assert shown.endswith("Goodbye.\n")


def test_a_name_is_remembered_in_the_next_conversation_and_forgotten_when_asked(
    store: object, chat_server: ChatServer
) -> None:
    _talked("My name is Zebulon.\n", server=chat_server)
    _talked("Who am I?\n", server=chat_server)
    told = chat_server.requests[-1]["messages"]
    assert "The user's name is Zebulon." in told[0]["content"]
    assert [message["content"] for message in told[1:]] == ["Who am I?"]
    shown, _ = _talked("forget my name\nWho am I?\n", server=chat_server)
    assert DONE["en"]["facts"] in shown
    assert "Zebulon" not in str(chat_server.requests[-1])
    kept = journal_file()
    assert b"Zebulon" not in kept.read_bytes()
    assert kept.with_suffix(".user").stat().st_mode & 0o777 == 0o600


def test_an_error_ends_a_turn_and_not_the_conversation(
    store: object, chat_server: ChatServer
) -> None:
    chat_server.status = 500
    shown, told = _talked("hi\n\nhi\nexit\n", server=chat_server)
    assert told.count("No model could answer") == 2
    assert told.count("The message is empty") == 1
    assert "Traceback" not in told
    assert shown.endswith("Goodbye.\n")


def test_an_interrupt_stops_the_answer_and_keeps_what_was_heard(
    store: object, chat_server: ChatServer
) -> None:
    hold = threading.Event()
    chat_server.pieces = [event("Once upon"), event(" a time")]
    chat_server.before_piece = lambda number: None if number == 0 else _wait(hold)
    process = subprocess.Popen(
        _command(),
        env=_environment(chat_server),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=0,
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write("a story\n")
    shown = ""
    while "Once upon" not in shown:
        shown += process.stdout.read(1)
    process.send_signal(signal.SIGINT)
    while "(stopped)" not in shown:
        shown += process.stdout.read(1)
    hold.set()
    chat_server.pieces = [event("the end"), event(finish="stop")]
    chat_server.before_piece = lambda number: None
    _, told = process.communicate("and then?\nexit\n", timeout=30)
    assert process.returncode == 0, told
    said = [message["content"] for message in chat_server.requests[1]["messages"][1:]]
    assert said == ["a story", "Once upon", "and then?"]


def _wait(hold: threading.Event) -> None:
    hold.wait(30)


def _until(there: Callable[[], object]) -> None:
    until = time.monotonic() + 20
    while not there() and time.monotonic() < until:
        time.sleep(0.01)


def test_who_finds_the_model_busy_is_told_how_many_are_ahead(
    store: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one place is taken, and held until somebody waits."""
    monkeypatch.setattr(generation, "SLOTS", 1)
    settings = load(chat={"models": ["companion-tiny"]})
    model = build("companion-tiny", settings)
    assert isinstance(model, LocalModel)
    engine, step = model._generator().engine, Batch.step

    def held(batch: Batch, tokens: Any) -> Any:
        _until(lambda: waited or engine._waiting)
        waited.append(True)
        return step(batch, tokens)

    waited: list[bool] = []
    monkeypatch.setattr(Batch, "step", held)

    async def first() -> None:
        request = ChatRequest((Message("user", "hi"),), max_tokens=8, temperature=0)
        async for _ in model.stream(request):
            pass

    async def both() -> None:
        answered = asyncio.create_task(first())
        await asyncio.to_thread(_until, lambda: engine._service.jobs)
        await _Reply(Companion(settings, model), WORDS["en"]).speak("hello", _Talk(Keeper()))
        await answered

    asyncio.run(both())
    assert capsys.readouterr().out.startswith("Lia > (busy, 1 ahead) ")
