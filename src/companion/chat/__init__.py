"""Models that answer: each is a `ChatModel`, built by its name in `configs/models.yaml`."""

from __future__ import annotations

from typing import assert_never

from companion.chat.base import SMALL_CONTEXT, ChatModel, reads_briefly
from companion.config import (
    AnthropicModel,
    Hardware,
    OllamaModel,
    OpenAIModel,
    ScriptedModel,
    Settings,
    TransformersModel,
)
from companion.errors import ConfigError

__all__ = ["SMALL_CONTEXT", "ChatModel", "build", "reads_briefly"]


def build(name: str, settings: Settings) -> ChatModel:
    """The model of that name. Cheap: weights and connections are opened by its first answer."""
    model = settings.models.get(name)
    match model:
        case TransformersModel():
            from companion.chat.local import LocalModel

            return LocalModel(name, model, settings.hardware)
        case OpenAIModel():
            from companion.chat.openai_compatible import OpenAICompatible

            return OpenAICompatible(name, model)
        case OllamaModel():
            from companion.chat.ollama import Ollama

            return Ollama(name, _on(model, settings.hardware))
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


ALL_LAYERS = 999
"""No model has as many. Ollama's own -1 means "as many as it thinks fit"."""


def _on(model: OllamaModel, hardware: Hardware) -> OllamaModel:
    """The model on this machine's GPU, as far as its own section leaves that open."""
    if not model.is_local:
        return model
    layers = ALL_LAYERS if hardware.gpu_layers == "all" else hardware.gpu_layers
    wanted = {"num_gpu": layers, "main_gpu": hardware.gpu}
    still_open = {key: value for key, value in wanted.items() if getattr(model, key) is None}
    return model.model_copy(update=still_open)
