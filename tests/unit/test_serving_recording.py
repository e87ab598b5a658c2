"""What the endpoint is asked becomes a trace, as on the page, and no client waits for it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from companion import tracing, tracking
from companion.config import load
from companion.pipeline import Companion
from companion.serving import recording, serve_in_background
from companion.tracing import Timeline
from companion.types import Heard, TurnDone
from tests.chat_server import ChatServer
from tests.unit.test_serving import HELLO, PATH, in_front_of


@contextmanager
def asking(companion: Companion | None = None, **settings: Any) -> Iterator[httpx.Client]:
    """A client of an endpoint whose turns are recorded; they are written down when it is left."""
    companion = companion or Companion(load(chat={"models": ["scripted"]}, **settings))
    with (
        serve_in_background(companion, record=True) as running,
        httpx.Client(base_url=running.url, timeout=20, trust_env=False) as client,
    ):
        yield client


def traces() -> Any:
    mlflow, experiment = tracking.open_store(load())
    mlflow.flush_trace_async_logging()
    return mlflow.search_traces(locations=[experiment], return_type="list")


def test_turns_become_traces_with_what_was_asked_and_answered(
    store: Path, chat_server: ChatServer
) -> None:
    with asking(in_front_of(chat_server, "scripted")) as client:
        told = client.post(PATH, json=HELLO).json()
        client.post(PATH, json=HELLO | {"stream": True, "stop": ["you"]})
    streamed, whole = (trace.data.spans for trace in traces())
    for root, *stages in (whole, streamed):
        assert root.inputs == {"text": "hello", "language": "en"}
        assert root.outputs["model"] == "far"
        assert [one.name for one in stages] == ["choose a model", "first token of far", "answer"]
        assert stages[-1].end_time_ns <= root.end_time_ns
    assert whole[0].outputs["text"] == told["choices"][0]["message"]["content"] == "Hello you"
    assert streamed[0].outputs["text"] == "Hello ", "what was said, up to the client's stop"


def test_what_is_said_in_a_crisis_is_in_no_trace(store: Path, chat_server: ChatServer) -> None:
    said = [{"role": "user", "content": "Je veux mourir"}]
    later = [*said, {"role": "assistant", "content": "…"}, {"role": "user", "content": "Bonsoir"}]
    with asking(in_front_of(chat_server)) as client:
        for messages in (said, later):
            client.post(PATH, json=HELLO | {"messages": messages}).raise_for_status()
    for trace in traces():
        assert not {"mourir", "Bonsoir"} & set(re.findall(r"\w+", trace.to_json()))
        root, guard, *_ = trace.data.spans
        assert "text" not in root.inputs | root.outputs
        assert (root.outputs["model"], guard.name) == ("rules", "guard")
    assert len(traces()) == 2


def test_a_turn_without_an_answer_is_not_recorded(store: Path, chat_server: ChatServer) -> None:
    chat_server.status = 503
    with asking(in_front_of(chat_server)) as client:
        assert client.post(PATH, json=HELLO).status_code == 503
        assert client.post(PATH, json=HELLO | {"messages": []}).status_code == 400
    assert traces() == []


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[Timeline]:
    """The turns that are handed over to be written."""
    turns = list[Timeline]()
    monkeypatch.setattr(tracing, "record", lambda timeline, settings: turns.append(timeline))
    return turns


def test_no_client_waits_for_the_writing(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, written = threading.Event(), list[Timeline]()

    def record(timeline: Timeline, settings: object) -> None:
        assert go_on.wait(20)
        written.append(timeline)

    monkeypatch.setattr(tracing, "record", record)
    with asking() as client:
        for stream in (False, True):
            response = client.post(PATH, json=HELLO | {"stream": stream})
            assert response.status_code == 200
        assert not written, "both have their answers, and nothing is written yet"
        go_on.set()
    assert len(written) == 2, "what still waited is written when the endpoint ends"
    for timeline in written:
        assert isinstance(timeline[0][1], Heard)
        assert isinstance(timeline[-1][1], TurnDone)


def test_turns_that_nobody_can_write_in_time_are_not_kept_for_ever(
    store: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    begun, go_on, written = threading.Event(), threading.Event(), list[Timeline]()

    def record(timeline: Timeline, settings: object) -> None:
        begun.set()
        assert go_on.wait(20)
        written.append(timeline)

    monkeypatch.setattr(tracing, "record", record)
    monkeypatch.setattr(recording, "MOST", 2)
    tracking.say_once.cache_clear()
    with asking() as client:
        for _ in range(4):
            assert client.post(PATH, json=HELLO).status_code == 200
            assert begun.wait(20), "the first is being written, and two wait"
        go_on.set()
    assert len(written) == 3
    assert capfd.readouterr().err.count("Turns come faster than they are recorded") == 1


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({"routing": {"privacy": "local_only"}}, 0),
        ({"agent": "privacy"}, 0),
        ({}, 1),
    ],
)
def test_what_must_stay_here_is_not_traced_elsewhere(
    settings: dict[str, Any], count: int, store: Path, recorded: list[Timeline]
) -> None:
    with asking(tracking={"uri": "https://mlflow.example"}, **settings) as client:
        assert client.post(PATH, json=HELLO).status_code == 200
    assert len(recorded) == count


def test_a_store_in_trouble_costs_the_trace_and_one_line(
    own_place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (own_place / "mlruns").write_text("a file where the folder should be")
    with asking() as client:
        for _ in range(2):
            told = client.post(PATH, json=HELLO)
            assert told.status_code == 200, json.dumps(told.json())
    assert capfd.readouterr().err.count("Make the folder writable") == 1


def test_without_being_asked_for_nothing_is_recorded(recorded: list[Timeline]) -> None:
    companion = Companion(load(chat={"models": ["scripted"]}))
    with serve_in_background(companion) as running:
        told = httpx.post(running.url + PATH, json=HELLO, trust_env=False, timeout=20)
    assert told.status_code == 200
    assert recorded == []
