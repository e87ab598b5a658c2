"""Forgetting is whole: no byte of any file of the memory tells what was forgotten."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from companion.memory import (
    Answer,
    ForgetRequest,
    Journal,
    JournalError,
    Memory,
    forget_request,
    new_token,
)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "memory" / "memory.db")


@pytest.fixture
def memory(journal: Journal) -> Memory:
    """A user who told a name that is nowhere else, in many ways, among much else."""
    memory = journal.user(new_token())
    talk = memory.conversations
    for number in range(30):
        talk.finish(talk.begin("c0", f"padding {number} " * 40), Answer("more padding " * 40))
    for message, reply in [
        ("Hi! I'm Quetzalina, and I love marmalade.", "Nice to meet you, Quetzalina!"),
        ("Say my name", "QUETZALINA, of course. Quétzalina!"),
        ("I live in Vladivostok", "Vladivostok is far."),
    ]:
        turn = talk.begin("c1", message)
        memory.facts.learn(turn)
        talk.finish(turn, Answer(reply, "model of Quetzalina", figures={"seen": ["Quetzalina"]}))
    talk.begin("c1", "edited away: Quetzalina", number=3)
    talk.begin("c1", "instead", number=3)
    talk.rename("c1", "Quetzalina’s day")
    return memory


def stored(journal: Journal) -> bytes:
    """Every byte of every file, in small letters."""
    files = sorted(journal.path.parent.iterdir())
    return b"".join(file.read_bytes() for file in files).lower()


def indexed(journal: Journal) -> set[str]:
    """Every word of the search index."""
    with sqlite3.connect(journal.path) as database:
        database.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, words, row)")
        found = {term for term, *_ in database.execute("SELECT term FROM temp.terms")}
    database.close()
    return found


def test_a_forgotten_fact_leaves_no_byte_and_the_rest_stays(
    journal: Journal, memory: Memory
) -> None:
    assert b"quetzalina" in stored(journal)
    name = next(fact for fact in memory.facts.current() if fact.kind == "name")
    memory.facts.forget(name.id)
    for word in ("quetzalina", "quétzalina"):
        assert word.encode() not in stored(journal)
    assert not {word for word in indexed(journal) if word.startswith("quetz")}
    seen = memory.conversations.read("c1")
    assert seen.title == "[…]’s day"
    assert seen.turns[0].said == "Hi! […], and I love marmalade."
    assert seen.turns[0].answer.reply == "Nice to meet you, […]!"
    assert [(fact.kind, fact.value) for fact in memory.facts.current()] == [
        ("like", "marmalade"),
        ("place", "Vladivostok"),
    ]
    assert memory.conversations.search("marmalade")
    assert len(memory.conversations.search("padding", 100)) == 30
    journal.check()


def test_what_a_forgotten_fact_superseded_goes_with_it(journal: Journal, memory: Memory) -> None:
    turn = memory.conversations.begin("c2", "My name is Zephyrine")
    memory.facts.learn(turn)
    name = next(fact for fact in memory.facts.current() if fact.kind == "name")
    corrected = memory.facts.correct(name.id, "Zephirine")
    memory.facts.forget(corrected.id)
    assert not [fact for fact in memory.facts.all() if fact.kind == "name"]
    for word in (b"quetzalina", b"zephyrine", b"zephirine"):
        assert word not in stored(journal)


def test_forgetting_everything_leaves_no_byte_of_this_user_and_all_of_the_others(
    journal: Journal, memory: Memory
) -> None:
    other = journal.user(new_token())
    other.facts.learn(other.conversations.begin("c1", "My name is Otherwise"))
    before = other.export_json()
    memory.forget_everything()
    for word in (b"quetzalina", b"marmalade", b"vladivostok", b"padding"):
        assert word not in stored(journal)
    assert indexed(journal) == {"my", "name", "is", "otherwise"}
    assert memory.conversations.list() == []
    assert memory.facts.all() == []
    assert other.export_json() == before
    memory.conversations.begin("c1", "a new beginning")
    assert len(memory.conversations.list()) == 1


def test_forgetting_works_while_others_read_and_write(journal: Journal, memory: Memory) -> None:
    second = Journal(journal.path)
    reader = second.user(new_token()).conversations
    reader.begin("x", "someone else writes")
    memory.forget_everything()
    assert b"quetzalina" not in stored(journal)
    assert reader.read("x").turns[0].said == "someone else writes"
    second.close()


def test_a_reader_that_never_ends_is_told_and_mended_later(
    journal: Journal, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("companion.memory.database.WAIT_SECONDS", 0.2)
    journal.close()  # to be opened again with less patience
    other = sqlite3.connect(journal.path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM entries").fetchall()
    with pytest.raises(JournalError, match="locked"):
        memory.forget_everything()
    assert memory.conversations.list() == []
    assert Journal(journal.path).user(new_token()).conversations.list() == [], (
        "it opens all the same"
    )
    other.execute("COMMIT")
    other.close()
    journal.close()
    assert memory.conversations.list() == []
    assert b"quetzalina" not in stored(journal)


def test_forget_that_takes_the_last_turn_and_what_it_taught(
    journal: Journal, memory: Memory
) -> None:
    talk = memory.conversations
    turn = talk.begin("c3", "My sister's name is Xanthippe")
    memory.facts.learn(turn)
    talk.finish(turn, Answer("Xanthippe is a fine name."))
    assert memory.forget(ForgetRequest("that"), "c3") == 1
    assert b"xanthippe" not in stored(journal)
    assert talk.read("c3").turns == ()
    assert talk.list()[0].title == ""
    assert memory.forget(ForgetRequest("that"), "c3") == 0


def test_the_request_itself_leaves_no_trace(journal: Journal, memory: Memory) -> None:
    memory.conversations.begin("c4", "Forget that my name is Quetzalina")
    request = forget_request("Forget that my name is Quetzalina")
    assert request
    assert memory.forget(request, "c4") == 1
    assert b"quetzalina" not in stored(journal)


EVERYTHING, THAT = ForgetRequest("everything"), ForgetRequest("that")


@pytest.mark.parametrize(
    ("said", "request_"),
    [
        ("Forget everything about me", EVERYTHING),
        ("Please forget everything.", EVERYTHING),
        ("Could you delete all my data?", EVERYTHING),
        ("Forget me", EVERYTHING),
        ("Oublie tout !", EVERYTHING),
        ("oublie tout ce que tu sais sur moi, s'il te plaît", EVERYTHING),
        ("Efface mes données", EVERYTHING),
        ("Forget that.", THAT),
        ("Oublie ça", THAT),
        ("oublie ce que je viens de dire", THAT),
        ("Forget my name", ForgetRequest("facts", "name")),
        ("Can you forget my birthday?", ForgetRequest("facts", "date", "birthday")),
        ("forget where I live", ForgetRequest("facts", "place", "home")),
        ("Oublie mon prénom", ForgetRequest("facts", "name")),
        ("Oublie le nom de ma sœur", ForgetRequest("facts", None, "sister")),
        ("Forget my dog", ForgetRequest("facts", None, "dog")),
        ("Forget that I live in Lyon", ForgetRequest("facts", "place", "home", "Lyon")),
        ("Oublie que j'aime le jazz", ForgetRequest("facts", None, "", "le jazz")),
        ("Forget about Lyon", ForgetRequest("facts", None, "", "Lyon")),
        ("Don't forget my name", None),
        ("N'oublie pas mon nom", None),
        ("I forget everything", None),
        ("Did you forget my name?", None),
        ("Forget it, let's eat", None),
        ("Forget it.", None),
        ("J'ai oublié mon parapluie", None),
        ("I'll never forget that", None),
        ("Forget to call him", None),
        ("", None),
    ],
)
def test_what_the_user_asks_to_be_forgotten(said: str, request_: ForgetRequest | None) -> None:
    assert forget_request(said) == request_


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("forget my name", ["marmalade", "Vladivostok"]),
        ("forget where I live", ["Quetzalina", "marmalade"]),
        ("forget that I love marmalade", ["Quetzalina", "Vladivostok"]),
        ("forget about the weather", ["Quetzalina", "marmalade", "Vladivostok"]),
    ],
)
def test_a_request_takes_what_it_names(memory: Memory, said: str, left: list[str]) -> None:
    request = forget_request(said)
    assert request
    assert memory.forget(request) == 3 - len(left)
    assert [fact.value for fact in memory.facts.current()] == left
