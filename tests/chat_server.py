"""A real HTTP server on loopback that answers as a test tells it to.

It stands in for servers that cannot run here. What it writes is built from their published
references: OpenAI's "Create chat completion", Ollama's docs/api.md, Anthropic's "Streaming
Messages".
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

from companion.chat import build
from companion.chat.base import ChatModel
from companion.config import load


def event(
    delta: str | None = None, finish: str | None = None, usage: dict[str, int] | None = None
) -> bytes:
    """One server-sent event of a streamed chat completion."""
    choice = {"index": 0, "delta": {"content": delta} if delta else {}, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice], 'usage': usage})}\n\n".encode()


DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 7, "completion_tokens": 3}
GOOD = [event("Hel"), event("lo "), event("you"), event(finish="stop", usage=USAGE), DONE]


@dataclass(frozen=True)
class Dialect:
    """How one API says the parts of an answer; `finishes` are its words for stop, length, filter.

    `closing` follows the event that says how the answer ended; without it, an answer is whole.
    """

    kind: str
    path: str
    say: Callable[[str], bytes]
    end: Callable[[str], bytes]
    error: Callable[[str, str], bytes]
    finishes: tuple[str, str, str]
    opening: bytes = b""
    closing: bytes = b""
    base_path: str = ""

    def answer(self, *texts: str, finish: str = "") -> list[bytes]:
        """A whole answer, piece by piece."""
        said = [self.say(text) for text in texts]
        return [self.opening, *said, self.end(finish or self.finishes[0]), self.closing]

    def model(self, server: ChatServer, **settings: object) -> ChatModel:
        """Our adapter for it, in front of this server."""
        base = {"kind": self.kind, "base_url": server.root + self.base_path, "model": "m"}
        section = base | {"languages": ["en"], "key_env": None} | settings
        return build("server", load(models={"server": section}))


def _anthropic(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def _ollama(**fields: Any) -> bytes:
    stamp = {"model": "m", "created_at": "2026-01-01T00:00:00Z"}
    return json.dumps(stamp | fields).encode() + b"\n"


OPENAI = Dialect(
    kind="openai",
    path="/v1/chat/completions",
    base_path="/v1",
    opening=b'data: {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}\n\n',
    say=event,
    end=lambda finish: event(finish=finish, usage=USAGE),
    error=lambda code, words: (
        f"data: {json.dumps({'error': {'message': words, 'code': code}})}\n\n".encode()
    ),
    closing=DONE,
    finishes=("stop", "length", "content_filter"),
)
OLLAMA = Dialect(
    kind="ollama",
    path="/api/chat",
    say=lambda text: _ollama(message={"role": "assistant", "content": text}, done=False),
    end=lambda finish: _ollama(
        message={"role": "assistant", "content": ""},
        done=True,
        done_reason=finish,
        prompt_eval_count=7,
        eval_count=3,
    ),
    error=lambda code, words: json.dumps({"error": words}).encode() + b"\n",
    finishes=("stop", "length", ""),
)
ANTHROPIC = Dialect(
    kind="anthropic",
    path="/v1/messages",
    opening=_anthropic(
        "message_start",
        message={"id": "msg_1", "role": "assistant", "content": [], "model": "m", "type": "message"}
        | {"stop_reason": None, "usage": {"input_tokens": 7, "output_tokens": 1}},
    )
    + _anthropic("content_block_start", index=0, content_block={"type": "text", "text": ""})
    + _anthropic("ping"),
    say=lambda text: _anthropic(
        "content_block_delta", index=0, delta={"type": "text_delta", "text": text}
    ),
    end=lambda finish: (
        _anthropic("content_block_stop", index=0)
        + _anthropic(
            "message_delta",
            delta={"stop_reason": finish, "stop_sequence": None},
            usage={"output_tokens": 3},
        )
    ),
    error=lambda code, words: _anthropic("error", error={"type": code, "message": words}),
    closing=_anthropic("message_stop"),
    finishes=("end_turn", "max_tokens", "refusal"),
)
DIALECTS = {dialect.kind: dialect for dialect in (OPENAI, OLLAMA, ANTHROPIC)}


@dataclass
class ChatServer:
    """`pieces` are written one by one; `requests`, `paths` and `headers` keep what came in.

    It closes each connection after one answer, unless `keep_alive`: then it frames answers in
    chunks, as HTTP/1.1 does, and `cut` breaks one off before its last chunk.
    """

    url: str
    pieces: list[bytes] = field(default_factory=lambda: list(GOOD))
    status: int = 200
    content_type: str = "text/event-stream"
    extra_headers: dict[str, str] = field(default_factory=dict)
    before_piece: Callable[[int], None] = lambda number: None
    keep_alive: bool = False
    cut: bool = False
    requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    connections: set[Any] = field(default_factory=set)
    left: threading.Event = field(default_factory=threading.Event)

    @property
    def root(self) -> str:
        """The address without `/v1`."""
        return self.url.removesuffix("/v1")


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    """The server, for as long as the test runs."""
    with serving() as server:
        yield server


@contextmanager
def serving() -> Iterator[ChatServer]:
    """The server, listening on a free port."""
    http = _Listening(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server = ChatServer(f"http://127.0.0.1:{http.server_address[1]}/v1")
    http.RequestHandlerClass = _handler(server)
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    http.shutdown()
    http.server_close()


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def _handler(server: ChatServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each piece of an answer may wait for the last

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.requests.append(json.loads(body))
            self.do_GET()

        def do_GET(self) -> None:
            server.paths.append(self.path)
            server.connections.add(self.client_address)
            server.headers.append({key.lower(): value for key, value in self.headers.items()})
            self.send_response(server.status)
            self.send_header("Content-Type", server.content_type)
            for name, value in server.extra_headers.items():
                self.send_header(name, value)
            framing = (
                ("Transfer-Encoding", "chunked") if server.keep_alive else ("Connection", "close")
            )
            self.send_header(*framing)
            self.end_headers()
            self._write()

        def _write(self) -> None:
            try:
                for number, piece in enumerate(server.pieces):
                    server.before_piece(number)
                    self._piece(piece)
                if server.keep_alive and not server.cut:
                    self.wfile.write(b"0\r\n\r\n")
            except OSError:
                server.left.set()
            self.close_connection = server.cut or not server.keep_alive

        def _piece(self, piece: bytes) -> None:
            if server.keep_alive and piece:
                piece = b"%x\r\n%s\r\n" % (len(piece), piece)
            self.wfile.write(piece)
            self.wfile.flush()

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: the test speaks for the server."""

    return Handler
