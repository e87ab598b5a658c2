"""Taking words out of everything that one user said and was told, within a transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from companion.memory import searching, views
from companion.memory.folding import masked, masked_in
from companion.memory.records import Fact

SHRUNK = """
UPDATE conversations SET turns = ?, title = CASE named WHEN 1 THEN title ELSE ? END
WHERE user = ? AND id = ?
"""


def erase_words(database: sqlite3.Connection, user: bytes, facts: Sequence[Fact]) -> None:
    """Take out what these facts say: the words each came from, and its value wherever it stands."""
    values = tuple(
        dict.fromkeys(text for fact in facts for text in (fact.words, fact.value) if text)
    )
    if not values:
        return
    _entries(database, user, values)
    _titles(database, user, values)
    _index(database, user, values)
    _other_facts(database, user, values)


def erase_user(database: sqlite3.Connection, user: bytes) -> None:
    """Take out all of this user's rows, so that it is as if the user had never been here."""
    mine = (user,)
    turns = "DELETE FROM words WHERE rowid IN (SELECT id FROM turns WHERE user = ?)"
    database.execute(turns, mine)
    for table in ("turns", "entries", "conversations", "facts"):
        database.execute(f"DELETE FROM {table} WHERE user = ?", mine)
    searching.forget(database)


def erase_turn(database: sqlite3.Connection, user: bytes, turn: int) -> None:
    """Take out one turn with its answer, and the title that was made of it."""
    mine = (user, turn)
    rows = database.execute("SELECT conversation FROM turns WHERE user = ? AND id = ?", mine)
    names = rows.fetchall()
    database.execute("DELETE FROM entries WHERE user = ? AND ? IN (id, turn)", mine)
    found = "SELECT id FROM turns WHERE user = ? AND id = ?"
    database.execute(f"DELETE FROM words WHERE rowid IN ({found})", mine)
    database.execute("DELETE FROM turns WHERE user = ? AND id = ?", mine)
    searching.forget(database)
    for (name,) in names:
        seen = views.conversation(database, user, name)
        turns = seen.turns if seen else ()
        title = views.title_from(turns[0].said if turns else "")
        database.execute(SHRUNK, (len(turns), title, user, name))


def _entries(database: sqlite3.Connection, user: bytes, values: tuple[str, ...]) -> None:
    rows = database.execute("SELECT id, body FROM entries WHERE user = ?", (user,)).fetchall()
    for number, body in rows:
        known = json.loads(body)
        kept = masked_in(known, values)
        if kept != known:
            written = json.dumps(kept, ensure_ascii=False)
            database.execute("UPDATE entries SET body = ? WHERE id = ?", (written, number))


def _titles(database: sqlite3.Connection, user: bytes, values: tuple[str, ...]) -> None:
    rows = database.execute(
        "SELECT id, title FROM conversations WHERE user = ?", (user,)
    ).fetchall()
    for name, title in rows:
        kept = (masked(title, values), user, name)
        database.execute("UPDATE conversations SET title = ? WHERE user = ? AND id = ?", kept)


def _index(database: sqlite3.Connection, user: bytes, values: tuple[str, ...]) -> None:
    mine = "SELECT id FROM turns WHERE user = ?"
    query = f"SELECT rowid, said, reply FROM words WHERE rowid IN ({mine})"
    for number, said, reply in database.execute(query, (user,)).fetchall():
        kept = (masked(said, values), masked(reply, values))
        if kept != (said, reply):
            change = "UPDATE words SET said = ?, reply = ? WHERE rowid = ?"
            database.execute(change, (*kept, number))
    searching.forget(database)


def _other_facts(database: sqlite3.Connection, user: bytes, values: tuple[str, ...]) -> None:
    rows = database.execute("SELECT id, value, words FROM facts WHERE user = ?", (user,)).fetchall()
    for number, value, words in rows:
        kept = (masked(value, values), masked(words, values), number)
        database.execute("UPDATE facts SET value = ?, words = ? WHERE id = ?", kept)
