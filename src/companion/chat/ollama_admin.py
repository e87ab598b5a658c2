"""What an Ollama server holds: list its models, fetch one with progress, see and free its memory.

Nothing is fetched unless `pull` is called. Source: Ollama's docs/api.md.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from companion.chat.server import Server
from companion.chat.wire import Clean, ndjson, shown
from companion.config import OllamaModel
from companion.errors import IncompleteAnswer, ModelUnavailable

Answer = TypeVar("Answer", bound=BaseModel)


class Details(BaseModel):
    """What a model is made of, in Ollama's words: "llama", "8.0B", "Q4_K_M"."""

    family: str = ""
    parameter_size: str = ""
    quantization_level: str = ""


class Installed(BaseModel):
    """A model on the server's disk; `size` in bytes."""

    name: str
    size: int = 0
    details: Details = Details()


class Loaded(Installed):
    """A model in the server's memory; `size_vram` are the bytes of it that are on a GPU."""

    size_vram: int = 0
    context_length: int | None = None
    expires_at: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a download is: what is being done, and bytes where they are known."""

    status: str
    completed: int | None = None
    total: int | None = None


async def installed(settings: OllamaModel) -> list[Installed]:
    """The models on the server's disk. Raises ModelError when the server cannot be asked."""
    return (await _get(settings, "/api/tags", _Tags)).models


async def loaded(settings: OllamaModel) -> list[Loaded]:
    """The models in the server's memory. Raises ModelError when the server cannot be asked."""
    return (await _get(settings, "/api/ps", _Running)).models


async def pull(settings: OllamaModel) -> AsyncGenerator[Progress, None]:
    """Let the server download the model, which may take gigabytes, and tell how far it is.

    Leaving stops the download; Ollama keeps what it has and goes on from there next time. Raises
    ModelUnavailable when the server reports an error, IncompleteAnswer when it never says success.
    """
    status, body = "", {"model": settings.model, "stream": True}
    async with (
        _asked(settings, "/api/pull", body) as (response, clean),
        aclosing(ndjson(response, settings.timeout_seconds, clean)) as lines,
    ):
        async for line in lines:
            event = _parsed(_Status, line, response)
            if event.error:
                raise ModelUnavailable(
                    f"The server reports an error: {shown(line, 200)}",
                    where=f"{settings.model} at {settings.base_url}",
                    repair="Check the model's name.",
                )
            status = event.status
            yield Progress(status, event.completed, event.total)
    if status != "success":
        raise IncompleteAnswer("The download broke off", where=settings.model)


async def unload(settings: OllamaModel) -> None:
    """Free the memory that the model takes. Raises ModelError when the server cannot be asked."""
    body = {"model": settings.model, "keep_alive": 0, "stream": False}
    async with _asked(settings, "/api/generate", body) as (response, _):
        await response.aread()


class _Tags(BaseModel):
    models: list[Installed]


class _Running(BaseModel):
    models: list[Loaded]


class _Status(BaseModel):
    status: str = ""
    completed: int | None = None
    total: int | None = None
    error: Any = None


@asynccontextmanager
async def _asked(
    settings: OllamaModel, path: str, body: Mapping[str, Any] | None = None
) -> AsyncGenerator[tuple[httpx.Response, Clean], None]:
    """One response over connections of its own."""
    server = Server(settings)
    try:
        async with server.asked(path, body) as response:
            yield response, server.cleaner()
    finally:
        await server.close()


async def _get(settings: OllamaModel, path: str, kind: type[Answer]) -> Answer:
    async with _asked(settings, path) as (response, _):
        return _parsed(kind, await response.aread(), response)


def _parsed(kind: type[Answer], said: bytes, response: httpx.Response) -> Answer:
    try:
        return kind.model_validate_json(said)
    except ValidationError:
        what = f"The answer is not what Ollama sends: {shown(said)}"
        raise IncompleteAnswer(what, where=str(response.url)) from None
