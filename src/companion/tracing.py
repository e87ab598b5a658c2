"""Every turn recorded as one MLflow trace: a span for the whole, and one for each of its stages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import asdict
from typing import Any, TypeAlias

from companion.config import Settings, load
from companion.errors import TrackingError
from companion.tracking import UNTRACKED, available, open_store, say_once
from companion.types import (
    Degraded,
    Guarded,
    Heard,
    Listened,
    Recalled,
    Routed,
    Spoken,
    TextDelta,
    TurnDone,
    TurnEvent,
)

KEPT_IN = "What is said is local_only, and tracking.uri is elsewhere, so turns are not recorded."

Timeline: TypeAlias = list[tuple[int, TurnEvent]]
"""Each event of a turn, and the nanosecond (of `time.time_ns`) at which it came."""


async def traced(
    events: AsyncGenerator[TurnEvent, None], settings: Settings | None = None, words: bool = True
) -> AsyncGenerator[TurnEvent, None]:
    """Pass a turn's events on unchanged, and record the finished turn as one MLflow trace.

    Without `words`, what was said is left out, so that it can be forgotten elsewhere for good.
    A store that cannot be written never harms the turn: it comes out as a last `Degraded` event.
    What may have to stay on this machine is never sent to a store elsewhere.
    """
    settings = settings or load()
    timeline: Timeline = []
    async with aclosing(events) as turn:
        async for event in turn:
            timeline.append((time.time_ns(), event))
            yield event
    if not may_record(settings):
        return
    try:
        await asyncio.to_thread(record, timeline, settings, words)
    except TrackingError as error:
        yield Degraded("tracking", str(error))


def may_record(settings: Settings) -> bool:
    """Whether turns may be recorded where these settings say; if not, one line tells why."""
    if not available():
        say_once(UNTRACKED)
        return False
    if settings.private and not settings.tracking.is_local:
        say_once(KEPT_IN)
        return False
    return True


def record(timeline: Timeline, settings: Settings, words: bool = True) -> None:
    """One span for the finished turn, and one for each stage; without `words`, figures alone.

    What somebody says in a crisis is never written down here. Raises TrackingError when the store
    cannot be opened.
    """
    words = words and not any(_is_crisis(event) for _, event in timeline)
    mlflow, experiment_id = open_store(settings)
    stages = list(_stages(timeline))
    root = mlflow.start_span_no_context(
        "turn",
        span_type="CHAIN",
        inputs=_facts(timeline, Heard, words),
        experiment_id=experiment_id,
        start_time_ns=stages[0][1],
    )
    for stage, begin, end in stages:
        span = mlflow.start_span_no_context(stage, parent_span=root, start_time_ns=begin)
        span.end(end_time_ns=end)
    root.end(outputs=_facts(timeline, TurnDone, words), end_time_ns=timeline[-1][0])


def _is_crisis(event: TurnEvent) -> bool:
    return isinstance(event, Guarded) and event.why == "crisis"


def _stages(timeline: Timeline) -> Iterator[tuple[str, int, int]]:
    """(name, begin, end) of each stage: they follow each other, but speaking begins in between."""
    yield from _hearing(timeline)
    yield from _answering(timeline)
    yield from _speaking(timeline)


def _hearing(timeline: Timeline) -> Iterator[tuple[str, int, int]]:
    """From the moment the user fell silent to the words that were understood."""
    for moment, event in timeline:
        if isinstance(event, Listened):
            yield "hear", moment - int(event.seconds * 1e9), moment


def _answering(timeline: Timeline) -> Iterator[tuple[str, int, int]]:
    """Choosing a model, waiting for its first word, and answering; or that none was needed."""
    guarded = any(isinstance(event, Guarded) for _, event in timeline)
    recalled = any(isinstance(event, Recalled) for _, event in timeline)
    first = "guard" if guarded else "recall" if recalled else "choose a model"
    marks, written = [(first, timeline[0][0])], timeline[-1][0]
    for moment, event in timeline:
        if isinstance(event, Recalled):
            marks.append(("choose a model", moment))
        elif isinstance(event, Routed):
            marks.append((f"first token of {event.model}", moment))
        elif isinstance(event, TextDelta) and not marks[-1][0].startswith("answer"):
            marks.append(("answer", moment))
        if isinstance(event, TextDelta):
            written = moment
    ends = [begin for _, begin in marks[1:]] + [written]
    for (name, begin), end in zip(marks, ends, strict=True):
        yield name, begin, end


def _speaking(timeline: Timeline) -> Iterator[tuple[str, int, int]]:
    """From the first word to the first sound, and from there to the last one that was made."""
    words = [moment for moment, event in timeline if isinstance(event, TextDelta)]
    sounds = [moment for moment, event in timeline if isinstance(event, Spoken)]
    if words and sounds:
        yield "first audio", words[0], sounds[0]
        yield "speaking", sounds[0], sounds[-1]


def _facts(timeline: Timeline, kind: type, words: bool) -> dict[str, Any]:
    """The fields of the turn's one event of that kind, for the trace's inputs or outputs."""
    found = [event for _, event in timeline if isinstance(event, kind)]
    facts = asdict(found[-1]) if found else {}
    return facts if words else {name: value for name, value in facts.items() if name != "text"}
