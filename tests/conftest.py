"""Every test shares these: settings of its own place, tiny models, servers on loopback."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # several tests at a time keep the cores busy

pytest_plugins = [
    "tests.scheduling",
    "tests.tiny_model",
    "tests.chat_server",
    "tests.other_servers",
]


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """No test writes into the checkout, and no setting of the caller's shell reaches a test."""
    for name in [name for name in os.environ if name.startswith("COMPANION_")]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("COMPANION_HOME", str(home))
    yield home
    for thread in threading.enumerate():
        if "_warm_up" in thread.name:  # a server's, which goes on opening the store of this place
            thread.join(60)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tracking database with its tables and no run; building one takes seconds."""
    from companion import tracking

    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # where all processes of this run meet; the first builds it
    folder = folder / "store"
    tracking._create_store(folder)
    return folder / "mlflow.db"


@pytest.fixture
def store(own_place: Path, empty_database: Path) -> Path:
    """The test's own copy of that database, in place."""
    folder = own_place / "mlruns"
    folder.mkdir()
    return Path(shutil.copy(empty_database, folder))
