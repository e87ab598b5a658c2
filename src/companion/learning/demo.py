"""Talking to the served page as a program does, with a clock beside it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from companion.errors import IncompleteAnswer
from companion.types import Language

if TYPE_CHECKING:
    from gradio_client import Client  # type: ignore[import-untyped]

Said = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the reply, what the page says of it, and when its first words were there."""

    reply: str
    truth: dict[str, Any]
    first_words_seconds: float
    total_seconds: float


def ask(
    client: Client, message: str, history: Sequence[Said] = (), language: Language = "en"
) -> Answer:
    """Say `message` after `history` to the page's `/chat`, and follow the answer to its end.

    Raises IncompleteAnswer when there are no words, and gradio's own error when the page refuses.
    """
    begin = time.perf_counter()
    first_words: float | None = None
    step: tuple[str, dict[str, Any]] = ("", {})
    for step in client.submit(message, list(history), language, api_name="/chat"):
        if step[0] and first_words is None:
            first_words = time.perf_counter() - begin
    if first_words is None:
        raise IncompleteAnswer("The page answered without a word", where=client.src)
    return Answer(*step, first_words, time.perf_counter() - begin)


def remember(history: Sequence[Said], message: str, reply: str) -> list[Said]:
    """The history with one more turn, in the form that `/chat` takes."""
    turn = [{"role": "user", "content": message}, {"role": "assistant", "content": reply}]
    return [*history, *turn]
