"""A model on a server: what all HTTP adapters have in common.

An adapter says where to ask, what to send, how the answer is framed and what one event of it means.
The rest is the same for all: the key, the connections, the errors, and that an answer counts only
when it said something and the server said how it ended.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias

import httpx
from pydantic import ValidationError

from companion.chat.prefill import Seam
from companion.chat.refusals import reported
from companion.chat.server import Server
from companion.chat.wire import DONE, Clean, drain, shown, sse
from companion.config import HttpModel
from companion.errors import ContentFiltered, IncompleteAnswer
from companion.types import (
    Attempt,
    Capabilities,
    ChatRequest,
    Chunk,
    End,
    FinishReason,
    Language,
    Text,
    Usage,
)

Ending: TypeAlias = FinishReason | Literal["content_filter"]


@dataclass(slots=True)
class Said:
    """What one event of an answer says; `last` when nothing follows it."""

    text: str = ""
    finish: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    error: Any = None
    last: bool = False


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


class ServedModel(ABC):
    """A `ChatModel` in front of one model on one server."""

    path: ClassVar[str]
    """The endpoint under `base_url`."""

    endings: ClassVar[Mapping[str, Ending]]
    """The server's words for how an answer ended; any other word means that it was broken off."""

    def __init__(self, name: str, settings: HttpModel) -> None:
        self.name = name
        self._server = Server(settings)

    @property
    def languages(self) -> frozenset[Language]:
        return self._server.settings.languages

    @property
    def capabilities(self) -> Capabilities:
        return self._server.settings.capabilities

    def load(self) -> None:
        return  # the server holds the weights

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        """Raises one of the `ModelError`s, each of which says whether another model may help."""
        settings = self._server.settings
        async with self._server.asked(self.path, given(self._body(request))) as response:
            yield Attempt(self.name, f"{settings.model} at {settings.base_url}")
            async with aclosing(self._answer(response, request.prefill)) as answer:
                async for chunk in answer:
                    yield chunk

    @abstractmethod
    def _body(self, request: ChatRequest) -> dict[str, Any]:
        """What the server is sent; what is None is left to it."""

    @abstractmethod
    def _read(self, event: bytes) -> Said:
        """What one event says. Raises ValidationError when it is none of this server's."""

    def _events(self, response: httpx.Response, clean: Clean) -> AsyncGenerator[bytes, None]:
        """The events of an answer, as the server frames them."""
        return sse(response, self._server.settings.timeout_seconds, clean)

    async def _answer(self, response: httpx.Response, prefill: str) -> AsyncGenerator[Chunk, None]:
        """The text as it comes, then one `End` with the usage the server told."""
        tally, seam = _Tally(), Seam(prefill)
        async with aclosing(self._events(response, self._server.cleaner())) as events:
            async for event in events:
                said = self._understood(event, response)
                tally.add(said)
                if text := seam.join(said.text):
                    yield Text(text)
                if said.last:
                    await drain(events)
                    break
        yield self._end(tally, bool(prefill), str(response.url))

    def _understood(self, event: bytes, response: httpx.Response) -> Said:
        if event == DONE:
            return Said(last=True)
        try:
            said = self._read(event)
        except ValidationError:
            what = f"An event is not what this server sends: {shown(event)}"
            raise IncompleteAnswer(what, where=str(response.url)) from None
        if said.error:
            raise reported(said.error, shown(event, 200), str(response.url))
        return said

    def _end(self, tally: _Tally, continued: bool, url: str) -> End:
        if not tally.finish:
            raise IncompleteAnswer("The answer ended without saying that it is complete", where=url)
        ending = self.endings.get(tally.finish)
        if ending == "content_filter":
            raise ContentFiltered("The server's content filter ended the answer", where=url)
        if ending is None:
            raise IncompleteAnswer(f"The server broke off: {tally.finish!r}", where=url)
        if not (tally.spoke or continued):
            raise IncompleteAnswer("The answer was empty", where=url)
        prompt, completion = tally.prompt_tokens, tally.completion_tokens
        return End(self.name, ending, Usage(prompt, completion, self._cost(prompt, completion)))

    def _cost(self, prompt: int | None, completion: int | None) -> float | None:
        """US dollars: 0 for a server on this machine, None where price or count is unknown."""
        if self._server.settings.is_local:
            return 0.0
        price = self._server.settings.price
        if price is None or prompt is None or completion is None:
            return None
        return price.of(prompt, completion)


@dataclass(slots=True)
class _Tally:
    """What an answer has told so far."""

    spoke: bool = False
    finish: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None

    def add(self, said: Said) -> None:
        self.spoke = self.spoke or bool(said.text.strip())
        self.finish = said.finish or self.finish
        if said.prompt_tokens is not None:
            self.prompt_tokens = said.prompt_tokens
        if said.completion_tokens is not None:
            self.completion_tokens = said.completion_tokens
