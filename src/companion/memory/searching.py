"""Full-text search over the turns in view: FTS5, accents folded, in one user's words alone."""

from __future__ import annotations

import re
import sqlite3

from companion.memory.records import Found

OPENS, CLOSES = "\x02", "\x03"
"""Set around what matched by SQLite, and taken out again: text may hold any mark that shows."""
SNIPPET_WORDS = 16
MOST_WORDS = 16
"""Words of a query that are looked for; the rest is left out."""

HERE = "user = ? AND conversation = ? AND id"
SEARCH = f"""
SELECT turns.conversation, conversations.title, turns.at,
    snippet(words, -1, '{OPENS}', '{CLOSES}', '…', {SNIPPET_WORDS}), turns.id
FROM words JOIN turns ON turns.id = words.rowid
    JOIN conversations USING (user)
WHERE words MATCH ? AND turns.user = ? AND conversations.id = turns.conversation
ORDER BY bm25(words), turns.id DESC LIMIT ?
"""


def add(
    database: sqlite3.Connection, turn: int, user: bytes, conversation: str, said: str, at: float
) -> None:
    """Let the new turn be found."""
    database.execute("INSERT INTO turns VALUES (?, ?, ?, ?)", (turn, user, conversation, at))
    database.execute("INSERT INTO words (rowid, said, reply) VALUES (?, ?, '')", (turn, said))


def answered(database: sqlite3.Connection, turn: int, reply: str) -> None:
    """Let it be found by its reply too."""
    database.execute("UPDATE words SET reply = ? WHERE rowid = ?", (reply, turn))


def drop(database: sqlite3.Connection, user: bytes, conversation: str, first: int = 0) -> None:
    """Let the turns from that one on be found no more."""
    here = (user, conversation, first)
    database.execute(
        f"DELETE FROM words WHERE rowid IN (SELECT id FROM turns WHERE {HERE} >= ?)", here
    )
    database.execute(f"DELETE FROM turns WHERE {HERE} >= ?", here)


def forget(database: sqlite3.Connection) -> None:
    """Write the index anew: in the old one, words that were deleted are marked, and still there."""
    database.execute("INSERT INTO words (words) VALUES ('rebuild')")


def search(database: sqlite3.Connection, user: bytes, words: str, limit: int) -> list[Found]:
    """The turns of this user that have all the words, the best match first."""
    query = _query(words)
    if not query:
        return []
    rows = database.execute(SEARCH, (query, user, limit)).fetchall()
    found = []
    for conversation, title, at, marked, turn in rows:
        before = f"SELECT count(*) FROM turns WHERE {HERE} < ?"
        [[number]] = database.execute(before, (user, conversation, turn)).fetchall()
        found.append(Found(conversation, title, number, at, *_snippet(marked)))
    return found


def _query(words: str) -> str:
    """All the words, the last as a beginning; what means something to FTS5 is only a word here."""
    found = re.findall(r"[^\W_]+", words)[:MOST_WORDS]
    return " ".join(f'"{word}"' for word in found) + "*" if found else ""


def _snippet(marked: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The text without its marks, and where they were."""
    text, hits = "", []
    for piece in re.split(f"(?={OPENS})", marked):
        hit, _, rest = piece.rpartition(CLOSES)
        hit = hit.replace(OPENS, "").replace(CLOSES, "")
        if hit:
            hits.append((len(text), len(text) + len(hit)))
        text += hit + rest.replace(OPENS, "")
    return text, tuple(hits)
