"""Any server that speaks OpenAI's chat completions: Ollama, LocalAI, llama.cpp, vLLM, OpenAI…

The request and the server-sent events are those of OpenAI's API reference ("Create chat
completion", `stream: true`). An answer counts only when the server said how it ended.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Any

import httpx
from pydantic import BaseModel, ValidationError

from companion.config import OpenAIModel
from companion.errors import IncompleteAnswer, ModelError, ModelUnavailable
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


class OpenAICompatible:
    """A `ChatModel` in front of one model on one server."""

    def __init__(self, name: str, settings: OpenAIModel) -> None:
        self.name = name
        self._settings = settings

    @property
    def languages(self) -> frozenset[Language]:
        return self._settings.languages

    @property
    def capabilities(self) -> Capabilities:
        return self._settings.capabilities

    def load(self) -> None:
        """Nothing: the server holds the weights."""

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        """Raises ModelUnavailable when the server does not take the request, IncompleteAnswer
        when its answer breaks off or makes no sense."""
        url = self._settings.base_url.rstrip("/") + "/chat/completions"
        try:
            async with (
                httpx.AsyncClient(timeout=self._settings.timeout_seconds) as client,
                client.stream(
                    "POST", url, json=self._body(request), headers=self._headers()
                ) as response,
            ):
                if response.status_code != 200:
                    said = (await response.aread()).decode("utf-8", "replace")
                    raise _refused(response.status_code, self._without_key(said), url)
                yield Attempt(self.name, f"{self._settings.model} at {self._settings.base_url}")
                async for chunk in self._chunks(response):
                    yield chunk
        except httpx.TimeoutException:
            seconds = self._settings.timeout_seconds
            raise ModelUnavailable(f"No answer within {seconds:g} s", where=url) from None
        except httpx.HTTPError as error:
            what = f"The server cannot be reached: {error or type(error).__name__}"
            raise ModelUnavailable(what, where=url, repair="Is it running?") from None

    def _body(self, request: ChatRequest) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._settings.model,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "top_p": request.top_p,
            "seed": request.seed,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        return {name: value for name, value in body.items() if value is not None}

    def _headers(self) -> dict[str, str]:
        key = self._settings.key()
        if key is None and self._settings.key_env:
            raise ModelUnavailable(
                f"The environment variable {self._settings.key_env} is not set",
                where=self._settings.base_url,
                repair="Set it to your key for this server.",
            )
        if key is None:
            return {}
        value = key.get_secret_value()
        if not (value.isascii() and value.isprintable()):
            raise ModelUnavailable(
                f"The key in {self._settings.key_env} has characters that no key has",
                where=self._settings.base_url,
                repair="Copy it again.",
            )
        return {"Authorization": f"Bearer {value}"}

    def _without_key(self, words: str) -> str:
        """What the server said, less our key, should it repeat that."""
        key = self._settings.key()
        return words.replace(key.get_secret_value(), "[key]") if key else words

    async def _chunks(self, response: httpx.Response) -> AsyncGenerator[Chunk, None]:
        """The text as it comes, then one `End` with the usage the server told."""
        finish: FinishReason | None = None
        usage = _Usage()
        async for event in _events(response, self._without_key):
            usage = event.usage or usage
            for choice in event.choices:
                if choice.delta.content:
                    yield Text(choice.delta.content)
                if choice.finish_reason:
                    finish = "length" if choice.finish_reason == "length" else "stop"
        if finish is None:
            raise IncompleteAnswer("The answer ended without a finish_reason", where=self.name)
        prompt, completion = usage.prompt_tokens, usage.completion_tokens
        yield End(self.name, finish, Usage(prompt, completion, self._cost(prompt, completion)))

    def _cost(self, prompt: int | None, completion: int | None) -> float | None:
        """US dollars: 0 for a server on this machine, None where price or count is unknown."""
        if self._settings.is_local:
            return 0.0
        price = self._settings.price
        if price is None or prompt is None or completion is None:
            return None
        return (prompt * price.input + completion * price.output) / 1e6


class _Delta(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    delta: _Delta = _Delta()
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Event(BaseModel):
    """What we read of one event of the stream; whatever else a server adds is ignored."""

    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: Any = None


async def _events(
    response: httpx.Response, cleaned: Callable[[str], str]
) -> AsyncGenerator[_Event, None]:
    """The data of a stream of server-sent events, up to its `[DONE]`."""
    async for raw in response.aiter_lines():
        line = cleaned(raw)
        if not line.strip() or line.startswith((":", "event:", "id:", "retry:")):
            continue
        if not line.startswith("data:"):
            raise IncompleteAnswer(
                f"The server answered something that is not an event stream: {line[:80]!r}",
                where=str(response.url),
                repair="Does base_url end in /v1, and is it the right server?",
            )
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            return
        yield _read(data, str(response.url))


def _read(data: str, url: str) -> _Event:
    try:
        event = _Event.model_validate_json(data)
    except ValidationError:
        what = f"An event is not a chat completion: {data[:80]!r}"
        raise IncompleteAnswer(what, where=url) from None
    if event.error:
        raise IncompleteAnswer(f"The server reports an error: {data[:200]}", where=url)
    return event


def _refused(status: int, said: str, url: str) -> ModelError:
    """Why the server said no, in its own words where they are short."""
    words = said.strip()[:200]
    repairs = {
        401: "Check the key.",
        403: "Check the key and its rights.",
        404: "Check base_url and the model's name.",
        429: "Wait, or use another model.",
    }
    what = f"The server answered {status}: {words or 'nothing'}"
    return ModelUnavailable(what, where=url, repair=repairs.get(status, ""))
