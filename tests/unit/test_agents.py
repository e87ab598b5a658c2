"""Agents: what the settings may say of them, who is asked for one, and why others are not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from companion.breaking import FaultServer, broken, healthy
from companion.config import Settings, load, profiles
from companion.errors import ConfigError
from companion.pipeline import Companion, mind
from companion.routing import Choice, Entry, Ledger, Router, best_local, choose
from companion.types import Degraded, TurnDone, TurnEvent

AGENTS = sorted(load().agents)
LOCAL = {"kind": "ollama", "base_url": "http://127.0.0.1:1", "model": "m", "languages": ["en"]}
CLOUD = {"kind": "openai", "base_url": "https://cloud.example/v1", "model": "m"} | {
    "languages": ["en"],
    "key_env": "CLOUD_KEY",
}


def settings(agent: Mapping[str, object], **overrides: Any) -> Settings:
    """Settings with one agent of our own, three local models and two elsewhere."""
    models = {
        "small": LOCAL | {"vram_gb": 2, "speciality": "chat"},
        "large": LOCAL | {"vram_gb": 20, "speciality": "code"},
        "old": LOCAL | {"vram_gb": 3, "speciality": "code", "superseded_by": "large"},
        "cloud": CLOUD,
        "other cloud": CLOUD,
    }
    shipped = {name: {"vram_gb": 1000} for name, one in load().models.items() if one.vram_gb}
    agents = {"mine": {"task": "code", **agent}}
    return load(models=shipped | models, agents=agents, **overrides)


def chosen(agent: Mapping[str, object], room: float = 100, **overrides: Any) -> Choice:
    return choose(settings(agent, **overrides), "mine", room_gb=room)


def names(choice: Choice) -> list[str]:
    return [one.name for one in choice.candidates]


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUD_KEY", "planted")


EVERYONE = {"primary": "cloud", "fallback": "other cloud", "local": "small"}


def test_the_agents_of_the_plan_are_there() -> None:
    assert set(AGENTS) == {
        *("code", "privacy", "general", "enterprise", "character_chat", "romantic_chat"),
        *("assistant", "need_search", "service_creation", "classification"),
    }
    for agent in load().agents.values():
        kept = agent.thresholds
        assert (kept.max_response_seconds, kept.min_tokens_per_second) == (60, 0.5)
        assert kept.max_vram_percent == 95


def test_no_agent_names_a_model_that_another_supersedes() -> None:
    models = load().models
    for agent in load().agents.values():
        assert [name for name in agent.named().values() if models[name].superseded_by] == []


@pytest.mark.usefixtures("key")
def test_local_comes_first_where_it_is_preferred_and_behind_elsewhere_where_not() -> None:
    own = ["large", "companion-tiny", "scripted"]
    first = chosen(EVERYONE | {"prefer_local": True})
    assert names(first) == ["small", "cloud", "other cloud", *own]
    assert names(chosen(EVERYONE)) == ["cloud", "other cloud", "small", *own]
    assert first.candidates[0].reason == "mine: its local model"
    assert first.candidates[3].reason == "mine: the best local one for code"


@pytest.mark.usefixtures("key")
def test_a_model_that_does_not_fit_gives_its_place_to_the_best_that_does() -> None:
    choice = chosen(EVERYONE | {"local": "large", "prefer_local": True}, room=20)
    assert names(choice)[:2] == ["small", "cloud"]
    assert choice.left_out["large"] == "it takes 20 GB, more than 95 % of 20.0 GB"
    assert "old" not in names(choice)
    assert names(chosen(EVERYONE | {"local": "large", "prefer_local": True}, 22))[0] == "large"


def test_where_its_key_is_not_set_elsewhere_is_not_asked() -> None:
    choice = chosen(EVERYONE)
    assert names(choice) == ["small", "large", "companion-tiny", "scripted"]
    assert choice.left_out["cloud"] == "its key, CLOUD_KEY, is not set"
    assert "planted" not in str(choice)


@pytest.mark.usefixtures("key")
def test_the_stricter_privacy_and_the_shorter_deadline_hold() -> None:
    strict = chosen(EVERYONE, routing={"privacy": "local_only"})
    assert strict.rules.privacy == "local_only"
    assert strict.left_out["cloud"].startswith("local_only")
    own = chosen({"local": "small", "privacy": "local_only"})
    assert own.rules.privacy == "local_only"
    hurried = chosen(EVERYONE | {"thresholds": {"max_response_seconds": 5}})
    assert hurried.rules.deadline_seconds == 5
    assert chosen(EVERYONE, routing={"deadline_seconds": 3}).rules.deadline_seconds == 3


def entry(model: str, tokens: int, at: float) -> Entry:
    return Entry(
        at=at,
        call="c",
        agent="mine",
        model=model,
        local=True,
        reason="",
        outcome="answered",
        completion_tokens=tokens,
        first_token_seconds=10,
        seconds=110,
    )


def test_a_model_that_was_too_slow_today_is_passed_over(tmp_path: Path) -> None:
    ledger, now = Ledger(tmp_path / "ledger.db"), time.time()
    own = settings({"local": "small"})
    assert "small" in names(choose(own, "mine", ledger, 100))  # nothing is known yet
    ledger.record(entry("small", 40, now - 60))
    ledger.record(entry("large", 60, now - 60))
    choice = choose(own, "mine", ledger, 100)
    assert choice.left_out["small"] == "it gave 0.4 tokens per second, fewer than 0.5"
    assert "large" in names(choice)


def test_a_model_that_was_too_slow_yesterday_gets_another_chance(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.record(entry("small", 40, time.time() - 2 * 86_400))
    assert "small" in names(choose(settings({"local": "small"}), "mine", ledger, 100))


def test_the_best_local_model_is_of_the_speciality_then_the_largest() -> None:
    own = settings({"local": "small"})
    assert best_local(own, "code", 100) == "large"
    assert best_local(own, "chat", 100) == "small"
    assert best_local(own, "reasoning", 100) == "large"
    assert best_local(own, "code", 1) is None


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ({"local": "smal"}, r"agents.mine.local names 'smal', which configs/models.yaml does not"),
        ({"primary": "smal"}, r"agents.mine.primary names 'smal'"),
        ({"local": "cloud"}, r"agents.mine.local names 'cloud', which is elsewhere.*to be local"),
        (
            {"primary": "cloud", "privacy": "local_only"},
            r"agents.mine.primary names 'cloud', which is elsewhere, but it is local_only",
        ),
        ({}, r"agents.mine names no model"),
        ({"local": "small", "task": "cooking"}, r"agents.mine.task: .*found 'cooking'"),
        ({"local": "small", "privacy": "none"}, r"agents.mine.privacy: .*found 'none'"),
        (
            {"local": "small", "thresholds": {"max_vram_percent": 195}},
            r"max_vram_percent: .*less than or equal to 100, found 195",
        ),
    ],
)
def test_what_is_wrong_with_an_agent_is_named(agent: Mapping[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=rf"{words}.*\(keyword arguments\)"):
        settings(agent)


def test_an_agent_that_is_not_there_lists_those_that_are() -> None:
    with pytest.raises(ConfigError, match=r"agent names 'coda'.*Did you mean code\?.*privacy"):
        load(agent="coda")
    with pytest.raises(ConfigError, match=r"There is no agent named 'coda'.*Did you mean code\?"):
        mind(load(), "coda")


def said(companion: Companion) -> list[TurnEvent]:
    async def collect() -> list[TurnEvent]:
        return [event async for event in companion.turn("hello")]

    return asyncio.run(collect())


@pytest.mark.parametrize("agent", AGENTS)
def test_every_agent_answers_from_the_package_alone(agent: str) -> None:
    companion = Companion(load("offline", chat={"max_tokens": 5}), agent=agent)
    assert isinstance(companion.model, Router)
    assert [one.name for one in companion.model.candidates] == ["companion-tiny", "scripted"]
    events = said(companion)
    done = events[-1]
    assert isinstance(done, TurnDone)
    assert done.model == "companion-tiny"
    assert done.text
    assert not any(isinstance(event, Degraded) for event in events)


@pytest.mark.parametrize("profile", profiles())
def test_every_agent_has_someone_to_ask_in_every_profile(profile: str) -> None:
    own = load(profile)
    for agent in AGENTS:
        choice = choose(own, agent, room_gb=own.hardware.memory_gb or 8)
        assert names(choice)[-1] == "scripted"
        if own.agents[agent].privacy == "local_only":
            assert all(one.local for one in choice.candidates)


@pytest.mark.parametrize(
    ("profile", "local"), [("ram-8gb", "qwen3.5-4b"), ("rtx-3060", "qwen3.5-9b")]
)
def test_the_hardware_decides_which_model_an_agent_gets(profile: str, local: str) -> None:
    assert names(choose(load(profile), "privacy"))[0] == local


def test_the_agent_may_come_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPANION_AGENT", "privacy")
    router = mind(load("rtx-3090"))
    assert isinstance(router, Router)
    assert (router.agent, router.rules.privacy) == ("privacy", "local_only")
    assert router.candidates[0].name == "qwen3.5-27b"


@pytest.fixture
def far() -> Iterator[FaultServer]:
    """A server that answers, at an address that is not one of this machine's own."""
    with broken({"far": healthy}) as server:
        yield server


@pytest.mark.parametrize("privacy", ["local_only", "allow_cloud"])
def test_only_an_agent_that_may_sends_anything_away(far: FaultServer, privacy: str) -> None:
    away = CLOUD | {"base_url": far.url.replace("127.0.0.1", "0.0.0.0"), "key_env": None}
    own = load(
        models={"far": away | {"model": "far"}, "near": LOCAL},
        chat={"models": ["near", "far", "scripted"]},
        agents={"mine": {"task": "chat", "local": "near", "privacy": privacy}},
        hardware={"memory_gb": 0},
    )
    done = said(Companion(own, agent="mine"))[-1]
    assert isinstance(done, TurnDone)
    assert (done.model, far.connections) == (
        ("scripted", 0) if privacy == "local_only" else ("far", 1)
    )
