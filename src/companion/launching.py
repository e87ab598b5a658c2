"""Servers that are programs of their own, ours and others', run beside this code."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence

import httpx

from companion.closing import Closing
from companion.errors import ServerError

HOST = "127.0.0.1"
SECONDS = 120.0
"""So long a server may take until it answers: importing torch takes a while on a busy machine."""


class Program(Closing):
    """A server that was started on a free port of this machine; `url` is its base URL.

    It takes `--host` and `--port`, and answers 200 at the path `ready` when it can be asked. What
    it says is kept until it ends. Several may start at the same time: each is waited for when it is
    needed. Use it with `with`, or call `close()`.
    """

    def __init__(
        self, command: Sequence[str], ready: str, environment: Mapping[str, str] | None = None
    ) -> None:
        """Raises ServerError when there is no such program."""
        self.command = list(command)
        with socket.create_server((HOST, 0)) as free:
            port = free.getsockname()[1]
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  `close` closes it
        self._ready, self.url = f"http://{HOST}:{port}/{ready}", f"http://{HOST}:{port}/v1"
        try:
            self._process = subprocess.Popen(
                [*command, "--host", HOST, "--port", str(port)],
                env=os.environ | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=self._said,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            self._said.close()
            why = os.strerror(error.errno or 0)
            raise ServerError(f"It cannot be started: {why}", where=command[0]) from None

    def wait(self, seconds: float = SECONDS) -> str:
        """Return `url` as soon as it answers. Raises ServerError when it has ended, or is slow."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise ServerError(f"The server ended: {self._last()}", where=self._name)
            try:
                if httpx.get(self._ready, trust_env=False).status_code == 200:
                    return self.url
            except httpx.TransportError:
                pass
            time.sleep(0.2)
        raise ServerError(f"It did not answer within {seconds:g} s", where=self._name)

    @property
    def _name(self) -> str:
        return " ".join(self.command)

    def _last(self) -> str:
        """The last line that it said."""
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def close(self) -> None:
        """End it and wait until it has."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()
