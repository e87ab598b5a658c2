"""A real HTTP server on loopback that answers as a test tells it to.

It stands in for servers that cannot run here, and speaks as OpenAI's API reference describes.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


def event(
    delta: str | None = None, finish: str | None = None, usage: dict[str, int] | None = None
) -> bytes:
    """One server-sent event of a streamed chat completion."""
    choice = {"index": 0, "delta": {"content": delta} if delta else {}, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice], 'usage': usage})}\n\n".encode()


DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 7, "completion_tokens": 3}
GOOD = [event("Hel"), event("lo "), event("you"), event(finish="stop", usage=USAGE), DONE]


@dataclass
class ChatServer:
    """`pieces` are written one by one; `requests` and `headers` keep what came in."""

    url: str
    pieces: list[bytes] = field(default_factory=lambda: list(GOOD))
    status: int = 200
    content_type: str = "text/event-stream"
    before_piece: Callable[[int], None] = lambda number: None
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    """The server, for as long as the test runs."""
    with serving() as server:
        yield server


@contextmanager
def serving() -> Iterator[ChatServer]:
    """The server, listening on a free port."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server = ChatServer(f"http://127.0.0.1:{http.server_address[1]}/v1")
    http.RequestHandlerClass = _handler(server)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield server
    http.shutdown()
    http.server_close()


def _handler(server: ChatServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            server.requests.append(json.loads(self.rfile.read(length)))
            server.headers.append({key.lower(): value for key, value in self.headers.items()})
            self.send_response(server.status)
            self.send_header("Content-Type", server.content_type)
            self.send_header("Connection", "close")
            self.end_headers()
            self._write()

        def _write(self) -> None:
            try:
                for number, piece in enumerate(server.pieces):
                    server.before_piece(number)
                    self.wfile.write(piece)
                    self.wfile.flush()
            except OSError:
                server.left.set()

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: the test speaks for the server."""

    return Handler
