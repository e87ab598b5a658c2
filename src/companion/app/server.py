"""The page served: a FastAPI app on uvicorn, with Gradio mounted in it.

Nothing leaves this machine by it: analytics are off, nothing is shared, and a content security
policy keeps the browser from asking any other host, whatever a reply may contain.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING

from companion import tracking
from companion.app.talk import Visits
from companion.config import Settings
from companion.errors import CompanionError, MissingExtra, ServerError
from companion.pipeline import Companion

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; object-src 'none'"
"""Gradio draws itself with inline scripts and evaluated templates; other hosts get nothing."""


def serve(settings: Settings) -> None:
    """Serve the page until it is interrupted. Raises ServerError when the port is taken."""
    listener = _listener(settings)
    server = _server(settings)
    print(
        f"{settings.persona.name} is at {_address(settings, listener)} (Ctrl+C ends it)", flush=True
    )
    server.run(sockets=[listener])


def serve_in_background(settings: Settings) -> Running:
    """Serve the page beside the code that calls this, as in a notebook; port 0 takes a free one.

    Use it with `with`, or call `close()`. Raises ServerError when the port is taken.
    """
    listener = _listener(settings)
    return Running(_server(settings), listener, _address(settings, listener))


class Running:
    """A page that is being served at `url`, until it is closed."""

    def __init__(self, server: uvicorn.Server, listener: socket.socket, url: str) -> None:
        self.url = url
        self._server = server
        self._thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        self._thread.start()
        while not server.started and self._thread.is_alive():
            time.sleep(0.01)
        if not server.started:
            raise ServerError("The page ended while it was starting", where=url)

    def close(self) -> None:
        """End the server and wait until it has."""
        self._server.should_exit = True
        self._thread.join()

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def application(settings: Settings, visits: Visits) -> FastAPI:
    """The FastAPI app with the page at `/`; a route of our own belongs before the mount."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    try:
        import gradio as gr
        from fastapi import FastAPI
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "gradio", "demo") from None
    from companion.app.page import build, dress

    companion = Companion(settings)
    threading.Thread(target=_warm_up, args=(companion,), daemon=True).start()
    app = FastAPI(docs_url=None, redoc_url=None)
    app.add_middleware(_Guarded)
    gr.mount_gradio_app(
        app,
        build(companion, visits),
        path="/",
        root_path=settings.server.root_path or None,
        ssr_mode=False,
        **dress(),
    )
    return app


class _Guarded:
    """Adds the content security policy to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                policy = (b"content-security-policy", POLICY.encode())
                message = {**message, "headers": [*message["headers"], policy]}
            await send(message)

        await self._app(scope, receive, guarded)


def _warm_up(companion: Companion) -> None:
    """Load what takes seconds, so that the first answer is quick; a turn tells what fails."""
    with suppress(CompanionError):
        companion.warm_up()
    with suppress(CompanionError):
        if tracking.available():
            tracking.open_store(companion.settings)


def _server(settings: Settings) -> uvicorn.Server:
    visits = Visits()
    app = application(settings, visits)
    import uvicorn

    class Server(uvicorn.Server):
        """Ends the open pages first: each of them holds a stream, which would have to be cut."""

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            await visits.close()
            await super().shutdown(sockets)

    return Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))


def _listener(settings: Settings) -> socket.socket:
    host, port = settings.server.host, settings.server.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ServerError(
            f"The page cannot be served: {os.strerror(error.errno or 0)}",
            where=f"{host}, port {port}",
            repair=f"End what uses the port, or take another: companion demo --port {port + 1}",
        ) from None


def _address(settings: Settings, listener: socket.socket) -> str:
    """Where a browser on this machine finds the page."""
    host = settings.server.host
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{host}:{listener.getsockname()[1]}"
