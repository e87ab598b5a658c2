"""What a run takes: time, memory of all its processes, and what it downloads."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from types import TracebackType

import psutil

from companion.notebooks.lesson import Needs, Size
from companion.resources import machine

MB = 1_000_000
TOLERANCE = 1.5
"""A run may take half as much again as its box says before it is reported."""


class Meter:
    """Measures the processes that this one starts while the `with` block lasts.

    Downloads are what has arrived in `cache`, a folder that was empty: exact, whatever else the
    machine is fetching meanwhile.
    """

    def __init__(self, cache: Path) -> None:
        self.seconds = 0.0
        self.peak_bytes = 0
        self.downloaded_bytes = 0
        self._cache = cache
        self._done = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Meter:
        self._others = set(psutil.Process().children(recursive=True))
        self._begin = time.perf_counter()
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.seconds = time.perf_counter() - self._begin
        files = [file for file in self._cache.rglob("*") if file.is_file()]
        self.downloaded_bytes = sum(file.stat().st_size for file in files)
        self._done.set()
        self._watcher.join()

    def needs(self, size: Size) -> Needs:
        """The figures of this run, with machine and date."""
        return Needs(
            minutes=math.ceil(self.seconds / 6) / 10,
            peak_memory_mb=math.ceil(self.peak_bytes / MB),
            download_mb=round(self.downloaded_bytes / MB),
            size=size,
            machine=machine(),
            date=date.today(),
        )

    def _watch(self) -> None:
        """Look ten times a second, and count what is still held at the next look.

        A process that is just being started shows its parent's memory as its own for a moment.
        """
        before: dict[psutil.Process, int] = {}
        while not self._done.wait(0.1):
            now = self._memory()
            held = sum(min(size, before.get(process, 0)) for process, size in now.items())
            self.peak_bytes = max(self.peak_bytes, held)
            before = now

    def _memory(self) -> dict[psutil.Process, int]:
        """Bytes of each process that was started since the beginning."""
        sizes = {}
        for process in set(psutil.Process().children(recursive=True)) - self._others:
            with suppress(psutil.Error):  # it has just ended
                sizes[process] = process.memory_info().rss
        return sizes


def excess(took: Needs, box: Needs) -> list[str]:
    """In what the run went more than half over its box, each as a clause."""
    pairs = [
        ("minutes", took.minutes, box.minutes),
        ("MB of memory", took.peak_memory_mb, box.peak_memory_mb),
        ("MB of download", took.download_mb, box.download_mb),
    ]
    return [
        f"{value:g} {unit} where its box says {limit:g}"
        for unit, value, limit in pairs
        if value > TOLERANCE * limit
    ]


@contextmanager
def environment(changes: dict[str, str]) -> Iterator[None]:
    """These environment variables while the block lasts; a kernel inherits them."""
    before = dict(os.environ)
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
