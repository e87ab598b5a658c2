"""The server: where it listens, what it says when it cannot, and that it keeps to this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from companion.app.introducing import elsewhere
from companion.app.server import serve, serve_in_background
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
