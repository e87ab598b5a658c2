"""Programs that serve, run beside this code: waited for, ended, and told of when they break."""

from __future__ import annotations

import socket
import sys
from urllib.parse import urlsplit

import httpx
import pytest

from companion.errors import ServerError
from companion.launching import Program
from companion.learning.local_servers import SERVERS

PAGE = """
import argparse, http.server, os
told = argparse.ArgumentParser()
told.add_argument("--host")
told.add_argument("--port", type=int)
told = told.parse_args()
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/ready" else 404)
        self.end_headers()
        self.wfile.write(os.environ.get("WORD", "").encode())
http.server.HTTPServer((told.host, told.port), Page).serve_forever()
"""


def test_a_program_answers_where_it_says_until_it_is_closed() -> None:
    with Program([sys.executable, "-c", PAGE], "ready", {"WORD": "hello"}) as server:
        url = server.wait()
        assert url.endswith("/v1")
        assert httpx.get(url.replace("v1", "ready"), trust_env=False).text == "hello"
    address = (urlsplit(url).hostname, urlsplit(url).port)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)


def test_two_start_at_the_same_time_on_ports_of_their_own() -> None:
    command = [sys.executable, "-c", PAGE]
    with Program(command, "ready") as first, Program(command, "ready") as second:
        assert first.wait() != second.wait()


def test_a_program_that_ends_says_its_last_words() -> None:
    with (
        Program([sys.executable, "-c", "raise SystemExit('no weights here')"], "ready") as server,
        pytest.raises(ServerError, match="no weights here"),
    ):
        server.wait()


def test_one_that_never_answers_is_not_waited_for_for_ever() -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with Program(command, "ready") as server, pytest.raises(ServerError, match=r"within 0\.5 s"):
        server.wait(0.5)


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(ServerError, match=r"cannot be started.*no-such-server"):
        Program(["no-such-server"], "ready")


def test_each_server_says_why_it_does_not_run_here() -> None:
    from dataclasses import replace

    by_name = {server.name: server for server in SERVERS}
    assert by_name["companion serve"].lacks(has_gpu=False) == ""
    missing = replace(by_name["Ollama"], program="no-such-program")
    assert missing.lacks(has_gpu=True) == "not installed: no-such-program"
    installed = replace(by_name["vLLM"], modules=("json",))
    assert installed.lacks(has_gpu=False) == "it wants a GPU, and there is none"
    assert installed.lacks(has_gpu=True) == ""
    assert all(server.url.endswith("/v1") for server in SERVERS)
