"""One answer on its way to a client who cannot forget what it has heard.

OpenAI's stream has no word for "forget that". So nothing is sent before the first text, and until
then a failure costs nothing but time: another model answers, or the client gets an honest status.
What one model began and another goes on with is one answer. But where text that was sent would have
to be withdrawn, an error stands in the stream and ends it, without finish_reason and without
`[DONE]`: half an answer never passes as whole. An answer in one piece is sent when it is complete.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

from fastapi.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from companion.errors import CompanionError, IncompleteAnswer
from companion.serving.refusals import Refused, refused
from companion.serving.written import DONE, Written, event
from companion.types import Attempt, Chunk, End, Restart, Text

T = TypeVar("T")


async def whole(chunks: AsyncGenerator[Chunk, None]) -> dict[str, Any]:
    """The answer in one piece. Raises what the model raises."""
    written, text = Written(), ""
    async with aclosing(chunks):
        async for chunk in chunks:
            match chunk:
                case Text():
                    text += chunk.text
                case Restart():
                    text = ""
                case End():
                    written.model = chunk.model
                    return written.whole(text, chunk)
    raise IncompleteAnswer("The answer broke off without its end")


async def events(
    chunks: AsyncGenerator[Chunk, None], written: Written
) -> AsyncGenerator[bytes, None]:
    """The answer as server-sent events, the first of them with the first text.

    Raises IncompleteAnswer when what was sent is withdrawn, and what the model raises.
    """
    begun = False
    async with aclosing(chunks):
        async for chunk in chunks:
            if isinstance(chunk, Restart) and begun:
                raise IncompleteAnswer(
                    f"What was said so far is withdrawn: {chunk.reason}", repair="Ask again."
                )
            if isinstance(chunk, Attempt) and not chunk.error:
                written.model = chunk.model
            if isinstance(chunk, Text | End) and not begun:
                begun = True
                yield written.piece({"role": "assistant", "content": ""})
            if isinstance(chunk, Text):
                yield written.piece({"content": chunk.text})
            if isinstance(chunk, End):
                yield written.piece({}, chunk.finish_reason) + written.usage(chunk) + DONE
                return
    raise IncompleteAnswer("The answer broke off without its end")


class Streamed(Response):
    """A response that sends the events as they come, and an error wherever one happens."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        super().__init__(headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]  # nobody knows it yet
        self._events, self._begun = events, False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await while_present(receive, self._speak(send))
        except Exception as error:
            told = refused(error)
            if self._begun:
                await self._say(send, event(told.document()), more=False)
            else:
                await answered(told)(scope, receive, send)
            if not isinstance(error, CompanionError | Refused):
                raise

    async def _speak(self, send: Send) -> None:
        async with aclosing(self._events) as events:
            async for piece in events:
                await self._say(send, piece)
        await self._say(send, b"", more=False)

    async def _say(self, send: Send, piece: bytes, more: bool = True) -> None:
        if not self._begun:
            self._begun = True
            status, headers = self.status_code, self.raw_headers
            await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": piece, "more_body": more})


def answered(told: Refused) -> Response:
    """The response that says no."""
    return JSONResponse(told.document(), told.status, told.headers)


async def while_present(receive: Receive, work: Coroutine[Any, Any, T]) -> T | None:
    """What the work gives, or None: it is stopped at once when the client leaves."""
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
    finally:
        working.cancel()
        watching.cancel()
        await asyncio.wait((working, watching))
    return None if working.cancelled() else working.result()


async def _gone(receive: Receive) -> None:
    """Until the client has left. The body was read before, so that nothing else can come."""
    while (await receive())["type"] != "http.disconnect":
        pass
