"""Where a server of ours listens, and running one beside other code."""

from __future__ import annotations

import os
import socket
import threading
import time
from typing import TYPE_CHECKING

from companion.closing import Closing
from companion.errors import ServerError

if TYPE_CHECKING:
    import uvicorn


def listener(host: str, port: int, command: str) -> socket.socket:
    """A socket that listens there; port 0 takes a free one.

    Raises ServerError when the port is taken, which names another one for `companion <command>`.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ServerError(
            f"It cannot be served: {os.strerror(error.errno or 0)}",
            where=f"{host}, port {port}",
            repair=f"End what uses the port, or take another: "
            f"companion {command} --port {port + 1}",
        ) from None


def address(host: str, listening: socket.socket) -> str:
    """Where a client on this machine finds what listens on this socket."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{host}:{listening.getsockname()[1]}"


class Running(Closing):
    """A server that answers at `url`, in a thread of its own, until it is closed."""

    def __init__(self, server: uvicorn.Server, listening: socket.socket, url: str) -> None:
        """Raises ServerError when the server ends while it is starting."""
        self.url = url
        self._server = server
        self._thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        self._thread.start()
        while not server.started and self._thread.is_alive():
            time.sleep(0.01)
        if not server.started:
            raise ServerError("The server ended while it was starting", where=url)

    def close(self) -> None:
        """End the server and wait until it has."""
        self._server.should_exit = True
        self._thread.join()
