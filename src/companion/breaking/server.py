"""A server on loopback that breaks on purpose, in the ways that servers of models break.

It speaks as OpenAI's API reference describes ("Create chat completion", streamed). The name of the
model chooses the fault, and every request is written down. It is made of plain sockets, because no
framework resets a connection, stalls with the socket open or cuts a body in the middle.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

ANSWER = (
    "Lanterns hang along the harbour while the evening ferry waits for its last few guests, and "
    "somewhere behind the market a violin tries the same slow tune again; nobody hurries, because "
    "the tide will not, and the old captain, who has counted every lamp since spring, nods once, "
    "folds her newspaper, and lets the ropes go quietly into the dark green water below."
)
"""The whole answer of every healthy model, word by word."""

REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}


@dataclass
class Seen:
    """A request as the server saw it; `left_after`: seconds until the client left a silence."""

    model: str
    at: float
    body: dict[str, Any]
    left_after: float | None = None
    complete: bool = False


@dataclass
class Exchange:
    """One request, and the ways to answer it well or badly. `attempt` counts from 1 per model."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    seen: Seen
    attempt: int
    pause: float = 0.0
    keep: bool = field(default=False, init=False)

    @property
    def words(self) -> list[str]:
        """The pieces of the answer, or of what remains behind the beginning that was sent along."""
        last = self.seen.body["messages"][-1]
        begun = last["content"] if last["role"] == "assistant" else ""
        text = ANSWER.removeprefix(begun)
        return [(" " if at or text[0] == " " else "") + w for at, w in enumerate(text.split())]

    async def send(self, data: bytes) -> None:
        """Bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def body(
        self,
        content: bytes,
        status: int = 200,
        kind: str = "application/json",
        headers: Mapping[str, str] | None = None,
        length: int | None = None,
    ) -> None:
        """A plain answer; `length` may promise more than there is."""
        extra = {"Content-Length": str(len(content) if length is None else length)}
        await self.send(_head(status, {"Content-Type": kind, **extra, **(headers or {})}) + content)
        self.keep = length is None

    async def refuse(
        self, status: int, code: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """An error in OpenAI's form."""
        error = {"message": f"refused with {status}", "type": "error", "param": None, "code": code}
        await self.body(json.dumps({"error": error}).encode(), status, headers=headers)

    async def begin(self) -> None:
        """The head of a stream and its first event, which only says who speaks."""
        kind = {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}
        await self.send(_head(200, kind))
        await self.event({"role": "assistant", "content": ""})

    async def raw(self, data: bytes) -> None:
        """One chunk of the body."""
        await self.send(b"%x\r\n%b\r\n" % (len(data), data))

    async def event(
        self, delta: dict[str, Any], finish: str | None = None, usage: Any = None
    ) -> None:
        """One event of a streamed completion."""
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        event = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m"}
        event |= {"choices": [choice], "usage": usage}
        await self.raw(f"data: {json.dumps(event)}\n\n".encode())

    async def say(self, words: Sequence[str]) -> None:
        """Some of the words, one event each."""
        for word in words:
            await self.event({"content": word})
            if self.pause:
                await asyncio.sleep(self.pause)

    async def finish(self, done: bool = True, reason: str = "stop") -> None:
        """The reason it ended, the usage, `[DONE]`, and the end of the body."""
        said = len(self.words)
        await self.event({}, reason)
        usage = {"prompt_tokens": 9, "completion_tokens": said, "total_tokens": said + 9}
        await self.raw(f"data: {json.dumps({'choices': [], 'usage': usage})}\n\n".encode())
        if done:
            await self.raw(b"data: [DONE]\n\n")
        await self.end()
        self.seen.complete = True

    async def end(self) -> None:
        """The clean end of a body, whatever stands in it."""
        await self.send(b"0\r\n\r\n")
        self.keep = True

    async def silence(self, seconds: float) -> None:
        """Say nothing for so long, or until the client leaves."""
        began = time.monotonic()
        try:
            await asyncio.wait_for(self.reader.read(1), seconds)
        except TimeoutError:
            return
        except ConnectionError:  # how it looks when some of our words were not read
            pass
        self.seen.left_after = time.monotonic() - began

    def reset(self) -> None:
        """Break the connection with a reset."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.close()


Fault = Callable[[Exchange], Awaitable[None]]
"""How one request is answered."""


async def healthy(exchange: Exchange) -> None:
    """The whole answer."""
    await exchange.begin()
    await exchange.say(exchange.words)
    await exchange.finish()


@dataclass
class FaultServer:
    """The server at `url`, whose models are `faults` by name, and what it has `seen`."""

    url: str
    faults: dict[str, Fault]
    pause: float = 0.0
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    _attempts: Counter[str] = field(default_factory=Counter)

    def of(self, model: str) -> list[Seen]:
        """The requests to one model, in order."""
        return [seen for seen in self.seen if seen.model == model]

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection, one after another."""
        self.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._exchange(reader, writer):
                pass
        with suppress(ConnectionError):
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        body = json.loads(await reader.readexactly(length))
        model = body["model"]
        self._attempts[model] += 1
        seen = Seen(model, time.monotonic(), body)
        self.seen.append(seen)
        exchange = Exchange(reader, writer, seen, self._attempts[model], self.pause)
        try:
            await self.faults[model](exchange)
        except ConnectionError:  # it left while we spoke
            seen.left_after = seen.left_after or 0.0
            raise
        return exchange.keep


@contextmanager
def broken(
    faults: Mapping[str, Fault], pause: float = 0.0, host: str = "127.0.0.1"
) -> Iterator[FaultServer]:
    """A server with these models, in a thread of its own, for as long as the block runs.

    `pause` is the seconds between words.
    """
    listening = socket.create_server((host, 0))
    server = FaultServer(f"http://{host}:{listening.getsockname()[1]}/v1", dict(faults), pause)
    loop, ready = asyncio.new_event_loop(), threading.Event()
    thread = threading.Thread(target=_serve, args=(loop, server, listening, ready), daemon=True)
    thread.start()
    ready.wait(5)  # else the end of a short block would come before the beginning
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


def nobody() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"


def _serve(
    loop: asyncio.AbstractEventLoop,
    server: FaultServer,
    listening: socket.socket,
    ready: threading.Event,
) -> None:
    asyncio.set_event_loop(loop)
    http = loop.run_until_complete(asyncio.start_server(server.connected, sock=listening))
    ready.set()
    loop.run_forever()
    http.close()
    waiting = asyncio.all_tasks(loop)
    for task in waiting:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Trouble')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
