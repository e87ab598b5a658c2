"""Every attempt in one SQLite file: who was asked and why, how it went, what it took and cost.

The ledger holds figures and reasons, and nothing of what was said.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from companion.errors import TrackingError
from companion.shared_file import SharedFile
from companion.tracking import store_folder

WAIT_SECONDS = 2.0
"""How long a write waits for another process that is writing."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One attempt. Attempts of one request share `call`; `at` is in seconds since 1970.

    `outcome` is "answered", "failed" with the kind of its `cause`, or "left" where the caller went
    away. Tokens, `cost` (US dollars) and times are None where they are not known; tokens and cost
    stand with answers alone.
    `price_date` is the day the price was published, "" where there is none.
    """

    at: float
    call: str
    agent: str
    model: str
    local: bool
    reason: str
    outcome: str
    cause: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    price_date: str = ""
    first_token_seconds: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """What one model did: answers and failures, tokens and US dollars as far as they are known."""

    model: str
    local: bool
    answers: int
    failures: int
    prompt_tokens: int
    completion_tokens: int
    cost: float
    seconds: float


NAMES = [field.name for field in fields(Entry)]

SCHEMA = """
CREATE TABLE IF NOT EXISTS attempts (
    at REAL NOT NULL, call TEXT NOT NULL, agent TEXT NOT NULL, model TEXT NOT NULL,
    local INTEGER NOT NULL, reason TEXT NOT NULL, outcome TEXT NOT NULL, cause TEXT NOT NULL,
    prompt_tokens INTEGER, completion_tokens INTEGER, cost REAL, price_date TEXT NOT NULL,
    first_token_seconds REAL, seconds REAL
) STRICT;
CREATE INDEX IF NOT EXISTS attempts_at ON attempts (at);
"""

INSERT = f"INSERT INTO attempts ({', '.join(NAMES)}) VALUES ({', '.join('?' * len(NAMES))})"

SPENT = "SELECT total(cost) FROM attempts WHERE outcome = 'answered' AND at >= ?"

TOTALS = """
SELECT model, local, sum(outcome = 'answered'), sum(outcome = 'failed'),
    CAST(total(prompt_tokens) AS INTEGER), CAST(total(completion_tokens) AS INTEGER),
    total(cost), total(seconds)
FROM attempts WHERE at >= ? GROUP BY model, local ORDER BY model
"""


def ledger_file() -> Path:
    """The ledger of this project, beside its recorded runs."""
    return store_folder() / "ledger.db"


class Ledger:
    """The attempts in one file, which is made by the first of them.

    Any number of threads may use it, and several processes too (write-ahead log). Every method
    raises TrackingError when the file cannot be opened, read or written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or ledger_file()
        self._file = SharedFile(self.path, _prepare)

    def record(self, entry: Entry) -> None:
        """Keep one attempt."""
        with self._open() as database:
            database.execute(INSERT, [getattr(entry, name) for name in NAMES])

    def entries(self, since: float = 0) -> list[Entry]:
        """The attempts that began at that moment or later, oldest first."""
        query = f"SELECT {', '.join(NAMES)} FROM attempts WHERE at >= ? ORDER BY at, rowid"
        with self._open() as database:
            rows = database.execute(query, (since,)).fetchall()
        named = (dict(zip(NAMES, row, strict=True)) for row in rows)
        return [Entry(**{**row, "local": bool(row["local"])}) for row in named]

    def spent(self, since: float = 0, agent: str | None = None) -> float:
        """US dollars that answers have cost since that moment, all agents together or one."""
        mine = "" if agent is None else " AND agent = ?"
        values = (since,) if agent is None else (since, agent)
        with self._open() as database:
            [cost] = database.execute(SPENT + mine, values).fetchone()
            return float(cost)

    def totals(self, since: float = 0) -> list[Total]:
        """What each model did since that moment."""
        with self._open() as database:
            rows = database.execute(TOTALS, (since,)).fetchall()
            return [Total(model, bool(local), *figures) for model, local, *figures in rows]

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._file.close()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._file.used() as database:
                yield database
        except (OSError, sqlite3.Error) as error:
            raise TrackingError(
                f"The ledger cannot be used: {error}",
                where=str(self.path),
                repair="Make the folder writable, free some disk, or move a broken file away.",
            ) from error


def _prepare(database: sqlite3.Connection) -> None:
    database.execute(f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000:.0f}")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")  # a crash loses no more than the last
    database.executescript(SCHEMA)
