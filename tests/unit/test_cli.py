"""The command line: help that helps, options that arrive, errors in one line."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from companion import __version__
from companion.cli import main


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_without_arguments_a_beginner_learns_the_first_steps(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == 0
    told = capsys.readouterr().out
    for step in ("companion doctor", "companion demo", "companion lab"):
        assert step in told


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"companion-lab {__version__}\n"


@pytest.mark.parametrize(
    "wrong",
    [["dance"], ["demo", "--prot", "1"], ["chat", "--language", "de"], ["train", "huge"]],
)
def test_wrong_usage_is_status_2(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(wrong)
    assert end.value.code == 2
    assert "usage: companion" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("dmeo", "did you mean demo?"),
        ("docter", "did you mean doctor?"),
        ("note", "did you mean notebooks?"),
        (
            "zzz",
            "there are demo, chat, serve, models, fit, plan, costs, lab, mlflow, doctor, "
            "notebooks, train",
        ),
    ],
)
def test_a_slip_of_the_fingers_is_told_the_nearest_command(
    word: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main([word, "--port", "1"])
    assert end.value.code == 2
    assert f"there is no command {word!r}: {hint}" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["demo", "chat", "mlflow"])
def test_an_error_is_one_line_with_what_to_do(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--profile", "ollma"]) == 1
    told = capsys.readouterr()
    assert told.err.startswith("companion: There is no profile named 'ollma'")
    assert "Did you mean ollama?" in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""


def test_the_page_says_who_cannot_listen_where(
    taken: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--port", str(taken)]) == 1
    assert f"companion demo --port {taken + 1}" in capsys.readouterr().err


def test_mlflow_says_who_cannot_listen_where(
    taken: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mlflow", "--port", str(taken)]) == 1
    told = capsys.readouterr().err
    assert f"port {taken}" in told
    assert f"--port {taken + 1}" in told


@pytest.mark.parametrize(
    ("command", "library", "extra"),
    [("demo", "gradio", "demo"), ("mlflow", "mlflow", "track"), ("lab", "jupyterlab", "lab")],
)
def test_a_missing_library_names_its_extra(
    command: str,
    library: str,
    extra: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, library, None)  # what Python itself does for "not there"
    options = [] if command == "lab" else ["--port", "0"]
    assert main([command, *options]) == 1
    assert f"pip install 'companion-lab[{extra}]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "usage"),
    [
        (["notebooks", "--help"], "companion notebooks"),
        (["train", "tiny", "--help"], "--minutes"),
    ],
)
def test_what_is_passed_on_answers_for_itself(
    command: list[str], usage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(command)
    assert end.value.code == 0
    assert usage in capsys.readouterr().out


def test_demo_serves_where_it_is_told_and_ends_with_an_interrupt() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "companion.cli", "demo", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert _answered(f"http://127.0.0.1:{port}", process) == 200
        process.send_signal(2)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert f"http://127.0.0.1:{port}" in out
    assert "Traceback" not in err
    assert process.returncode in (0, 130)


def _answered(url: str, process: subprocess.Popen[str], seconds: float = 60) -> int:
    """The status of the first answer."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            return httpx.get(url, timeout=20).status_code
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError(f"no answer from {url}: {process.poll()}")
