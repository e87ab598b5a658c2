"""Anthropic's Messages API: typed server-sent events, the system prompt beside the messages.

Source: the API reference, "Create a Message" and "Streaming Messages". There is no seed, and a
temperature goes up to 1; current models take a temperature or a top_p, not both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel

from companion.chat.prefill import Seam
from companion.chat.served import Ending, Said, ServedModel
from companion.config import AnthropicModel
from companion.types import ChatRequest


class Anthropic(ServedModel):
    """A `ChatModel` in front of one of Anthropic's models."""

    path = "/v1/messages"
    endings: ClassVar[Mapping[str, Ending]] = {
        "end_turn": "stop",
        "stop_sequence": "stop",
        "tool_use": "stop",
        "max_tokens": "length",
        "model_context_window_exceeded": "length",
        "refusal": "content_filter",
    }

    def __init__(self, name: str, settings: AnthropicModel) -> None:
        super().__init__(name, settings)
        self._settings = settings

    def _body(self, request: ChatRequest) -> dict[str, Any]:
        system = "\n\n".join(m.content for m in request.messages if m.role == "system")
        messages = [
            {"role": m.role, "content": m.content} for m in request.messages if m.role != "system"
        ]
        if request.prefill and self.capabilities.prefill:
            messages.append({"role": "assistant", "content": Seam(request.prefill).sent})
        warmth = request.temperature
        return {
            "model": self._settings.model,
            "messages": messages,
            "max_tokens": request.max_tokens,
            "system": system or None,
            "temperature": None if warmth is None else min(warmth, 1.0),
            "top_p": request.top_p if warmth is None else None,
            "stream": True,
        }

    def _read(self, event: bytes) -> Said:
        heard = _Event.model_validate_json(event)
        usage = heard.message.usage if heard.message else heard.usage
        return Said(
            text=heard.delta.text,
            finish=heard.delta.stop_reason,
            prompt_tokens=usage.read(),
            completion_tokens=usage.output_tokens,
            error=heard.error,
            last=heard.type == "message_stop",
        )


class _Delta(BaseModel):
    text: str = ""
    stop_reason: str | None = None


class _Usage(BaseModel):
    input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens: int | None = None

    def read(self) -> int | None:
        """All tokens that were read; those from a cache are counted apart by the server."""
        if self.input_tokens is None:
            return None
        cached = (self.cache_creation_input_tokens, self.cache_read_input_tokens)
        return self.input_tokens + sum(count or 0 for count in cached)


class _Message(BaseModel):
    usage: _Usage = _Usage()


class _Event(BaseModel):
    """What we read of one event; `ping` and events of later versions say nothing to us."""

    type: str
    message: _Message | None = None
    delta: _Delta = _Delta()
    usage: _Usage = _Usage()
    error: Any = None
