"""The memory of all users in one file, and the part of it that one user can reach."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec, TypeVar

from companion.config import Settings
from companion.errors import JournalError
from companion.memory import erasing, exchange, limits, markdown
from companion.memory.conversations import Conversations
from companion.memory.database import Database
from companion.memory.facts import Facts
from companion.memory.requests import ForgetRequest, asked_for
from companion.resources import project_root
from companion.tracking import store_folder
from companion.types import Language

P = ParamSpec("P")
T = TypeVar("T")


def journal_file() -> Path:
    """The memory of this project, beside its recorded runs, where version control leaves it out."""
    return store_folder() / "memory.db"


def build(settings: Settings) -> Journal | None:
    """The journal that the settings name; None where they keep nothing."""
    if not settings.memory.keep:
        return None
    path = settings.memory.path
    return Journal(project_root() / Path(path).expanduser() if path else None)


class Journal:
    """The memory in one file, which the first thing that is kept makes.

    Any number of threads and processes may use it. What a call has returned from is on disk.
    """

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self.path = path or journal_file()
        self._database = Database(self.path)
        self._clock = clock
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="journal")

    def user(self, token: str) -> Memory:
        """What the user of this token can reach. Raises InputError for what is no token.

        Take a token from `new_token`, and let the browser keep it; the file holds its hash alone. A
        token that is not known is a user of whom nothing is known.
        """
        return Memory(self._database, limits.hashed(token), self._clock)

    async def aside(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do this in the journal's own thread, so that the loop does not wait for the disk.

            turn = await journal.aside(memory.conversations.begin, conversation, "Hello")

        One thing at a time, in the order in which they were asked for. Whoever is cancelled while
        waiting does not undo it: it is still done, whole.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._aside, lambda: work(*args, **kwargs))

    def check(self) -> None:
        """Read the whole file; raises JournalError when a part of it is broken."""
        self._database.check()

    def close(self) -> None:
        """Finish what is under way, and close the file; later use of `aside` is an error."""
        self._aside.shutdown()
        self._database.close()


class Memory:
    """What is kept for one user: `conversations` and `facts`, and nobody else's.

    Every method raises JournalError when the file cannot be used; then nothing has changed.
    """

    def __init__(self, database: Database, user: bytes, clock: Callable[[], float]) -> None:
        self.conversations = Conversations(database, user, clock)
        self.facts = Facts(database, user, clock)
        self._database, self._user, self._clock = database, user, clock

    def forget_everything(self) -> None:
        """Take every trace of this user out of the file: conversations, facts, and their bytes."""
        with self._database.erasing() as database:
            erasing.erase_user(database, self._user)

    def forget_turn(self, turn: int) -> None:
        """Take out one turn with its answer, and what was learnt from it wherever it stands."""
        with self._database.erasing() as database:
            learnt = [fact.id for fact in self.facts.within(database) if fact.turn == turn]
            self.facts.erase(database, tuple(learnt))
            erasing.erase_turn(database, self._user, turn)

    def forget(self, request: ForgetRequest, conversation: str = "") -> int:
        """Do what the user asked for; returns how many facts and turns went.

        Nothing of it can be undone: before "everything", ask whether it is meant.

        "Forget that" takes the last turn of that `conversation`: ask before the request itself is
        kept as a turn, or it is the request that goes. What is not known cannot be forgotten: then
        nothing goes, and the answer should say so.
        """
        if request.what == "everything":
            known = len(self.facts.all()) + sum(one.turns for one in self.conversations.list(10**6))
            self.forget_everything()
            return known
        if request.what == "that":
            turns = self.conversations.read(conversation).turns if conversation else ()
            for turn in turns[-1:]:
                self.forget_turn(turn.id)
            return len(turns[-1:])
        facts = asked_for(request, self.facts.current())
        if facts:
            self.facts.forget(*(fact.id for fact in facts))
        return len(facts)

    def export_json(self) -> str:
        """Everything in view, conversations and facts; `import_json` takes it back whole."""
        with self._database.reading() as database:
            return exchange.written(database, self._user)

    def import_json(self, text: str | bytes) -> exchange.Imported:
        """Add what an export holds. What is here already is left alone, so that twice is once.

        Raises JournalError, which names the place, for what is no export; then nothing was added.
        """
        file = exchange.read(text)
        with self._database.writing() as database:
            return exchange.add(database, self._user, file)

    def export_markdown(self, conversation: str, language: Language = "en") -> str:
        """One conversation for people to read; `import_markdown` understands it too."""
        return markdown.written(self.conversations.read(conversation), language)

    def import_markdown(self, text: str | bytes) -> exchange.Imported:
        """Add a conversation that `export_markdown` wrote; anything else is a JournalError."""
        file = markdown.read(text)
        with self._database.writing() as database:
            return exchange.add(database, self._user, file)


__all__ = ["Journal", "JournalError", "Memory", "journal_file"]
