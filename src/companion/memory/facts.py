"""What is known about one user: learnt from the user's own turns, seen, corrected, forgotten."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from companion.errors import InputError, JournalError
from companion.memory import limits, noticing, standing
from companion.memory.database import Database
from companion.memory.erasing import erase_words
from companion.memory.records import Fact, Noticed
from companion.memory.standing import Row

ADD = """
INSERT INTO facts
    (user, kind, value, about, language, at, words, conversation, turn, holds, replaces, private)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
ROWS = """
SELECT id, kind, value, about, language, at, words, conversation, turn, holds, replaces, private
FROM facts WHERE user = ? ORDER BY id
"""
SAID = """
SELECT conversation, body, at FROM entries
WHERE user = ? AND id = ? AND kind = 'said' AND id IN (SELECT id FROM turns)
"""


class Facts:
    """The facts about one user; no other's can be seen or touched from here.

    Every method raises JournalError when the file cannot be used, or a fact or turn is not there.
    """

    def __init__(
        self, database: Database, user: bytes, clock: Callable[[], float] = time.time
    ) -> None:
        self._database, self._user, self._clock = database, user, clock

    def learn(self, turn: int) -> list[Fact]:
        """Keep what the user told in that turn; returns what was new.

        Only what the user said in a turn on disk can be learnt from: never a reply.
        """
        with self._database.writing() as database:
            found = database.execute(SAID, (self._user, turn)).fetchone()
            if found is None:
                raise JournalError("There is no such turn", where=str(turn))
            conversation, written, at = found
            body: dict[str, Any] = json.loads(written)
            place, private = (at, conversation, turn), body.get("private", False)
            learnt: list[int] = []
            for noticed in noticing.noticed(body["text"], date.fromtimestamp(at)):
                learnt += self._keep(database, noticed, place, private)
            if not learnt:
                return []
            return [f for f in self.within(database) if f.id in learnt]

    def within(self, database: sqlite3.Connection) -> list[Fact]:
        """Every fact, in a transaction that is under way."""
        return standing.standing(self._rows(database))

    def all(self) -> list[Fact]:
        """Every fact, oldest first, with those that were superseded."""
        with self._database.reading() as database:
            return self.within(database)

    def current(self) -> list[Fact]:
        """The facts that stand, oldest first."""
        return [fact for fact in self.all() if not fact.superseded]

    def correct(self, fact: int, value: str) -> Fact:
        """The user says how it really is; the fact as it was is superseded."""
        value = limits.line(value, limits.VALUE)
        if not value:
            raise InputError("A fact cannot be empty", repair="Forget it instead.")
        with self._database.writing() as database:
            old = self._fact(database, fact)
            new = (old.kind, value, old.about, old.language, self._clock(), "", "", None)
            row = (self._user, *new, True, old.id, old.private)
            number = database.execute(ADD, row).lastrowid
            return self._fact(database, number or 0)

    def forget(self, *facts: int) -> None:
        """Take these facts away, with all they superseded, and the words that tell them.

        Every conversation of the user loses those words, and the file its bytes.
        """
        with self._database.erasing() as database:
            for fact in facts:
                self._fact(database, fact)
            self.erase(database, facts)

    def erase(self, database: sqlite3.Connection, facts: tuple[int, ...]) -> None:
        """The same within a transaction; the bytes are still in the file when it ends."""
        rows = self._rows(database)
        gone = {row.fact.id: row.fact for fact in facts for row in standing.family(fact, rows)}
        for number in gone:
            database.execute("DELETE FROM facts WHERE user = ? AND id = ?", (self._user, number))
        erase_words(database, self._user, list(gone.values()))

    def _keep(
        self,
        database: sqlite3.Connection,
        noticed: Noticed,
        place: tuple[float, str, int],
        private: bool,
    ) -> list[int]:
        at, conversation, turn = place
        rows = self._rows(database)
        facts = [fact for fact in standing.standing(rows) if not fact.superseded]
        if len(rows) >= limits.FACTS or not standing.is_new(noticed, facts, private):
            return []
        n, value = noticed, limits.line(noticed.value, limits.VALUE)
        words = n.words[: 10 * limits.VALUE]
        new = (n.kind, value, n.about, n.language, at, words, conversation, turn, n.holds)
        row = (self._user, *new, standing.replaced(noticed, facts), private)
        return [database.execute(ADD, row).lastrowid or 0]

    def _fact(self, database: sqlite3.Connection, number: int) -> Fact:
        for fact in self.within(database):
            if fact.id == number:
                return fact
        raise JournalError("There is no such fact", where=str(number))

    def _rows(self, database: sqlite3.Connection) -> list[Row]:
        rows = database.execute(ROWS, (self._user,))
        return [
            Row(replace(Fact(*fact), private=bool(private)), bool(holds), other)
            for *fact, holds, other, private in rows
        ]
