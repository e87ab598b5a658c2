"""The turns of the endpoint as traces, like those of the page, written where nobody waits for them.

A client has its answer before its turn is written down. A store in trouble costs the trace and one
line on stderr, and turns that come faster than they can be written are not kept in memory for ever.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from queue import Full, Queue
from threading import Event, Thread

from companion import tracing
from companion.errors import TrackingError
from companion.pipeline import Companion
from companion.tracking import open_store, say_once
from companion.types import Chunk, Guarded, Heard, Language

MOST = 100
"""Finished turns that wait for being written; what comes beyond is not recorded."""

MOMENT = 0.05
"""Seconds in which the last words of an answer leave, before its turn is written beside them."""

PATIENCE = 5.0
"""Seconds that a store may take for what still waits when the endpoint ends."""


class Recorder:
    """Writes down the finished turns of one companion, one after another.

    What may have to stay on this machine is never sent to a store elsewhere.
    """

    def __init__(self, companion: Companion) -> None:
        self._companion = companion
        self._turns = Queue[tracing.Timeline | None](MOST)
        self._ended = Event()
        self._writer = Thread(target=self._write, name="recording", daemon=True)
        self._on = tracing.may_record(companion.settings)
        if self._on:
            self._writer.start()

    async def overheard(
        self,
        text: str,
        language: Language,
        chunks: AsyncGenerator[Chunk, None],
        guarded: Guarded | None = None,
    ) -> AsyncGenerator[Chunk, None]:
        """Pass on the chunks that answer `text`. An answer without its end is not recorded.

        `guarded` is what answers it by rule.
        """
        tally, now = self._companion.tally(language), time.time_ns()
        timeline: tracing.Timeline = [(now, Heard(text, language))]
        timeline += [(now, guarded)] if guarded else []
        try:
            async with aclosing(chunks):
                async for chunk in chunks:
                    timeline += [(time.time_ns(), event) for event in tally.hear(chunk)]
                    yield chunk
        finally:  # who has the end leaves, and does not come back for what follows it
            if tally.complete and self._on:
                self._put(timeline)

    def close(self) -> None:
        """Write down what still waits, if the store takes it in time."""
        self._ended.set()
        if self._on:
            with suppress(Full):
                self._turns.put(None, timeout=PATIENCE)
                self._writer.join(PATIENCE)

    def _put(self, timeline: tracing.Timeline) -> None:
        try:
            self._turns.put_nowait(timeline)
        except Full:
            say_once("Turns come faster than they are recorded, so some are not.")

    def _write(self) -> None:
        settings = self._companion.settings
        if settings.tracking.is_local:  # now, because loading MLflow beside an answer slows that
            with suppress(TrackingError):  # the first turn tells what fails
                open_store(settings)
        while timeline := self._turns.get():
            self._ended.wait(MOMENT)
            try:
                tracing.record(timeline, settings)
            except Exception as error:  # nobody waits for this thread, so it tells by itself
                say_once(f"Turns are not recorded: {error}")
