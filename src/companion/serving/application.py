"""The endpoint: the routes of OpenAI's API that a client of a chat model needs."""

from __future__ import annotations

import hmac
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, Response
from pydantic import SecretStr
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from companion.errors import CompanionError
from companion.pipeline import Companion
from companion.serving.answering import Streamed, answered, events, while_present, whole
from companion.serving.guarding import by_rule, honestly, said
from companion.serving.recording import Recorder
from companion.serving.refusals import Refused, refused
from companion.serving.stopping import until
from companion.serving.wishes import understood
from companion.serving.written import Written

MODEL = "companion"
"""The one model there is: the whole mind. Each answer says which part of it spoke."""

MOST = 4 * 1024 * 1024
"""Bytes of a request; no conversation is as long."""

LEFT = 499
"""What nginx writes down for a client that closed the request; nobody is there to read it."""


def application(
    companion: Companion,
    key: SecretStr | None = None,
    origins: Sequence[str] = (),
    recorder: Recorder | None = None,
) -> FastAPI:
    """The app. With a `key`, all but `/health` wants it; web pages of `origins` may ask it too.

    Finished turns go to the `recorder`; when the app ends, it has written them down.
    """

    @asynccontextmanager
    async def lifetime(app: FastAPI) -> AsyncGenerator[None, None]:
        yield
        if recorder:
            recorder.close()

    endpoint, guarded = _Endpoint(companion, recorder), [Depends(_guard(key))]
    app = FastAPI(openapi_url=None, redirect_slashes=False, lifespan=lifetime)
    app.add_api_route("/health", _health)
    app.add_api_route("/v1/models", endpoint.models, dependencies=guarded)
    app.add_api_route("/v1/models/{name}", endpoint.model, dependencies=guarded)
    app.add_api_route(
        "/v1/chat/completions",
        endpoint.complete,
        methods=["POST"],
        response_model=None,
        dependencies=guarded,
    )
    for error in (Refused, CompanionError, HTTPException, Exception):
        app.add_exception_handler(error, _told)
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
        )
    return app


class _Endpoint:
    """Answers for one companion."""

    def __init__(self, companion: Companion, recorder: Recorder | None) -> None:
        self._companion, self._recorder = companion, recorder
        card = {"id": MODEL, "object": "model", "owned_by": "companion-lab"}
        self._card: dict[str, Any] = card | {"created": int(time.time())}

    async def models(self) -> dict[str, Any]:
        return {"object": "list", "data": [self._card]}

    async def model(self, name: str) -> dict[str, Any]:
        _known(name)
        return self._card

    async def complete(self, request: Request) -> Response:
        """Raises Refused for what cannot be asked, InputError for a message that is none."""
        wish = understood(await _body(request))
        _known(wish.model)
        self._companion.check(wish.messages[-1].content)
        model, settings = self._companion.model, self._companion.settings
        asked = wish.request(settings, prefill=model.capabilities.prefill)
        reply = by_rule([one.message() for one in wish.messages], settings)
        if reply:
            chunks = said(reply)
        else:
            chunks = model.stream(asked)
            if settings.safety.endpoint and not wish.own_persona:
                chunks = honestly(chunks, asked.language, settings.persona.name)
            chunks = until(wish.stop or (), chunks)
        if self._recorder:
            text = wish.messages[-1].content
            chunks = self._recorder.overheard(text, asked.language, chunks, reply)
        if wish.stream:
            return Streamed(events(chunks, Written(wish.include_usage)))
        document = await while_present(request.receive, whole(chunks))
        return JSONResponse(document) if document else Response(status_code=LEFT)


def _known(name: str) -> None:
    if name != MODEL:
        what = f"There is no model named {name!r} here. Ask for {MODEL!r}."
        raise Refused(404, what, param="model", code="model_not_found")


async def _body(request: Request) -> bytes:
    """The bytes that were sent. Only JSON that says so: a foreign web page cannot send that here
    without being allowed to."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Refused(415, "Send JSON, with the header Content-Type: application/json.")
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > MOST:
                raise Refused(413, f"A request has at most {MOST:,} bytes.")
    except ClientDisconnect:
        raise Refused(LEFT, "The client left.") from None
    return bytes(body)


def _guard(key: SecretStr | None) -> Callable[[Request], None]:
    """Lets through who knows the key. How long that takes tells nothing about it."""
    expected = f"Bearer {key.get_secret_value()}".encode() if key else None

    def check(request: Request) -> None:
        told = request.headers.get("authorization", "").encode("utf-8", "replace")
        if expected and not hmac.compare_digest(told, expected):
            what = "The API key is missing or wrong. Send it as: Authorization: Bearer KEY."
            challenge = {"WWW-Authenticate": "Bearer"}
            raise Refused(401, what, code="invalid_api_key", headers=challenge)

    return check


async def _health() -> dict[str, str]:
    """That the server is there; what it can do is asked by asking it."""
    return {"status": "ok"}


async def _told(request: Request, error: Exception) -> Response:
    """Every error in the same form, also those of the routes themselves."""
    if isinstance(error, HTTPException):
        what = f"{error.detail}: {request.method} {request.url.path}."
        error = Refused(error.status_code, what, headers=error.headers)
    return answered(refused(error))
