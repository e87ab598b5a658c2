"""One user's conversations: every change is an entry on disk before the call returns."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias
from uuid import uuid4

from companion.errors import InputError, JournalError
from companion.memory import limits, searching, views
from companion.memory.database import Database
from companion.memory.records import Answer, Conversation, Found, Summary

ADD = "INSERT INTO entries (user, conversation, turn, kind, at, body) VALUES (?, ?, ?, ?, ?, ?)"
OPEN = """
INSERT INTO conversations (user, id, title, named, opened, changed, turns)
VALUES (?, ?, ?, ?, ?, ?, 0)
"""
LIST = """
SELECT id, title, opened, changed, turns FROM conversations
WHERE user = ? AND NOT deleted ORDER BY changed DESC, id LIMIT ?
"""
STATE = "SELECT title, named, turns, deleted FROM conversations WHERE user = ? AND id = ?"
CHANGED = """
UPDATE conversations SET title = ?, named = ?, turns = ?, changed = ? WHERE user = ? AND id = ?
"""
SAID_HERE = "SELECT conversation FROM entries WHERE user = ? AND id = ? AND kind = 'said'"
GONE = "UPDATE conversations SET title = '', turns = 0, deleted = 1 WHERE user = ? AND id = ?"

Shape: TypeAlias = tuple[str, bool, int]
"""A conversation's title, whether the user gave it, and the number of turns."""


class Conversations:
    """The conversations of one user; no other's can be seen or touched from here.

    Every method raises JournalError when the file cannot be used, or the conversation or turn is
    not there, and InputError for what is too large; then nothing has changed.
    """

    def __init__(
        self, database: Database, user: bytes, clock: Callable[[], float] = time.time
    ) -> None:
        self._database, self._user, self._clock = database, user, clock

    def open(self, conversation: str = "", title: str = "") -> str:
        """Begin a conversation, empty, under that id or a new one; returns the id."""
        conversation = limits.conversation_id(conversation or uuid4().hex)
        with self._database.writing() as database:
            if self._state(database, conversation):
                raise JournalError("There is such a conversation already", where=conversation)
            self._opened(database, conversation, limits.line(title, limits.TITLE))
        return conversation

    def begin(
        self, conversation: str, said: str, number: int | None = None, private: bool = False
    ) -> int:
        """The user says something: returns the new turn's id when it is on disk.

        It takes the place of turn `number`, counted from 0, after which nothing stays in view; None
        is the end. A conversation that is not there yet is begun with it. `private`: it is said
        under `local_only`, and so is what is learnt from it.
        """
        said = limits.text(said, limits.SAID, "The message")
        conversation = limits.conversation_id(conversation)
        with self._database.writing() as database:
            state = self._state(database, conversation)
            if state is None:
                state = self._opened(database, conversation, "")
            title, named, turns = state
            if number is not None and number < turns:
                turns = self._forked(database, conversation, number)
            if turns >= limits.TURNS:
                raise InputError(f"A conversation has {limits.TURNS:,} turns at most")
            body = {"text": said, "private": private}
            turn = self._add(database, conversation, 0, "said", body)
            searching.add(database, turn, self._user, conversation, said, self._clock())
            title = title if turns or named else views.title_from(said)
            self._change(database, conversation, title, named, turns + 1)
        return turn

    def finish(self, turn: int, answer: Answer) -> None:
        """The whole answer was given. Given again to the same turn, the newest is seen."""
        self._end(turn, "answered", _bounded(answer))

    def stop(self, turn: int, heard: Answer) -> None:
        """The answer was interrupted: `heard` is all that stays of it."""
        self._end(turn, "stopped", _bounded(heard))

    def fail(self, turn: int, trouble: str, answer: Answer | None = None) -> None:
        """There is no answer, and this is why; `answer` holds figures, and no reply."""
        figures = replace(_bounded(answer or Answer("")), reply="")
        self._end(turn, "failed", figures, limits.text(trouble, limits.SAID, "The trouble"))

    def rename(self, conversation: str, title: str) -> None:
        """Give it a title; an empty one brings back the one made of the first words."""
        with self._database.writing() as database:
            _, _, turns = self._there(database, conversation)
            title = limits.line(title, limits.TITLE)
            self._add(database, conversation, 0, "renamed", {"title": title})
            seen = views.conversation(database, self._user, conversation)
            first = seen.turns[0].said if seen and seen.turns else ""
            shown = title or views.title_from(first)
            self._change(database, conversation, shown, bool(title), turns)

    def delete(self, conversation: str) -> None:
        """Take it away with all that was said in it, out of the file's bytes too.

        What was learnt about the user from it stays until it is forgotten. The id cannot be used
        again, so that a page that still shows the conversation does not bring it back.
        """
        with self._database.erasing() as database:
            self._there(database, conversation)
            mine = (self._user, conversation)
            database.execute("DELETE FROM entries WHERE user = ? AND conversation = ?", mine)
            searching.drop(database, *mine)
            searching.forget(database)
            database.execute(GONE, mine)
            self._add(database, conversation, 0, "deleted", {})

    def list(self, limit: int = 200) -> Sequence[Summary]:
        """The conversations, the one that changed last first."""
        with self._database.reading() as database:
            return [Summary(*row) for row in database.execute(LIST, (self._user, limit))]

    def read(self, conversation: str) -> Conversation:
        """The conversation as it is seen now."""
        with self._database.reading() as database:
            found = views.conversation(database, self._user, conversation)
        if found is None:
            raise _missing(conversation)
        return found

    def search(self, words: str, limit: int = 20) -> Sequence[Found]:
        """The turns that have all these words, accents aside, the best match first.

        The last word may be the beginning of one, as while it is typed.
        """
        with self._database.reading() as database:
            return searching.search(database, self._user, words, limit)

    def _end(self, turn: int, kind: str, answer: Answer, trouble: str = "") -> None:
        body = {"answer": views.written(answer), "trouble": trouble}
        with self._database.writing() as database:
            found = database.execute(SAID_HERE, (self._user, turn)).fetchone()
            if found is None:
                raise JournalError("There is no such turn", where=str(turn))
            state = self._there(database, found[0])
            self._add(database, found[0], turn, kind, body)
            searching.answered(database, turn, answer.reply)
            self._change(database, found[0], *state)

    def _forked(self, database: sqlite3.Connection, conversation: str, number: int) -> int:
        """Leave out the turns from that one on, and what was learnt from them."""
        seen = views.conversation(database, self._user, conversation)
        assert seen
        number = max(0, number)
        first = seen.turns[number].id
        self._add(database, conversation, 0, "forked", {"from": first})
        searching.drop(database, self._user, conversation, first)
        learnt = "DELETE FROM facts WHERE user = ? AND conversation = ? AND turn >= ?"
        database.execute(learnt, (self._user, conversation, first))
        return number

    def _opened(self, database: sqlite3.Connection, conversation: str, title: str) -> Shape:
        now, named = self._clock(), bool(title)
        database.execute(OPEN, (self._user, conversation, title, named, now, now))
        self._add(database, conversation, 0, "opened", {"title": title})
        return title, named, 0

    def _add(
        self,
        database: sqlite3.Connection,
        conversation: str,
        turn: int,
        kind: str,
        body: Mapping[str, Any],
    ) -> int:
        written = json.dumps(body, ensure_ascii=False)
        entry = (self._user, conversation, turn, kind, self._clock(), written)
        return int(database.execute(ADD, entry).lastrowid or 0)

    def _change(
        self, database: sqlite3.Connection, conversation: str, title: str, named: bool, turns: int
    ) -> None:
        changed = (title, named, turns, self._clock(), self._user, conversation)
        database.execute(CHANGED, changed)

    def _state(self, database: sqlite3.Connection, conversation: str) -> Shape | None:
        """Its shape, if it is there. That it was deleted, no one may undo by writing."""
        row = database.execute(STATE, (self._user, conversation)).fetchone()
        if row is None:
            return None
        title, named, turns, deleted = row
        if deleted:
            raise JournalError("This conversation was deleted", repair="Begin a new one.")
        return title, bool(named), turns

    def _there(self, database: sqlite3.Connection, conversation: str) -> Shape:
        state = self._state(database, conversation)
        if state is None:
            raise _missing(conversation)
        return state


def _bounded(answer: Answer) -> Answer:
    return replace(
        answer,
        reply=limits.text(answer.reply, limits.REPLY, "The reply"),
        figures=limits.figures(answer.figures),
    )


def _missing(conversation: str) -> JournalError:
    return JournalError("There is no such conversation", where=conversation[:80])
