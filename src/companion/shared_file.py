"""One SQLite file that all threads of a process share, and several processes may."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from companion.closing import Closing


class SharedFile(Closing):
    """The file at `path`, which the first use makes, readable by its owner alone.

    `prepare` gets every connection first, and says how long it waits for other processes.
    Transactions are begun and ended by whoever uses it.
    """

    def __init__(self, path: Path, prepare: Callable[[sqlite3.Connection], None]) -> None:
        self.path = path
        self._prepare = prepare
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._file = (0, 0)

    @contextmanager
    def used(self) -> Iterator[sqlite3.Connection]:
        """The connection, alone. After an error (OSError, sqlite3.Error) it is not trusted."""
        try:
            with self._lock:
                yield self._connected()
        except (OSError, sqlite3.Error):
            self.close()
            raise

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._connection:
                self._connection.close()
            self._connection = None

    def _connected(self) -> sqlite3.Connection:
        """The open file; one that was moved away or deleted meanwhile would keep nothing."""
        if self._connection and self._file != _identity(self.path):
            self.close()
        if not self._connection:
            self._connection = self._connect()
            self._file = _identity(self.path)
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # A file that is there is not opened: to close it would drop the locks (POSIX has them by
        # process) of every other connection here, and another process would then remove the log.
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))  # so is the log
        database = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(database)
        except BaseException:
            database.close()
            raise
        return database


def _identity(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return (stat.st_dev, stat.st_ino)
