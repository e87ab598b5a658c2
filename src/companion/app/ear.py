"""Listening to a page: when the user has spoken, what was said, and whether that interrupts."""

from __future__ import annotations

import asyncio
import re
import time
from difflib import SequenceMatcher
from typing import Protocol

from companion.app.senses import Senses
from companion.speech.barge_in import when_it_ended, while_speaking
from companion.speech.endings import ending
from companion.speech.signals import SignalRecognizer
from companion.speech.sounds import RATE
from companion.speech.vad import (
    HearingEvent,
    SpeechBegan,
    SpeechPaused,
    TooShort,
    TurnEnded,
    TurnTaking,
)
from companion.types import Audio, Language, Listened, Transcript

LONGEST_SECONDS = 30
"""What is said at one go while the button is held; whoever says more is answered then."""

ECHO = 0.7
"""The share of the words heard that the companion was just saying: it hears itself."""


class Host(Protocol):
    """Whoever has an ear: what it asks for while it listens."""

    @property
    def language(self) -> Language:
        """In which the user speaks."""
        ...

    @property
    def saying(self) -> str | None:
        """What is being said aloud, None in silence."""
        ...

    def show(self, hears: str) -> None:
        """Let the user see that "speech" is heard, or its "understanding", or nothing, ""."""
        ...

    def pause(self, paused: bool) -> None:
        """Hold what is being said, or let it go on."""
        ...

    async def interrupt(self) -> None:
        """Stop what is being said."""
        ...

    async def said(self, listened: Listened) -> None:
        """The user has said this."""
        ...

    def misheard(self) -> None:
        """The user has said something that nobody understood."""
        ...


class Ear:
    """What is done with the sound of one page's microphone: 16-bit mono at 16,000 a second."""

    def __init__(self, senses: Senses, host: Host) -> None:
        self._senses, self._host = senses, host
        self._held: bytearray | None = None
        self._turns: TurnTaking | None = None
        self._guess: tuple[Audio, asyncio.Task[Transcript]] | None = None
        self._interrupted = ""  # what was being said when the user began to speak

    # ---- the button ------------------------------------------------------------------------------

    async def hold(self) -> None:
        """The user talks, because a button is held: whatever is being said stops."""
        self._held = bytearray()
        if self._turns:
            self._turns.reset()
        await self._host.interrupt()

    async def release(self, tapped: bool = False) -> None:
        """The button was let go: what was said is answered, unless it was only `tapped`."""
        held, self._held = self._held, None
        if held is not None and not tapped:
            audio = Audio(bytes(held[: len(held) // 2 * 2]), RATE)
            await self._answer(audio, silence=0.0)

    # ---- the open microphone ---------------------------------------------------------------------

    async def keep_open(self, opened: bool) -> None:
        """Who speaks, and when, is to be heard from an open microphone, or no longer."""
        if opened:
            self._turns = TurnTaking(self._senses.rules.turns)
        elif self._turns:
            turns, self._turns = self._turns, None
            for event in turns.finish():
                await self._take(event)

    async def hear(self, sound: bytes) -> None:
        """The next sound of the microphone."""
        if self._held is not None:
            self._held += sound
            if len(self._held) >= LONGEST_SECONDS * RATE * 2:
                await self.release()
        elif self._turns:
            for event in self._turns.feed(sound):
                await self._take(event)
            if self._turns.speaking and self._host.saying is not None:
                await self._interfere(self._turns.speech_seconds)

    async def _interfere(self, speech_seconds: float) -> None:
        """The user speaks while the companion does."""
        if while_speaking(speech_seconds, self._senses.rules.barge_in) == "stop":
            self._interrupted = self._host.saying or ""
            await self._host.interrupt()
        else:
            self._host.pause(True)

    async def _take(self, event: HearingEvent) -> None:
        match event:
            case SpeechBegan():
                self._host.show("speech")
            case SpeechPaused(audio):
                self._guess_at(audio)
            case TooShort():
                self._host.show("")
                self._host.pause(False)
            case TurnEnded(audio, silence=silence):
                await self._answer(audio, silence)

    # ---- the words -------------------------------------------------------------------------------

    async def _answer(self, audio: Audio, silence: float) -> None:
        """Write down what was said, `silence` seconds after its end, and answer it."""
        self._host.show("understanding")
        if self._host.saying is not None and self._senses.signals:
            return await self._heed(audio, self._senses.signals)
        began = time.perf_counter()
        transcript = await self._understood(audio)
        listened = Listened(transcript, silence + time.perf_counter() - began)
        text, said = transcript.text.strip(), self._host.saying or self._interrupted
        self._interrupted = ""
        self._host.show("")
        if is_echo(text, said) or (self._host.saying is not None and self._listens(text)):
            self._host.pause(False)
        elif text:
            await self._host.said(listened)
        else:
            self._host.misheard()
        return None

    async def _heed(self, audio: Audio, signals: SignalRecognizer) -> None:
        """Something short was said meanwhile: "mhm" lets the companion go on, "stop" does not."""
        stops = await asyncio.to_thread(signals.interrupts, audio, self._host.language)
        self._host.show("")
        if stops:
            await self._host.interrupt()
        else:
            self._host.pause(False)

    def _listens(self, text: str) -> bool:
        """Whether these words only say that the user listens."""
        return when_it_ended(text, self._host.language, self._senses.rules.barge_in) == "go on"

    def _guess_at(self, audio: Audio) -> None:
        """Look for the words already; what is said next may make this idle work."""
        if self._guess:
            self._guess[1].cancel()
        guess = asyncio.create_task(self._transcribe(audio))
        guess.add_done_callback(self._guessed)
        self._guess = audio, guess

    def _guessed(self, guess: asyncio.Task[Transcript]) -> None:
        """From the words so far, the end of the turn may be told sooner, or later."""
        if not guess.cancelled() and not guess.exception() and self._turns:
            self._turns.said(ending(guess.result().text, self._host.language))

    async def _understood(self, audio: Audio) -> Transcript:
        """The words, which may have been looked for already at a pause."""
        guess, self._guess = self._guess, None
        if guess and guess[0] == audio:
            return await guess[1]
        return await self._transcribe(audio)

    async def _transcribe(self, audio: Audio) -> Transcript:
        assert self._senses.ear, "a page without an ear has no button for it"
        return await self._senses.ear.transcribe(audio, self._host.language)


def is_echo(heard: str, saying: str) -> bool:
    """Whether the microphone heard the companion itself.

    >>> is_echo("the little boat went down", "A little boat went down the river.")
    True
    """
    words, said = (re.findall(r"\w+", text.lower()) for text in (heard, saying))
    if len(words) < 2:
        return False
    same = SequenceMatcher(None, words, said, autojunk=False).get_matching_blocks()
    return sum(block.size for block in same) >= ECHO * len(words)
