"""Models that answer: each is a `ChatModel`, built by its name in `configs/models.yaml`."""

from __future__ import annotations

from typing import assert_never

from companion.chat.base import ChatModel
from companion.config import (
    AnthropicModel,
    OllamaModel,
    OpenAIModel,
    ScriptedModel,
    Settings,
    TransformersModel,
)
from companion.errors import ConfigError

__all__ = ["ChatModel", "build"]


def build(name: str, settings: Settings) -> ChatModel:
    """The model of that name. Cheap: weights and connections are opened by its first answer."""
    model = settings.models.get(name)
    match model:
        case TransformersModel():
            from companion.chat.local import LocalModel

            return LocalModel(name, model)
        case OpenAIModel():
            from companion.chat.openai_compatible import OpenAICompatible

            return OpenAICompatible(name, model)
        case OllamaModel():
            from companion.chat.ollama import Ollama

            return Ollama(name, model)
        case AnthropicModel():
            from companion.chat.anthropic import Anthropic

            return Anthropic(name, model)
        case ScriptedModel():
            from companion.chat.scripted import Scripted

            return Scripted(name, settings.persona.name)
        case None:
            have = ", ".join(settings.models)
            raise ConfigError(f"There is no model named {name!r}", repair=f"Use one of: {have}.")
    assert_never(model)
