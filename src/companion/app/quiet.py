"""An idle page that costs little: Gradio's clocks of progress, which nobody sees, stand still."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SCRIPT = b"""<script>{
  const frame = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (draw) =>
    new Error().stack.includes("/statustracker-") ? 0 : frame(draw);
}</script>"""
"""Gradio counts the seconds of a wait in sixty frames a second, and goes on when the sign of it has
gone. Its modules take hold of the browser's function as they load, so this has to stand before."""


class Quiet:
    """Puts the script in front of all others of the page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [one for one in message["headers"] if one[0] != b"content-length"]
                message = {**message, "headers": headers}
            elif message["type"] == "http.response.body":
                body = message.get("body", b"").replace(b"<head>", b"<head>" + SCRIPT, 1)
                message = {**message, "body": body}
            await send(message)

        page = scope["type"] == "http" and scope["path"] == "/" and scope["method"] == "GET"
        await self._app(scope, receive, sending if page else send)
