"""The endpoint served: where it listens, and who may ask."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address

import uvicorn
from pydantic import SecretStr

from companion.config import Settings
from companion.errors import CompanionError, ServerError, keep_secret
from companion.listening import Running, address, listener
from companion.pipeline import Companion
from companion.serving.application import MODEL, application
from companion.serving.recording import Recorder

KEY = "COMPANION_SERVE_KEY"
"""The environment variable with the key that clients have to send; without it, none is wanted."""

HOST = "127.0.0.1"


def serve(settings: Settings, host: str, port: int, origins: Sequence[str] = ()) -> None:
    """Serve the mind until it is interrupted.

    Raises ServerError when the port is taken, or when others could ask without a key.
    """
    key = _key(host)
    listening = listener(host, port, "serve")
    url = f"{address(host, listening)}/v1"
    wanted = f"the key in {KEY}" if key else "no key"
    print(f'{url} answers as model "{MODEL}" and wants {wanted} (Ctrl+C ends it)', flush=True)
    companion = Companion(settings)
    _server(companion, key, origins, Recorder(companion)).run(sockets=[listening])


def serve_in_background(
    companion: Companion,
    host: str = HOST,
    port: int = 0,
    origins: Sequence[str] = (),
    *,
    record: bool = False,
) -> Running:
    """Serve this companion beside the code that calls this; port 0 takes a free one.

    With `record`, turns become traces in MLflow, as they do for `companion serve`. Use it with
    `with`, or call `close()`. Raises what `serve` raises.
    """
    key = _key(host)
    listening = listener(host, port, "serve")
    recorder = Recorder(companion) if record else None
    server = _server(companion, key, origins, recorder)
    return Running(server, listening, address(host, listening))


def _server(
    companion: Companion, key: SecretStr | None, origins: Sequence[str], recorder: Recorder | None
) -> uvicorn.Server:
    threading.Thread(target=_warm_up, args=(companion,), daemon=True).start()
    app = application(companion, key, origins, recorder)
    return uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))


def _warm_up(companion: Companion) -> None:
    """Load what the first answer would wait for; that answer tells what fails."""
    with suppress(CompanionError):
        companion.warm_up()


def _key(host: str) -> SecretStr | None:
    """The key that clients have to send. Other machines are not let in without one."""
    keep_secret(KEY)
    key = os.environ.get(KEY, "").strip()
    if not key and not _stays_here(host):
        raise ServerError(
            "Whoever reaches this machine could use the companion, and spend your money",
            where=f"listening on {host}",
            repair=f"Set {KEY} to a key of your choice, or listen on {HOST}.",
        )
    return SecretStr(key) if key else None


def _stays_here(host: str) -> bool:
    """Whether only programs on this machine reach who listens there."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # a name: who knows where it leads
        return False
