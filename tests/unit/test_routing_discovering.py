"""The profile `auto`: what is present on this machine is found, and nothing is downloaded."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import time
from pathlib import Path
from typing import Literal

import pytest

from companion.config import OllamaModel, Settings, TransformersModel, load
from companion.pipeline import Companion
from companion.resources import Device
from companion.routing import choosing, discovering
from companion.routing.discovering import discover
from companion.types import TurnDone
from tests.chat_server import OLLAMA, ChatServer


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Hub cache of the test's own, with nothing in it."""
    cache = tmp_path / "hub"
    cache.mkdir()
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    return cache


def nobody() -> str:
    """An address on this machine where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def auto(
    ollama: str = "", other: str = "", memory_gb: float | None = 10, **more: object
) -> Settings:
    """The profile, with every server at an address of the test's."""
    silent = nobody()
    moved = {}
    for name, model in load().models.items():
        if isinstance(model, OllamaModel):
            moved[name] = {"base_url": ollama or silent}
        elif model.is_local and hasattr(model, "base_url"):
            moved[name] = {"base_url": f"{silent}/v1"}
    if other:
        moved["llama-cpp"] = {"base_url": other}
    return load("auto", models=moved, hardware={"memory_gb": memory_gb}, **more)


def tag(name: str, gigabytes: float, family: str = "llama") -> dict[str, object]:
    details = {"format": "gguf", "family": family, "parameter_size": "", "quantization_level": ""}
    size = int(gigabytes * 1e9)
    return {"name": name, "model": name, "size": size, "digest": "d", "details": details}


def holds(server: ChatServer, *models: dict[str, object]) -> None:
    server.content_type = "application/json"
    server.pieces = [json.dumps({"models": models}).encode()]


def hub(cache: Path, weights: Path, name: str = "some/tiny") -> Path:
    """The folder as a repository of the cache: blobs, links to them, and a reference."""
    home = cache / f"models--{name.replace('/', '--')}"
    snapshot = home / "snapshots" / "abc"
    (home / "blobs").mkdir(parents=True)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text("abc")
    snapshot.mkdir(parents=True)
    for file in weights.iterdir():
        shutil.copy(file, home / "blobs" / file.name)
        (snapshot / file.name).symlink_to(Path("..", "..", "blobs", file.name))
    return snapshot


def answer(settings: Settings) -> TurnDone:
    async def collect() -> TurnDone:
        events = [event async for event in Companion(settings).turn("hello")]
        assert isinstance(events[-1], TurnDone)
        return events[-1]

    return asyncio.run(collect())


def test_where_nothing_is_present_our_own_answers_and_a_better_one_is_named() -> None:
    found = discover(auto())
    assert found.found is None
    assert found.settings.chat.models == ("companion-tiny", "scripted")
    assert found.advice == "A better one that fits: ollama pull qwen3.5:9b (6.6 GB to download)"
    assert answer(auto(chat={"max_tokens": 5})).model == "companion-tiny"


def test_what_would_not_fit_is_not_advised() -> None:
    assert "llama3.2:1b" in discover(auto(memory_gb=2)).advice
    assert discover(auto(memory_gb=1)).advice == ""


@pytest.mark.parametrize(("kind", "model"), [("cpu", "qwen3.5:4b"), ("cuda", "qwen3.5:27b")])
def test_a_processor_is_advised_what_it_can_talk_with(
    kind: Literal["cpu", "cuda"], model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Device(kind, "float32", 24 * 10**9, "")
    for module in (discovering, choosing):
        monkeypatch.setattr(module, "choose_device", lambda *told: here)
    assert f"ollama pull {model} " in discover(auto(memory_gb=None)).advice


def test_ollamas_largest_model_that_fits_and_can_talk_is_taken(chat_server: ChatServer) -> None:
    models = [tag("qwen3.5:4b", 3.4), tag("qwen3.5:27b", 17), tag("nomic-embed", 5, "nomic-bert")]
    holds(chat_server, *models)
    found = discover(auto(chat_server.root))
    assert found.found is not None
    assert (found.found.name, found.found.gigabytes) == ("qwen3.5-4b", 3.4)
    assert found.settings.chat.models[0] == "qwen3.5-4b"
    assert "qwen3.5:9b (6.6 GB" in found.advice
    assert chat_server.paths == ["/api/tags"]  # asked once, for all its models


def test_what_is_superseded_is_taken_only_where_nothing_else_is(chat_server: ChatServer) -> None:
    holds(chat_server, tag("llama2:13b-chat", 7.3), tag("qwen3.5:4b", 3.4))
    assert discover(auto(chat_server.root)).settings.chat.models[0] == "qwen3.5-4b"
    holds(chat_server, tag("llama2:13b-chat", 7.3))
    assert discover(auto(chat_server.root)).settings.chat.models[0] == "llama2-13b"


def test_a_model_that_the_settings_do_not_know_is_asked_by_its_tag(chat_server: ChatServer) -> None:
    holds(chat_server, tag("gemma3:12b", 8.1))
    found = discover(auto(chat_server.root))
    model = found.settings.models["gemma3:12b"]
    assert isinstance(model, OllamaModel)
    assert (model.model, model.base_url) == ("gemma3:12b", chat_server.root)
    assert found.advice == ""  # nothing better would fit


def test_the_one_that_was_found_answers(chat_server: ChatServer) -> None:
    holds(chat_server, tag("qwen3.5:9b", 6.6))
    companion = Companion(auto(chat_server.root))
    chat_server.content_type = "application/x-ndjson"
    chat_server.pieces = OLLAMA.answer("Good ", "day")

    async def last() -> object:
        return [event async for event in companion.turn("hello")][-1]

    done = asyncio.run(last())
    assert isinstance(done, TurnDone)
    assert (done.model, done.text) == ("qwen3.5-9b", "Good day")
    assert chat_server.requests[0]["model"] == "qwen3.5:9b"


@pytest.mark.parametrize("held", ["default", "another"])
def test_another_server_is_found_by_its_list(chat_server: ChatServer, held: str) -> None:
    chat_server.content_type = "application/json"
    chat_server.pieces = [json.dumps({"object": "list", "data": [{"id": held}]}).encode()]
    found = discover(auto(other=chat_server.url)).found
    assert found is not None
    assert (found.name, found.model.model_dump()["model"]) == ("llama-cpp", held)


@pytest.mark.parametrize("said", [b"<html>", b"[]", b'{"models": 3}', b'{"data": []}', b'"x"'])
def test_a_server_of_another_kind_is_left_alone(chat_server: ChatServer, said: bytes) -> None:
    chat_server.pieces = [said]
    assert discover(auto(chat_server.root, chat_server.url)).found is None


def test_a_server_that_does_not_answer_costs_little(chat_server: ChatServer) -> None:
    chat_server.before_piece = lambda number: time.sleep(3)
    settings = auto(chat_server.root)
    started = time.perf_counter()
    assert discover(settings).found is None
    assert time.perf_counter() - started < 2.5


def test_no_server_is_asked_where_the_settings_say_so(chat_server: ChatServer) -> None:
    holds(chat_server, tag("qwen3.5:4b", 3.4))
    found = discover(auto(chat_server.root, routing={"servers": False}))
    assert (found.found, found.advice, chat_server.paths) == (None, "", [])


def test_a_model_in_the_hub_cache_is_taken_and_answers(
    empty_cache: Path, tiny_folder: Path
) -> None:
    snapshot = hub(empty_cache, tiny_folder)
    found = discover(auto())
    assert found.found is not None
    assert (found.found.name, found.found.where) == ("some/tiny", "the Hub cache")
    assert isinstance(found.found.model, TransformersModel)
    assert Path(found.found.model.path) == snapshot
    weights = (tiny_folder / "model.safetensors").stat().st_size
    assert found.found.gigabytes == pytest.approx(weights / 1e9)  # float32, as on this device
    done = answer(auto(chat={"max_tokens": 5}))
    assert done.model == "some/tiny"


def test_a_cached_model_that_does_not_fit_or_cannot_answer_is_left(
    empty_cache: Path, tiny_folder: Path
) -> None:
    assert discover(auto(memory_gb=0)).found is None
    snapshot = hub(empty_cache, tiny_folder)
    assert discover(auto(memory_gb=0)).found is None
    config = json.loads((snapshot / "config.json").read_text())
    (snapshot / "config.json").write_text(json.dumps(config | {"architectures": ["BertModel"]}))
    assert discover(auto()).found is None


def test_a_download_that_broke_off_is_left(empty_cache: Path, tiny_folder: Path) -> None:
    snapshot = hub(empty_cache, tiny_folder)
    index = {"weight_map": {"a": "model.safetensors", "b": "model-00002.safetensors"}}
    (snapshot / "model.safetensors.index.json").write_text(json.dumps(index))
    assert discover(auto()).found is None
