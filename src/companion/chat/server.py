"""Asking one server: its key, its connections, and what it says when it says no."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import httpx

from companion.chat.connections import Connections
from companion.chat.refusals import refusal
from companion.chat.wire import Clean
from companion.config import HttpModel
from companion.errors import KeyRefused, ModelUnavailable, secrets

WORDS_SECONDS = 5.0
"""What stands under a bad status is not waited for longer."""


class Server:
    """One server, asked over HTTP as the settings of one of its models say."""

    def __init__(self, settings: HttpModel) -> None:
        self.settings = settings
        self._connections = Connections(settings)

    @asynccontextmanager
    async def asked(
        self, path: str, body: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[httpx.Response, None]:
        """The response to what is posted, or to a GET without a body. Its status is 200.

        Leaving closes it, so that the server can stop. Raises KeyRefused when there is no key to
        send, ModelUnavailable when nobody answers, and what `refusal` makes of another status.
        """
        url, headers = self.settings.url(path), self._headers()
        method = "GET" if body is None else "POST"
        client = await self._connections.client()
        with _told(url, self.settings.timeout_seconds):
            async with client.stream(method, url, json=body, headers=headers) as response:
                await self._accept(response)
                yield response

    async def close(self) -> None:
        """Close the connections of the running event loop; the next request opens new ones."""
        await self._connections.close()

    def cleaner(self) -> Clean:
        """Takes every key that is set out of what the server says, should it repeat one."""
        own = self.settings.key()
        known = [own.get_secret_value()] if own else []
        keys = [key.encode() for key in dict.fromkeys(known + secrets())]

        def clean(said: bytes) -> bytes:
            for key in keys:
                said = said.replace(key, b"[key]")
            return said

        return clean

    async def _accept(self, response: httpx.Response) -> None:
        """Raises why the server did not take the request, if it did not."""
        if response.status_code != 200:
            said = self.cleaner()(await _words(response)).decode("utf-8", "replace")
            raise refusal(response.status_code, response.headers, said, str(response.url))
        if "html" in response.headers.get("content-type", ""):
            raise ModelUnavailable(
                "The server answered with a web page",
                where=str(response.url),
                repair="Is base_url right, and is it the right server?",
            )

    def _headers(self) -> dict[str, str]:
        key, variable = self.settings.key(), self.settings.key_env
        if key is None and variable:
            raise KeyRefused(
                f"The environment variable {variable} is not set",
                where=self.settings.base_url,
                repair="Set it to your key for this server.",
            )
        if key and not (key.get_secret_value().isascii() and key.get_secret_value().isprintable()):
            raise KeyRefused(
                f"The key in {variable} has characters that no key has",
                where=self.settings.base_url,
                repair="Copy it again.",
            )
        return self.settings.headers()


async def _words(response: httpx.Response) -> bytes:
    """What stands under a bad status; one that never ends is not waited for."""
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(WORDS_SECONDS):
            return await response.aread()
    return b""


@contextmanager
def _told(url: str, seconds: float) -> Iterator[None]:
    """Says as a ModelUnavailable what `httpx` raises."""
    try:
        yield
    except httpx.TimeoutException:
        raise ModelUnavailable(f"No answer within {seconds:g} s", where=url) from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        what = f"The server cannot be reached: {error or type(error).__name__}"
        raise ModelUnavailable(what, where=url, repair="Is it running?") from None
