"""The root of the tree of settings."""

from __future__ import annotations

from pydantic import Field

from companion.sections.agents import AUTO, PERSONA, Agent
from companion.sections.base import Section
from companion.sections.hearing import Hearing
from companion.sections.memory import Remembering
from companion.sections.models import ModelSettings
from companion.sections.parts import (
    Chat,
    Embeddings,
    Hardware,
    Routing,
    Server,
    Tracking,
)
from companion.sections.persona import Persona
from companion.sections.safety import Safety
from companion.sections.speaking import Speaking
from companion.sections.tuning import Tuning
from companion.types import Language


class Settings(Section):
    """The whole tree.

    `agent` is whose models are asked; None asks those of `chat`, "auto" the agent whose work the
    message is, and "persona" the one that the persona names.
    """

    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    language: Language
    persona: Persona
    chat: Chat
    models: dict[str, ModelSettings]
    agents: dict[str, Agent]
    agent: str | None = None
    embeddings: Embeddings
    routing: Routing = Field(default_factory=Routing)
    hardware: Hardware = Field(default_factory=Hardware)
    memory: Remembering = Field(default_factory=Remembering)
    safety: Safety = Field(default_factory=Safety)
    speaking: Speaking = Field(default_factory=Speaking)
    hearing: Hearing = Field(default_factory=Hearing)
    tuning: Tuning = Field(default_factory=Tuning)
    server: Server
    tracking: Tracking
    profile: str | None = None

    def asked(self) -> list[str]:
        """The names of all models that may be asked for an answer."""
        named = [name for agent in self._chosen() for name in agent.named().values()]
        return list(dict.fromkeys([*named, *self.chat.models]))

    @property
    def whose(self) -> str | None:
        """Whose models are asked: `agent`, with the persona's own in the place of "persona"."""
        return self.persona.agent if self.agent == PERSONA else self.agent

    @property
    def private(self) -> bool:
        """Whether something that is said may have to stay on this machine."""
        others = self.agents.values() if self.agent == PERSONA else self._chosen()
        return "local_only" in [self.routing.privacy, *(agent.privacy for agent in others)]

    def _chosen(self) -> list[Agent]:
        """The agents that may be asked."""
        if self.agent == AUTO:
            return list(self.agents.values())
        whose = self.whose
        return [self.agents[whose]] if whose in self.agents else []
