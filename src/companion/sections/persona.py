"""The section on who the companion is."""

from __future__ import annotations

from typing import Any

from pydantic import Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from companion.sections.base import Section
from companion.types import Language


class Persona(Section):
    """Who the companion is; `about` is the system prompt in each language.

    In a file it is the name of a card in `configs/personas`, or a card's file; what else is written
    here is laid over that card. `voices` and `greetings` are by language, `seed` draws the
    portrait, and `agent` is the one of `configs/agents.yaml` whose models suit it.
    """

    card: str | None = None
    name: str = Field(min_length=1)
    about: dict[Language, str]
    voices: dict[Language, str] = Field(default_factory=dict)
    greetings: dict[Language, str] = Field(default_factory=dict)
    seed: int | None = None
    agent: str | None = None

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """A file may name a card instead, which is read before this class sees it."""
        return {"anyOf": [{"type": "string", "minLength": 1}, handler(core_schema)]}
