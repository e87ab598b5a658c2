"""One answer as OpenAI's API reference writes it: "The chat completion object", and its chunks."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from companion.types import End, Usage

DONE = b"data: [DONE]\n\n"


class Written:
    """What is the same in all objects of one answer. `model` is the one that really answers."""

    def __init__(self, include_usage: bool = False) -> None:
        self.model = ""
        self._id, self._created = f"chatcmpl-{secrets.token_hex(12)}", int(time.time())
        self._usage = {"usage": None} if include_usage else {}

    def whole(self, text: str, end: End) -> dict[str, Any]:
        """The answer in one piece."""
        choice = {"message": {"role": "assistant", "content": text, "refusal": None}}
        used = counted(end.usage)
        return {
            **self._object("chat.completion", [self._choice(choice, end.finish_reason)]),
            **({"usage": used} if used else {}),
        }

    def piece(self, delta: dict[str, str], finish: str | None = None) -> bytes:
        """One event: who speaks, more text, or how the answer ended."""
        choices = [self._choice({"delta": delta}, finish)]
        return event(self._object("chat.completion.chunk", choices) | self._usage)

    def usage(self, end: End) -> bytes:
        """The event with the usage, which has no choices. Nothing where it was not asked for, or
        where it is not known: then a number would be a guess."""
        used = counted(end.usage)
        if not (self._usage and used):
            return b""
        return event(self._object("chat.completion.chunk", []) | {"usage": used})

    def _object(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        head = {"id": self._id, "object": kind, "created": self._created, "model": self.model}
        return head | {"choices": choices}

    @staticmethod
    def _choice(content: dict[str, Any], finish: str | None) -> dict[str, Any]:
        return {"index": 0, **content, "logprobs": None, "finish_reason": finish}


def event(document: dict[str, Any]) -> bytes:
    """One server-sent event."""
    return f"data: {json.dumps(document, ensure_ascii=False)}\n\n".encode()


def counted(usage: Usage) -> dict[str, int] | None:
    """The tokens, None where they are not told."""
    asked, said = usage.prompt_tokens, usage.completion_tokens
    if asked is None or said is None:
        return None
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
