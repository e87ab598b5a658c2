"""A real server that we did not write: `transformers serve`, with the tiny model, offline."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

NEEDS = ("openai", "accelerate", "fastapi", "uvicorn")
SECONDS = 120.0


@pytest.fixture(scope="session")
def transformers_serve(tiny_folder: Path) -> Iterator[str]:
    """Its base URL, for as long as the tests run; on CI, not to have it is a failure."""
    if missing := [name for name in NEEDS if find_spec(name) is None]:
        why = f"transformers serve needs {', '.join(missing)}"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("transformers")
    where = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    process = subprocess.Popen(
        [str(program), "serve", str(tiny_folder), *where],
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(process, f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(10)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    """Until it answers; importing torch takes a while on a busy machine."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, "transformers serve ended before it answered"
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise TimeoutError(f"transformers serve did not answer within {SECONDS:g} s")
