"""What is already on this machine: a model that a server holds, or one in the local Hub cache.

Nothing is downloaded, and only servers on this machine are asked, each for half a second at most.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import httpx
from pydantic import BaseModel, ValidationError

from companion.chat.ollama_admin import Installed
from companion.config import (
    AnthropicModel,
    ModelSettings,
    OllamaModel,
    OpenAIModel,
    Settings,
    TransformersModel,
)
from companion.errors import CompanionError
from companion.resources import choose_device
from companion.routing.choosing import GIGABYTE, best_local, room_for_models

SECONDS = 0.5
"""A server on this machine lists its models within milliseconds."""

ON_A_PROCESSOR = 4.0
"""Gigabytes: every token takes a reading of all weights, so a larger model is too slow to talk."""

EMBEDDERS = frozenset({"bert", "nomic-bert", "nomic-bert-moe"})
"""Families of models in Ollama that turn texts into vectors and cannot answer."""

Served: TypeAlias = OpenAIModel | OllamaModel | AnthropicModel

BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}


@dataclass(frozen=True, slots=True)
class Found:
    """A model that is present: where, and the gigabytes it takes, 0 where nobody tells."""

    name: str
    model: ModelSettings
    where: str
    gigabytes: float = 0


@dataclass(frozen=True, slots=True)
class Discovery:
    """Settings whose `chat.models` begin with what was found, None for nothing but our own.

    `advice` says how to get a better one, and its size; "" where none that is known would fit.
    """

    settings: Settings
    found: Found | None
    advice: str


def discover(settings: Settings) -> Discovery:
    """The best model that is present: of a running server, else of the Hub cache, else our own."""
    room = room_for_models(settings)
    found = next(_present(settings, room), None)
    advice = _advice(settings, room, found)
    if found is None:
        return Discovery(settings, None, advice)
    names = (found.name, *(name for name in settings.chat.models if name != found.name))
    chat = settings.chat.model_copy(update={"models": names})
    models = {**settings.models, found.name: found.model}
    told = settings.model_copy(update={"chat": chat, "models": models})
    return Discovery(told, found, advice)


def _present(settings: Settings, room: float) -> Iterator[Found]:
    """The best of each place, the best place first."""
    if settings.routing.servers:
        yield from _on_servers(settings, room)
    yield from _best(_cached(hub_cache()), room)


def _best(present: Iterable[Found], room: float) -> list[Found]:
    """The largest that fits; what is superseded comes after all others."""
    fitting = [one for one in present if one.gigabytes <= room]
    return sorted(fitting, key=lambda one: (not one.model.superseded_by, one.gigabytes))[-1:]


def _advice(settings: Settings, room: float, found: Found | None) -> str:
    room = min(room, _quick_enough(settings))
    better = best_local(settings, "", room) if settings.routing.servers else None
    model = settings.models[better] if better else None
    if not isinstance(model, OllamaModel) or not model.vram_gb:
        return ""
    if found and (found.gigabytes >= model.vram_gb or found.name == better):
        return ""
    return f"A better one that fits: ollama pull {model.model} ({model.vram_gb:g} GB to download)"


def _quick_enough(settings: Settings) -> float:
    """Gigabytes of weights that are worth having here, where nobody said what there is."""
    if settings.hardware.memory_gb is not None:
        return math.inf
    try:
        return ON_A_PROCESSOR if choose_device().kind == "cpu" else math.inf
    except CompanionError:  # without torch, nothing tells of a GPU
        return ON_A_PROCESSOR


# Servers.


class _Listed(BaseModel):
    id: str


class _OpenAIList(BaseModel):
    data: list[_Listed]


class _OllamaList(BaseModel):
    models: list[Installed]


def _on_servers(settings: Settings, room: float) -> Iterator[Found]:
    """The best model of each server that runs, Ollama's first: it tells how large they are."""
    local = [one for one in settings.models.values() if isinstance(one, Served) and one.is_local]
    local.sort(key=lambda one: not isinstance(one, OllamaModel))
    first = dict[bytes, Served]()
    for one in local:
        first.setdefault(httpx.URL(one.base_url).netloc, one)
    asked = list(first.values())
    with ThreadPoolExecutor(max_workers=8) as pool:
        for server, listed in zip(asked, pool.map(_listed, asked), strict=True):
            if isinstance(server, OllamaModel):
                yield from _best(_of_ollama(settings, server, listed), room)
            elif listed is not None:
                yield from _of_another(settings, server, listed)


def _listed(server: Served) -> Any:
    """What the server answers when it is asked for its models; None where none answers."""
    try:
        response = httpx.get(server.url(server.list_path), timeout=SECONDS, trust_env=False)
        return response.json() if response.status_code == 200 else None
    except (httpx.HTTPError, ValueError):
        return None


def _of_ollama(settings: Settings, server: OllamaModel, listed: Any) -> Iterator[Found]:
    """Each model on its disk, as our settings describe it where they know it."""
    known = {
        model.model: (name, model)
        for name, model in settings.models.items()
        if isinstance(model, OllamaModel) and model.base_url == server.base_url
    }
    unknown = OllamaModel(
        kind="ollama", base_url=server.base_url, model="", languages=frozenset({"en", "fr"})
    )
    try:
        models = _OllamaList.model_validate(listed).models
    except ValidationError:
        return
    for one in models:
        if one.details.family not in EMBEDDERS:
            new = (one.name, unknown.model_copy(update={"model": one.name}))
            name, model = known.get(one.name, new)
            yield Found(name, model, f"Ollama at {server.base_url}", one.size / GIGABYTE)


def _of_another(settings: Settings, server: Served, listed: Any) -> Iterator[Found]:
    """The model that the settings name if the server has it, else the first that it has."""
    try:
        ids = [one.id for one in _OpenAIList.model_validate(listed).data]
    except ValidationError:
        return
    if ids:
        other = {"model": ids[0], "context": None}
        model = server if server.model in ids else server.model_copy(update=other)
        name = next(name for name, one in settings.models.items() if one is server)
        yield Found(name, model, server.base_url)


# The Hub's cache.


def hub_cache() -> Path:
    """The folder where Hugging Face's libraries keep downloads, by the variables they read."""
    home = os.environ.get("HF_HOME") or "~/.cache/huggingface"
    return Path(os.environ.get("HF_HUB_CACHE") or f"{home}/hub").expanduser()


def _cached(folder: Path) -> Iterator[Found]:
    """Each whole chat model in the cache, with what its weights take on this device."""
    if not folder.is_dir():
        return
    try:
        from huggingface_hub import scan_cache_dir

        device = choose_device()
    except (ImportError, CompanionError):  # without them it could not be loaded either
        return
    for repository in scan_cache_dir(folder).repos:
        newest = max(repository.revisions, key=lambda one: one.last_modified)
        bytes_each = BYTES[device.dtype]
        if repository.repo_type == "model" and (size := _weights(newest.snapshot_path, bytes_each)):
            model = TransformersModel(
                kind="transformers",
                path=str(newest.snapshot_path),
                languages=frozenset({"en", "fr"}),
            )
            yield Found(repository.repo_id, model, "the Hub cache", size / GIGABYTE)


def _weights(snapshot: Path, bytes_each: int) -> float:
    """The bytes that the weights take in memory; 0 for what is no whole chat model."""
    try:
        told = json.loads((snapshot / "config.json").read_text(encoding="utf-8"))
        tokenizer = json.loads((snapshot / "tokenizer_config.json").read_text(encoding="utf-8"))
        shards = _shards(snapshot)
        stored = sum(shard.stat().st_size for shard in shards)
    except (OSError, ValueError, KeyError):
        return 0
    chats = "chat_template" in tokenizer or (snapshot / "chat_template.jinja").is_file()
    causal = any(str(name).endswith("ForCausalLM") for name in told.get("architectures") or [])
    if not chats or not causal or "quantization_config" in told:
        return 0
    kept = BYTES.get(told.get("dtype") or told.get("torch_dtype") or "float32", 4)
    return stored * bytes_each / kept


def _shards(snapshot: Path) -> list[Path]:
    """The files of the weights, all those that the index names."""
    index = snapshot / "model.safetensors.index.json"
    if not index.is_file():
        return [snapshot / "model.safetensors"]
    files = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
    return [snapshot / name for name in sorted(set(files))]
