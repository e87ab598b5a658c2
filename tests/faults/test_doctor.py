"""What is broken, absent or hostile: the doctor says so, goes on, and never tells a key."""

from __future__ import annotations

import contextlib
import shutil
import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from companion import doctor
from companion.config import Settings, load
from companion.doctor import Check, score
from companion.doctor.minds import SERVER_SECONDS

KEY = "sk-planted-0123456789"


def _server_settings(base_url: str, key_env: str | None = None) -> dict[str, Any]:
    return {
        "kind": "openai",
        "base_url": base_url,
        "model": "any",
        "languages": ["en"],
        "key_env": key_env,
    }


def _asking(**models: dict[str, Any]) -> Settings:
    """Settings that want these models to answer."""
    return load(chat={"models": [*models, "scripted"]}, models=models)


def _named(checks: list[Check], name: str) -> Check:
    [found] = [check for check in checks if check.name == name]
    return found


@contextlib.contextmanager
def _parrot(status: int) -> Iterator[str]:
    """A server that repeats the key it was given, in its headers and in its body."""

    class Parrot(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            key = self.headers.get("Authorization", "none")
            self.send_response(status, f"you said {key}")
            self.send_header("X-Key", key)
            self.end_headers()
            self.wfile.write(key.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Parrot)
    Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_address[1]}/v1"
    http.shutdown()
    http.server_close()


@pytest.mark.parametrize("status", [200, 401, 500])
@pytest.mark.parametrize("key", [KEY, f"{KEY}\n", f"{KEY}é"])
def test_a_key_is_never_told(
    store: Path,
    status: int,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PLANTED_KEY", key)
    with _parrot(status) as url:
        settings = _asking(parrot=_server_settings(url, "PLANTED_KEY"))
        checks = doctor.report(settings)
        doctor.show(settings)
    told = capsys.readouterr()
    assert _named(checks, "PLANTED_KEY").status == "ok"
    assert KEY not in told.out + told.err + repr(checks)


def test_a_refused_key_costs_points_and_names_its_variable(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTED_KEY", KEY)
    with _parrot(401) as url:
        checks = doctor.report(_asking(parrot=_server_settings(url, "PLANTED_KEY")))
    parrot = _named(checks, "parrot")
    assert (parrot.status, parrot.counts, parrot.repair) == ("missing", True, "Check PLANTED_KEY")


def test_a_server_that_is_not_running_is_missing_and_no_failure(store: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    checks = doctor.report(_asking(gone=_server_settings(f"http://127.0.0.1:{port}/v1")))
    gone = _named(checks, "gone")
    assert (gone.status, gone.counts) == ("missing", True)
    assert score(checks).categories["models"] == 15
    assert not any(check.status == "fail" for check in checks)


SERVERS = 6


def test_silent_servers_are_asked_at_the_same_time(store: Path) -> None:
    with contextlib.ExitStack() as stack:
        listeners = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(SERVERS)
        ]
        models = {
            f"silent{number}": _server_settings(f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
            for number, listener in enumerate(listeners)
        }
        settings = _asking(**models)
        doctor.report(load(chat={"models": ["scripted"]}))  # imports are not what is timed
        started = time.monotonic()
        checks = doctor.report(settings)
    assert time.monotonic() - started < SERVERS * SERVER_SECONDS
    assert all(_named(checks, name).fact.endswith("(ReadTimeout)") for name in models)


def test_a_server_elsewhere_is_left_alone_unless_it_is_wanted(store: Path) -> None:
    elsewhere = _server_settings("http://elsewhere.invalid/v1")
    unwanted = _named(
        doctor.report(load(chat={"models": ["scripted"]}, models={"far": elsewhere})), "far"
    )
    assert "not contacted" in unwanted.fact
    assert not unwanted.counts
    wanted = _named(doctor.report(_asking(far=elsewhere)), "far")
    assert "no answer" in wanted.fact


def test_broken_weights_fail(store: Path, tiny_folder: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(tiny_folder, tmp_path / "broken"))
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    model = {"kind": "transformers", "path": str(broken), "languages": ["en"]}
    mine = _named(doctor.report(_asking(mine=model)), "mine")
    assert mine.status == "fail"
    assert "cannot be loaded" in mine.fact
    assert "again" in mine.repair


def test_settings_that_do_not_load_fail_and_the_rest_is_still_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMPANION_CHAT__MAX_TOKEN", "80")
    assert doctor.main() == 1
    told = capsys.readouterr().out
    assert "[fail]    configs" in told
    assert "Did you mean max_tokens?" in told
    assert "[ok]      Python" in told
    assert told.rstrip().endswith("Mend what is marked [fail] first.")


def test_a_store_that_cannot_be_made_fails(own_place: Path) -> None:
    (own_place / "mlruns").write_text("a file in the way", "utf-8")
    tracking = _named(doctor.report(load(chat={"models": ["scripted"]})), "store")
    assert tracking.status == "fail"
    assert "mlruns" in tracking.fact
    assert tracking.repair


def test_a_store_that_is_no_database_fails(own_place: Path) -> None:
    (own_place / "mlruns").mkdir()
    (own_place / "mlruns" / "mlflow.db").write_bytes(b"not a database, for certain" * 100)
    tracking = _named(doctor.report(load(chat={"models": ["scripted"]})), "store")
    assert tracking.status == "fail"
