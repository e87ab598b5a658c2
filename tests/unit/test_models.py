"""`companion models`: what is listed, fetched and timed, at real servers on loopback."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from companion.cli import main
from companion.config import Settings, load
from companion.errors import ConfigError, ModelUnavailable
from companion.models import Listed, fetch, listed
from tests.chat_server import OPENAI, ChatServer

FAR = "https://models.example/v1"


def section(url: str, model: str = "llama3.2:3b", kind: str = "openai") -> dict[str, Any]:
    return {"kind": kind, "base_url": url, "model": model, "languages": ["en"]}


def only(settings: Settings, *names: str) -> list[Listed]:
    """These models alone: the others ask servers that this test knows nothing of."""
    kept = {name: settings.models[name] for name in names}
    return asyncio.run(listed(settings.model_copy(update={"models": kept})))


def offering(server: ChatServer, **document: Any) -> None:
    server.content_type, server.pieces = "application/json", [json.dumps(document).encode()]


def test_a_server_is_asked_once_for_all_its_models(chat_server: ChatServer) -> None:
    offering(chat_server, data=[{"id": "here"}, {"id": "tagged:latest"}])
    names = ("here", "tagged", "gone")
    settings = load(models={name: section(chat_server.url, name) for name in names})
    here, tagged, gone = only(settings, *names)
    assert (here.ready, here.state, here.local, here.turn) == (True, "ready", True, None)
    assert tagged.ready
    assert not gone.ready
    assert "it has here, tagged:latest" in gone.state
    assert chat_server.paths == ["/v1/models"]


def test_a_server_that_is_not_there_or_is_something_else(chat_server: ChatServer) -> None:
    chat_server.pieces = [b"<html>"]
    nobody = section("http://127.0.0.1:9/v1")
    settings = load(models={"nobody": nobody, "strange": section(chat_server.url)})
    nobody_there, strange = only(settings, "nobody", "strange")
    assert (nobody_there.ready, nobody_there.state) == (False, "no answer")
    assert strange.ready is False


def test_a_server_elsewhere_is_contacted_only_where_its_answers_are_wanted(
    chat_server: ChatServer,
) -> None:
    far = section(FAR) | {"key_env": "FAR_KEY"}
    [unasked] = only(load(models={"far": far}), "far")
    assert (unasked.ready, unasked.state) == (None, "not contacted; FAR_KEY is not set")
    asked: dict[str, Any] = {"models": {"far": far}, "chat": {"models": ["far", "scripted"]}}
    [kept_in] = only(load(**asked, routing={"privacy": "local_only"}), "far")
    assert (kept_in.turn, kept_in.local) == (1, False)
    assert kept_in.state.startswith("not contacted")
    [wanted] = only(load(**asked), "far")
    assert "FAR_KEY is not set" in wanted.state
    assert wanted.ready is False


def test_folders_are_looked_for_and_not_loaded() -> None:
    gone = {"kind": "transformers", "path": "no/such/folder", "languages": ["en"]}
    tiny, scripted, missing = only(load(models={"g": gone}), "companion-tiny", "scripted", "g")
    assert (tiny.ready, tiny.turn) == (True, 1)
    assert (scripted.ready, scripted.turn) == (True, 2)
    assert (missing.ready, missing.state) == (False, "There is no such model folder")


def fetched(name: str, settings: Settings) -> list[str]:
    async def collect() -> list[str]:
        return [step.status async for step in fetch(name, settings)]

    return asyncio.run(collect())


@pytest.mark.parametrize("kind", ["openai", "ollama"])
def test_ollama_fetches_a_model_also_when_it_is_spoken_to_as_openai(
    kind: str, chat_server: ChatServer
) -> None:
    offering(chat_server, models=[], status="success")
    url = chat_server.url if kind == "openai" else chat_server.root
    assert fetched("new", load(models={"new": section(url, kind=kind)})) == ["success"]
    assert chat_server.paths[-1] == "/api/pull"
    assert chat_server.requests[-1]["model"] == "llama3.2:3b"


@pytest.mark.parametrize(
    ("name", "what", "repair"),
    [
        ("companion-tiny", "comes with this package", ""),
        ("scripted", "comes with this package", ""),
        ("openai", "served elsewhere", "OPENAI_API_KEY"),
        ("nobody", "No Ollama answers", "Start Ollama"),
        ("folder", "a folder", "config.json"),
    ],
)
def test_what_is_not_fetched_says_how_it_is_come_by(name: str, what: str, repair: str) -> None:
    folder = {"kind": "transformers", "path": "my/model", "languages": ["en"]}
    settings = load(models={"nobody": section("http://127.0.0.1:9/v1"), "folder": folder})
    with pytest.raises(ModelUnavailable, match=what) as told:
        fetched(name, settings)
    assert repair in told.value.repair


def test_a_name_that_no_model_has() -> None:
    with pytest.raises(ConfigError, match="no model named 'nothing'"):
        fetched("nothing", load())


def test_list_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == ["name", "kind", "asked", "runs", "now", "where"]
    assert {row.split()[0] for row in rows} == load().models.keys()


def test_bench_tells_how_soon_and_how_fast(
    chat_server: ChatServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chat_server.pieces = OPENAI.answer("Hel", "lo ", "you")
    monkeypatch.setenv("COMPANION_MODELS__OLLAMA__BASE_URL", chat_server.url)
    assert main(["models", "bench", "ollama"]) == 0
    warming, *answers, median = capsys.readouterr().out.splitlines()
    assert warming.startswith("(warming up)")
    assert len(answers) == len(chat_server.requests) - 1 == 3
    for line in (*answers, median):
        assert re.search(r"first token +[\d.]+ ms +[\d.]+ tokens/s", line)
    assert median.startswith("median")


def test_bench_says_when_nobody_answers_and_which_names_there_are(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPANION_MODELS__OLLAMA__BASE_URL", "http://127.0.0.1:9/v1")
    assert main(["models", "bench", "ollama"]) == 1
    assert "No model could answer" in capsys.readouterr().err
    assert main(["models", "bench", "nothing"]) == 1
    assert "companion-tiny" in capsys.readouterr().err
