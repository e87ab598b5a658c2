"""Ollama's own API: /api/chat, one JSON text a line, ended by `"done": true`.

It takes what its OpenAI-compatible side cannot be told: the length of the context, which layers go
to which GPU, and how long the model stays in memory. Source: Ollama's docs/api.md and
docs/openapi.yaml.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any, ClassVar

import httpx
from pydantic import BaseModel

from companion.chat.prefill import Seam
from companion.chat.served import Ending, Said, ServedModel, given
from companion.chat.wire import Clean, ndjson
from companion.config import OllamaModel
from companion.types import ChatRequest


class Ollama(ServedModel):
    """A `ChatModel` in front of one model of an Ollama server."""

    path = "/api/chat"
    endings: ClassVar[Mapping[str, Ending]] = {"stop": "stop", "length": "length"}

    def __init__(self, name: str, settings: OllamaModel) -> None:
        super().__init__(name, settings)
        self._settings = settings

    def _body(self, request: ChatRequest) -> dict[str, Any]:
        messages = [{"role": m.role, "content": m.content} for m in request.messages]
        if request.prefill and self.capabilities.prefill:
            messages.append({"role": "assistant", "content": Seam(request.prefill).sent})
        return {
            "model": self._settings.model,
            "messages": messages,
            "stream": True,
            "options": self._options(request),
            "keep_alive": self._settings.keep_alive,
            "think": self._settings.think,
        }

    def _options(self, request: ChatRequest) -> dict[str, Any]:
        options = {
            "num_predict": request.max_tokens,
            "temperature": request.temperature,
            "top_p": request.top_p,
            "seed": request.seed,
            "num_ctx": self._settings.context,
            "num_gpu": self._settings.num_gpu,
            "main_gpu": self._settings.main_gpu,
        }
        return given(options)

    def _events(self, response: httpx.Response, clean: Clean) -> AsyncGenerator[bytes, None]:
        return ndjson(response, self._settings.timeout_seconds, clean)

    def _read(self, event: bytes) -> Said:
        heard = _Line.model_validate_json(event)
        return Said(
            text=heard.message.content,
            finish=(heard.done_reason or "stop") if heard.done else None,
            prompt_tokens=heard.prompt_eval_count,
            completion_tokens=heard.eval_count,
            error=heard.error,
            last=heard.done,
        )


class _Message(BaseModel):
    content: str = ""


class _Line(BaseModel):
    """What we read of one line; the counts stand in the last one."""

    message: _Message = _Message()
    done: bool = False
    done_reason: str | None = None
    prompt_eval_count: int | None = None
    eval_count: int | None = None
    error: Any = None
