"""Runs and turns recorded in a real SQLite store: once, together, not at all, or not writable."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from companion import tracking
from companion.config import load
from companion.errors import TrackingError

RECORD_ONE = """
import os, time
from companion import tracking
while not os.path.exists(os.environ["START"]):  # all six begin in the same instant
    time.sleep(0.001)
with tracking.start_run("together") as run:
    run.metric("x", 1)
"""


def test_a_run_records_parameters_metrics_and_files(own_place: Path, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("kept")
    with tracking.start_run("first", params={"size": "smoke"}) as run:
        run.metrics({"a": 1.5, "b": 2.0})
        run.metric("curve", 3.0, step=1)
        run.metric("curve", 4.0, step=2)
        run.artifact(note)
    assert tracking.last_run("first") == {"a": 1.5, "b": 2.0, "curve": 4.0}
    assert (own_place / "mlruns" / "mlflow.db").is_file()
    [kept] = (own_place / "mlruns" / "artifacts").rglob("note.txt")
    assert kept.read_text() == "kept"


def test_everything_stays_inside_mlruns(
    own_place: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(own_place)
    with tracking.start_run("here") as run:
        run.metric("x", 1)
    assert [path.name for path in own_place.iterdir()] == ["mlruns"]


def test_the_newest_finished_run_of_a_name_is_the_last(store: Path) -> None:
    assert tracking.last_run("again") == {}
    for value in (1.0, 2.0):
        with tracking.start_run("again") as run:
            run.metric("x", value)
    with pytest.raises(ZeroDivisionError), tracking.start_run("again") as run:
        run.metric("x", 1 / 0)
    assert tracking.last_run("again") == {"x": 2.0}


def test_six_processes_may_open_a_fresh_store_at_once(own_place: Path) -> None:
    start = own_place / "start"
    environment = os.environ | {"START": str(start)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RECORD_ONE],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    start.touch()
    errors = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 6, errors
    mlflow, experiment = tracking.open_store(load())
    assert len(mlflow.search_runs([experiment], output_format="list")) == 6


def test_a_store_half_built_by_a_killed_process_is_built_again(own_place: Path) -> None:
    folder = own_place / "mlruns"
    folder.mkdir()
    (folder / ".unfinished.db").write_bytes(b"half a database")
    with tracking.start_run("after") as run:
        run.metric("x", 1)
    assert tracking.last_run("after") == {"x": 1.0}


def test_a_store_that_is_no_database_is_named_with_what_to_do(own_place: Path) -> None:
    (own_place / "mlruns").mkdir()
    (own_place / "mlruns" / "mlflow.db").write_bytes(b"rubbish" * 1000)
    with (
        pytest.raises(TrackingError, match=r"cannot be opened.*mlflow\.db"),
        tracking.start_run("never"),
    ):
        pass


def test_without_mlflow_runs_go_on_and_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], own_place: Path
) -> None:
    monkeypatch.setattr(tracking, "available", lambda: False)
    tracking.say_once.cache_clear()
    for _ in range(2):
        with tracking.start_run("untracked") as run:
            run.metric("x", 1)
            run.artifact(own_place)
    assert capsys.readouterr().err.count("companion-lab[track]") == 1
    assert tracking.last_run("untracked") == {}
    assert list(own_place.iterdir()) == []
