"""An answer that begins with one model and ends with another, no letter lost or doubled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from companion.chat import ChatModel, reads_briefly
from companion.errors import IncompleteAnswer
from companion.routing.walk import too_slow
from companion.types import ChatRequest, Chunk, End, Message, Text


class Said:
    """What the caller has heard of an answer so far, and how the next model is asked to go on."""

    def __init__(self, request: ChatRequest) -> None:
        self.text = ""
        self._request, self._pieces = request, 0

    def hear(self, text: str) -> None:
        """Keep what was said."""
        self.text += text
        self._pieces += 1

    def withdraw(self) -> None:
        """Forget it: the next model starts afresh."""
        self.text, self._pieces = "", 0

    def whole(self) -> ChatRequest:
        """The request as it was."""
        return self._request

    def rest(self) -> ChatRequest:
        """The request for what is still to be said. A piece counts as a token."""
        return replace(
            self._request,
            prefill=self._request.prefill + self.text,
            max_tokens=max(1, self._request.max_tokens - self._pieces),
        )


def fitting(request: ChatRequest, context: int | None) -> ChatRequest:
    """The request for a model that reads so many tokens: one that `reads_briefly` gets `brief`."""
    if not request.brief or not reads_briefly(context):
        return request
    said = [message for message in request.messages if message.role != "system"]
    return replace(request, messages=(Message("system", request.brief), *said))


async def answer(
    model: ChatModel, request: ChatRequest, first: float, stall: float
) -> AsyncGenerator[Chunk, None]:
    """What the model says, in time and to its end.

    Its first word must come within `first` seconds, and each later one within `stall`. Raises
    ModelUnavailable when it does not begin, IncompleteAnswer when it falls silent, ends without an
    `End`, or says nothing; and what the model raises.
    """
    spoke = bool(request.prefill.strip())
    async with (
        aclosing(model.stream(request)) as stream,
        aclosing(_in_time(stream, model.name, first, stall)) as chunks,
    ):
        async for chunk in chunks:
            if isinstance(chunk, Text):
                spoke = spoke or bool(chunk.text.strip())
            if isinstance(chunk, End) and not spoke:
                raise IncompleteAnswer("The answer was empty", where=model.name)
            yield chunk
            if isinstance(chunk, End):
                return
    raise IncompleteAnswer("The answer broke off without its end", where=model.name)


async def _in_time(
    stream: AsyncGenerator[Chunk, None], name: str, first: float, stall: float
) -> AsyncGenerator[Chunk, None]:
    """The chunks as they come. Only waiting counts, not the time that the listener takes."""
    loop, spoke = asyncio.get_running_loop(), False
    until = loop.time() + first
    while True:
        try:
            async with asyncio.timeout_at(until):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError:
            if not spoke:
                raise too_slow(name, first) from None
            what = f"The answer stopped for {stall:.3g} s before its end"
            raise IncompleteAnswer(what, where=name) from None
        yield chunk
        if isinstance(chunk, Text) and chunk.text:
            spoke = True
            until = loop.time() + stall
