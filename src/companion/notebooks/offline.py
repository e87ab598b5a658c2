"""An IPython extension that keeps a kernel from leaving this machine.

The runner loads it at the smallest size: a notebook that needs the network then fails at the very
line that reaches for it, on every machine, and not only where the network happens to be down.
"""

from __future__ import annotations

import sys
from typing import Any

LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "::", "", None})


def load_ipython_extension(shell: object) -> None:
    """Called by IPython when the kernel starts."""
    sys.addaudithook(_refuse_other_machines)


def _refuse_other_machines(event: str, arguments: tuple[Any, ...]) -> None:
    """Addresses are (host, port, …) tuples; a plain string is a socket file of this machine."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host not in LOCAL and not str(host).startswith("127."):
        raise PermissionError(f"This run is offline, and something asked for {host}")
