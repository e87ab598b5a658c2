"""The one protocol that carries the mind, and what every model behind it promises."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from companion.types import Capabilities, ChatRequest, Chunk, Language

SMALL_CONTEXT = 2048
"""Tokens; a model that reads fewer gets the brief system prompt."""


def reads_briefly(context: int | None) -> bool:
    """Whether a model that reads `context` tokens gets the brief system prompt.

    So does one of which nobody said how much it reads: what is too long for it would not be
    answered at all.
    """
    return context is None or context < SMALL_CONTEXT


class ChatModel(Protocol):
    """Anything that answers: a local model, a server, a script, or a router over several.

    A stream begins with an `Attempt`, goes on with `Text`, and ends with `End`; a stream without
    its `End` is not an answer. A model that cannot answer raises `ModelError`, before or in the
    middle of its text, and never says an error as text. Closing the stream stops the work.
    """

    @property
    def name(self) -> str:
        """The name in `configs/models.yaml`."""
        ...

    @property
    def languages(self) -> frozenset[Language]:
        """The languages it can hold a conversation in."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do, known without asking it."""
        ...

    def load(self) -> None:
        """Load what the first answer would wait for: weights, if it has any. May take seconds.

        Raises ModelError when they cannot be loaded.
        """
        ...

    def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        """Answer the request, piece by piece."""
        ...
