"""Export and import as JSON: what is in view goes out whole, and comes back as it was."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from companion.errors import JournalError
from companion.memory import limits, searching, views
from companion.memory.records import Conversation, Kind, State, Turn
from companion.types import Language

FORMAT: Final = "companion-memory"
VERSION: Final = 1

NAMES = "SELECT id, named FROM conversations WHERE user = ? AND NOT deleted ORDER BY opened, id"
COLUMNS = ("kind", "value", "about", "holds", "words", "language", "at", "private")
FACTS = f"""
SELECT id, {", ".join(COLUMNS)}, turn, replaces
FROM facts WHERE user = ? ORDER BY id
"""
SAID = "SELECT conversation, at FROM entries WHERE user = ? AND kind = 'said'"
TAKEN = "SELECT 1 FROM conversations WHERE user = ? AND id = ?"
ADD_ENTRY = """
INSERT INTO entries (user, conversation, turn, kind, at, body) VALUES (?, ?, ?, ?, ?, ?)
"""
ADD_CONVERSATION = """
INSERT INTO conversations (user, id, title, named, opened, changed, turns)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
ADD_FACT = f"""
INSERT INTO facts
    (user, {", ".join(COLUMNS)}, conversation, turn, replaces)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
ENDED = {state: kind for kind, state in views.ENDS.items()}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class AnswerFile(_Part):
    """An answer in the file."""

    reply: str = Field(max_length=limits.REPLY)
    model: str = Field(default="", max_length=limits.SAID)
    reason: str = Field(default="", max_length=limits.SAID)
    figures: dict[str, Any] = Field(default_factory=dict)


class TurnFile(_Part):
    """A turn in the file."""

    at: float
    said: str = Field(max_length=limits.SAID)
    state: State = "done"
    answer: AnswerFile = AnswerFile(reply="")
    trouble: str = Field(default="", max_length=limits.SAID)
    private: bool = False


class ConversationFile(_Part):
    """A conversation in the file."""

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    title: str = Field(default="", max_length=limits.TITLE)
    named: bool = False
    opened: float
    changed: float
    turns: tuple[TurnFile, ...] = Field(default=(), max_length=limits.TURNS)


class FactFile(_Part):
    """A fact in the file; its `turn` counts those of the `conversation`, `replaces` the facts."""

    kind: Kind
    value: str = Field(max_length=limits.VALUE)
    about: str = Field(default="", max_length=limits.VALUE)
    holds: bool = True
    words: str = Field(default="", max_length=10 * limits.VALUE)
    language: Language = "en"
    conversation: str = ""
    turn: int | None = Field(default=None, ge=0)
    at: float
    replaces: int | None = Field(default=None, ge=0)
    private: bool = False


class MemoryFile(_Part):
    """The whole file."""

    format: Literal["companion-memory"]
    version: Literal[1]
    conversations: tuple[ConversationFile, ...] = ()
    facts: tuple[FactFile, ...] = Field(default=(), max_length=limits.FACTS)


@dataclass(frozen=True, slots=True)
class Imported:
    """The ids of the conversations that were added, how many were here already, facts added."""

    conversations: tuple[str, ...]
    facts: int
    here: int = 0


def written(database: sqlite3.Connection, user: bytes) -> str:
    """All of this user's conversations and facts, as JSON for people to look into too."""
    conversations: list[ConversationFile] = []
    places: dict[int, tuple[str, int]] = {}
    for name, named in database.execute(NAMES, (user,)).fetchall():
        seen = views.conversation(database, user, name)
        assert seen
        places |= {turn.id: (name, number) for number, turn in enumerate(seen.turns)}
        conversations.append(_conversation(seen, bool(named)))
    rows = database.execute(FACTS, (user,)).fetchall()
    order = {row[0]: number for number, row in enumerate(rows)}
    facts = []
    for _, *values, turn, replaces in rows:
        conversation, number = places.get(turn, ("", None))
        fact = dict(zip(COLUMNS, values, strict=True))
        facts.append(
            FactFile(**fact, conversation=conversation, turn=number, replaces=order.get(replaces))
        )
    file = MemoryFile(
        format=FORMAT, version=VERSION, conversations=tuple(conversations), facts=tuple(facts)
    )
    return file.model_dump_json(indent=1)


def _conversation(seen: Conversation, named: bool) -> ConversationFile:
    turns = tuple(
        TurnFile(
            at=turn.at,
            said=turn.said,
            state=turn.state,
            answer=AnswerFile(**views.written(turn.answer)),
            trouble=turn.trouble,
            private=turn.private,
        )
        for turn in seen.turns
    )
    return ConversationFile(
        id=seen.id,
        title=seen.title,
        named=named,
        opened=seen.opened,
        changed=seen.changed,
        turns=turns,
    )


def read(text: str | bytes) -> MemoryFile:
    """The file, checked. Raises JournalError that says which place is wrong, and how."""
    if len(text) > limits.IMPORT:
        raise JournalError(f"The file is larger than {limits.IMPORT >> 20} MB")
    try:
        return MemoryFile.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise JournalError(
            f"This is no export of a memory: {first['msg']}",
            where=where,
            repair="Choose a file that “Export” made, of this version or an older one.",
        ) from None


def add(database: sqlite3.Connection, user: bytes, file: MemoryFile) -> Imported:
    """Add what is not here yet, so that the same file can be imported again.

    A conversation is here where one of this user's has the same turns, and perhaps more behind
    them. One whose id is taken by another gets a new id.
    """
    names: list[str] = []
    turns: dict[tuple[str, int | None], tuple[str, int]] = {}
    known = _by_second(database, user)
    for one in file.conversations:
        if seen := _here(database, user, one, known):
            turns |= {(one.id, n): (seen.id, turn.id) for n, turn in enumerate(seen.turns)}
            continue
        taken = database.execute(TAKEN, (user, one.id)).fetchone()
        names.append(uuid4().hex if taken else one.id)
        added = _add_conversation(database, user, names[-1], one)
        turns |= {(one.id, number): (names[-1], turn) for number, turn in enumerate(added)}
        if one.turns:
            known[int(one.turns[0].at)].add(names[-1])
    facts = _add_facts(database, user, file.facts, turns)
    return Imported(tuple(names), facts, len(file.conversations) - len(names))


def _by_second(database: sqlite3.Connection, user: bytes) -> defaultdict[int, set[str]]:
    """In which conversations the user said something, by the second in which it was said."""
    known = defaultdict[int, set[str]](set)
    for name, at in database.execute(SAID, (user,)):
        known[int(at)].add(name)
    return known


def _here(
    database: sqlite3.Connection, user: bytes, one: ConversationFile, known: Mapping[int, set[str]]
) -> Conversation | None:
    """The conversation that has these turns already; for one without turns, that of its id."""
    names = known.get(int(one.turns[0].at), set()) if one.turns else {one.id}
    for name in sorted(names):
        seen = views.conversation(database, user, name)
        if seen and _told(seen.turns[: len(one.turns)]) == _told(one.turns):
            return seen
    return None


def _told(turns: Sequence[Turn | TurnFile]) -> list[tuple[int, list[str], list[str]]]:
    """What both kinds of files keep of turns: the second, and the words, whatever their spaces."""
    return [(int(one.at), one.said.split(), one.answer.reply.split()) for one in turns]


def _add_conversation(
    database: sqlite3.Connection, user: bytes, name: str, one: ConversationFile
) -> list[int]:
    """Returns the ids of its turns."""

    def entry(turn: int, kind: str, at: float, body: dict[str, Any]) -> int:
        row = (user, name, turn, kind, at, json.dumps(body, ensure_ascii=False))
        return database.execute(ADD_ENTRY, row).lastrowid or 0

    head = (user, name, one.title, one.named, one.opened, one.changed, len(one.turns))
    database.execute(ADD_CONVERSATION, head)
    entry(0, "opened", one.opened, {"title": one.title if one.named else ""})
    turns = []
    for turn in one.turns:
        number = entry(0, "said", turn.at, {"text": turn.said, "private": turn.private})
        searching.add(database, number, user, name, turn.said, turn.at)
        turns.append(number)
        if turn.state != "open":
            body = {"answer": turn.answer.model_dump(), "trouble": turn.trouble}
            entry(number, ENDED[turn.state], turn.at, body)
            searching.answered(database, number, turn.answer.reply)
    return turns


def _add_facts(
    database: sqlite3.Connection,
    user: bytes,
    facts: tuple[FactFile, ...],
    turns: dict[tuple[str, int | None], tuple[str, int]],
) -> int:
    """Returns how many were added; a fact that is here, word for word and of that time, is not."""
    rows = database.execute(FACTS, (user,)).fetchall()
    known = {tuple(values): number for number, *values, _, _ in rows}
    here: list[int] = []
    for fact in facts:
        values = tuple(getattr(fact, column) for column in COLUMNS)
        if values not in known:
            where = turns.get((fact.conversation, fact.turn), ("", None))
            earlier = fact.replaces is not None and fact.replaces < len(here)
            row = (user, *values, *where, here[fact.replaces or 0] if earlier else None)
            known[values] = database.execute(ADD_FACT, row).lastrowid or 0
        here.append(known[values])
    return len(known) - len(rows)
