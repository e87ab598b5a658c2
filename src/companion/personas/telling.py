"""What a model is told before the conversation: who it is, and what is known of the user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from companion.memory import Fact, recalled
from companion.personas.prompt import budget, prompt_for
from companion.safety import neutral
from companion.sections import Persona
from companion.types import Language


@dataclass(frozen=True, slots=True)
class Told:
    """The system prompt, a `brief` one for small contexts, and what of memory is in the first."""

    prompt: str
    brief: str
    recalled: str


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
    the persona's own words. A model whose context is small was taught to know a name, and takes
    any other fact for one: it is told the name alone. Raises CardError as `prompt_for` does.
    """
    names = [fact for fact in facts if fact.kind == "name"]
    name = neutral(recalled(names, message, language, recall_tokens))
    known = neutral(recalled(facts, message, language, recall_tokens)) if budget(context) else name
    user = names[-1].value if names else ""
    return Told(
        prompt=prompt_for(_knowing(persona, language, known), language, user, context),
        brief=_knowing(persona, language, name).about[language],
        recalled=known,
    )


def _knowing(persona: Persona, language: Language, known: str) -> Persona:
    """The persona that knows this of the user: exactly these words behind its own."""
    about = f"{persona.about[language]} {known}".rstrip()
    return persona.model_copy(update={"about": {**persona.about, language: about}})
