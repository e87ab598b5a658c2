"""Keys are planted, everything that writes is run with as much logging as there is, and all of it
is searched: the output, and every byte of every file that came to be.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from companion.config import HttpModel, load
from tests.chat_server import ANTHROPIC, OPENAI, ChatServer, serving
from tests.notebooks.test_runner import lesson

EVERYTHING = """
import asyncio, logging, sys
from pathlib import Path

logging.basicConfig(level=logging.DEBUG)

import httpx
from companion import doctor, tracing, tracking
from companion.config import load
from companion.notebooks.lesson import Lesson
from companion.notebooks.runner import run
from companion.pipeline import Companion
from companion.serving import serve_in_background
from companion.serving.server import KEY
import os

home, notebook = Path(os.environ["COMPANION_HOME"]), Path(sys.argv[1])
settings = load()
companion = Companion(settings)

async def turn():
    async for event in tracing.traced(companion.turn("hello"), settings):
        print("EVENT", event)

asyncio.run(turn())
(home / "settings.txt").write_text(f"{settings!r} {settings.model_dump_json()}")
with tracking.start_run("keys", params={"models": settings.models}) as run_of_ours:
    run_of_ours.artifact(home / "settings.txt")

print("DOCTOR", doctor.main(as_json=True), doctor.main(as_json=True, routing=True))

with serve_in_background(companion, record=True) as served:
    for key in (os.environ[KEY] + "-wrong", os.environ[KEY]):
        wish = {"model": "companion", "messages": [{"role": "user", "content": "hello"}]}
        told = httpx.post(
            served.url + "/v1/chat/completions",
            json=wish,
            headers={"Authorization": "Bearer " + key},
            trust_env=False,
            timeout=60,
        )
        print("SERVED", told.status_code, told.text)

run(Lesson(notebook.parents[2], notebook), home / "executed.ipynb", "smoke")
"""
"""What one run of the whole does, in a process of its own with the keys in its environment."""

CELL = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, force=True)
from companion.config import load
from companion.learning.drill import hear
from companion.pipeline import mind
from companion.types import ChatRequest, Message
print(load().models, hear(mind(load()), ChatRequest((Message("user", "hello"),))))
"""

KEYS = {
    name: f"sk-planted-{number}-{name.lower()}"
    for number, name in enumerate(
        sorted(
            {
                model.key_env
                for model in load().models.values()
                if isinstance(model, HttpModel) and model.key_env
            }
            | {"COMPANION_SERVE_KEY"}
        )
    )
}
"""A key for each variable that models.yaml names, and one for our own endpoint."""


def environment(home: Path, failing: ChatServer, answering: ChatServer) -> dict[str, str]:
    """Two providers, at servers of ours, which repeat the key that they are sent."""
    return {
        **os.environ,
        **KEYS,
        "COMPANION_HOME": str(home),
        "HOME": str(home),
        "COMPANION_CHAT__MODELS": "[anthropic, openai, scripted]",
        "COMPANION_MODELS__ANTHROPIC__BASE_URL": failing.root,
        "COMPANION_MODELS__OPENAI__BASE_URL": answering.url,
    }


def test_a_run_of_everything_leaves_no_key_in_any_file_or_output(
    store: Path, own_place: Path, tmp_path: Path
) -> None:
    notebook = lesson(tmp_path / "course", CELL).path
    with serving() as failing, serving() as answering:
        failing.status = 500
        failing.pieces = [ANTHROPIC.error("api_error", f"bad key {KEYS['ANTHROPIC_API_KEY']}")]
        answering.pieces = OPENAI.answer("I was sent ", KEYS["OPENAI_API_KEY"])
        ran = subprocess.run(
            [sys.executable, "-c", EVERYTHING, str(notebook)],
            env=environment(own_place, failing, answering),
            capture_output=True,
            check=False,
        )
        sent = [
            value
            for one in (failing, answering)
            for headers in one.headers
            for value in headers.values()
        ]
    output = ran.stdout + ran.stderr
    assert ran.returncode == 0, output.decode()[-4000:]
    written = {file: file.read_bytes() for file in own_place.rglob("*") if file.is_file()}

    # it all happened: keys reached their servers, both models were asked, and all was written down
    assert {KEYS["ANTHROPIC_API_KEY"], f"Bearer {KEYS['OPENAI_API_KEY']}"} <= set(sent)
    names = {file.name for file in written}
    assert {"mlflow.db", "ledger.db", "executed.ipynb", "settings.txt"} <= names
    assert b"DEBUG" in output
    assert b"SERVED 401" in output
    assert b"SERVED 200" in output
    assert b"I was sent" in written[own_place / "executed.ipynb"]
    assert b"I was sent" in written[own_place / "mlruns" / "mlflow.db"]

    for name, key in KEYS.items():
        found = [file.name for file, content in written.items() if key.encode() in content]
        assert found == [], f"{name} was written"
        assert key.encode() not in output, f"{name} was told"
