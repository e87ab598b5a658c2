"""What the YAML files in `configs/` may say: one typed class for each part of the tree."""

from companion.sections.agents import Agent, Privacy, Thresholds
from companion.sections.base import Section
from companion.sections.models import (
    AnthropicModel,
    HttpModel,
    ModelSettings,
    OllamaModel,
    OpenAIModel,
    Price,
    ScriptedModel,
    Task,
    TransformersModel,
)
from companion.sections.parts import (
    Budget,
    Chat,
    Embeddings,
    Hardware,
    Routing,
    Server,
    Tracking,
)
from companion.sections.persona import Persona
from companion.sections.safety import Safety

__all__ = [
    "Agent",
    "AnthropicModel",
    "Budget",
    "Chat",
    "Embeddings",
    "Hardware",
    "HttpModel",
    "ModelSettings",
    "OllamaModel",
    "OpenAIModel",
    "Persona",
    "Price",
    "Privacy",
    "Routing",
    "Safety",
    "ScriptedModel",
    "Section",
    "Server",
    "Task",
    "Thresholds",
    "Tracking",
    "TransformersModel",
]
