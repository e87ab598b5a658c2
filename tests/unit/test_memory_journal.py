"""Conversations on disk: said, answered, stopped, edited, named, deleted, and found again."""

from __future__ import annotations

import asyncio
import random
import stat
import threading
from itertools import count
from pathlib import Path

import pytest

from companion.config import load
from companion.errors import InputError
from companion.memory import Answer, Journal, JournalError, Memory, build, new_token
from companion.types import Message

ANSWER = Answer(
    "Hello Mia!", "companion-tiny", "it is here", {"tokens": 3, "nested": [1, {"a": None}]}
)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    ticks = count(1_000_000)
    return Journal(tmp_path / "deep" / "memory.db", clock=lambda: float(next(ticks)))


@pytest.fixture
def memory(journal: Journal) -> Memory:
    return journal.user(new_token())


def again(memory_file: Path, token: str) -> Memory:
    """The same user's memory, by another process's eyes."""
    return Journal(memory_file).user(token)


def test_what_was_said_and_answered_is_on_disk(journal: Journal) -> None:
    token = new_token()
    first = journal.user(token).conversations
    turn = first.begin("c1", "My name is Mia.")
    seen = again(journal.path, token).conversations.read("c1")
    assert [(one.said, one.state) for one in seen.turns] == [("My name is Mia.", "open")]
    first.finish(turn, ANSWER)
    seen = again(journal.path, token).conversations.read("c1")
    assert seen.turns[0].answer == ANSWER
    assert seen.turns[0].state == "done"
    assert seen.history() == [
        Message("user", "My name is Mia."),
        Message("assistant", "Hello Mia!"),
    ]


def test_the_file_is_its_owners_alone(journal: Journal, memory: Memory) -> None:
    memory.conversations.begin("c1", "a secret")
    for file in journal.path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file.name


def test_an_interrupted_answer_keeps_what_was_heard_and_nothing_more(memory: Memory) -> None:
    talk = memory.conversations
    turn = talk.begin("c1", "Tell me a story")
    talk.finish(turn, Answer("Once upon a time there was a fox. It slept."))
    talk.stop(turn, Answer("Once upon a time"))
    [seen] = talk.read("c1").turns
    assert (seen.state, seen.answer.reply) == ("stopped", "Once upon a time")
    assert talk.search("fox") == []
    assert talk.read("c1").history()[1].content == "Once upon a time"


def test_a_failed_turn_says_why_and_is_no_history(memory: Memory) -> None:
    turn = memory.conversations.begin("c1", "Hello")
    memory.conversations.fail(turn, "No model could answer.", Answer("half", figures={"tried": 2}))
    seen = memory.conversations.read("c1")
    assert seen.turns[0].state == "failed"
    assert seen.turns[0].trouble == "No model could answer."
    assert seen.turns[0].answer == Answer("", figures={"tried": 2})
    assert seen.history() == []


def test_an_edit_forks_and_the_newest_answer_is_seen(memory: Memory) -> None:
    talk = memory.conversations
    for number in range(4):
        talk.finish(talk.begin("c1", f"question{number}"), Answer(f"answer{number}"))
    edited = talk.begin("c1", "another question", number=1)
    talk.finish(edited, Answer("first try"))
    talk.finish(edited, Answer("second try"))
    seen = talk.read("c1")
    assert [one.said for one in seen.turns] == ["question0", "another question"]
    assert seen.turns[1].answer.reply == "second try"
    assert talk.list()[0].turns == 2
    assert talk.search("question3") == []
    assert [found.number for found in talk.search("another")] == [1]
    talk.begin("c1", "anew", number=0)
    assert [one.said for one in talk.read("c1").turns] == ["anew"]
    assert talk.list()[0].title == "anew"


def test_a_late_end_of_a_turn_that_was_edited_away_stays_out_of_view(memory: Memory) -> None:
    talk = memory.conversations
    gone = talk.begin("c1", "first words")
    talk.begin("c1", "edited words", number=0)
    talk.finish(gone, Answer("a late reply"))
    assert [one.said for one in talk.read("c1").turns] == ["edited words"]
    assert talk.search("late") == []


def test_titles_come_from_the_first_words_until_one_is_given(memory: Memory) -> None:
    talk = memory.conversations
    talk.begin("c1", "What is\nthe tallest mountain of France, and how did it get its name?")
    title = "What is the tallest mountain of France, and how did it get…"
    assert talk.list()[0].title == title
    talk.rename("c1", "Mountains\x00 of\nFrance")
    talk.begin("c1", "and of Italy?", number=0)
    assert talk.list()[0].title == talk.read("c1").title == "Mountains of France"
    talk.rename("c1", "")
    assert talk.list()[0].title == "and of Italy?"


def test_the_list_is_newest_first(memory: Memory) -> None:
    talk = memory.conversations
    opened = talk.open(title="Empty")
    talk.begin("c2", "two")
    talk.begin("c3", "three")
    talk.begin("c2", "again")
    assert [(one.id, one.turns) for one in talk.list()] == [("c2", 2), ("c3", 1), (opened, 0)]
    assert len(talk.list(limit=1)) == 1
    with pytest.raises(JournalError, match="already"):
        talk.open("c2")


def test_a_deleted_conversation_is_gone_from_the_bytes_and_stays_gone(
    journal: Journal, memory: Memory
) -> None:
    talk = memory.conversations
    turn = talk.begin("c1", "the zebracorn is mine")
    talk.finish(turn, Answer("A zebracorn!"))
    talk.begin("c2", "something else")
    talk.delete("c1")
    assert [one.id for one in talk.list()] == ["c2"]
    for attempt in (
        lambda: talk.read("c1"),
        lambda: talk.begin("c1", "back again"),
        lambda: talk.finish(turn, ANSWER),
        lambda: talk.rename("c1", "x"),
        lambda: talk.delete("c1"),
        lambda: talk.read("never"),
        lambda: talk.finish(10_000, ANSWER),
    ):
        with pytest.raises(JournalError):
            attempt()
    for file in journal.path.parent.iterdir():
        assert b"zebracorn" not in file.read_bytes()


def test_search_folds_accents_in_both_directions_and_marks_what_it_found(memory: Memory) -> None:
    talk = memory.conversations
    talk.finish(talk.begin("c1", "J'ai passé l'été à Évian."), Answer("Évian est au bord du lac."))
    talk.begin("c1", "the weather was fine")
    [found] = talk.search("evian ete")
    assert (found.conversation, found.number) == ("c1", 0)
    assert [found.snippet[start:end] for start, end in found.hits] == ["été", "Évian"]
    assert [one.number for one in talk.search("wéath")] == [1]
    assert talk.search("evian weather") == []


@pytest.mark.parametrize(
    "words",
    ["", "   ", '"', "NEAR(", "a OR", "*", "said:x", "-", "^", "'; DROP TABLE entries", "é" * 5000],
)
def test_no_query_breaks_the_search(memory: Memory, words: str) -> None:
    memory.conversations.begin("c1", "plain words")
    assert memory.conversations.search(words) == []


def test_what_is_too_large_or_no_json_changes_nothing(memory: Memory) -> None:
    talk = memory.conversations
    turn = talk.begin("c1", "Hello")
    for attempt in (
        lambda: talk.begin("c1", "x" * 100_001),
        lambda: talk.finish(turn, Answer("x" * 400_001)),
        lambda: talk.finish(turn, Answer("ok", figures={"value": float("nan")})),
        lambda: talk.finish(turn, Answer("ok", figures={"value": object()})),
        lambda: talk.begin("../etc", "Hello"),
        lambda: talk.begin("", "Hello"),
    ):
        with pytest.raises(InputError):
            attempt()
    [seen] = talk.read("c1").turns
    assert (seen.said, seen.state) == ("Hello", "open")


def test_any_text_comes_back_as_it_was(memory: Memory) -> None:
    said = '\x00\x02snippet\x03 \ud800 \u202e 🦊 \'; -- \\ "quoted"\r\n\ttabs'
    talk = memory.conversations
    talk.finish(talk.begin("c1", said), Answer(said))
    [seen] = talk.read("c1").turns
    assert seen.said == seen.answer.reply == said.replace("\ud800", "?")
    assert talk.search("snippet")[0].snippet


@pytest.mark.parametrize("token", ["", "short", "x" * 44, "a" * 42 + "!", "é" * 43])
def test_only_a_token_names_a_user(journal: Journal, token: str) -> None:
    with pytest.raises(InputError):
        journal.user(token)


def test_the_token_is_not_in_the_file(journal: Journal) -> None:
    token = new_token()
    journal.user(token).conversations.begin("c1", "Hello")
    stored = b"".join(file.read_bytes() for file in journal.path.parent.iterdir())
    assert token.encode() not in stored


def test_no_user_ever_reaches_another_ones_memory(journal: Journal) -> None:
    """Random users use the same ids for everything, and each still sees a world of its own."""
    chance = random.Random(4)
    users = {new_token(): [] for _ in range(4)}  # type: dict[str, list[tuple[str, str]]]
    turns: list[tuple[str, int]] = []
    for step in range(200):
        token = chance.choice(list(users))
        talk = journal.user(token).conversations
        conversation = chance.choice(["c1", "c2", "c3"])
        mark = f"mark{step}word"
        turns.append((token, talk.begin(conversation, f"shared {mark}")))
        users[token].append((conversation, mark))
        owner, turn = chance.choice(turns)
        if owner == token:
            talk.finish(turn, Answer("shared reply"))
        else:
            with pytest.raises(JournalError, match="no such turn"):
                talk.finish(turn, Answer("intruder"))
            with pytest.raises(JournalError, match="no such turn"):
                journal.user(token).facts.learn(turn)
    for token, said in users.items():
        mine = journal.user(token)
        found = {
            (one.conversation, one.snippet) for one in mine.conversations.search("shared", 500)
        }
        assert {conversation for conversation, _ in said} == {
            one.id for one in mine.conversations.list()
        }
        assert len(found) == len(said)
        exported = mine.export_json()
        for other, words in users.items():
            assert all((mark in exported) == (other == token) for _, mark in words)
    first, second = list(users)[:2]
    journal.user(first).forget_everything()
    assert journal.user(first).conversations.list() == []
    assert len(journal.user(second).conversations.search("shared", 500)) == len(users[second])


def test_many_threads_lose_nothing(journal: Journal) -> None:
    token = new_token()

    def talk(name: int) -> None:
        mine = journal.user(token).conversations
        for number in range(15):
            mine.finish(
                mine.begin(f"c{name % 2}", f"{name} says {number}"), Answer(f"to {name} {number}")
            )

    threads = [threading.Thread(target=talk, args=[name]) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    mine = journal.user(token).conversations
    kept = [turn for name in ("c0", "c1") for turn in mine.read(name).turns]
    assert {turn.said for turn in kept} == {f"{n} says {i}" for n in range(8) for i in range(15)}
    assert all(turn.answer.reply == f"to {turn.said.replace(' says', '')}" for turn in kept)
    journal.check()


def test_aside_keeps_the_order_and_outlives_who_asked(journal: Journal, memory: Memory) -> None:
    async def talk() -> None:
        asked = asyncio.create_task(journal.aside(memory.conversations.begin, "c1", "cancelled"))
        await asyncio.sleep(0)
        asked.cancel()
        for number in range(5):
            await journal.aside(memory.conversations.begin, "c1", str(number))
        with pytest.raises(JournalError):
            await journal.aside(memory.conversations.read, "never")

    asyncio.run(talk())
    journal.close()
    said = [turn.said for turn in memory.conversations.read("c1").turns]
    assert [one for one in said if one != "cancelled"] == ["0", "1", "2", "3", "4"]


def test_the_settings_say_where_and_whether(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPANION_HOME", str(tmp_path))
    assert build(load(memory={"keep": False})) is None
    for path, where in ((None, "mlruns/memory.db"), ("kept/talk.db", "kept/talk.db")):
        journal = build(load(memory={"path": path}))
        assert journal
        assert journal.path == tmp_path / where
    assert not (tmp_path / "kept").exists(), "the first thing that is kept makes the file"
