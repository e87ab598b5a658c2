"""Real servers that we did not write, offline: `transformers serve`, and llama.cpp in Python."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from companion.resources import packaged

NEEDS = ("openai", "accelerate", "fastapi", "uvicorn")
SECONDS = 120.0
LLAMA_CPP = all(find_spec(name) for name in ("llama_cpp", "gguf"))
"""It is compiled when it is installed, for ten minutes or more: tested where somebody did that."""


@pytest.fixture(scope="session")
def transformers_serve(tiny_folder: Path) -> Iterator[str]:
    """Its base URL, for as long as the tests run; on CI, not to have it is a failure."""
    if missing := [name for name in NEEDS if find_spec(name) is None]:
        why = f"transformers serve needs {', '.join(missing)}"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    program = str(Path(sys.executable).with_name("transformers"))
    command = [program, "serve", str(tiny_folder), "--device", "cpu"]
    with _serving(command, "health", {"HF_HUB_OFFLINE": "1"}) as url:
        yield url


@pytest.fixture(scope="session")
def llama_cpp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of llama-cpp-python's server, with the embedded model as a GGUF file."""
    from tests import gguf_file

    path = tmp_path_factory.mktemp("gguf") / "companion-tiny.gguf"
    gguf_file.write(packaged("data/companion-tiny"), path)
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(path), "--n_ctx", "512"]
    command += ["--interrupt_requests", "false"]  # else a second listener silences the first
    with _serving(command, "v1/models") as url:
        yield url


@contextmanager
def _serving(
    command: Sequence[str], ready: str, environment: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Run it on a free port until the `with` block ends; gives its base URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port)],
        env=os.environ | dict(environment or {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(process, f"http://127.0.0.1:{port}/{ready}")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(10)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    """Until it answers; importing torch takes a while on a busy machine."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, f"{url}: the server ended before it answered"
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise TimeoutError(f"{url} did not answer within {SECONDS:g} s")
