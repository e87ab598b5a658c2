"""A turn on the page: it grows with the events, ends as they end, and remembers what was said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest

from companion.app.cast import Cast
from companion.app.conversation import Conversation, Truth, Turn, hear
from companion.app.growing import UNEXPECTED, answer, painted
from companion.app.keeping import Keeper
from companion.app.shelf import shelved
from companion.app.talk import Visit, Visits
from companion.app.transcript import SHOWN, STEP, beginning, messages, turn_at
from companion.config import load
from companion.errors import InputError, ModelError
from companion.memory import Journal, new_token
from companion.memory.forgetting import DONE
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
    Routed,
    Text,
    Usage,
    Waiting,
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
    owners = [turn_at(conversation, index) for index in range(len(roles))]
    replied = ["user", "assistant", "assistant"]
    assert roles == [*replied, "user", "assistant", *replied]
    assert owners == [0, 0, 0, 1, 1, 2, 2, 2]


def test_of_a_long_conversation_the_last_turns_are_shown() -> None:
    turns = [Turn(user=str(number), reply="B", state="done") for number in range(SHOWN + 2 * STEP)]
    conversation = Conversation(turns=turns)
    assert beginning(SHOWN + STEP - 1) == 0
    first = beginning(len(turns))
    shown = messages(conversation, "L", "en", first=first)
    said = [message["content"] for message in shown if message["role"] == "user"]
    assert said == [turn.user for turn in turns[-SHOWN:]]
    assert [turn_at(conversation, index, first) for index in (0, 2, 3)] == [first, first, first + 1]


def test_an_open_turn_is_thinking_while_live_and_interrupted_after() -> None:
    conversation = Conversation(turns=[Turn(user="A")])
    assert "L is thinking" in shown(conversation, live=True)[-1][1]
    assert "The page was closed before L answered" in shown(conversation)[-1][1]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "memory.db")
    yield journal
    journal.close()


async def page(journal: Journal, token: str, *chunks: Chunk | asyncio.Event) -> Visit:
    """A page of that user, whose companion plays these chunks."""
    companion = Companion(load(), Router([Candidate(Playing(*chunks or HELLO))]))
    visit = Visit(companion, "en", Conversation(), Keeper(journal, token))
    await visit.refresh()
    return visit


async def answered_on(visit: Visit) -> None:
    async for _ in visit.paints():
        if not visit.answering:
            return


def test_what_is_shown_as_said_is_in_the_journal_and_comes_back_as_it_was(
    journal: Journal,
) -> None:
    async def go() -> tuple[Conversation, Conversation | None]:
        visit = await page(journal, token)
        await visit.say("My name is Mia")
        kept = journal.user(token).conversations.read(visit.conversation.id)
        assert kept.turns[0].said == "My name is Mia"
        await answered_on(visit)
        assert [one.title for one in visit.listed] == ["My name is Mia"]
        await visit.say("And again")
        await answered_on(visit)
        await visit.say("Edited", 1)
        await answered_on(visit)
        return visit.conversation, await visit.keeper.read(visit.conversation.id)

    token = new_token()
    shown, kept = asyncio.run(go())
    assert [turn.user for turn in shown.turns] == ["My name is Mia", "Edited"]
    assert shown.turns[1].truth.recalled.startswith("The user's name is Mia.")
    for turn in shown.turns:
        turn.truth.recalled = ""  # is shown, and not kept
    assert kept == shown


def test_a_reply_that_the_closed_page_cut_off_is_kept_as_such(journal: Journal) -> None:
    async def go() -> Conversation | None:
        visit = await page(journal, token, Attempt("m", ""), Text("Hel"), asyncio.Event())
        await visit.say("Hi")
        async for _ in visit.paints():
            if visit.conversation.turns[-1].reply:
                break
        await visit.close()
        return await visit.keeper.read(visit.conversation.id)

    token = new_token()
    kept = asyncio.run(go())
    assert kept
    assert (kept.turns[0].reply, kept.turns[0].state) == ("Hel", "open")


def test_a_journal_that_cannot_be_used_is_told_and_the_page_goes_on(tmp_path: Path) -> None:
    async def go() -> Visit:
        visit = await page(Journal(tmp_path), new_token())
        await visit.say("Hi")
        await answered_on(visit)
        return visit

    visit = asyncio.run(go())
    assert visit.conversation.turns[0].reply == "Hello"
    assert visit.conversation.turns[0].truth.degraded[0].what == "memory"
    assert not visit.keeper.keeps
    assert "The memory cannot be used" in visit.keeper.trouble
    assert json.loads(shelved(visit))["note"].startswith("Your last message is not kept: The mem")


def test_what_is_forgotten_leaves_every_page_of_the_user(journal: Journal) -> None:
    async def go() -> tuple[Visit, Visit, Visit]:
        visits, token = Visits(), new_token()
        one, two, other = [await page(journal, who) for who in (token, token, new_token())]
        for number, visit in enumerate((one, two, other)):
            visits.add(str(number), visit)
        await one.say("My name is Zebulon")
        await answered_on(one)
        await two.open(await two.keeper.read(one.conversation.id) or Conversation())
        await other.say("My name is Zebulon")
        await answered_on(other)
        await two.say("Forget my name")
        await answered_on(two)
        return one, two, other

    one, two, other = asyncio.run(go())
    for visit in (one, two):
        assert "Zebulon" not in visit.conversation.model_dump_json()
        assert [turn.user for turn in visit.conversation.turns][1:] == ["Forget my name"]
    assert "Zebulon" in other.conversation.turns[0].user


def test_after_everything_is_forgotten_only_the_answer_is_left_on_the_page(
    journal: Journal,
) -> None:
    async def go() -> Visit:
        visit = await page(journal, new_token())
        for text in ("My name is Zebulon", "Forget everything about me", "Yes"):
            await visit.say(text)
            await answered_on(visit)
        return visit

    visit = asyncio.run(go())
    [turn] = visit.conversation.turns
    assert turn.reply == DONE["en"]["everything"]
    assert list(visit.listed) == []
    assert b"Zebulon" not in journal.path.read_bytes()


# ---- whom it is with -----------------------------------------------------------------------------


def test_another_choice_begins_another_conversation_and_other_pages_follow(tmp_path: Path) -> None:
    async def choose() -> None:
        model = Playing(*HELLO)
        journal, token, visits = Journal(tmp_path / "memory.db"), new_token(), Visits()
        here, there = (
            Visit(
                Companion(load(), model),
                "en",
                Conversation(),
                Keeper(journal, token),
                Cast(load(), tmp_path / "cast"),
            )
            for _ in range(2)
        )
        visits.add("here", here)
        visits.add("there", there)
        await here.choose("tutor")
        assert there.character.name == here.character.name == "Sol"
        first = here.conversation.id
        await here.say("hi")
        assert here._answering
        await here._answering
        assert model.requests[-1].messages[0].content.startswith("You are Sol")
        await here.choose("storyteller")
        assert here.conversation.turns == []
        kept = await here.keeper.read(first)
        assert kept
        await here.open(kept)
        assert (here.character.name, there.character.name) == ("Sol", "Nour")
        for visit in (here, there):
            await visit.close()
        journal.close()

    asyncio.run(choose())


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Lia is busy with others: 3 ahead of you"),
        ("fr", "Lia répond à d’autres : 3 avant toi"),
    ],
)
def test_who_waits_is_shown_how_many_are_ahead_until_it_begins(
    language: Language, words: str
) -> None:
    turn = Turn(user="hi")
    hear(turn, Waiting("m", 3))
    [_, shown] = messages(Conversation(turns=[turn]), "Lia", language, live=True)
    assert words in str(shown["content"])
    assert "waiting" in str(shown["content"])
    hear(turn, Routed("m", "here"))
    [_, shown] = messages(Conversation(turns=[turn]), "Lia", language, live=True)
    assert "waiting" not in str(shown["content"])
