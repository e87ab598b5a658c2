"""Settings: four layers, and errors that name layer, key, what was found, what is allowed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from companion import chat, config, resources
from companion.chat import build
from companion.config import load
from companion.errors import ConfigError
from companion.sections.hearing import Hearing
from companion.types import ChatRequest, Message
from tests.chat_server import OLLAMA, ChatServer


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped settings that a test may break."""
    import shutil

    copy = shutil.copytree(resources.configs(), tmp_path / "configs")
    monkeypatch.setattr(config, "configs", lambda: copy)
    return copy


def test_every_profile_loads() -> None:
    assert {"offline", "ollama", "openai"} <= set(config.profiles())
    for profile in config.profiles():
        settings = load(profile)
        assert settings.profile == profile
        assert settings.chat.models[-1] == "scripted"  # a last resort is always there


def test_layers_win_in_order(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().chat.max_tokens == 160
    (folder / "profiles" / "short.yaml").write_text("chat: {max_tokens: 50}")
    assert load("short").chat.max_tokens == 50
    monkeypatch.setenv("COMPANION_CHAT__MAX_TOKENS", "40")
    assert load("short").chat.max_tokens == 40
    assert load("short", chat={"max_tokens": 30}).chat.max_tokens == 30
    assert load("short").chat.temperature == load().chat.temperature  # the rest stays


def test_what_the_shipped_file_says_of_hearing_is_what_holds_without_it() -> None:
    assert load().hearing == Hearing()


def test_the_profile_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPANION_PROFILE", "ollama")
    assert load().chat.models[0] == "ollama"


def test_environment_values_are_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPANION_CHAT__MODELS", "[scripted]")
    monkeypatch.setenv("COMPANION_CHAT__SEED", "null")
    settings = load()
    assert settings.chat.models == ("scripted",)
    assert settings.chat.seed is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "chat: {max_tokns: 5}",
            r"Unknown key 'chat.max_tokns' \(.*bad.yaml\). Did you mean max_tokens",
        ),
        ("chat: {max_tokens: lots}", r"chat.max_tokens: .*integer.*found 'lots' \(.*bad.yaml\)"),
        (
            "chat: {temperature: 9}",
            r"chat.temperature: .*less than or equal to 2, found 9 \(.*bad.yaml",
        ),
        ("chat: {models: []}", r"chat.models: .*at least 1"),
        ("chat: {models: [olama]}", r"names 'olama'.*\(.*bad.yaml\). Did you mean ollama"),
        ("server: {port: 99999}", r"server.port: .*found 99999"),
        ("repository: nowhere", r"repository: .*found 'nowhere'"),
        (
            "models: {x: {kind: magic}}",
            r"models.x: .*'magic'.*'transformers', 'openai', 'ollama', 'anthropic', 'scripted'",
        ),
        ("models: {x: {kind: scripted}}", r"key 'models.x.languages' is missing"),
        (
            "models: {scripted: {superseded_by: nobody}}",
            r"models.scripted.superseded_by names 'nobody'.*\(.*bad.yaml\)",
        ),
        (
            "{routing: {servers: false}, chat: {models: [ollama, scripted]}}",
            r"chat.models names 'ollama', but routing.servers is false \(.*bad.yaml\)",
        ),
        ("hardware: {gpu_layers: most}", r"hardware.gpu_layers.*found 'most'"),
        ("hardware: {gpu_memory_fraction: 9}", r"hardware.gpu_memory_fraction: .*found 9"),
        ("hardware: {visible_devices: 1}", r"hardware.visible_devices: .*found 1"),
        ("- a\n- list", r"must hold keys and values, found list \(.*bad.yaml\)"),
        ("chat: {a: [", r"not valid YAML.*\(.*bad.yaml\)"),
    ],
)
def test_what_is_wrong_in_a_profile_is_named(folder: Path, text: str, words: str) -> None:
    (folder / "profiles" / "bad.yaml").write_text(text)
    with pytest.raises(ConfigError, match=f"(?s){words}"):
        load("bad")


def test_a_wrong_environment_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPANION_CHAT__TEMPERATURE", "hot")
    with pytest.raises(ConfigError, match=r"found 'hot' \(environment variable \w+__TEMPERATURE\)"):
        load()


def test_an_unknown_profile_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"no profile named 'olama'.*Did you mean ollama"):
        load("olama")


def test_a_file_of_a_wrong_encoding_is_named(folder: Path) -> None:
    (folder / "companion.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"cannot be read.*companion.yaml"):
        load()


def test_a_key_comes_from_the_environment_and_is_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = load("openai")
    model = settings.models["openai"]
    assert isinstance(model, config.OpenAIModel)
    assert model.key() is None
    monkeypatch.setenv("OPENAI_API_KEY", "planted-secret")
    key = model.key()
    assert key is not None
    assert key.get_secret_value() == "planted-secret"
    assert "planted-secret" not in f"{key!r} {key} {settings!r} {settings.model_dump_json()}"


def test_settings_cannot_be_changed_after_loading() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().chat.max_tokens = 1


@pytest.mark.parametrize(
    ("profile", "sent"),
    [
        ("rtx-3090", {"num_gpu": 999, "main_gpu": 0}),
        ("ram-8gb", {"num_gpu": 0}),
        ("ollama", {}),
    ],
)
def test_the_hardware_of_a_profile_reaches_ollama(
    chat_server: ChatServer, profile: str, sent: dict[str, int]
) -> None:
    settings = load(profile, models={"ollama-native": {"base_url": chat_server.root}})
    chat_server.content_type = "application/x-ndjson"
    chat_server.pieces = OLLAMA.answer("hello")
    request = ChatRequest(messages=(Message("user", "hi"),), language="en", max_tokens=5)

    async def ask() -> list[object]:
        return [chunk async for chunk in build("ollama-native", settings).stream(request)]

    assert asyncio.run(ask())
    options = chat_server.requests[0]["options"]
    assert {key: options[key] for key in ("num_gpu", "main_gpu") if key in options} == sent


def test_the_hardware_of_a_profile_reaches_a_model_in_this_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[object, ...]] = []

    def choose(*wishes: object) -> resources.Device:
        asked.append(wishes)
        return resources.choose_device()

    monkeypatch.setattr("companion.chat.local.choose_device", choose)
    build("companion-tiny", load("rtx-3090")).load()
    assert asked == [(0, "1", 0.9)]


def test_what_a_model_says_of_itself_stands_above_the_hardware() -> None:
    settings = load("rtx-3090", models={"ollama-native": {"num_gpu": 3}})
    model = settings.models["ollama-native"]
    assert isinstance(model, config.OllamaModel)
    placed = chat._on(model, settings.hardware)
    assert (placed.num_gpu, placed.main_gpu) == (3, 0)


def test_every_price_has_its_day_and_every_old_model_one_that_is_current() -> None:
    models = load().models
    for model in models.values():
        if isinstance(model, config.HttpModel) and not model.is_local:
            assert model.price is not None
        if model.superseded_by:
            assert models[model.superseded_by].superseded_by is None
