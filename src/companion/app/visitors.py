"""Who a visitor is: a random token in a cookie, by which nobody is known anywhere else."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

from companion.errors import InputError
from companion.memory import new_token
from companion.memory.limits import hashed

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "companion_user"
YEAR = 365 * 24 * 3600
AGAIN = b'<!doctype html><meta http-equiv="refresh" content="0">'


def token_of(cookie_header: str) -> str:
    """The token that a browser sent, "" where it sent none that is one."""
    try:
        sent = SimpleCookie(cookie_header).get(COOKIE)
    except CookieError:
        return ""
    try:
        return sent.value if sent and hashed(sent.value) else ""
    except InputError:
        return ""


class Visitors:
    """Gives each new browser its token with the page.

    A page that is followed to from another site comes without its strict cookie: it is asked for
    again by our own, so that a known visitor does not become a new one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] != "GET":
            return await self._app(scope, receive, send)
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if token := token_of(headers.get(b"cookie", "")):
            return await self._app(scope, receive, _with(send, _cookie(token, scope["scheme"])))
        if headers.get(b"sec-fetch-site") in ("cross-site", "same-site"):
            start = {"type": "http.response.start", "status": 200}
            await send({**start, "headers": [(b"content-type", b"text/html")]})
            return await send({"type": "http.response.body", "body": AGAIN})
        await self._app(scope, receive, _with(send, _cookie(new_token(), scope["scheme"])))
        return None


def _cookie(token: str, scheme: str) -> bytes:
    """Read by no script, sent to no other site, and good for a year from each visit."""
    secure = "; Secure" if scheme == "https" else ""
    return f"{COOKIE}={token}; Path=/; Max-Age={YEAR}; HttpOnly; SameSite=Strict{secure}".encode()


def _with(send: Send, cookie: bytes) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"set-cookie", cookie)]}
        await send(message)

    return sending
