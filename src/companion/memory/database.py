"""One SQLite file that survives a crash at any moment: opened, upgraded, written, erased."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from companion.errors import JournalError
from companion.shared_file import SharedFile

WAIT_SECONDS = 10.0
"""How long a write waits for others that are writing, and erasing for others that are reading."""

APPLICATION = 0x4C696121
"""Marks the file as ours, so that no other program's data are taken for it or written into."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # What happened, in order. `turn` is the entry that began the turn, 0 for the conversation.
        """CREATE TABLE entries (
            id INTEGER PRIMARY KEY AUTOINCREMENT, user BLOB NOT NULL, conversation TEXT NOT NULL,
            turn INTEGER NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL, body TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX entries_of ON entries (user, conversation, id)",
        # How it looks now, kept in the same transactions, so that lists need not read it all.
        """CREATE TABLE conversations (
            user BLOB NOT NULL, id TEXT NOT NULL, title TEXT NOT NULL, opened REAL NOT NULL,
            changed REAL NOT NULL, turns INTEGER NOT NULL, named INTEGER NOT NULL,
            deleted INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (user, id)
        ) STRICT, WITHOUT ROWID""",
        # The turns in view, and their words under the same ids.
        """CREATE TABLE turns (
            id INTEGER PRIMARY KEY, user BLOB NOT NULL, conversation TEXT NOT NULL, at REAL NOT NULL
        ) STRICT""",
        "CREATE INDEX turns_of ON turns (user, conversation, id)",
        """CREATE VIRTUAL TABLE words USING fts5 (
            said, reply, tokenize = 'unicode61 remove_diacritics 2'
        )""",
        """CREATE TABLE facts (
            id INTEGER PRIMARY KEY AUTOINCREMENT, user BLOB NOT NULL, kind TEXT NOT NULL,
            about TEXT NOT NULL, value TEXT NOT NULL, holds INTEGER NOT NULL, words TEXT NOT NULL,
            language TEXT NOT NULL, conversation TEXT NOT NULL, turn INTEGER, at REAL NOT NULL,
            replaces INTEGER
        ) STRICT""",
        "CREATE INDEX facts_of ON facts (user, id)",
        # What is left to do after a crash.
        "CREATE TABLE chores (name TEXT PRIMARY KEY) STRICT",
    ),
    # Whether it was learnt under local_only.
    ("ALTER TABLE facts ADD COLUMN private INTEGER NOT NULL DEFAULT 0",),
)
"""The statements that lead from each version of the schema to the next."""

REPAIRS = {
    "SQLITE_FULL": "Free some disk.",
    "SQLITE_BUSY": "Another program holds the file: close it, or wait.",
    "SQLITE_LOCKED": "Another program holds the file: close it, or wait.",
    "SQLITE_READONLY": "Make the file and its folder writable.",
    "SQLITE_CANTOPEN": "Make the folder, and make it writable.",
    "SQLITE_PERM": "Make the file and its folder writable.",
    "SQLITE_CORRUPT": "Move the file away, and import your last export.",
    "SQLITE_NOTADB": "Move the file away, and import your last export.",
}


class Database:
    """The file at `path`, which the first use makes, readable by its owner alone.

    Any number of threads and processes may use it. A transaction is on disk when it ends
    (write-ahead log, synchronous FULL), or nothing of it is. Every method raises JournalError when
    the file cannot be opened, read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = SharedFile(path, self._prepare)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that no other writer disturbs."""
        with self._transaction("BEGIN IMMEDIATE") as database:
            yield database

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A transaction that sees one moment of the file."""
        with self._transaction("BEGIN") as database:
            yield database

    @contextmanager
    def erasing(self) -> Iterator[sqlite3.Connection]:
        """A transaction whose deleted words are in no byte of the file when it has ended.

        Raises JournalError when another program reads on and on, so that they stay in the log; they
        are then gone from all that is read, and from the bytes when the file is opened next.
        """
        with self.writing() as database:
            yield database
            database.execute("INSERT OR IGNORE INTO chores VALUES ('scrub')")
        with self._used() as database:
            _scrub(database)

    def check(self) -> None:
        """Read every page; raises JournalError when one is broken."""
        with self._used() as database:
            [[verdict]] = database.execute("PRAGMA integrity_check(1)").fetchall()
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._file.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._used() as database:
            database.execute(begin)
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # some errors have rolled back already
                    database.execute("ROLLBACK")
                raise

    @contextmanager
    def _used(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._file.used() as database:
                yield database
        except (OSError, sqlite3.Error) as error:
            raise _told(error, self.path) from error

    def _prepare(self, database: sqlite3.Connection) -> None:
        database.execute(f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000:.0f}")
        _insistently(lambda: _ours(database, self.path))
        _insistently(lambda: database.execute("PRAGMA journal_mode = WAL"))
        database.execute("PRAGMA synchronous = FULL")  # what is acknowledged outlives a power cut
        database.execute("PRAGMA secure_delete = ON")
        database.execute("PRAGMA temp_store = MEMORY")  # VACUUM leaves no copy in another file
        _upgrade(database)
        _catch_up(database)


def _ours(database: sqlite3.Connection, path: Path) -> None:
    """Refuse another program's file, and one of a newer version of this one."""
    database.execute("BEGIN")  # one moment of the file, which others may be making just now
    try:
        [[tables]] = database.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        mark, version = (_pragma(database, name) for name in ("application_id", "user_version"))
    finally:
        database.execute("ROLLBACK")
    if mark != APPLICATION and (mark or version or tables):
        raise JournalError(
            "This file holds something else than a memory",
            where=str(path),
            repair="Name another file under memory.path.",
        )
    if version > len(MIGRATIONS):
        raise JournalError(
            f"This memory was written by a newer companion (version {version})",
            where=str(path),
            repair="Update companion-lab.",
        )


def _upgrade(database: sqlite3.Connection) -> None:
    """Bring the schema up to date, all of it or nothing: two processes may open a new file."""
    if _pragma(database, "user_version") == len(MIGRATIONS):
        return
    database.execute("BEGIN IMMEDIATE")
    try:
        for statements in MIGRATIONS[_pragma(database, "user_version") :]:
            for statement in statements:
                database.execute(statement)
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        database.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            database.execute("ROLLBACK")
        raise


def _pragma(database: sqlite3.Connection, name: str) -> int:
    [[value]] = database.execute(f"PRAGMA {name}").fetchall()
    return int(value)


def _catch_up(database: sqlite3.Connection) -> None:
    """Scrub what a crash or a reader left to be scrubbed; while one reads still, another time."""
    if database.execute("SELECT count(*) FROM chores").fetchone()[0]:
        with suppress(sqlite3.OperationalError):
            _scrub(database)


def _scrub(database: sqlite3.Connection) -> None:
    """Write the file anew without what was deleted, and empty its log."""
    _insistently(lambda: database.execute("VACUUM"))
    _insistently(lambda: _emptied(database))
    database.execute("DELETE FROM chores")


def _emptied(database: sqlite3.Connection) -> None:
    """Write the log back into the file and cut it to nothing."""
    [[busy, _, _]] = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    if busy:
        raise sqlite3.OperationalError("database is locked")


def _insistently(work: Callable[[], Any]) -> None:
    """Again and again while the file is locked: these steps do not always wait by themselves."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            work()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)


def _told(error: OSError | sqlite3.Error, path: Path) -> JournalError:
    name = str(getattr(error, "sqlite_errorname", ""))
    kind = "_".join(name.split("_")[:2])  # SQLITE_READONLY_DIRECTORY is a kind of SQLITE_READONLY
    usual = "Make the folder writable, and look whether the disk is full or failing."
    return JournalError(
        f"The memory cannot be used: {error}",
        where=str(path),
        repair=REPAIRS.get(kind, usual),
    )
