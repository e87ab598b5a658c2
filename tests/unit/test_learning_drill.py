"""What a drill hears, and the timeline of its attempts, from servers that really break."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from matplotlib import pyplot

from companion.breaking import (
    ANSWER,
    Fault,
    broken,
    close,
    end,
    hang,
    healthy,
    refusing,
    streaming,
    words,
)
from companion.config import Routing, load
from companion.errors import EverythingFailed, RequestRefused
from companion.learning.drill import Told, hear, timeline
from companion.routing import Books, Entry, Ledger, Router, candidates
from companion.types import ChatRequest, Message

REQUEST = ChatRequest((Message("user", "Tell me of the harbour."),))
RULES = Routing(deadline_seconds=5, first_token_seconds=1, stall_seconds=1)


def drilled(first: Fault, second: Fault, prefill: bool, place: Path) -> tuple[Told, list[Entry]]:
    """What is heard when the first model has this fault, and what the ledger says of it."""
    features = ["streaming", "system_prompt", *(["prefill"] if prefill else [])]
    ledger = Ledger(place / "ledger.db")
    with broken({"first": first, "second": second}) as server:
        model = {"kind": "openai", "base_url": server.url, "languages": ["en"]}
        models = {name: {**model, "model": name, "features": features} for name in server.faults}
        settings = load(models=models, chat={"models": list(models)})
        told = hear(Router(candidates(settings), RULES, books=Books(ledger)), REQUEST)
    return told, ledger.entries()


def test_a_whole_answer_is_heard_once_where_it_is_continued(tmp_path: Path) -> None:
    told, entries = drilled(streaming(words(0, 20), end), healthy, True, tmp_path)
    assert (told.text, told.error, told.withdrawn) == (ANSWER, None, "")
    assert told.seconds > 0
    assert [entry.outcome for entry in entries] == ["failed", "answered"]


def test_what_is_withdrawn_is_kept_apart(tmp_path: Path) -> None:
    told, _ = drilled(streaming(words(0, 20), close), healthy, False, tmp_path)
    assert told.text == ANSWER
    assert told.withdrawn == " ".join(ANSWER.split()[:20])


@pytest.mark.parametrize(
    ("fault", "kind"), [(refusing(400), RequestRefused), (refusing(404), EverythingFailed)]
)
def test_an_error_is_part_of_what_is_told(
    fault: Fault, kind: type[Exception], tmp_path: Path
) -> None:
    told, _ = drilled(fault, fault, True, tmp_path)
    assert isinstance(told.error, kind)
    assert told.text == ""


def test_it_can_be_asked_where_an_event_loop_is_running(tmp_path: Path) -> None:
    async def in_a_cell() -> Told:
        return drilled(healthy, healthy, True, tmp_path)[0]

    assert asyncio.run(in_a_cell()).text == ANSWER


def test_a_timeline_has_a_row_a_model_and_says_how_each_attempt_ended(tmp_path: Path) -> None:
    _, entries = drilled(hang, healthy, True, tmp_path)
    figure, axes = pyplot.subplots()
    timeline(axes, entries)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["first", "second"]
    assert [text.get_text() for text in axes.texts] == ["ModelUnavailable", "answered"]
    silent, spoke = axes.patches[0], axes.patches[1]
    assert silent.get_width() == pytest.approx(entries[0].seconds)  # type: ignore[attr-defined]
    assert spoke.get_width() == 0  # type: ignore[attr-defined]
    pyplot.close(figure)


def test_a_timeline_without_names_and_without_attempts_is_drawn_too(tmp_path: Path) -> None:
    _, entries = drilled(healthy, healthy, True, tmp_path)
    for some in (entries, []):
        figure, axes = pyplot.subplots()
        timeline(axes, some, named=False)
        assert len(axes.texts) == 0
        pyplot.close(figure)
