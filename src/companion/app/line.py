"""A WebSocket to which nobody waits to write, and which a page that is too slow loses."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

MOST_UNSENT = 8 * 2**20
"""Bytes that a page may be behind: three minutes of speech."""

LONGEST = 2**16
"""Bytes of one message from the page: two seconds of sound."""

LEFT, TOO_MUCH, BUSY = 1001, 1009, 1013


def message_of(text: str) -> dict[str, Any]:
    """A message from a page. Raises ValueError for anything else."""
    facts = json.loads(text)
    if len(text) > LONGEST or not isinstance(facts, dict) or not isinstance(facts.get("kind"), str):
        raise ValueError("not a message")
    return facts


class Line:
    """Sends messages in order, in a task of its own (`send_all`)."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._outgoing: asyncio.Queue[str | bytes] = asyncio.Queue()
        self._unsent = 0

    def send(self, kind: str, sound: bytes = b"", **facts: Any) -> None:
        """Send a message, and the sound that belongs to it."""
        if self._unsent > MOST_UNSENT:  # given up
            return
        self._put(json.dumps({"kind": kind, **facts, **({"sound": True} if sound else {})}))
        if sound:
            self._put(sound)

    def _put(self, message: str | bytes) -> None:
        self._unsent += len(message)
        self._outgoing.put_nowait(message)

    async def send_all(self) -> None:
        """Until the line is cut, or the page is too far behind."""
        with suppress(RuntimeError, OSError):  # cut while sending
            while True:
                message = await self._outgoing.get()
                if self._unsent > MOST_UNSENT:
                    return await self.close(BUSY)
                await self._send(message)
                self._unsent -= len(message)

    async def _send(self, message: str | bytes) -> None:
        if isinstance(message, str):
            await self._socket.send_text(message)
        else:
            await self._socket.send_bytes(message)

    async def receive(self) -> str | bytes | None:
        """The next message; None when the line is cut, as it is after one that is too long."""
        message = await self._socket.receive()
        content: str | bytes | None = message.get("bytes") or message.get("text")
        if content and len(content) > LONGEST:
            await self.close(TOO_MUCH)
            return None
        return content if message["type"] == "websocket.receive" else None

    async def close(self, code: int = LEFT) -> None:
        """Cut the line."""
        with suppress(RuntimeError):
            await self._socket.close(code)
