"""The sections of `configs/models.yaml`: one class for each kind of model."""

from __future__ import annotations

import os
from datetime import date
from typing import Annotated, ClassVar, Literal, TypeAlias, get_args
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from companion.sections.base import Section
from companion.types import Capabilities, Language

Task: TypeAlias = Literal["general", "code", "reasoning", "chat", "classification"]
"""What an agent is asked for, and what a model is good at."""

Feature: TypeAlias = Literal[
    "streaming", "system_prompt", "prefill", "json_schema", "tools", "vision"
]
BASIC: frozenset[Feature] = frozenset({"streaming", "system_prompt"})
ADDRESS = r"^https?://[^/@?#\s]+(/[^?#\s]*)?$"
"""No name and password in front of the host, and no key behind it: addresses are shown."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Price(Section):
    """US dollars per million tokens, and the day on which `source` gave this price."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    date: date
    source: str = ""

    def of(self, prompt: int, completion: int) -> float:
        """US dollars for so many tokens read and written."""
        return (prompt * self.input + completion * self.output) / 1e6


class _Model(Section):
    """What every kind has: languages, and what it can do; `context` is in tokens.

    `vram_gb` is what its weights take, in memory and about the same to download; the conversation
    takes more. `superseded_by` names the model in this file that does the same work better today.
    """

    languages: frozenset[Language]
    features: frozenset[Feature] = BASIC
    context: int | None = Field(default=None, ge=1)
    vram_gb: float | None = Field(default=None, gt=0)
    speciality: Task | None = None
    superseded_by: str | None = None

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
    """A folder of safetensors; `package:` in front means shipped inside this package.

    `precision` is the number format of its weights; `auto` takes the fastest that fits the machine.
    `context` is how many of its own tokens it may use, None all that fit. `guidance` above 1 leads
    answers away from what it would say had nothing been asked, which keeps small models to the
    topic and takes the place of two conversations (classifier-free guidance, arXiv:2306.17806).
    """

    kind: Literal["transformers"]
    path: str
    precision: Literal["auto", "float32", "bfloat16", "float16", "int8", "nf4"] = "auto"
    guidance: float = Field(default=1.0, ge=1.0, le=4.0)
    features: frozenset[Feature] = BASIC | {"prefill"}


class ScriptedModel(_Model):
    """Written replies: the last resort."""

    kind: Literal["scripted"]
    features: frozenset[Feature] = frozenset({"streaming"})


class HttpModel(_Model):
    """A model on a server. `timeout_seconds` bounds each silence: before its answer and in it.

    `base_url` is what the server's own reference calls it, and `key_env` the environment variable
    that holds the key, None where the server needs none.
    """

    base_url: str = Field(pattern=ADDRESS)
    model: str
    key_env: str | None = None
    price: Price | None = None
    timeout_seconds: float = Field(default=60, gt=0)
    list_path: ClassVar[str] = "/models"
    """Where under `base_url` the server lists its models."""

    @property
    def is_local(self) -> bool:
        return urlsplit(self.base_url).hostname in LOOPBACK

    def url(self, path: str) -> str:
        """The address of one endpoint."""
        return self.base_url.rstrip("/") + path

    def key(self) -> SecretStr | None:
        """The key from the environment, or None where the server needs none or it is not set."""
        value = os.environ.get(self.key_env, "").strip() if self.key_env else ""
        return SecretStr(value) if value else None

    def headers(self) -> dict[str, str]:
        """The headers of every request, with the key where there is one."""
        key = self.key()
        return {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}


class OpenAIModel(HttpModel):
    """A server that speaks OpenAI's chat completions, local or not.

    Servers differ in a few words: how `max_tokens` is called, whether they know `stream_options`
    (with which usage is asked for), and how they are asked to go on behind a beginning.
    """

    kind: Literal["openai"]
    max_tokens_key: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    stream_options: bool = True
    prefill_style: Literal["last_message", "continue_final_message", "prefix"] = "last_message"


class OllamaModel(HttpModel):
    """Ollama's own API. `context` is the context it loads the model with, its `num_ctx`.

    `num_gpu` is the number of layers on the GPU, `main_gpu` the GPU they go to, and `keep_alive`
    how long the model stays in memory: seconds, "10m", or -1 for good. None is Ollama's choice.
    """

    kind: Literal["ollama"]
    features: frozenset[Feature] = BASIC | {"prefill", "json_schema"}
    num_gpu: int | None = Field(default=None, ge=-1)
    main_gpu: int | None = Field(default=None, ge=0)
    keep_alive: float | str | None = None
    think: bool | None = None
    list_path: ClassVar[str] = "/api/tags"


class AnthropicModel(HttpModel):
    """Anthropic's Messages API. Models before Claude 4.6 take a prefill: name it in `features`."""

    kind: Literal["anthropic"]
    base_url: str = Field(default="https://api.anthropic.com", pattern=ADDRESS)
    key_env: str | None = "ANTHROPIC_API_KEY"
    list_path: ClassVar[str] = "/v1/models"

    def headers(self) -> dict[str, str]:
        key = self.key()
        secret = {"x-api-key": key.get_secret_value()} if key else {}
        return {"anthropic-version": "2023-06-01", **secret}


ModelSettings = Annotated[
    TransformersModel | OpenAIModel | OllamaModel | AnthropicModel | ScriptedModel,
    Field(discriminator="kind"),
]
