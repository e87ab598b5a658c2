"""The server: where it listens, what it says when it cannot, and that it keeps to this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from companion.app.introducing import elsewhere
from companion.app.server import serve, serve_in_background
from companion.breaking import broken, hang, streaming, words
from companion.config import Settings, load
from companion.errors import ServerError


def scripted(port: int = 0) -> Settings:
    return load(chat={"models": ["scripted"]}, server={"port": port})


def test_a_taken_port_is_named_with_the_repair() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for start in (serve, serve_in_background):
            with pytest.raises(ServerError) as error:
                start(scripted(port))
            assert f"127.0.0.1, port {port}" in str(error.value)
            assert f"companion demo --port {port + 1}" in str(error.value)


def test_the_page_is_served_until_it_is_closed(store: Path) -> None:
    with serve_in_background(scripted()) as running:
        page = httpx.get(running.url)
        assert page.status_code == 200
        assert '"title":"Lia"' in page.text
    with pytest.raises(httpx.ConnectError):
        httpx.get(running.url)


def test_the_browser_is_told_to_ask_no_other_host(store: Path) -> None:
    with serve_in_background(scripted()) as running:
        policy = httpx.get(running.url).headers["content-security-policy"]
        config = httpx.get(f"{running.url}/config").json()
    assert policy.startswith("default-src 'self'")
    assert "http" not in policy
    assert config["analytics_enabled"] is False
    assert config["connect_heartbeat"] is False, "an idle page needs one connection, not two"


def test_the_hosts_that_a_message_may_reach_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert elsewhere(load()) == []
    assert elsewhere(load("ollama")) == []
    assert elsewhere(load("openai")) == [], "without its key, nothing is sent"
    monkeypatch.setenv("OPENAI_API_KEY", "planted")
    assert elsewhere(load("openai")) == ["api.openai.com"]


def test_a_model_that_is_silent_is_left_when_whoever_listens_has_left(store: Path) -> None:
    with broken({"slow": streaming(words(0, 3), hang)}) as model:
        told = {"kind": "openai", "base_url": model.url, "model": "slow", "languages": ["en"]}
        rules = {"deadline_seconds": 3600, "stall_seconds": 3600}
        chat, server = {"models": ["slow"]}, {"port": 0}
        settings = load(models={"slow": told}, chat=chat, routing=rules, server=server)
        with serve_in_background(settings) as running:
            for talked in (by_a_program, on_a_page):
                talked(running.url, until=" along")
                until = time.monotonic() + 60  # it would be silent for an hour
                while model.seen[-1].left_after is None and time.monotonic() < until:
                    time.sleep(0.01)
                assert model.seen[-1].left_after is not None, talked.__name__


def by_a_program(url: str, until: str) -> None:
    """Ask at `/chat`, and leave in the middle of the answer."""
    with streamed(url, "chat", ["Hello", [], "en"]) as lines:
        assert any(until in line for line in lines)


def on_a_page(url: str, until: str) -> None:
    """Open the page, say something on it, and close it in the middle of the answer."""
    with streamed(url, "_live", [None]) as lines:
        assert any("process_generating" in line for line in lines)
        said = {"data": ["Hello"], "fn_index": function(url, "_say"), "session_hash": "_live"}
        httpx.post(f"{url}/gradio_api/run/predict", json=said).raise_for_status()
        assert any(until in line for line in lines)


@contextmanager
def streamed(url: str, name: str, data: list[Any]) -> Iterator[Iterator[str]]:
    """What a function of the page streams, to a session of that name."""
    asked = {"data": data, "fn_index": function(url, name), "session_hash": name}
    httpx.post(f"{url}/gradio_api/queue/join", json=asked).raise_for_status()
    where = f"{url}/gradio_api/queue/data?session_hash={name}"
    with httpx.stream("GET", where, timeout=60) as stream:
        yield stream.iter_lines()


def function(url: str, name: str) -> int:
    """The number by which Gradio knows it."""
    known = httpx.get(f"{url}/config").json()["dependencies"]
    return int(next(one["id"] for one in known if one["api_name"] == name))


def test_a_page_that_was_stopped_ends_without_a_word_of_error(store: Path) -> None:
    code = (
        "from companion.app.server import serve_in_background as s; from companion.config import "
        "load\nwith s(load(chat={'models': ['scripted']}, server={'port': 0})): pass"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert "Traceback" not in done.stderr
    assert "ERROR" not in done.stderr
