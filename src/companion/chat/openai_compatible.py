"""Any server that speaks OpenAI's chat completions: LocalAI, llama.cpp, vLLM, DeepSeek, OpenAI…

The request and the server-sent events are those of OpenAI's API reference ("Create chat
completion", `stream: true`), with the few words in which servers differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel

from companion.chat.prefill import Seam
from companion.chat.served import Ending, Said, ServedModel
from companion.config import OpenAIModel
from companion.types import ChatRequest

PREFILL: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "last_message": ({}, {}),
    "continue_final_message": (
        {},
        {"continue_final_message": True, "add_generation_prompt": False},
    ),
    "prefix": ({"prefix": True}, {}),
}
"""What each style adds to the last message, and to the request: llama.cpp; vLLM; DeepSeek."""


class OpenAICompatible(ServedModel):
    """A `ChatModel` in front of one model on one server."""

    path = "/chat/completions"
    endings: ClassVar[Mapping[str, Ending]] = {
        "stop": "stop",
        "eos_token": "stop",  # Text Generation Inference
        "stop_sequence": "stop",
        "tool_calls": "stop",
        "function_call": "stop",
        "length": "length",
        "content_filter": "content_filter",
    }

    def __init__(self, name: str, settings: OpenAIModel) -> None:
        super().__init__(name, settings)
        self._settings = settings

    def _body(self, request: ChatRequest) -> dict[str, Any]:
        messages = [{"role": m.role, "content": m.content} for m in request.messages]
        body: dict[str, Any] = {
            "model": self._settings.model,
            "messages": messages,
            self._settings.max_tokens_key: request.max_tokens,
            "temperature": request.temperature,
            "top_p": request.top_p,
            "seed": request.seed,
            "stream": True,
            "stream_options": {"include_usage": True} if self._settings.stream_options else None,
        }
        if request.prefill and self.capabilities.prefill:
            in_message, in_body = PREFILL[self._settings.prefill_style]
            said = {"role": "assistant", "content": Seam(request.prefill).sent}
            messages.append(said | in_message)
            body |= in_body
        return body

    def _read(self, event: bytes) -> Said:
        heard = _Event.model_validate_json(event)
        said = Said(error=heard.error)
        for choice in heard.choices:
            said.text += choice.delta.content or ""
            said.finish = choice.finish_reason or said.finish
        if heard.usage:
            said.prompt_tokens = heard.usage.prompt_tokens
            said.completion_tokens = heard.usage.completion_tokens
        return said


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
