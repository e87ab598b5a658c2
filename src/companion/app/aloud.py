"""Saying a reply aloud on the page: what is sent to be played, how far that is, and stopping it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any

from companion.app.heard import Performance
from companion.app.line import Line
from companion.app.senses import Senses
from companion.sections.persona import Persona
from companion.types import (
    Language,
    Listened,
    SentenceReady,
    Spoken,
    TurnDone,
    TurnEvent,
    Withdrawn,
)

HUSH_SECONDS = 0.5
"""How long the page is waited for when it is asked how far it played."""

FOLLOWED = ("playing", "ended", "hushed")
"""Messages of the page that tell how far it has played."""


class Aloud:
    """The replies of one page, said one at a time; each has its number."""

    def __init__(self, line: Line, senses: Senses, language: Language) -> None:
        self.wanted = False
        self._line, self._senses, self._language = line, senses, language
        self._turn = 0
        self._playing: Performance | None = None
        self._played = 0.0
        self._paused = False
        self._hushed: asyncio.Future[None] | None = None

    @property
    def playing(self) -> bool:
        """Whether the page has something to say that it has not said to its end."""
        return self._playing is not None

    @property
    def words(self) -> str:
        """What is being said, as far as it is known."""
        return " ".join(self._playing.words) if self._playing else ""

    async def voiced(
        self,
        events: AsyncGenerator[TurnEvent, None],
        listened: Listened | None = None,
        persona: Persona | None = None,
    ) -> AsyncGenerator[TurnEvent, None]:
        """Pass a turn's events on, with the speech that is made of them, which the page plays.

        `listened` tells how the message was heard, where it was not typed; `persona` is who speaks.
        """
        self._begin(self.wanted and self._senses.mouth is not None)
        if listened:
            yield listened
        if self._playing:
            events = self._senses.speak(events, self._language, persona)
        began, first = time.perf_counter(), None
        try:
            async with aclosing(events) as turn:
                async for event in turn:
                    self._perform(event)
                    if isinstance(event, Spoken):
                        first = first or time.perf_counter() - began
                    if isinstance(event, TurnDone):
                        event = replace(event, first_audio_seconds=first)
                    yield event
        finally:
            self._end()

    def _begin(self, aloud: bool) -> None:
        self._turn += 1
        self._played, self._paused = 0.0, False
        self._playing = Performance() if aloud else None
        self._line.send("turn", turn=self._turn, aloud=aloud)

    def _end(self) -> None:
        self._line.send("done", turn=self._turn)
        if self._playing:
            self._playing.whole = True
            if not self._playing.seconds:
                self._playing = None  # nothing in it could be said

    def _perform(self, event: TurnEvent) -> None:
        """Send what is to be said and shown; its times count from the start of each stretch."""
        if self._playing is None:
            return
        match event:
            case Withdrawn():
                self._begin(aloud=True)
            case SentenceReady(number, text):
                self._playing.sentence(event)
                self._line.send("sentence", turn=self._turn, number=number, text=text)
            case Spoken(number, speech):
                self._playing.add(event)
                self._line.send(
                    "speech",
                    speech.audio.pcm,
                    turn=self._turn,
                    number=number,
                    rate=speech.audio.rate,
                    words=[(word.text, word.start) for word in speech.words],
                    visemes=[(viseme.shape, viseme.start) for viseme in speech.visemes],
                )

    def pause(self, paused: bool) -> None:
        """Hold what the page plays, or let it go on; asked twice, it is told once."""
        if self.playing and paused != self._paused:
            self._paused = paused
            self._line.send("pause" if paused else "resume")

    def follow(self, facts: dict[str, Any]) -> bool:
        """Take in how far the page has played. True when that was the last of it."""
        if facts["turn"] != self._turn:
            return False
        self._played = float(facts["seconds"])
        if facts["kind"] == "hushed" and self._hushed and not self._hushed.done():
            self._hushed.set_result(None)
        if facts["kind"] == "ended":
            self._playing = None
        return not self.playing

    def hush(self) -> Callable[[], Awaitable[list[str] | None]]:
        """Silence the page now; what this returns waits for how much of the reply it had played.

        That is the words which were heard of it, or None where all of it was, or nothing was being
        said aloud.
        """
        performance, self._playing = self._playing, None
        hushed = self._hushed = asyncio.get_running_loop().create_future()
        if performance:
            self._line.send("hush", turn=self._turn)

        async def heard() -> list[str] | None:
            if performance is None:
                return None
            with suppress(TimeoutError):
                async with asyncio.timeout(HUSH_SECONDS):
                    await hushed
            return performance.heard(self._played)

        return heard
