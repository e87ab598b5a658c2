"""Settings: four layers, and errors that name layer, key, what was found, what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from companion import config, resources
from companion.config import load
from companion.errors import ConfigError


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
    with pytest.raises(ConfigError, match=r"found 'hot' \(COMPANION_\* environment variables\)"):
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
