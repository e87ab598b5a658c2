"""Listening to a page: when the user has spoken, what was said, and whether that interrupts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from companion.app.senses import Senses
from companion.types import Audio, Listened

if TYPE_CHECKING:
    from companion.app.voice import Channel

RATE = 16_000
LONGEST_SECONDS = 30
"""What is said at one go; whoever says more is answered then."""

LONGEST_BYTES = LONGEST_SECONDS * RATE * 2


class Ear:
    """What is done with the sound of one page's microphone."""

    def __init__(self, senses: Senses, channel: Channel) -> None:
        self._senses, self._channel = senses, channel
        self._held: bytearray | None = None

    async def keep_open(self, opened: bool) -> None:
        """The microphone stays open, and who speaks and when is to be heard from it."""

    async def hold(self) -> None:
        """The user talks, because a button is held: whatever is being said stops."""
        self._held = bytearray()
        await self._channel.interrupt()

    async def release(self) -> None:
        """The button was let go: what was said is answered."""
        held, self._held = self._held, None
        if held is not None:
            await self._understand(bytes(held), 0.0)

    async def hear(self, sound: bytes) -> None:
        """The next sound of the microphone."""
        if self._held is not None:
            self._held += sound
            if len(self._held) >= LONGEST_BYTES:
                await self.release()

    async def _understand(self, sound: bytes, silence: float) -> None:
        """Write down what was said, `silence` seconds after its end, and answer it."""
        assert self._senses.ear, "the page has no button for it"
        self._channel.send("ear", hears="understanding")
        began = time.perf_counter()
        audio = Audio(sound[: len(sound) // 2 * 2], RATE)
        transcript = await self._senses.ear.transcribe(audio, self._channel.language)
        if not transcript.text.strip():
            self._channel.send("misheard")
            return
        await self._channel.said(Listened(transcript, silence + time.perf_counter() - began))
