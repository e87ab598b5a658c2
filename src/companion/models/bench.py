"""How soon and how fast one model answers here: the same few questions, one after another."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from companion.config import Settings
from companion.errors import IncompleteAnswer
from companion.pipeline import Companion
from companion.types import Language, TurnDone

QUESTIONS: dict[Language, tuple[str, ...]] = {
    "en": (
        "Hello, how are you?",
        "What do you like to do on a rainy Sunday?",
        "Tell me a short story about a lighthouse.",
    ),
    "fr": (
        "Bonjour, comment vas-tu ?",
        "Qu'aimes-tu faire un dimanche de pluie ?",
        "Raconte-moi une petite histoire de phare.",
    ),
}


@dataclass(frozen=True, slots=True)
class Timed:
    """One answer; `question` "" is the first one, before which a server may load its weights."""

    question: str
    done: TurnDone


async def bench(settings: Settings) -> AsyncGenerator[Timed, None]:
    """Ask the models of `chat.models` the questions of the settings' language; one to warm up.

    Raises ModelError when a question is not answered.
    """
    companion, questions = Companion(settings), QUESTIONS[settings.language]
    companion.warm_up()
    yield Timed("", await answered(companion, questions[0]))
    for question in questions:
        yield Timed(question, await answered(companion, question))


async def answered(companion: Companion, question: str) -> TurnDone:
    """The end of one turn. Raises ModelError when the question is not answered."""
    async with aclosing(companion.turn(question)) as events:
        async for event in events:
            if isinstance(event, TurnDone):
                return event
    raise IncompleteAnswer("The answer broke off without its end", where=companion.model.name)
