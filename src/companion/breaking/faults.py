"""Faults, put together out of small parts: what a stream still says, and how it breaks.

Each is a `Fault`, whole in itself or one of the parts that `streaming` puts in a row.
"""

from __future__ import annotations

from companion.breaking.server import Exchange, Fault

LONG = 3600.0
"""Seconds: whoever waits for a silent server leaves before that."""


def refusing(status: int, code: str | None = None, **headers: str) -> Fault:
    """An error in OpenAI's form, with headers such as `Retry_After="60"`."""

    async def fault(exchange: Exchange) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        await exchange.refuse(status, code, named)

    return fault


def sending(content: bytes, kind: str = "application/json", length: int | None = None) -> Fault:
    """A body with status 200; `length` may promise more bytes than come."""

    async def fault(exchange: Exchange) -> None:
        await exchange.body(content, kind=kind, length=length)

    return fault


def streaming(*parts: Fault) -> Fault:
    """The head of a stream, then each part in turn; the connection closes behind them."""

    async def fault(exchange: Exchange) -> None:
        await exchange.begin()
        for part in parts:
            await part(exchange)

    return fault


def words(first: int = 0, last: int | None = None) -> Fault:
    """Some of the words of the answer, counted as a slice counts."""

    async def part(exchange: Exchange) -> None:
        await exchange.say(exchange.words[first:last])

    return part


def raw(data: bytes) -> Fault:
    """Bytes of a stream as they are, be they an event or nonsense."""

    async def part(exchange: Exchange) -> None:
        await exchange.raw(data)

    return part


def finished(reason: str = "stop", done: bool = True) -> Fault:
    """How a stream ends when it ends well; without `done`, its last line is left out."""

    async def part(exchange: Exchange) -> None:
        await exchange.finish(done=done, reason=reason)

    return part


async def hang(exchange: Exchange) -> None:
    """Says nothing more, and keeps the connection open until the client leaves."""
    await exchange.silence(LONG)


async def close(exchange: Exchange) -> None:
    """Closes the connection, whatever was promised."""
    exchange.writer.close()


async def reset(exchange: Exchange) -> None:
    """Breaks the connection with a reset."""
    exchange.reset()


async def end(exchange: Exchange) -> None:
    """Ends the body cleanly, whatever stands in it: without an end of the answer, a silent cut."""
    await exchange.end()
