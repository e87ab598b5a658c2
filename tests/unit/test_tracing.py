"""A turn becomes a trace with a span for each stage, and a store in trouble never harms it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from companion import tracing, tracking
from companion.chat import build
from companion.config import load
from companion.pipeline import Companion
from companion.types import (
    Audio,
    Degraded,
    Listened,
    SentenceReady,
    Speech,
    Spoken,
    TextDelta,
    Transcript,
    TurnDone,
    TurnEvent,
)


def _traced_turn(text: str = "hello", **overrides: Any) -> list[TurnEvent]:
    settings = load(chat={"models": ["scripted"]}, **overrides)

    async def collect() -> list[TurnEvent]:
        companion = Companion(settings, build("scripted", settings))
        turn = tracing.traced(companion.turn(text), settings)
        return [event async for event in turn]

    return asyncio.run(collect())


def test_a_turn_becomes_a_trace_with_a_span_for_each_stage(store: Path) -> None:
    done = _traced_turn()[-1]
    assert isinstance(done, TurnDone)
    mlflow, experiment = tracking.open_store(load())
    mlflow.flush_trace_async_logging()
    [trace] = mlflow.search_traces(locations=[experiment], return_type="list")
    root, *stages = trace.data.spans
    assert [span.name for span in stages] == ["choose a model", "first token of scripted", "answer"]
    assert root.inputs["text"] == "hello"
    assert root.outputs["text"] == done.text
    assert root.outputs["model"] == "scripted"
    assert stages[0].start_time_ns == root.start_time_ns
    assert stages[-1].end_time_ns <= root.end_time_ns


def test_what_is_said_in_a_crisis_is_in_no_trace(store: Path) -> None:
    _traced_turn("I want to kill myself")
    _traced_turn("Are you a human?")
    mlflow, experiment = tracking.open_store(load())
    mlflow.flush_trace_async_logging()
    human, crisis = mlflow.search_traces(locations=[experiment], return_type="list")
    assert "kill" not in crisis.to_json()
    root, guard, *_ = crisis.data.spans
    assert (root.inputs, root.outputs["model"], guard.name) == (
        {"language": "en"},
        "rules",
        "guard",
    )
    assert human.data.spans[0].inputs["text"] == "Are you a human?"


def test_a_spoken_turn_shows_hearing_before_it_and_speaking_while_it_is_written(
    store: Path,
) -> None:
    sound = Speech(Audio(bytes(2), 16_000))

    async def voiced(events: AsyncGenerator[TurnEvent, None]) -> AsyncGenerator[TurnEvent, None]:
        yield Listened(Transcript("hello", "ear"), seconds=0.25)
        spoken = False
        async for event in events:
            yield event
            if isinstance(event, TextDelta) and not spoken:
                spoken = True
                yield SentenceReady(0, event.text)
                yield Spoken(0, sound)
        yield Spoken(0, sound)

    async def record() -> None:
        settings = load(chat={"models": ["scripted"]})
        turn = Companion(settings, build("scripted", settings)).turn("hello")
        assert [event async for event in tracing.traced(voiced(turn), settings)]

    asyncio.run(record())
    mlflow, experiment = tracking.open_store(load())
    mlflow.flush_trace_async_logging()
    [trace] = mlflow.search_traces(locations=[experiment], return_type="list")
    root, *spans = trace.data.spans
    stages = {span.name: span for span in spans}
    assert list(stages) == [
        "hear",
        "choose a model",
        "first token of scripted",
        "answer",
        "first audio",
        "speaking",
    ]
    heard = stages["hear"].end_time_ns - stages["hear"].start_time_ns
    assert heard == pytest.approx(0.25e9, abs=1e6)
    assert root.start_time_ns == stages["hear"].start_time_ns
    assert stages["speaking"].start_time_ns < stages["answer"].end_time_ns
    assert stages["speaking"].end_time_ns == root.end_time_ns


def test_a_store_that_cannot_be_written_degrades_the_turn_and_loses_no_word(
    own_place: Path,
) -> None:
    (own_place / "mlruns").write_text("a file where the folder should be")
    *events, last = _traced_turn()
    assert any(isinstance(event, TurnDone) for event in events)
    assert isinstance(last, Degraded)
    assert last.what == "tracking"
    assert "Make the folder writable" in last.why


@pytest.mark.parametrize(
    "promise", [{"agent": "privacy"}, {"agent": "auto"}, {"routing": {"privacy": "local_only"}}]
)
def test_what_must_stay_here_is_not_traced_elsewhere(
    promise: dict[str, Any], store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded: list[str | None] = []
    monkeypatch.setattr(
        tracing, "record", lambda timeline, settings, words: recorded.append(settings.tracking.uri)
    )
    elsewhere, here = "https://mlflow.example", "http://127.0.0.1:5000"
    for uri in (None, elsewhere, here):
        assert isinstance(_traced_turn(tracking={"uri": uri}, **promise)[-1], TurnDone)
    assert recorded == [None, here]
    _traced_turn(tracking={"uri": elsewhere})
    assert recorded[-1] == elsewhere


def test_leaving_a_traced_turn_closes_it_and_records_nothing(own_place: Path) -> None:
    closed = []

    async def endless() -> AsyncGenerator[TurnEvent, None]:
        try:
            while True:
                yield Degraded("x", "y")
        finally:
            closed.append(True)

    async def leave() -> None:
        turn = tracing.traced(endless())
        await anext(turn)
        await turn.aclose()

    asyncio.run(leave())
    assert closed == [True]
    assert not (own_place / "mlruns").exists()
