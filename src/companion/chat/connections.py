"""One HTTP client for each event loop, which closes with its loop.

A connection belongs to the event loop that opened it. Notebooks, threads and repeated `asyncio.run`
each have loops of their own, so a client that is shared between them loses answers that its server
gave. Here every loop gets its own, keeps its connections open from one answer to the next, and
closes them while it can still do so.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from functools import cache
from typing import TypeAlias

import httpx

from companion.config import HttpModel

_Holder: TypeAlias = AsyncGenerator[httpx.AsyncClient, None]

KEEP_SECONDS = 4.0
"""How long an idle connection is kept: less than the five seconds after which common servers close
it, because a request that meets a closing connection is lost."""

CONNECT_SECONDS = 10.0
"""A server that has not taken a connection by then is not there."""


class Connections:
    """The clients that talk to one server. Nothing is ever sent twice: `httpx` does not retry.

    A server on this machine is asked directly: a proxy that the environment names would carry what
    is said away from it.
    """

    def __init__(self, settings: HttpModel) -> None:
        self._settings = settings
        self._held: dict[asyncio.AbstractEventLoop, tuple[httpx.AsyncClient, _Holder]] = {}

    async def client(self) -> httpx.AsyncClient:
        """The client of the running event loop."""
        loop = asyncio.get_running_loop()
        client, _ = self._held.get(loop, (None, None))
        if client is None or client.is_closed:
            self._forget_closed()
            holder = _held_open(self._new())
            client = await anext(holder)
            self._held[loop] = client, holder
        return client

    async def close(self) -> None:
        """Close the client of the running event loop before the loop ends."""
        if held := self._held.get(asyncio.get_running_loop()):
            await held[1].aclose()

    def _new(self) -> httpx.AsyncClient:
        local, seconds = self._settings.is_local, self._settings.timeout_seconds
        plain = local and self._settings.base_url.startswith("http:")
        return httpx.AsyncClient(
            timeout=httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS)),
            limits=httpx.Limits(keepalive_expiry=KEEP_SECONDS),
            trust_env=not local,
            verify=False if plain else _certificates(),  # plain HTTP has none to verify
        )

    def _forget_closed(self) -> None:
        """Let go of loops that have ended."""
        for loop in list(self._held):
            if loop.is_closed():
                self._held.pop(loop, None)


async def _held_open(client: httpx.AsyncClient) -> _Holder:
    """Holds a client open until its loop ends, which closes the generators that began in it.

    It knows nothing of who uses the client, so that a model that nobody needs any more takes its
    connections with it.
    """
    try:
        yield client
    finally:
        await client.aclose()


@cache
def _certificates() -> ssl.SSLContext:
    """Read once: it takes longer than many an answer."""
    return httpx.create_ssl_context()
