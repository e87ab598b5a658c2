"""A turn on the page: it grows with the events, ends as they end, and remembers what was said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from companion.app.conversation import Conversation, Truth, Turn
from companion.app.talk import UNEXPECTED, Visit, answer, painted
from companion.app.transcript import messages, turn_at
from companion.config import load
from companion.errors import InputError, ModelError
from companion.pipeline import Companion
from companion.routing import Candidate, Router
from companion.types import (
    Attempt,
    Capabilities,
    ChatRequest,
    Chunk,
    End,
    Language,
    Message,
    Text,
    Usage,
)

USAGE = Usage(1, 2, 0.0)
HELLO: list[Chunk] = [Attempt("m", "here"), Text("Hel"), Text("lo"), End("m", "stop", USAGE)]


class Playing:
    """A model that plays chunks, raises errors among them, and waits where a test says so."""

    name = "m"
    languages: frozenset[Language] = frozenset({"en", "fr"})
    capabilities = Capabilities()

    def __init__(self, *chunks: Chunk | Exception | asyncio.Event) -> None:
        self.chunks = chunks
        self.requests: list[ChatRequest] = []

    def load(self) -> None:
        """Nothing to load."""

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        self.requests.append(request)
        for chunk in self.chunks:
            if isinstance(chunk, Exception):
                raise chunk
            if isinstance(chunk, asyncio.Event):
                await chunk.wait()
            else:
                yield chunk


def answered(*chunks: Chunk | Exception) -> Turn:
    """The turn that becomes of these chunks."""
    turn = Turn(user="Hi")

    async def go() -> None:
        companion = Companion(load(), Router([Candidate(Playing(*chunks))]))
        async for _ in answer(companion, turn, (), "en"):
            assert turn.user == "Hi"

    asyncio.run(go())
    return turn


@pytest.fixture(autouse=True)
def tracked(store: Path) -> None:
    """Each turn is recorded for real, in the test's own store."""


def test_a_turn_that_ends_well() -> None:
    turn = answered(*HELLO)
    assert (turn.reply, turn.state, turn.trouble) == ("Hello", "done", "")
    assert (turn.truth.model, turn.truth.reason) == ("m", "first choice; here")
    assert turn.truth.completion_tokens == 2


def test_an_error_is_never_text() -> None:
    turn = answered(Attempt("m", ""), Text("Half"), ModelError("It broke", where="there"))
    assert (turn.reply, turn.state) == ("", "failed")
    assert "It broke (there)." in turn.trouble
    assert [weak.why for weak in turn.truth.degraded] == ["It broke (there)."]


def test_what_nobody_foresaw_is_a_calm_sentence() -> None:
    turn = answered(Attempt("m", ""), Text("Half"), RuntimeError("secret path /x"))
    assert (turn.reply, turn.state, turn.trouble) == ("", "failed", UNEXPECTED)


def test_a_slow_listener_misses_no_end() -> None:
    async def growing() -> AsyncGenerator[None, None]:
        for number in range(100):
            await asyncio.sleep(0)
            grown.append(number)
            yield

    async def listen() -> None:
        async for _ in painted(growing()):
            seen.append(len(grown))
            await asyncio.sleep(0.02)

    grown: list[int] = []
    seen: list[int] = []
    asyncio.run(listen())
    assert seen[-1] == 100
    assert len(seen) < 10, "each step was painted"


def shown(conversation: Conversation, live: bool = False) -> list[tuple[str, str]]:
    """(role, content) as the page shows it."""
    return [(one["role"], str(one["content"])) for one in messages(conversation, "L", "en", live)]


def test_a_visit_is_interrupted_and_keeps_what_was_shown() -> None:
    async def go() -> tuple[Visit, Playing]:
        model = Playing(Attempt("m", ""), Text("Hel"), asyncio.Event(), Text("lo"))
        visit = Visit(Companion(load(), Router([Candidate(model)])), "en", Conversation())
        await visit.say("Hi")
        async for _ in visit.paints():
            if visit.conversation.turns[-1].reply:
                break
        assert visit.answering
        await visit.say("Wait")
        await asyncio.sleep(0.05)
        await visit.close()
        return visit, model

    visit, model = asyncio.run(go())
    first, second = visit.conversation.turns
    assert (first.reply, first.state) == ("Hel", "stopped")
    assert second.state == "stopped"
    about, *said = model.requests[-1].messages
    assert about.role == "system"
    assert said == [Message("user", "Hi"), Message("assistant", "Hel"), Message("user", "Wait")]


def test_a_refused_message_changes_nothing() -> None:
    async def go() -> None:
        conversation = Conversation(turns=[Turn(user="A", reply="B", state="done")])
        visit = Visit(Companion(load(), Playing(*HELLO)), "en", conversation)
        with pytest.raises(InputError):
            await visit.say("  ", 0)
        assert visit.conversation is conversation

    asyncio.run(go())


def test_the_history_holds_only_what_was_really_said() -> None:
    conversation = Conversation(
        turns=[
            Turn(user="A", reply="B", state="done"),
            Turn(user="C", state="failed", trouble="no"),
            Turn(user="D", state="stopped"),
            Turn(user="E", reply="F", state="stopped"),
        ]
    )
    said = [(one.role, one.content) for one in conversation.history()]
    assert said == [("user", "A"), ("assistant", "B"), ("user", "E"), ("assistant", "F")]


def test_each_message_on_the_page_belongs_to_its_turn() -> None:
    conversation = Conversation(
        turns=[
            Turn(user="A", reply="B", state="done", truth=Truth(model="m")),
            Turn(user="C", state="failed", trouble="no"),
            Turn(user="D", reply="E", state="done"),
        ]
    )
    roles = [role for role, _ in shown(conversation)]
    owners = [turn_at(conversation, index, "L") for index in range(len(roles))]
    replied = ["user", "assistant", "assistant"]
    assert roles == [*replied, "user", "assistant", *replied]
    assert owners == [0, 0, 0, 1, 1, 2, 2, 2]


def test_an_open_turn_is_thinking_while_live_and_interrupted_after() -> None:
    conversation = Conversation(turns=[Turn(user="A")])
    assert "L is thinking" in shown(conversation, live=True)[-1][1]
    assert "The page was closed before L answered" in shown(conversation)[-1][1]


@pytest.mark.parametrize("stored", [None, "", 3, [], {"turns": [1]}, {"turns": "x"}, {"id": 5}])
def test_what_is_no_conversation_is_a_new_one(stored: object) -> None:
    assert Conversation.read(stored).turns == []


def test_a_conversation_comes_back_as_it_went() -> None:
    conversation = Conversation(turns=[Turn(user="é", reply="ü", state="done")])
    assert Conversation.read(conversation.model_dump()) == conversation
