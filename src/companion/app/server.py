"""The page served: a FastAPI app on uvicorn, with Gradio mounted in it.

Nothing leaves this machine by it: analytics are off, nothing is shared, and a content security
policy keeps the browser from asking any other host, whatever a reply may contain.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from companion import memory, tracking
from companion.app import casting, planner
from companion.app.exchange import routes
from companion.app.quiet import Quiet
from companion.app.senses import Senses, senses_of
from companion.app.talk import Visits
from companion.app.visitors import Visitors
from companion.app.voice import channel
from companion.config import Settings
from companion.errors import CompanionError, MissingExtra
from companion.listening import Running, address, listener
from companion.memory import Journal
from companion.pipeline import Companion

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Running", "application", "serve", "serve_in_background"]

POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; object-src 'none'"
"""Gradio draws itself with inline scripts and evaluated templates; other hosts get nothing."""


def serve(settings: Settings) -> None:
    """Serve the page until it is interrupted. Raises ServerError when the port is taken."""
    listening, url = _listening(settings)
    server = _server(settings)
    print(f"{settings.persona.name} is at {url} (Ctrl+C ends it)", flush=True)
    server.run(sockets=[listening])


def serve_in_background(settings: Settings, senses: Senses | None = None) -> Running:
    """Serve the page beside the code that calls this, as in a notebook; port 0 takes a free one.

    `senses` are a voice and an ear other than those of the settings. Use it with `with`, or call
    `close()`. Raises ServerError when the port is taken.
    """
    listening, url = _listening(settings)
    return Running(_server(settings, senses), listening, url)


def application(
    settings: Settings,
    visits: Visits,
    senses: Senses | None = None,
    journal: Journal | None = None,
) -> FastAPI:
    """The FastAPI app with the page at `/`, and before it the line for sound at `/voice`.

    What visitors say is kept in the `journal`; their files are at `/memory`.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    try:
        import gradio as gr
        from fastapi import FastAPI
        from starlette.routing import WebSocketRoute
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "gradio", "demo") from None
    from companion.app.page import build, dress

    companion, senses = Companion(settings), senses or senses_of(settings)
    threading.Thread(target=_warm_up, args=(companion, senses), daemon=True).start()
    app = FastAPI(docs_url=None, redoc_url=None)
    app.add_middleware(_Guarded)
    app.add_middleware(Visitors)
    app.add_middleware(Quiet)
    app.router.routes.extend(routes(journal, visits, settings.language))
    app.router.routes.extend(casting.routes(settings, journal, visits))
    app.router.routes.extend(planner.routes(settings.language))
    app.router.routes.append(
        WebSocketRoute("/voice", partial(channel, visits=visits, senses=senses))
    )
    gr.mount_gradio_app(
        app,
        build(companion, visits, journal),
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


def _warm_up(companion: Companion, senses: Senses) -> None:
    """Load what takes seconds, so that the first answer is quick; a turn tells what fails."""
    with suppress(CompanionError):
        companion.warm_up()
    with suppress(CompanionError):  # behind the model, which whoever only writes waits for as well
        senses.load()
    with suppress(CompanionError):
        if tracking.available():
            tracking.open_store(companion.settings)


def _server(settings: Settings, senses: Senses | None = None) -> uvicorn.Server:
    visits = Visits()
    journal = memory.build(settings)
    app = application(settings, visits, senses, journal)
    import uvicorn

    class Server(uvicorn.Server):
        """Ends the open pages first: each of them holds a stream, which would have to be cut."""

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            await visits.close()
            await super().shutdown(sockets)
            if journal:
                journal.close()

    return Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))


def _listening(settings: Settings) -> tuple[socket.socket, str]:
    """What listens for visitors, and the address at which they find it."""
    host, port = settings.server.host, settings.server.port
    listening = listener(host, port, "demo")
    return listening, address(host, listening)
