"""The sections of `configs/companion.yaml` and of the profiles."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from companion.sections.agents import Privacy
from companion.sections.base import Section
from companion.sections.models import LOOPBACK
from companion.types import Language


class Chat(Section):
    """How an answer is made; `models` are asked in order.

    With `discover`, the best model that is present on this machine is asked before them.
    """

    models: tuple[str, ...] = Field(min_length=1)
    discover: bool = False
    max_tokens: int = Field(ge=1, le=32_768)
    temperature: float | None = Field(ge=0, le=2)
    top_p: float | None = Field(gt=0, le=1)
    seed: int | None = None
    max_message_characters: int = Field(ge=1)


class Budget(Section):
    """US dollars that may be spent on models that cost; None is no limit. `agents` are per day."""

    daily: float | None = Field(default=None, ge=0)
    monthly: float | None = Field(default=None, ge=0)
    agents: dict[str, float] = Field(default_factory=dict)


class Routing(Section):
    """How models are asked in turn. Limits are seconds, and a caller shares one deadline.

    `first_token_seconds` and `stall_seconds` bound the silence before an answer and within it;
    `patience_seconds` is how long a pause that a server asks for is worth waiting. A provider that
    fails `failures_to_open` times in a row rests for `cooldown_seconds`, then for twice that…
    Without `servers`, none is asked, not even one on this machine. Where the messages choose the
    agent, `otherwise` is the one for those that give no sign.
    """

    privacy: Privacy = "allow_cloud"
    servers: bool = True
    deadline_seconds: float = Field(default=60, gt=0)
    first_token_seconds: float = Field(default=30, gt=0)
    stall_seconds: float = Field(default=15, gt=0)
    patience_seconds: float = Field(default=2, ge=0)
    failures_to_open: int = Field(default=2, ge=1)
    cooldown_seconds: float = Field(default=5, gt=0)
    longest_cooldown_seconds: float = Field(default=30, gt=0)
    otherwise: str = "general"
    budget: Budget = Field(default_factory=Budget)


class Hardware(Section):
    """What models may use of this machine; None leaves it to whoever runs the model.

    `memory_gb` is what there is for weights: the GPU's memory, or what the system leaves free where
    there is none; None: it is measured. `visible_devices` is CUDA_VISIBLE_DEVICES for this process,
    unless the environment sets it; a server has its own. `gpu` counts the visible ones: it is
    Ollama's `main_gpu` and the `cuda:N` of transformers. `gpu_layers` is Ollama's `num_gpu`.
    `gpu_memory_fraction` bounds what transformers may take of the GPU.
    """

    memory_gb: float | None = Field(default=None, ge=0)
    visible_devices: str | None = Field(default=None, pattern=r"^\w[\w,-]*$")
    gpu: int | None = Field(default=None, ge=0)
    gpu_layers: int | Literal["all"] | None = None
    gpu_memory_fraction: float | None = Field(default=None, gt=0, le=1)


class Server(Section):
    """Where the page listens. A port of 0 takes any free one.

    `root_path` is the path under which a proxy shows the page, such as `/companion`.
    """

    host: str
    port: int = Field(ge=0, le=65_535)
    root_path: str = ""


class Embeddings(Section):
    """What turns text into vectors: all-MiniLM-L6-v2, a folder, or a model on the Hub."""

    model: str = Field(min_length=1)
    languages: frozenset[Language]


class Tracking(Section):
    """Where runs are recorded; `uri` None is the project's own `mlruns/mlflow.db`."""

    uri: str | None = None
    experiment: str = Field(min_length=1)

    @property
    def is_local(self) -> bool:
        """Whether what is recorded stays on this machine."""
        where = urlsplit(self.uri or "file:")
        return where.scheme in ("file", "sqlite") or where.hostname in LOOPBACK
