"""The sections of `configs/models.yaml`: one class for each kind of model."""

from __future__ import annotations

import os
from datetime import date
from typing import Annotated, Literal, TypeAlias, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from companion.types import Capabilities, Language

Feature: TypeAlias = Literal[
    "streaming", "system_prompt", "prefill", "json_schema", "tools", "vision"
]
BASIC: frozenset[Feature] = frozenset({"streaming", "system_prompt"})


class Section(BaseModel):
    """A part of the tree: unknown keys are errors, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(Section):
    """US dollars per million tokens, and the day this price was published."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    date: date


class _Model(Section):
    """What every kind has: languages, and what it can do; `context` is in tokens."""

    languages: frozenset[Language]
    features: frozenset[Feature] = BASIC
    context: int | None = Field(default=None, ge=1)

    @property
    def is_local(self) -> bool:
        """Whether what it is asked stays on this machine."""
        return True

    @property
    def capabilities(self) -> Capabilities:
        """The same, in the words that every room speaks."""
        able = {feature: feature in self.features for feature in get_args(Feature)}
        return Capabilities(**able, context=self.context, local=self.is_local)


class TransformersModel(_Model):
    """A folder of safetensors; `package:` in front means shipped inside this package."""

    kind: Literal["transformers"]
    path: str
    features: frozenset[Feature] = BASIC | {"prefill"}


class ScriptedModel(_Model):
    """Written replies: the last resort."""

    kind: Literal["scripted"]
    features: frozenset[Feature] = frozenset({"streaming"})


class HttpModel(_Model):
    """A model on a server. `timeout_seconds` bounds each silence: before its answer and in it."""

    base_url: str = Field(pattern=r"^https?://")
    model: str
    key_env: str | None = None
    price: Price | None = None
    timeout_seconds: float = Field(default=60, gt=0)

    @property
    def is_local(self) -> bool:
        return urlsplit(self.base_url).hostname in ("127.0.0.1", "localhost", "::1")

    def key(self) -> SecretStr | None:
        """The key from the environment, or None where the server needs none or it is not set."""
        value = os.environ.get(self.key_env, "").strip() if self.key_env else ""
        return SecretStr(value) if value else None


class OpenAIModel(HttpModel):
    """A server that speaks OpenAI's chat completions, local or not."""

    kind: Literal["openai"]


ModelSettings = Annotated[
    TransformersModel | OpenAIModel | ScriptedModel, Field(discriminator="kind")
]
