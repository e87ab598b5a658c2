"""The endpoint for programs: `/chat`, spoken to with `gradio_client`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import gradio as gr
from gradio.events import api
from pydantic import BaseModel, ValidationError

from companion.app.conversation import Turn
from companion.app.growing import answer, painted
from companion.pipeline import Companion
from companion.types import Language, Message


class Asked(BaseModel):
    """What a program may send; anything else is refused with a sentence."""

    message: str
    history: tuple[Message, ...] = ()
    language: Language


def chat_endpoint(companion: Companion) -> None:
    """Add `/chat` to the page that is being built."""

    async def chat(
        message: str, history: list[dict[str, str]] | None = None, language: str | None = None
    ) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
        """Answer a message: streams (text so far, truth), the last time with the truth complete.

        `history` is what was said before, [{"role": "user" | "assistant", "content": "…"}, …];
        `language` is "en" or "fr", without it the settings' own. The truth has model, reason,
        finish_reason, prompt_tokens, completion_tokens, cost (US dollars), first_token_seconds,
        total_seconds, tokens_per_second and degraded, a list of {"what", "why"}; what is not known
        is null. A message that cannot be answered is an error that says what to do.
        """
        asked = _asked(message, history, language or companion.settings.language)
        turn = Turn(user=asked.message)
        growing = answer(companion, turn, asked.history, asked.language)
        async with aclosing(painted(growing)) as paints:
            async for _ in paints:
                if turn.trouble:
                    raise gr.Error(turn.trouble, print_exception=False)
                yield turn.reply, turn.truth.model_dump()

    api(chat, api_name="chat", concurrency_limit=None)


def _asked(message: str, history: list[dict[str, str]] | None, language: str) -> Asked:
    try:
        return Asked.model_validate(
            {"message": message, "history": history or (), "language": language}
        )
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in problem["loc"])
        what = f"{place}: {problem['msg']}, found {problem['input']!r}"
        raise gr.Error(what, print_exception=False) from None
