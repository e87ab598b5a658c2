"""What was said under `local_only` stays here when others are asked later: facts and history.

A server that listens at an address elsewhere, and answers, hears nothing of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from companion.app.cast import Cast
from companion.app.conversation import Conversation
from companion.app.keeping import Keeper
from companion.app.talk import Visit
from companion.breaking import FaultServer, broken, healthy
from companion.config import Settings, load
from companion.errors import MissingExtra
from companion.intents import IntentClassifier
from companion.memory import Journal, new_token
from companion.pipeline import Companion
from companion.routing import Books, ByTask, Tasks
from tests.faults.test_failover_bench import PREFILL

SECRET = "My dog is called Zebulon"
ASKED = "What is my dog called?"


@pytest.fixture
def near() -> Iterator[FaultServer]:
    with broken({"near": healthy}) as server:
        yield server


@pytest.fixture
def far() -> Iterator[FaultServer]:
    """A server that answers, at an address that is not one of this machine's own."""
    with broken({"far": healthy}) as server:
        yield server


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "memory.db")
    yield journal
    journal.close()


def settings(near: FaultServer, far: FaultServer, **overrides: Any) -> Settings:
    """Sol's agent is local_only; Lia's asks elsewhere first, as all others do."""
    http = {"kind": "openai", "languages": ["en"], "features": PREFILL, "context": 8192}
    elsewhere = far.url.replace("127.0.0.1", "0.0.0.0")  # reaches us, and is no loopback address
    models = {
        "near": {**http, "base_url": near.url, "model": "near"},
        "far": {**http, "base_url": elsewhere, "model": "far"},
    }
    anywhere = {"primary": "far", "fallback": None, "local": "near", "prefer_local": False}
    here = {**anywhere, "primary": None, "privacy": "local_only"}
    agents = {
        "assistant": here,
        "privacy": here,
        "character_chat": anywhere,
        "general": anywhere,
    }
    chat = {"models": ["far", "near"]}
    return load(**{"models": models, "agents": agents, "chat": chat, **overrides})


def page(companion: Companion, journal: Journal, token: str) -> Visit:
    cast = Cast(companion.settings, journal.path.parent / token)
    return Visit(companion, "en", Conversation(), Keeper(journal, token), cast)


async def said(visit: Visit, text: str) -> None:
    """It is said, and answered to the end."""
    await visit.say(text)
    async for _ in visit.paints():
        if not visit.answering:
            break
    assert visit.conversation.turns[-1].state == "done", visit.conversation.turns[-1].trouble


async def told_in_private(settings: Settings, journal: Journal, token: str) -> Visit:
    """A page on which the secret was told to a character whose agent is `local_only`."""
    visit = page(Companion(settings), journal, token)
    await visit.choose("tutor")
    await said(visit, SECRET)
    return visit


def test_a_fact_told_to_a_private_character_is_not_told_elsewhere_by_another(
    near: FaultServer, far: FaultServer, journal: Journal
) -> None:
    async def talk() -> None:
        visit = await told_in_private(settings(near, far, agent="persona"), journal, new_token())
        await visit.choose("lia")
        await said(visit, ASKED)
        assert (len(near.seen), len(far.seen)) == (1, 1)
        await visit.choose("tutor")
        await said(visit, ASKED)

    asyncio.run(talk())
    assert "Zebulon" not in str(far.seen)
    assert "Zebulon" in str(near.seen[-1].body["messages"][0]), "where nothing leaves, it is known"


def test_what_is_told_openly_afterwards_is_known_everywhere(
    near: FaultServer, far: FaultServer, journal: Journal
) -> None:
    async def talk() -> None:
        visit = await told_in_private(settings(near, far, agent="persona"), journal, new_token())
        await visit.choose("lia")
        await said(visit, SECRET)
        await visit.open(Conversation())
        await said(visit, ASKED)

    asyncio.run(talk())
    assert "Zebulon" in str(far.seen[-1].body["messages"][0])


def test_a_fact_that_is_corrected_by_hand_stays_as_private_as_it_was(
    near: FaultServer, far: FaultServer, journal: Journal
) -> None:
    async def talk() -> None:
        visit = await told_in_private(settings(near, far, agent="persona"), journal, new_token())
        [fact] = visit.facts
        await visit.keeper.correct(fact.id, "Balthazar")
        await visit.choose("lia")
        await said(visit, ASKED)

    asyncio.run(talk())
    assert len(far.seen) == 1
    assert "Balthazar" not in str(far.seen)


def test_a_private_conversation_stays_here_whoever_goes_on_with_it(
    near: FaultServer, far: FaultServer, journal: Journal
) -> None:
    token = new_token()

    async def private() -> str:
        visit = await told_in_private(settings(near, far, agent="persona"), journal, token)
        return visit.conversation.id

    async def go_on(conversation: str) -> None:
        """The same page after the settings were changed: all may be asked elsewhere now."""
        visit = page(Companion(settings(near, far)), journal, token)
        await visit.open(await visit.keeper.read(conversation) or Conversation())
        await said(visit, "And what does it eat?")
        assert (len(near.seen), far.connections) == (2, 0)
        await visit.open(Conversation())
        await said(visit, ASKED)

    asyncio.run(go_on(asyncio.run(private())))
    assert "Zebulon" in str(near.seen[-1])
    assert len(far.seen) == 1, "another conversation may leave"
    assert "Zebulon" not in str(far.seen)


def test_where_the_message_chooses_what_was_said_in_private_is_not_told_elsewhere(
    near: FaultServer, far: FaultServer, journal: Journal
) -> None:
    def none() -> IntentClassifier:
        raise MissingExtra("scikit-learn", "search")

    async def talk() -> None:
        chosen = settings(near, far, agent="auto")
        model = ByTask(chosen, Books(), Tasks(chosen.agents, none))
        visit = page(Companion(chosen, model), journal, new_token())
        await said(visit, f"{SECRET}, and my therapist likes it")
        await said(visit, "I live in Lyon")
        assert far.connections == 0
        await visit.open(Conversation())
        await said(visit, f"{ASKED} And where do I live?")

    asyncio.run(talk())
    assert len(far.seen) == 1
    assert "Zebulon" not in str(far.seen)
    assert "Lyon" not in str(far.seen)
