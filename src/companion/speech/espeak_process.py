"""The other end of `espeak_worker.py`: starts it, asks it, and starts it again when it died."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from companion.errors import MissingExtra, SpeechError

WORKER = Path(__file__).with_name("espeak_worker.py")
TRIES = 2


@dataclass(frozen=True, slots=True)
class Request:
    """What the worker is asked; `rate` in words a minute, `pitch` from 0 to 99."""

    text: str
    voice: str
    rate: int
    pitch: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A stretch of sound: 16-bit mono samples, and what happens within it.

    Events are ("word", second, character) and ("phoneme", second, IPA), from its first sample on.
    """

    pcm: bytes
    rate: int
    events: tuple[tuple[str, float, Any], ...]

    @property
    def seconds(self) -> float:
        """How long it sounds."""
        return len(self.pcm) / 2 / self.rate


Hear = Callable[[Frame], bool]
"""Takes a frame, and says whether more is wanted."""


class EspeakProcess:
    """One worker, started when it is first asked. Any thread may ask; calls wait for each other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The number of the running process."""
        return self._process.pid if self._process else None

    def speak(self, request: Request, hear: Hear) -> None:
        """Hand the sound to `hear`, until its end or until no more is wanted.

        A worker that dies is replaced once, and goes on behind the last frame that was heard: the
        same text gives the same frames, but for a few samples. Raises SpeechError, and MissingExtra
        without the library.
        """
        with self._lock:
            listener = _Listener(hear)
            for _ in range(TRIES):
                try:
                    return self._ask(request, listener)
                except (EOFError, OSError, ValueError):  # dead, or it lost the thread
                    self._end()
        raise SpeechError(
            f"The process of eSpeak NG ended {TRIES} times within one text",
            where=WORKER.name,
            repair="Try another voice or text; `companion doctor` looks at the installation.",
        )

    def kill(self) -> None:
        """End the worker at once, whoever is asking it; the next call starts another."""
        if process := self._process:
            process.kill()

    def close(self) -> None:
        """End the worker when it has answered. It may be asked again, and starts again."""
        with self._lock:
            self._end()

    def _ask(self, request: Request, listener: _Listener) -> None:
        process = self._process = self._process or _started(self)
        assert process.stdin is not None
        assert process.stdout is not None
        listener.passed = 0
        _write(process.stdin, json.dumps(asdict(request)).encode() + b"\n")
        while "done" not in (head := _head(process.stdout)):
            if "error" in head:
                raise SpeechError(
                    f"eSpeak NG cannot speak: {head['error']}", where=f"voice {request.voice}"
                )
            pcm = process.stdout.read(head["bytes"])
            if len(pcm) < head["bytes"]:
                raise EOFError
            events = tuple((kind, second, what) for kind, second, what in head["events"])
            more = listener.hear(Frame(pcm, head["rate"], events))
            _write(process.stdin, b"+" if more else b"-")

    def _end(self) -> None:
        if self._process:
            _stop(self._process)
        self._process = None


class _Listener:
    """Passes on what was not heard yet, and remembers when no more is wanted."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear
        self._heard, self._more = 0, True
        self.passed = 0  # frames of this attempt

    def hear(self, frame: Frame) -> bool:
        self.passed += 1
        if self._more and self.passed > self._heard:
            self._heard = self.passed
            self._more = self._hear(frame)
        return self._more


def _started(owner: EspeakProcess) -> subprocess.Popen[bytes]:
    """A new worker, which ends with its owner. It imports nothing of this package."""
    if find_spec("espeakng_loader") is None:
        raise MissingExtra("espeakng-loader", extra="voice")
    process = subprocess.Popen(
        [sys.executable, "-P", str(WORKER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    weakref.finalize(owner, _stop, process)
    return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    """It has nothing to lose: what it holds is in the library's own files."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):
            if pipe:
                pipe.close()
    process.wait()


def _write(pipe: IO[bytes], data: bytes) -> None:
    pipe.write(data)
    pipe.flush()


def _head(pipe: IO[bytes]) -> dict[str, Any]:
    """The line in front of a frame."""
    line = pipe.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    head: dict[str, Any] = json.loads(line)
    return head
