"""From what happened to how it looks: entries in order become the turns of a conversation."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from companion.memory.limits import line
from companion.memory.records import Answer, Conversation, State, Turn

ENDS: dict[str, State] = {"answered": "done", "stopped": "stopped", "failed": "failed"}
"""The kinds of entries that end a turn; of several, the newest counts."""

TITLE_FROM_WORDS = 60
"""Characters of the first message that a title is made of."""

ENTRIES = "SELECT id, turn, kind, at, body FROM entries WHERE user = ? AND conversation = ?"
HEAD = "SELECT title, opened, changed FROM conversations WHERE user = ? AND id = ? AND NOT deleted"


def turns_of(entries: Iterable[tuple[int, int, str, float, str]]) -> tuple[Turn, ...]:
    """The turns that are left when everything in (id, turn, kind, at, body) has happened."""
    turns: dict[int, Turn] = {}
    for number, turn, kind, at, written in entries:
        body: dict[str, Any] = json.loads(written)
        if kind == "said":
            turns[number] = Turn(number, at, body["text"], private=body.get("private", False))
        elif kind == "forked":
            turns = {known: turns[known] for known in turns if known < body["from"]}
        elif kind in ENDS and turn in turns:
            answer = Answer(**body.get("answer", {"reply": ""}))
            trouble = body.get("trouble", "")
            ended = replace(turns[turn], answer=answer, state=ENDS[kind], trouble=trouble)
            turns[turn] = ended
    return tuple(turns.values())


def conversation(database: sqlite3.Connection, user: bytes, name: str) -> Conversation | None:
    """This user's conversation as it is now; None where there is none."""
    head = database.execute(HEAD, (user, name)).fetchone()
    if head is None:
        return None
    entries = database.execute(f"{ENTRIES} ORDER BY id", (user, name))
    title, opened, changed = head
    return Conversation(name, title, opened, changed, turns_of(entries))


def written(answer: Answer) -> dict[str, Any]:
    """The answer as the body of an entry."""
    return asdict(answer)


def title_from(said: str) -> str:
    """The first words, as a title.

    >>> title_from("What is the tallest mountain of France, and how did it get its name from it?")
    'What is the tallest mountain of France, and how did it get…'
    """
    whole = line(said, 10 * TITLE_FROM_WORDS)
    if len(whole) <= TITLE_FROM_WORDS:
        return whole
    return whole[:TITLE_FROM_WORDS].rpartition(" ")[0].rstrip(" ,;:") + "…"
