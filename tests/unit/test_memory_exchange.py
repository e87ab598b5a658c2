"""Export and import: nothing is lost on the way, twice is once, and what is broken is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from companion.memory import Answer, Imported, Journal, JournalError, Memory, new_token

ODD = "> quoted\n\n## You, 2026-01-01 00:00:00 UTC\n# title\n```py\nx = 1\n```\n  spaces  \n🦊 é"


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    memory = Journal(tmp_path / "memory.db").user(new_token())
    talk = memory.conversations
    for message in ("My name is Bob", "I love tea", "Actually my name is Rob", ODD):
        turn = talk.begin("c1", message)
        memory.facts.learn(turn)
        talk.finish(turn, Answer(f"to {message}", "tiny", "it is here", {"ms": 3.25, "cost": None}))
    talk.stop(talk.begin("c1", "stop"), Answer("I was say"))
    talk.fail(talk.begin("c1", "fail"), "It broke.\nTwice.")
    talk.begin("c1", "open")
    talk.rename("c1", "A — title")
    talk.begin("c2", "another one")
    talk.open("empty")
    return memory


def empty(tmp_path: Path) -> Memory:
    return Journal(tmp_path / "other.db").user(new_token())


def test_json_loses_nothing(memory: Memory, tmp_path: Path) -> None:
    exported = memory.export_json()
    other = empty(tmp_path)
    added = other.import_json(exported)
    assert set(added.conversations) == {"c1", "c2", "empty"}
    assert added.facts == 3
    assert other.export_json() == exported
    assert other.conversations.list() == memory.conversations.list()
    assert other.conversations.search("nowhere") == []
    assert [found.number for found in other.conversations.search("tea")] == [1]
    assert [f.value for f in other.facts.current()] == ["tea", "Rob"]
    first, second = memory.conversations.read("c1"), other.conversations.read("c1")
    assert [one.answer for one in first.turns] == [one.answer for one in second.turns]
    assert [one.state for one in first.turns] == [one.state for one in second.turns]


def test_what_is_private_comes_back_private(memory: Memory, tmp_path: Path) -> None:
    turn = memory.conversations.begin("c3", "My dog is called Rex", private=True)
    memory.facts.learn(turn)
    other = empty(tmp_path)
    other.import_json(memory.export_json())
    assert [one.value for one in other.facts.all() if one.private] == ["Rex"]
    assert [one.private for one in other.conversations.read("c3").turns] == [True]
    assert not any(one.private for one in other.conversations.read("c1").turns)


def test_the_same_export_twice_is_added_once(memory: Memory, tmp_path: Path) -> None:
    other = empty(tmp_path)
    for _ in range(2):
        added = other.import_json(memory.export_json().encode())
    assert (added.conversations, added.facts) == ((), 0)
    assert other.export_json() == memory.export_json()


def test_a_conversation_that_went_on_has_all_that_an_older_export_has(
    memory: Memory, tmp_path: Path
) -> None:
    other = empty(tmp_path)
    other.import_json(memory.export_json())
    other.conversations.begin("c2", "and on it went")
    assert other.import_json(memory.export_json()) == Imported((), 0, here=3)
    assert len(other.conversations.read("c2").turns) == 2


def test_what_went_another_way_or_was_deleted_is_added_once(memory: Memory, tmp_path: Path) -> None:
    other = empty(tmp_path)
    other.import_json(memory.export_json())
    other.conversations.begin("c2", "another beginning", 0)
    other.conversations.delete("c1")
    added = other.import_json(memory.export_json())
    assert (len(added.conversations), added.here) == (2, 1)
    assert {"c1", "c2"}.isdisjoint(added.conversations)
    assert other.import_json(memory.export_json()).conversations == ()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_same_markdown_twice_is_added_once_and_not_where_it_came_from(
    memory: Memory, tmp_path: Path, language: Any
) -> None:
    other, written = empty(tmp_path), memory.export_markdown("c1", language)
    [name] = other.import_markdown(written).conversations
    assert other.import_markdown(written) == Imported((), 0, here=1)
    assert [one.id for one in other.conversations.list()] == [name]
    assert memory.import_markdown(written) == Imported((), 0, here=1)


def test_what_was_imported_can_be_gone_on_with_and_forgotten(
    memory: Memory, tmp_path: Path
) -> None:
    other = empty(tmp_path)
    other.import_json(memory.export_json())
    other.facts.learn(other.conversations.begin("c1", "My name is Zed", number=2))
    assert [f.value for f in other.facts.current()] == ["tea", "Zed"]
    name = other.facts.current()[1]
    other.facts.forget(name.id)
    assert not [f for f in other.facts.all() if f.kind == "name"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"format": "other"}, "format"),
        ({"version": 2}, "version"),
        ({"extra": 1}, "extra"),
        ({"conversations": [{"id": "../x", "opened": 1, "changed": 1}]}, r"conversations\.0\.id"),
        (
            {"conversations": [{"id": "x", "opened": 1, "changed": 1, "turns": [{"at": 1}]}]},
            r"turns\.0\.said",
        ),
        ({"conversations": [{"id": "x", "opened": "soon", "changed": 1}]}, "opened"),
        ({"facts": [{"kind": "secret", "value": "x", "at": 1}]}, r"facts\.0\.kind"),
        ({"facts": [{"kind": "like", "value": "x" * 121, "at": 1}]}, r"facts\.0\.value"),
    ],
)
def test_a_wrong_file_is_refused_by_the_place_that_is_wrong(
    memory: Memory, tmp_path: Path, change: dict[str, Any], place: str
) -> None:
    other = empty(tmp_path)
    broken = json.loads(memory.export_json()) | change
    with pytest.raises(JournalError, match=place):
        other.import_json(json.dumps(broken))
    assert other.conversations.list() == []


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", b"\xff\xfe", '{"format": "companion-memory"}']
)
def test_what_is_no_export_is_refused(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(JournalError, match="no export of a memory"):
        empty(tmp_path).import_json(text)


def test_facts_that_point_nowhere_are_facts_without_a_turn(tmp_path: Path) -> None:
    other = empty(tmp_path)
    fact = {
        "kind": "like",
        "value": "tea",
        "at": 1.0,
        "conversation": "c9",
        "turn": 4,
        "replaces": 7,
    }
    file = {"format": "companion-memory", "version": 1, "facts": [fact]}
    assert other.import_json(json.dumps(file)).facts == 1
    [kept] = other.facts.current()
    assert (kept.value, kept.turn, kept.conversation) == ("tea", None, "")


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_markdown_keeps_the_words_and_how_turns_ended(
    memory: Memory, tmp_path: Path, language: Any, ends: str
) -> None:
    written = memory.export_markdown("c1", language)
    assert written.startswith("# A — title\n")
    other = empty(tmp_path)
    [name] = other.import_markdown(written.replace("\n", ends)).conversations
    first, second = memory.conversations.read("c1"), other.conversations.read(name)
    assert second.title == first.title
    for one, two in zip(first.turns, second.turns, strict=True):
        assert (one.said, one.state, one.trouble) == (two.said, two.state, two.trouble)
        assert (one.answer.reply, one.answer.model) == (two.answer.reply, two.answer.model)
        assert int(one.at) == two.at
    assert other.export_markdown(name, language) == written


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "line 1"),
        ("# Some notes\n\nof mine", "line 1"),
        ("# T\n<!-- companion conversation, version 1 -->\n\nloose", "line 4"),
        ("# T\n<!-- companion conversation, version 1 -->\n## Nobody\n> x\n", "line 3"),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_other_markdown_is_refused(tmp_path: Path, text: str | bytes, why: str) -> None:
    with pytest.raises(JournalError, match=why):
        empty(tmp_path).import_markdown(text)
