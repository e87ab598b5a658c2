"""What a model is told before the conversation: who it is, and what is known of the user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from companion.chat import reads_briefly
from companion.personas.prompt import prompt_for
from companion.safety import neutral
from companion.sections import Persona
from companion.types import Language

if TYPE_CHECKING:
    from companion.memory import Fact


@dataclass(frozen=True, slots=True)
class Told:
    """The system prompt, a `brief` one for small contexts, and what of memory is in each."""

    prompt: str
    brief: str
    recalled: str
    recalled_briefly: str


def told(
    persona: Persona,
    facts: Sequence[Fact],
    message: str,
    language: Language,
    context: int | None,
    recall_tokens: int,
) -> Told:
    """The prompts for `message`, for a model that reads `context` tokens, None if nobody told.

    `facts` are those that stand; what is recalled of them, within `recall_tokens`, stands behind
    the persona's own words. A model that `reads_briefly` is told the name alone: a small one was
    taught to know a name, and takes any other fact for one. Raises CardError as `prompt_for` does.
    """
    from companion.memory import recalled

    names = [fact for fact in facts if fact.kind == "name"]
    name = neutral(recalled(names, message, language, recall_tokens))
    known = name
    if not reads_briefly(context):
        known = neutral(recalled(facts, message, language, recall_tokens))
    user = names[-1].value if names else ""
    return Told(
        prompt=prompt_for(_knowing(persona, language, known), language, user, context),
        brief=_knowing(persona, language, name).about[language],
        recalled=known,
        recalled_briefly=name,
    )


def _knowing(persona: Persona, language: Language, known: str) -> Persona:
    """The persona that knows this of the user: exactly these words behind its own."""
    about = f"{persona.about[language]} {known}".rstrip()
    return persona.model_copy(update={"about": {**persona.about, language: about}})
