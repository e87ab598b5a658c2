"""With `agent: auto`, who gets a message, why, and what then stays on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from companion import intents, tracking
from companion.app.introducing import elsewhere
from companion.breaking import FaultServer, broken, healthy
from companion.config import Settings, load
from companion.errors import ConfigError, MissingExtra
from companion.intents import Corpus, IntentClassifier
from companion.pipeline import Companion, mind
from companion.routing import Books, ByTask, Ledger, Tasks
from companion.types import Attempt, Chunk, Language, Message, Routed
from companion.types import ChatRequest as Request

AGENTS = load().agents


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return intents.clinc150().sliced(intents=8, each=40)


@pytest.fixture(scope="module")
def classifier(corpus: Corpus) -> IntentClassifier:
    return IntentClassifier.train(corpus.train, intents.embedder(), corpus.validation)


@pytest.fixture(scope="module")
def tasks(classifier: IntentClassifier) -> Tasks:
    ready = Tasks(AGENTS, lambda: classifier)
    ready.load()
    return ready


def request(said: Sequence[str], language: Language = "en") -> Request:
    """A conversation in which the user said this."""
    return Request(tuple(Message("user", text) for text in said), language, max_tokens=3)


def heard(model: ByTask, said: Sequence[str], language: Language = "en") -> list[Chunk]:
    async def collect() -> list[Chunk]:
        return [chunk async for chunk in model.stream(request(said, language))]

    return asyncio.run(collect())


def reason(chunks: Sequence[Chunk]) -> str:
    """Why the one who answered was asked."""
    return [one.reason for one in chunks if isinstance(one, Attempt) and not one.error][-1]


@pytest.mark.parametrize(
    ("text", "language", "agent"),
    [
        ("Why does my Python script crash?", "en", "code"),
        ("what does C++ do with this", "en", "code"),
        ("Corrige mon code, s'il te plaît", "fr", "code"),
        ("I want to tell you about my therapist", "en", "privacy"),
        ("Oublie mon mot de passe", "fr", "privacy"),
        ("my account is blocked, can you tell me why", "en", "privacy"),
        ("wake me up at six with an alarm", "en", "assistant"),
        ("are you a bot or a real person", "en", "character_chat"),
    ],
)
def test_a_message_finds_its_agent(tasks: Tasks, text: str, language: Language, agent: str) -> None:
    task = tasks.of(text, language)
    assert task is not None, text
    assert task.agent == agent


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I saw a sequel of that pythonesque film", "en"),
        ("the old lighthouse stood in the fog", "en"),
        ("mon compte est bloqué", "fr"),
        ("   ", "en"),
    ],
)
def test_what_gives_no_sign_is_nobodys(tasks: Tasks, text: str, language: Language) -> None:
    assert tasks.of(text, language) is None


def test_an_intent_is_learnt_by_the_classifier_and_told_with_its_confidence(tasks: Tasks) -> None:
    task = tasks.of("set an alarm for seven in the morning", "en")
    assert task is not None
    assert task.why.startswith("its intent is alarm (")
    assert tasks.missing == ""


def test_without_a_classifier_signs_alone_decide_and_the_reason_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def none() -> IntentClassifier:
        raise MissingExtra("scikit-learn", "search")

    model = ByTask(load("offline"), Books(), Tasks(AGENTS, none))
    assert "there is no classifier of intents" in reason(heard(model, ["hello"]))
    assert "scikit-learn is not installed" in reason(heard(model, ["hello"]))
    assert reason(heard(model, ["debug this"])).startswith("it says “debug”; code: ")


def test_a_conversation_stays_with_its_agent_until_another_sign(tasks: Tasks) -> None:
    model = ByTask(load("offline"), Books(), tasks)
    code = ["Explain this Python loop"]
    assert "; code: " in reason(heard(model, code))
    assert "; code: " in reason(heard(model, [*code, "and the old lighthouse?"]))
    assert "; assistant: " in reason(heard(model, [*code, "set an alarm for six"]))
    assert "no sign of another agent's work; general: " in reason(heard(model, ["the fog"]))


@pytest.fixture
def far() -> Iterator[FaultServer]:
    """A server that answers, at an address that is not one of this machine's own."""
    with broken({"far": healthy}) as server:
        yield server


def cloudy(far: FaultServer, **overrides: Any) -> Settings:
    """Everyone may ask the server that is elsewhere, but `privacy`."""
    away = {"kind": "openai", "model": "far", "languages": ["en"]}
    away |= {"base_url": far.url.replace("127.0.0.1", "0.0.0.0")}
    open_to_all = {"primary": "far", "local": None, "prefer_local": False}
    agents = dict.fromkeys(("code", "general", "assistant", "character_chat"), open_to_all)
    return load("offline", models={"far": away}, agents=agents, **overrides)


SERVERS = {"routing": {"servers": True, "privacy": "allow_cloud"}}


def test_what_was_said_in_private_stays_here_whoever_answers_next(
    far: FaultServer, tasks: Tasks
) -> None:
    model = ByTask(cloudy(far, **SERVERS), Books(), tasks)
    heard(model, ["Explain this Python loop"])
    assert far.connections == 1
    private = ["my account is blocked, can you tell me why"]
    heard(model, private)
    heard(model, [*private, "thanks", "now explain this Python loop"])
    assert far.connections == 1
    heard(model, ["are you a bot or a real person"])
    assert far.connections == 2


def test_the_page_names_every_host_that_an_agent_may_ask(
    far: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert elsewhere(cloudy(far, **SERVERS)) == []
    assert elsewhere(cloudy(far, agent="code", **SERVERS)) == ["0.0.0.0"]
    assert elsewhere(cloudy(far, agent="privacy", **SERVERS)) == []
    monkeypatch.setenv("ANTHROPIC_API_KEY", "planted")
    assert elsewhere(cloudy(far, agent="auto", **SERVERS)) == ["0.0.0.0", "api.anthropic.com"]
    alone = {"routing": {"servers": True, "privacy": "local_only"}}
    assert elsewhere(cloudy(far, agent="auto", **alone)) == []


def test_the_agent_auto_asks_the_registered_classifier_and_tells_why(
    store: Path, corpus: Corpus, classifier: IntentClassifier
) -> None:
    with tracking.start_run("registering") as run:
        intents.register(run, classifier, corpus)
    ledger = Ledger()
    settings = load("offline", agent="auto", chat={"max_tokens": 3})
    companion = Companion(settings, mind(settings, books=Books(ledger)))
    companion.warm_up()

    async def routed() -> list[str]:
        events = companion.turn("my account is blocked, can you tell me why")
        return [event.reason async for event in events if isinstance(event, Routed)]

    (why,) = asyncio.run(routed())
    assert why.startswith("its intent is account_blocked (")
    assert [entry.agent for entry in ledger.entries()] == ["privacy"]


def test_every_intent_of_the_shipped_agents_is_one_that_the_classifier_knows() -> None:
    known = set(intents.clinc150().train.labels)
    assert {intent for one in AGENTS.values() for intent in one.intents} <= known


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"agents": {"auto": {"task": "chat", "local": "scripted"}}}, "agents.auto has the name"),
        ({"agents": {"code": {"intents": ["alarm"]}}}, "takes 'alarm', which code has"),
        (
            {"agent": "auto", "routing": {"otherwise": "generel"}},
            r"routing.otherwise names 'generel'.*Did you mean general\?",
        ),
    ],
)
def test_what_cannot_be_chosen_is_named(overrides: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load(**overrides)
