"""Fetching a model that Ollama serves, or saying how another one comes onto its server."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from companion.chat import ollama_admin
from companion.chat.ollama_admin import Progress
from companion.config import (
    HttpModel,
    ModelSettings,
    OllamaModel,
    OpenAIModel,
    Settings,
    TransformersModel,
)
from companion.errors import ConfigError, ModelError, ModelUnavailable
from companion.models.listing import SECONDS


async def fetch(name: str, settings: Settings) -> AsyncGenerator[Progress, None]:
    """Let Ollama fetch the model of that name, and tell how far it is.

    Raises ModelUnavailable, which says what to do, for a model that is fetched in another way, and
    what `ollama_admin.pull` raises; ConfigError when there is no such model.
    """
    model = settings.models.get(name)
    if model is None:
        have = ", ".join(settings.models)
        raise ConfigError(f"There is no model named {name!r}", repair=f"Use one of: {have}.")
    ollama = model if isinstance(model, OllamaModel) else await _ollama_behind(model)
    if ollama is None:
        raise _otherwise(name, model)
    async with aclosing(ollama_admin.pull(ollama)) as progress:
        async for step in progress:
            yield step


async def _ollama_behind(model: ModelSettings) -> OllamaModel | None:
    """The Ollama that speaks OpenAI's words at this address, if it is one that answers."""
    if not (isinstance(model, OpenAIModel) and model.is_local):
        return None
    ollama = OllamaModel(
        kind="ollama",
        base_url=model.base_url.rstrip("/").removesuffix("/v1"),
        model=model.model,
        key_env=model.key_env,
        languages=model.languages,
    )
    try:
        await ollama_admin.installed(ollama.model_copy(update={"timeout_seconds": SECONDS}))
    except ModelError:
        return None
    return ollama


def _otherwise(name: str, model: ModelSettings) -> ModelUnavailable:
    """How this model is come by."""
    if isinstance(model, HttpModel) and model.is_local:
        return ModelUnavailable(
            "No Ollama answers there",
            where=model.base_url,
            repair=f"Start Ollama and ask again. Another server is given {model.model} in its own "
            "way, when it is started.",
        )
    if isinstance(model, HttpModel):
        key = f" Set {model.key_env} to use it." if model.key_env else ""
        where = model.base_url
        return ModelUnavailable("It is served elsewhere", where=where, repair=key.strip())
    if isinstance(model, TransformersModel) and not model.path.startswith("package:"):
        return ModelUnavailable(
            "It is a folder, which is not fetched",
            where=f"{model.path}, models.{name}.path",
            repair="Put config.json, the tokenizer and *.safetensors of a model there.",
        )
    return ModelUnavailable("It comes with this package: there is nothing to fetch", where=name)
