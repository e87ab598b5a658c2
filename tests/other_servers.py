"""Real servers that we did not write, offline: `transformers serve`, and llama.cpp in Python."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from companion.launching import Program
from companion.resources import packaged

NEEDS = ("openai", "accelerate", "fastapi", "uvicorn")
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
    with Program(command, "health", {"HF_HUB_OFFLINE": "1"}) as server:
        yield server.wait()


@pytest.fixture(scope="session")
def llama_cpp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of llama-cpp-python's server, with the embedded model as a GGUF file."""
    from tests import gguf_file

    path = tmp_path_factory.mktemp("gguf") / "companion-tiny.gguf"
    gguf_file.write(packaged("data/companion-tiny"), path)
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(path), "--n_ctx", "512"]
    command += ["--interrupt_requests", "false"]  # else a second listener silences the first
    with Program(command, "v1/models") as server:
        yield server.wait()
