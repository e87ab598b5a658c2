"""The section on what the companion remembers."""

from __future__ import annotations

from pydantic import Field

from companion.sections.base import Section


class Remembering(Section):
    """Where conversations and facts are kept, and how much of them a model is told.

    `path` None is the project's own `mlruns/memory.db`; a relative one begins at the
    project. Without `keep`, nothing is written, and a conversation ends with its page. Without
    `learn`, no facts are drawn from what is said. `recall_tokens` bounds what is recalled into the
    prompt.
    """

    keep: bool = True
    path: str | None = None
    learn: bool = True
    recall_tokens: int = Field(default=120, ge=0, le=8_192)
