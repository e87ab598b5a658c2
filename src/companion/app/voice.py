"""The voice channel: sound and what is said of it, between a page and its visit.

Text frames are JSON with a `kind`; binary frames are mono 16-bit little-endian samples. From the
page they are the microphone at 16 kHz; to it, each follows the `speech` message that describes it.

    page     hello version visit voice open | voice on | microphone open | talk on tapped | stop
             playing turn seconds | ended turn seconds | hushed turn seconds
    server   hello version hearing speaking | turn turn aloud | sentence turn number text
             speech turn number rate words visemes sound | done turn | hush turn
             pause | resume | ear hears | misheard

A visit has one channel; the newest page to present its key has it. Without one, the page is a page
of text, and nothing here is asked.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from companion.app.aloud import FOLLOWED, Aloud
from companion.app.ear import Ear
from companion.app.line import Line, message_of
from companion.app.senses import Senses
from companion.app.strings import translated
from companion.errors import CompanionError
from companion.types import Language, Listened

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from companion.app.talk import Visit, Visits

VERSION = 1
HELLO_SECONDS = 10.0
"""How long a line may say nothing before it is cut."""

MOST_UNHEARD = 256
"""Messages of the page that may wait: eight seconds of sound. What comes on top is lost."""

STRANGER, NO_VISIT, REPLACED, OTHER_VERSION = 1008, 4404, 4409, 4426

log = logging.getLogger(__name__)


def same_origin(headers: Any) -> bool:
    """Whether a page of ours asks: a browser names the page's host, as its user sees it."""
    hosts = [headers.get("host", ""), headers.get("x-forwarded-host", "")]
    return urlsplit(headers.get("origin", "")).netloc in filter(None, hosts)


async def channel(socket: WebSocket, visits: Visits, senses: Senses) -> None:
    """Serve one page's channel until it is cut."""
    if not same_origin(socket.headers):
        return await socket.close(STRANGER)
    await socket.accept()
    line = Line(socket)
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            hello = message_of(str(await line.receive()))
    except (TimeoutError, ValueError):
        return await line.close(STRANGER)
    if hello.get("version") != VERSION:
        return await line.close(OTHER_VERSION)
    if (visit := visits.of(str(hello.get("visit")))) is None:
        return await line.close(NO_VISIT)
    return await Channel(line, visit, senses).serve(hello)


class Channel:
    """One page's channel while it is open: what it is told to do, and what it hears."""

    def __init__(self, line: Line, visit: Visit, senses: Senses) -> None:
        self.aloud = Aloud(line, senses, visit.language)
        self._line, self._visit, self._senses = line, visit, senses
        self._incoming: asyncio.Queue[bytes | dict[str, Any]] = asyncio.Queue(MOST_UNHEARD)
        self._ear = Ear(senses, self)

    async def serve(self, hello: dict[str, Any]) -> None:
        """Until the line is cut: pass on what comes, and send what there is."""
        work = [asyncio.create_task(one) for one in (self._line.send_all(), self._hear_all())]
        if self._visit.voice:
            await self._visit.voice.close(REPLACED)
        self._visit.voice = self
        self.aloud.wanted = hello.get("voice") is True
        self.send("hello", version=VERSION, **self._senses.told(self.language))
        self._incoming.put_nowait({"kind": "microphone", "open": hello.get("open")})
        try:
            await self._listen()
        finally:
            for one in work:
                one.cancel()
            if self._visit.voice is self:
                self._visit.voice = None

    def send(self, kind: str, **facts: Any) -> None:
        """Tell the page something."""
        self._line.send(kind, **facts)

    async def close(self, code: int = 1001) -> None:
        """Cut the line."""
        await self._line.close(code)

    # ---- from the page ---------------------------------------------------------------------------

    async def _listen(self) -> None:
        """What tells of playing is taken at once, since others wait for it; the rest in order."""
        while message := await self._line.receive():
            with suppress(ValueError, KeyError, TypeError, asyncio.QueueFull):
                if isinstance(message, bytes):
                    self._incoming.put_nowait(message)
                elif (facts := message_of(message))["kind"] not in FOLLOWED:
                    self._incoming.put_nowait(facts)
                elif self.aloud.follow(facts):
                    self._visit.repaint()

    async def _hear_all(self) -> None:
        while True:
            message = await self._incoming.get()
            try:
                if isinstance(message, bytes):
                    await self._ear.hear(message)
                else:
                    await self._obey(message)
            except CompanionError as error:
                log.warning("%s", error)
                self.send("misheard", why=translated(str(error), self.language))
            except Exception:
                log.exception("a voice channel stumbled")

    async def _obey(self, facts: dict[str, Any]) -> None:
        on = facts.get("on") is True
        match facts["kind"]:
            case "voice":
                self.aloud.wanted = on
            case "microphone":
                await self._ear.keep_open(facts.get("open") is True)
            case "talk":
                tapped = facts.get("tapped") is True
                await (self._ear.hold() if on else self._ear.release(tapped))
            case "stop":
                await self.interrupt()

    # ---- what the ear asks for -------------------------------------------------------------------

    @property
    def language(self) -> Language:
        """In which the two speak."""
        return self._visit.language

    @property
    def saying(self) -> str | None:
        """What is being said aloud, None in silence."""
        return self.aloud.words if self.aloud.playing else None

    def show(self, hears: str) -> None:
        """Let the user see what is heard."""
        self.send("ear", hears=hears)

    def pause(self, paused: bool) -> None:
        """Hold what is being said, or let it go on."""
        self.aloud.pause(paused)

    def misheard(self) -> None:
        """The user has said something that nobody understood."""
        self.send("misheard")

    async def interrupt(self) -> None:
        """The user wants to speak: whatever is being said stops."""
        await self._visit.stop()
        self._visit.repaint()

    async def said(self, listened: Listened) -> None:
        """The user has said this; it is answered as if it had been typed."""
        await self._visit.say(listened.transcript.text, listened=listened)
