"""What servers stream: server-sent events and lines of JSON, read with a limit on silence.

Both framings give one JSON text an event. How an answer ends is told by the events themselves, so
each adapter decides whether one was the last; a stream that merely stops proves nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import TypeAlias

import httpx

from companion.errors import IncompleteAnswer, ModelError, ModelUnavailable

Clean: TypeAlias = Callable[[bytes], bytes]
"""Takes our key out of a line, should the server repeat it."""

IGNORED = (b":", b"event:", b"id:", b"retry:")
"""Comments, and fields that say nothing the data does not say."""

DONE = b"[DONE]"
LONGEST_LINE = 4 * 1024 * 1024
"""Bytes; no answer has such a line, but a broken server may never end one."""


async def sse(
    response: httpx.Response, silence: float, clean: Clean
) -> AsyncGenerator[bytes, None]:
    """The data of each server-sent event; `[DONE]` is one of them.

    Every server we know writes the data of an event on one line. Raises IncompleteAnswer for a line
    that is no part of an event stream, and what `lines` raises.
    """
    async with aclosing(lines(response, silence)) as source:
        async for raw in source:
            line = clean(raw)
            if not line or line.startswith(IGNORED):
                continue
            if not line.startswith(b"data:"):
                raise IncompleteAnswer(
                    f"The server answered something that is not an event stream: {shown(line)}",
                    where=str(response.url),
                    repair="Does base_url end in /v1, and is it the right server?",
                )
            data = line.removeprefix(b"data:").strip()
            if data != b"{}":  # some servers send it to say that they are still there
                yield data


async def ndjson(
    response: httpx.Response, silence: float, clean: Clean
) -> AsyncGenerator[bytes, None]:
    """Each line that is not empty: one JSON text. Raises what `lines` raises."""
    async with aclosing(lines(response, silence)) as source:
        async for line in source:
            if line.strip():
                yield clean(line)


async def lines(response: httpx.Response, silence: float) -> AsyncGenerator[bytes, None]:
    """The lines of a response without their ends; what follows the last end is a line too.

    Raises ModelUnavailable when no line is finished for `silence` seconds. httpx itself notices
    when no byte comes; a server that drips bytes without ever ending a line is noticed here.
    """
    rest, heard = b"", time.monotonic()
    async for piece in _pieces(response):
        rest += piece
        if b"\n" in piece:
            *whole, rest = rest.split(b"\n")
            for line in whole:
                yield line.rstrip(b"\r")
            heard = time.monotonic()
        elif time.monotonic() - heard > silence or len(rest) > LONGEST_LINE:
            raise ModelUnavailable("The server never ends its line", where=str(response.url))
    if rest:
        yield rest


async def _pieces(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    try:
        async for piece in response.aiter_bytes():
            yield piece
    except httpx.TimeoutException:
        raise
    except httpx.HTTPError as error:
        what = f"The answer broke off: {error or type(error).__name__}"
        raise IncompleteAnswer(what, where=str(response.url)) from None


async def drain(events: AsyncGenerator[bytes, None]) -> None:
    """Read the little that follows the last event, so that the connection can be used again.

    The answer is whole already: what goes wrong here does not concern it.
    """
    with suppress(TimeoutError, httpx.HTTPError, httpx.StreamError, ModelError):
        async with asyncio.timeout(0.1):
            async for _ in events:
                pass


def shown(data: bytes, most: int = 80) -> str:
    """The beginning of what a server said, for an error."""
    return repr(data[:most].decode("utf-8", "replace"))
