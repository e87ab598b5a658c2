"""A voice that is always there: eSpeak NG, with exact times for words and for the mouth."""

from __future__ import annotations

import asyncio
import re
import threading
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing

from companion.errors import SpeechError
from companion.sections.speaking import VOICE, EspeakVoice, Speaking
from companion.speech.espeak_process import EspeakProcess, Frame, Request
from companion.speech.sentences import split
from companion.speech.visemes import mouth
from companion.types import Audio, Language, Speech, SpokenWord, Viseme

STUCK = 10.0
"""Seconds without a sign of the worker after which it is ended and started again: it needs
milliseconds for a sentence."""

SENTENCE, CLAUSE = 0.2, 0.05
"""Seconds of silence behind a sentence, or behind a part of one: eSpeak NG pauses only between the
sentences of one text."""

SHARED = EspeakProcess()
"""One worker does for all voices, and is started when the first of them speaks."""


class Espeak:
    """Speaks with eSpeak NG in a process of its own, at 22,050 samples a second.

    `voice` is a persona's own: `en-us+f3` for one language, or `+f3`, a variant, for each. Where it
    belongs to another language than the text, its variant alone is taken. One that does not exist
    is a SpeechError when it should speak.
    """

    def __init__(
        self,
        voices: Mapping[Language, EspeakVoice] | None = None,
        voice: str | None = None,
        process: EspeakProcess = SHARED,
    ) -> None:
        self.name = self.provider = f"espeak ({voice})" if voice else "espeak"
        self._voices = dict(voices or Speaking().espeak)
        self._own, self._process = voice, process
        self.languages: frozenset[Language] = frozenset(self._voices)

    def load(self) -> None:
        for language in sorted(self.languages):
            self._process.speak(self._request("a", language), lambda frame: False)

    async def stream(self, text: str, language: Language) -> AsyncGenerator[Speech, None]:
        """As in `SpeechSynthesizer`; a text without a letter or figure is no sound at all.

        The worker is asked for a sentence at a time, so that nobody waits long for another's text.
        """
        for piece in split(text):
            if not re.search(r"\w", piece):
                continue
            words, held = Words(piece), None
            async with aclosing(self._frames(self._request(piece, language))) as frames:
                async for frame in frames:
                    if held:
                        yield held
                    held = _speech(frame, words)
            if held:  # the last one also has the words that came without an event
                yield Speech(held.audio, (*held.words, *words.rest(held)), held.visemes)
                yield _pause(held.audio.rate, SENTENCE if piece.rstrip()[-1] in ".!?…" else CLAUSE)

    async def _frames(self, request: Request) -> AsyncGenerator[Frame, None]:
        """What the worker says, from the thread that listens to it; closing tells it to stop."""
        loop, frames = asyncio.get_running_loop(), asyncio.Queue[Frame | None]()
        left = threading.Event()

        def hear(frame: Frame) -> bool:
            loop.call_soon_threadsafe(frames.put_nowait, frame)
            return not left.is_set()

        def done(work: asyncio.Future[None]) -> None:
            work.cancelled() or work.exception()  # else asyncio complains that nobody asked
            frames.put_nowait(None)

        work = loop.run_in_executor(None, self._process.speak, request, hear)
        work.add_done_callback(done)
        try:
            while frame := await self._next(frames):
                yield frame
            await work
        finally:
            left.set()

    async def _next(self, frames: asyncio.Queue[Frame | None]) -> Frame | None:
        while True:
            try:
                async with asyncio.timeout(STUCK):
                    return await frames.get()
            except TimeoutError:
                self._process.kill()

    def _request(self, text: str, language: Language) -> Request:
        if language not in self._voices:
            raise SpeechError(f"There is no voice for {language}", where="speaking.espeak")
        set_to = self._voices[language]
        return Request(text, self._named(language, set_to.voice), set_to.rate, set_to.pitch)

    def _named(self, language: Language, usual: str) -> str:
        if not self._own:
            return usual
        if not re.fullmatch(rf"{VOICE}|\+\w+", self._own, re.ASCII):
            raise SpeechError(
                f"{self._own[:40]!r} is not the name of a voice of eSpeak NG",
                repair="Write a language, a variant or both, such as en-us+f2.",
            )
        own, plus, variant = self._own.partition("+")
        if own.lower().split("-")[0] == language:
            return self._own
        return f"{usual.partition('+')[0]}{plus}{variant}" if variant else usual


class Words:
    """The words of a text in order, as they stand between spaces, each told once.

    eSpeak NG runs some together ("in the") and tells one event for both: what it passes over begins
    with the next word, or ends the sound.
    """

    def __init__(self, text: str) -> None:
        found = re.finditer(r"\S*\w\S*", text)
        self._left = deque((match.start(), match[0]) for match in found)

    def until(self, character: int, second: float) -> Iterator[SpokenWord]:
        """The words that begin no later than at that character."""
        while self._left and self._left[0][0] <= character:
            yield SpokenWord(self._left.popleft()[1], second)

    def rest(self, last: Speech) -> Iterator[SpokenWord]:
        """The words that no event told of, at the end of the last sound."""
        seconds = len(last.audio.pcm) / 2 / last.audio.rate
        return self.until(self._left[-1][0], seconds) if self._left else iter(())


def _speech(frame: Frame, words: Words) -> Speech:
    """The sound of a frame with its words and mouths."""
    spoken: list[SpokenWord] = []
    visemes: list[Viseme] = []
    for kind, second, what in frame.events:
        if kind == "word":
            spoken += words.until(what, second)
        elif not what.startswith("("):  # "(en)": another language begins, which is no sound
            visemes.append(Viseme(mouth(what), second))
    return Speech(Audio(frame.pcm, frame.rate), tuple(spoken), tuple(visemes))


def _pause(rate: int, seconds: float) -> Speech:
    return Speech(Audio(bytes(2 * round(rate * seconds)), rate))
