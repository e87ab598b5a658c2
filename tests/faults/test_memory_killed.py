"""The journal survives what happens to files and processes: kill -9, full disks, broken files."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TypeAlias

import pytest

from companion.errors import JournalError
from companion.memory import Answer, Journal, database, new_token
from companion.memory.limits import hashed

Told: TypeAlias = tuple[str, int, str]
"""What a process has told: what it did, in which turn, and the words."""

WRITES_A_LOT = """
import resource, signal, sys
from pathlib import Path
from companion.memory import Answer, Journal, JournalError
path, token = sys.argv[1:]
talk = Journal(Path(path)).user(token).conversations
talk.begin("c", "before")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
kept = 0
try:
    for number in range(100):
        talk.begin("c", f"turn {number} " + "word " * 2000)
        kept += 1
except JournalError as error:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    talk.begin("c", "after")
    print(kept, error)
"""


def write(path: Path, token: str, name: str, pipe: Connection) -> None:
    """What a process does until it is killed: what it tells on the pipe is on disk by then."""
    talk = Journal(path).user(token).conversations
    pipe.send("ready")
    for number in range(10_000):
        said = f"{name} turn {number}"
        turn = talk.begin(name, said, number=3 if number % 7 == 6 else None)
        pipe.send(("said", turn, said))
        if number % 3:
            talk.finish(turn, Answer(f"reply to {said}", "tiny", "", {"number": number}))
            pipe.send(("answered", turn, said))
        else:
            talk.stop(turn, Answer(f"heard of {said}"))
            pipe.send(("stopped", turn, said))


def forget(path: Path, token: str, name: str, pipe: Connection) -> None:
    """A process whose user tells secrets and has them forgotten, again and again."""
    memory = Journal(path).user(token)
    pipe.send("ready")
    for number in range(10_000):
        said = f"zq{name}x{number}secret"
        turn = memory.conversations.begin(name, said)
        pipe.send(("said", turn, said))
        memory.forget_everything()
        pipe.send(("forgotten", turn, said))


@dataclass
class Writer:
    """A process that writes, and the end of its pipe."""

    process: BaseProcess
    pipe: Connection

    def killed(self) -> list[Told]:
        """Kill it; what it had told until then."""
        assert self.process.pid
        os.kill(self.process.pid, signal.SIGKILL)
        told = []
        with suppress(EOFError):
            while True:
                told.append(self.pipe.recv())
        self.process.join()
        assert self.process.exitcode == -signal.SIGKILL
        return told


@pytest.fixture(scope="module")
def server() -> ForkServerContext:
    """Where processes come from that need not import everything first."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def started(
    server: ForkServerContext,
    path: Path,
    token: str,
    name: str,
    work: Callable[[Path, str, str, Connection], None] = write,
) -> Writer:
    """A process that has opened the file and goes on writing."""
    mine, its = server.Pipe(duplex=False)
    process = server.Process(target=work, args=(path, token, name, its), daemon=True)
    process.start()
    its.close()
    assert mine.recv() == "ready"
    return Writer(process, mine)


def test_nothing_acknowledged_is_lost_at_thirty_kills(
    tmp_path: Path, server: ForkServerContext
) -> None:
    path, token, chance = tmp_path / "memory.db", new_token(), random.Random(30)
    counts = []
    for first in range(0, 30, 3):  # several at once, so that they are killed amid each other
        writers = {
            f"c{number}": started(server, path, token, f"c{number}")
            for number in range(first, first + 3)
        }
        for name, writer in writers.items():
            time.sleep(chance.uniform(0.0, 0.15))
            told = writer.killed()
            counts.append(len(told))
            Journal(path).check()
            _is_all_there(path, token, name, told)
    print(f"30 kills, {sum(counts)} acknowledged, {min(counts)} to {max(counts)} by one process")
    assert sum(counts) > 30, "they came to write"


def _is_all_there(path: Path, token: str, name: str, told: list[Told]) -> None:
    """Every acknowledged entry is in the file, and the view is what the last of them make it."""
    with sqlite3.connect(path) as database:
        query = "SELECT kind, id, turn FROM entries WHERE conversation = ?"
        entries = {(kind, turn or number) for kind, number, turn in database.execute(query, [name])}
    database.close()
    assert {(kind, turn) for kind, turn, _ in told} <= entries
    if not told:
        return
    seen = Journal(path).user(token).conversations.read(name)
    kind, turn, said = told[-1]
    known = {one.id: one for one in seen.turns}
    if turn in known:  # else the very next entry, which was not acknowledged any more, is a fork
        assert known[turn].said == said
        assert kind == "said" or known[turn].state == {"answered": "done"}.get(kind, kind)
        assert kind == "said" or said in known[turn].answer.reply
    assert len(Journal(path).user(token).conversations.search(name, 10_000)) == len(seen.turns)


def test_what_was_forgotten_stays_so_at_ten_kills(
    tmp_path: Path, server: ForkServerContext
) -> None:
    path, token, chance = tmp_path / "memory.db", new_token(), random.Random(10)
    for number in range(10):
        writer = started(server, path, token, f"c{number}", forget)
        writer.pipe.recv()
        time.sleep(chance.uniform(0.0, 0.1))
        told = writer.killed()
        left = Journal(path).user(token).conversations.list()
        stored = b"".join(file.read_bytes() for file in tmp_path.glob("memory.db*"))
        found = {said for _, _, said in told if said.encode() in stored}
        assert not {said for kind, _, said in told if kind == "forgotten"} & found
        assert left or not found, "what was kept and cannot be read any more is in no byte either"
        Journal(path).user(token).forget_everything()
    Journal(path).check()


def test_two_processes_and_a_third_get_along(tmp_path: Path, server: ForkServerContext) -> None:
    path, token = tmp_path / "memory.db", new_token()
    writers = [started(server, path, token, name) for name in ("a", "b")]
    mine = Journal(path).user(token).conversations
    for _ in range(20):
        mine.list()
        mine.begin("c", "here too")
    for writer in writers:
        assert all(writer.pipe.recv() for _ in range(5)), "it came to write although others did"
    for writer in writers:
        writer.killed()
    assert len(mine.read("c").turns) == 20
    Journal(path).check()


def test_a_full_disk_is_told_and_leaves_what_was_kept(tmp_path: Path) -> None:
    path, token = tmp_path / "memory.db", new_token()
    command = [sys.executable, "-c", WRITES_A_LOT, str(path), token]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    kept = int(told.split()[0])
    assert 0 < kept < 100
    assert "The memory cannot be used" in told
    turns = Journal(path).user(token).conversations.read("c").turns
    assert len(turns) == kept + 2
    assert (turns[0].said, turns[-1].said) == ("before", "after")
    Journal(path).check()


def test_a_full_database_is_told_by_its_name(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "memory.db")
    talk = journal.user(new_token()).conversations
    talk.begin("c", "before")
    with journal._database._file.used() as connection:
        connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(JournalError, match=r"full.*Free some disk"):
        talk.begin("c", "word " * 19_000)
    assert talk.read("c").turns[0].said == "before"


def test_a_file_that_is_none_of_ours_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    with pytest.raises(JournalError, match="something else"):
        Journal(path).user(new_token()).conversations.begin("c", "Hello")
    assert path.read_bytes() == before


def test_a_file_of_an_older_version_opens_with_all_that_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, token = tmp_path / "memory.db", new_token()
    fact = ("name", "Mia", "", 1, "my name is Mia", "en", "c", 1, 1.0)
    with monkeypatch.context() as before:
        before.setattr(database, "MIGRATIONS", database.MIGRATIONS[:1])
        old = Journal(path)
        old.user(token).conversations.begin("c", "my name is Mia")
        old.close()
    with closing(sqlite3.connect(path)) as file, file:
        columns = "kind, value, about, holds, words, language, conversation, turn, at"
        row = f"INSERT INTO facts (user, {columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        file.execute(row, (hashed(token), *fact))
        assert file.execute("PRAGMA user_version").fetchall() == [(1,)]
    memory = Journal(path).user(token)
    assert [(one.value, one.private) for one in memory.facts.current()] == [("Mia", False)]
    turn = memory.conversations.begin("c", "I live in Lyon", private=True)
    assert [one.private for one in memory.facts.learn(turn)] == [True]


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    path, token = tmp_path / "memory.db", new_token()
    journal = Journal(path)
    journal.user(token).conversations.begin("c", "Hello")
    journal.close()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(JournalError, match="newer companion"):
        Journal(path).user(token).conversations.list()


@pytest.mark.parametrize("damage", ["text", "head", "middle", "cut"])
def test_a_broken_file_is_told_and_never_half_believed(tmp_path: Path, damage: str) -> None:
    path, token = tmp_path / "memory.db", new_token()
    journal = Journal(path)
    for number in range(40):
        journal.user(token).conversations.begin("c", f"{number} " + "word " * 200)
    journal.close()
    good = path.read_bytes()
    broken = {
        "text": b"this is no database at all, but a letter to a friend" * 100,
        "head": b"\xff" * 100 + good[100:],
        "middle": good[:4096] + random.Random(1).randbytes(len(good) - 4096),
        "cut": good[: len(good) // 2],
    }
    path.write_bytes(broken[damage])
    with pytest.raises(JournalError, match=r"memory\.db"):
        Journal(path).check()
    with pytest.raises(JournalError):
        Journal(path).user(token).conversations.begin("d", "word " * 5000)


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(JournalError, match="cannot be used"):
        Journal(tmp_path / "file" / "memory.db").user(new_token()).conversations.list()


def test_a_file_that_was_locked_for_long_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("companion.memory.database.WAIT_SECONDS", 0.1)
    path, token = tmp_path / "memory.db", new_token()
    talk = Journal(path).user(token).conversations
    talk.begin("c", "before")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match=r"locked.*Another program"):
        talk.begin("c", "meanwhile")
    other.execute("ROLLBACK")
    other.close()
    talk.begin("c", "after")
    assert [turn.said for turn in talk.read("c").turns] == ["before", "after"]


def test_a_read_only_file_is_told(tmp_path: Path) -> None:
    path, token = tmp_path / "memory.db", new_token()
    journal = Journal(path)
    journal.user(token).conversations.begin("c", "before")
    with journal._database._file.used() as connection:
        connection.execute("PRAGMA query_only = ON")  # as root, who may write any file, sees it
    with pytest.raises(JournalError, match=r"readonly.*writable"):
        journal.user(token).conversations.begin("c", "meanwhile")
    journal.user(token).conversations.begin("c", "after")


def test_a_file_that_was_taken_away_is_begun_again(tmp_path: Path) -> None:
    path, token = tmp_path / "memory.db", new_token()
    talk = Journal(path).user(token).conversations
    talk.begin("c", "before")
    for file in tmp_path.iterdir():
        file.rename(file.with_name(f"old-{file.name}"))
    talk.begin("c", "after")
    assert [turn.said for turn in Journal(path).user(token).conversations.read("c").turns] == [
        "after"
    ]


def test_many_open_a_new_file_at_once(tmp_path: Path) -> None:
    token = new_token()
    errors: list[Exception] = []

    def begin(number: int) -> None:
        try:
            Journal(tmp_path / "memory.db").user(token).conversations.begin("c", str(number))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=begin, args=[number]) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(Journal(tmp_path / "memory.db").user(token).conversations.read("c").turns) == 12


def test_a_failed_change_leaves_the_answer_as_it_was(tmp_path: Path) -> None:
    """A call that raises in the middle of its transaction has changed nothing at all."""
    journal = Journal(tmp_path / "memory.db")
    talk = journal.user(new_token()).conversations
    turn = talk.begin("c", "Hello")
    talk.finish(turn, Answer("whole"))
    with journal._database._file.used() as connection:
        connection.execute(
            "CREATE TEMP TRIGGER broken BEFORE UPDATE ON conversations "
            "BEGIN SELECT raise(ABORT, 'no'); END"
        )
    with pytest.raises(JournalError):
        talk.finish(turn, Answer("never"))
    assert talk.read("c").turns[0].answer.reply == "whole"
    assert talk.search("never") == []
