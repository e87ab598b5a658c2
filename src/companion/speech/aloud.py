"""A turn that is heard: its sentences are spoken while the model still writes the next ones.

    async with aclosing(spoken(companion.turn(text), voice)) as events:
        async for event in events: ...

The events are those of the turn, with a `SentenceReady` and its `Spoken` as soon as a sentence is
complete. A task of its own reads the turn as fast as the model writes and never waits for the
voice. `TurnDone` is told last, when all is spoken. Closing it stops the model and the voice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

from companion.errors import CompanionError
from companion.speech.reading import read_aloud
from companion.speech.sentences import Cutter
from companion.types import (
    Degraded,
    Heard,
    Language,
    SentenceReady,
    Speech,
    Spoken,
    TextDelta,
    TurnDone,
    TurnEvent,
    Withdrawn,
)

VOICE = "voice"
"""What is degraded where nobody can speak; the text stays."""


class Voice(Protocol):
    """A `SpeechSynthesizer`, or several: those may also tell that one of them failed."""

    def stream(self, text: str, language: Language) -> AsyncGenerator[Speech | Degraded, None]:
        """Speak `text`, stretch by stretch."""
        ...


async def spoken(
    events: AsyncGenerator[TurnEvent, None],
    voice: Voice,
    language: Language = "en",
    read: Callable[[str, Language], str] = read_aloud,
) -> AsyncGenerator[TurnEvent, None]:
    """The events of a turn, and the speech of its sentences among them.

    `language` is that of a turn that does not tell its own by `Heard`; `read` makes of a written
    sentence what is said, an empty text for nothing. Sentences are numbered through the turn;
    after `Withdrawn` nothing more is told of those before it, and the numbers go on. A voice that
    fails is a `Degraded`, told once, and also in `TurnDone.degraded`. Raises what the turn raises.
    """
    turn = _Turn(voice, language, read)
    tasks = [asyncio.create_task(turn.listen(events)), asyncio.create_task(turn.speak())]
    try:
        while (event := await turn.told.get()) is not None:
            yield event
        for task in tasks:
            await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await events.aclose()


class _Turn:
    """What is written and not yet spoken, and what is spoken and not yet told."""

    def __init__(
        self, voice: Voice, language: Language, read: Callable[[str, Language], str]
    ) -> None:
        self.told: asyncio.Queue[TurnEvent | None] = asyncio.Queue()
        self._voice, self._language, self._read = voice, language, read
        self._cutter = Cutter(early=True)
        self._written: asyncio.Queue[str | None] = asyncio.Queue()
        self._quiet = asyncio.Event()  # all that is written is spoken
        self._number = 0
        self._saying: asyncio.Task[None] | None = None
        self._degraded: list[Degraded] = []
        self._done: TurnDone | None = None

    async def listen(self, events: AsyncGenerator[TurnEvent, None]) -> None:
        """Pass the turn's events on, and hand its sentences to the voice."""
        try:
            async with aclosing(events):
                async for event in events:
                    self._hear(event)
            self._written.put_nowait(self._cutter.rest())
            self._written.put_nowait(None)
            await self._quiet.wait()
            if self._done:
                degraded = (*self._done.degraded, *self._degraded)
                self.told.put_nowait(replace(self._done, degraded=degraded))
        finally:
            self.told.put_nowait(None)

    def _hear(self, event: TurnEvent) -> None:
        match event:
            case TurnDone():
                self._done = event
                return
            case Heard():
                self._language = event.language
            case TextDelta(text):
                for sentence in self._cutter.feed(text):
                    self._written.put_nowait(sentence)
            case Withdrawn():
                self._withdraw()
        self.told.put_nowait(event)

    def _withdraw(self) -> None:
        """Forget what is not spoken, and what is spoken and was not told."""
        if self._saying:
            self._saying.cancel()
        self._cutter = Cutter(early=True)
        while not self._written.empty():
            self._written.get_nowait()
        kept = [self.told.get_nowait() for _ in range(self.told.qsize())]
        for event in kept:
            if not isinstance(event, SentenceReady | Spoken):
                self.told.put_nowait(event)

    async def speak(self) -> None:
        """Speak one sentence after another."""
        try:
            while (written := await self._written.get()) is not None:
                if text := self._read(written, self._language):
                    self._saying = asyncio.create_task(self._say(text))
                    await _end_of(self._saying)
        finally:
            self._quiet.set()

    async def _say(self, text: str) -> None:
        """Speak one sentence."""
        number = self._number
        self._number += 1
        self.told.put_nowait(SentenceReady(number, text))
        try:
            async with aclosing(self._voice.stream(text, self._language)) as stretches:
                async for one in stretches:
                    if isinstance(one, Degraded):
                        self._degrade(one)
                    else:
                        self.told.put_nowait(Spoken(number, one))
        except CompanionError as error:
            self._degrade(Degraded(VOICE, str(error)))

    def _degrade(self, degraded: Degraded) -> None:
        """Tell it once: the next sentences would only repeat it."""
        if degraded.what not in {one.what for one in self._degraded}:
            self._degraded.append(degraded)
            self.told.put_nowait(degraded)


async def _end_of(saying: asyncio.Task[None]) -> None:
    """Wait for a sentence, which may be cancelled by itself, or with whoever waits."""
    try:
        await asyncio.wait([saying])
    finally:
        saying.cancel()
        await asyncio.gather(saying, return_exceptions=True)
    if not saying.cancelled():
        saying.result()
