"""A server that repeats a written answer, for one that cannot run here, and keeps what is asked.

What it repeats is written in a notebook after a server's published reference, or was recorded from
a server. What it is asked is real: our own adapters say it over HTTP on this machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response

from companion.listening import Running, address, listener

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived: the path behind the host, the headers in lower case, the JSON."""

    path: str
    headers: Mapping[str, str]
    body: Any


class Replay(Running):
    """A server at `url` that gives `answer` to every POST; `asked` are the requests so far.

    The pieces of the answer may be exchanged at any time. Use it with `with`, or call `close()`.
    """

    def __init__(self, answer: Iterable[bytes] = ()) -> None:
        self.answer = list(answer)
        self.asked: list[Asked] = []
        app = FastAPI(openapi_url=None)
        app.add_api_route("/{path:path}", self._repeat, methods=["POST"])
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        listening = listener(HOST, 0, "serve")
        super().__init__(server, listening, address(HOST, listening))

    async def _repeat(self, request: Request) -> Response:
        body = json.loads(await request.body())
        self.asked.append(Asked(request.url.path, dict(request.headers), body))
        return Response(b"".join(self.answer), media_type="text/event-stream")


def as_events(documents: Iterable[Mapping[str, Any]]) -> list[bytes]:
    """Each as one server-sent event: `data:`, JSON, an empty line."""
    return [f"data: {json.dumps(document)}\n\n".encode() for document in documents]


def as_lines(documents: Iterable[Mapping[str, Any]]) -> list[bytes]:
    """Each as one line of JSON."""
    return [f"{json.dumps(document)}\n".encode() for document in documents]
