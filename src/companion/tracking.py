"""Every run recorded in MLflow, inside `mlruns/` of the project.

The store is `mlruns/mlflow.db` (SQLite) with files in `mlruns/artifacts`; `tracking.uri` in the
settings names another MLflow server. Without mlflow, runs go on unrecorded and one line says so.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from companion.config import Settings, load
from companion.errors import TrackingError
from companion.resources import project_root

UNTRACKED = "mlflow is missing, so runs are not recorded: pip install 'companion-lab[track]'"

_opening = threading.RLock()  # Alembic makes and checks the tables for one thread at a time


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is open for recording; `id` is empty where mlflow is not installed."""

    id: str
    name: str

    def metric(self, name: str, value: float, step: int | None = None) -> None:
        """Record one named number."""
        self.metrics({name: value}, step)

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Record several named numbers."""
        if self.id:
            _mlflow().log_metrics(dict(values), step=step)

    def artifact(self, path: Path) -> None:
        """Keep a copy of a file with the run."""
        if self.id:
            _mlflow().log_artifact(str(path))

    def data(self, name: str, columns: Mapping[str, Sequence[Any]], source: str) -> None:
        """Note which data went in: name, web address, size and digest, not the data itself."""
        if self.id:
            import pandas

            mlflow = _mlflow()
            rows = pandas.DataFrame({key: list(values) for key, values in columns.items()})
            mlflow.log_input(mlflow.data.from_pandas(rows, source=source, name=name))

    def register(self, name: str, code: Path, file: Path) -> str:
        """Keep a model as the newest of that name, and return its version; "" without mlflow.

        `code` is a Python file that tells MLflow how to load and ask it, by `set_model`, so that
        nothing is pickled; `file` holds all that was learnt.
        """
        if not self.id:
            return ""
        mlflow, needs = _mlflow(), ["companion-lab[search,local]"]
        info = mlflow.pyfunc.log_model(
            name=name, python_model=str(code), artifacts={"file": str(file)}, pip_requirements=needs
        )
        client = mlflow.MlflowClient()  # log_model could do the rest, with a word on stderr
        with suppress(mlflow.MlflowException):  # there already; all else fails again just below
            client.create_registered_model(name)
        made = client.create_model_version(name, info.model_uri, self.id, model_id=info.model_id)
        return str(made.version)


def registered(name: str) -> Path | None:
    """The file of the newest model that was registered under this name; None where there is none.

    Raises TrackingError when the store cannot be opened, or the file is gone.
    """
    if not available():
        return None
    mlflow, _ = open_store(load())
    try:
        if not mlflow.MlflowClient().search_model_versions(f"name='{name}'", max_results=1):
            return None
        folder = mlflow.artifacts.download_artifacts(f"models:/{name}/latest")
        return next((Path(folder) / "artifacts").iterdir())
    except (OSError, StopIteration, mlflow.MlflowException) as error:
        raise TrackingError(
            f"The registered model {name!r} cannot be read: {str(error).splitlines()[:1]}",
            where=store_uri(),
            repair="Register it again: run the notebook that does.",
        ) from error


def available() -> bool:
    """Whether mlflow is installed."""
    return importlib.util.find_spec("mlflow") is not None


def store_folder() -> Path:
    """`mlruns/` of the project: the database and the artifacts."""
    return project_root() / "mlruns"


def store_uri(settings: Settings | None = None) -> str:
    """Where runs go: the configured server, or the project's own database."""
    settings = settings or load()
    return settings.tracking.uri or f"sqlite:///{(store_folder() / 'mlflow.db').as_posix()}"


@contextmanager
def start_run(
    name: str,
    *,
    experiment: str | None = None,
    params: Mapping[str, Any] | None = None,
    settings: Settings | None = None,
) -> Iterator[Run]:
    """Record what happens inside the `with` block as one MLflow run.

    Raises TrackingError when the store cannot be opened. An error inside the block marks the run
    as failed and goes on to the caller.
    """
    if not available():
        say_once(UNTRACKED)
        yield Run("", name)
        return
    mlflow, experiment_id = open_store(settings or load(), experiment)
    with mlflow.start_run(experiment_id=experiment_id, run_name=name) as active:
        mlflow.log_params(dict(params or {}))
        yield Run(active.info.run_id, name)


def last_run(name: str, experiment: str | None = None) -> dict[str, float]:
    """The metrics of the newest finished run of that name; empty where there is none."""
    if not available():
        return {}
    mlflow, experiment_id = open_store(load(), experiment)
    runs = mlflow.search_runs(
        [experiment_id],
        filter_string=f"attributes.run_name = '{name}' and attributes.status = 'FINISHED'",
        order_by=["attributes.start_time DESC"],
        max_results=1,
        output_format="list",
    )
    return dict(runs[0].data.metrics) if runs else {}


@cache
def say_once(what: str) -> None:
    """A line on stderr, however often it is asked for."""
    print(what, file=sys.stderr)


def _mlflow() -> Any:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # nothing leaves this machine
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.WARNING)  # its steps are no news to a learner
    return mlflow


def open_store(settings: Settings, experiment: str | None = None) -> tuple[Any, str]:
    """mlflow pointed at our store, and the id of the experiment; both are made where missing.

    Needs mlflow. Raises TrackingError when the store cannot be opened or made.
    """
    mlflow = _mlflow()
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with _opening:
            if settings.tracking.uri is None:
                _create_store(store_folder())
            mlflow.set_tracking_uri(store_uri(settings))
            wanted = experiment or settings.tracking.experiment
            return mlflow, _experiment_id(mlflow, wanted, settings)
    except (OSError, SQLAlchemyError, mlflow.MlflowException) as error:
        raise TrackingError(
            f"The tracking store cannot be opened: {str(error).splitlines()[0]}",
            where=store_uri(settings),
            repair="Make the folder writable, free some disk, move a broken mlflow.db away, "
            "or set COMPANION_TRACKING__URI.",
        ) from error


def _create_store(folder: Path) -> None:
    """Make the database once, however many processes ask for it first.

    MLflow builds its tables step by step and two builders break each other, so one process at a
    time builds it under another name and moves it into place whole.
    """
    from filelock import FileLock

    database = folder / "mlflow.db"
    if database.exists():
        if not os.access(database, os.W_OK) or not os.access(folder, os.W_OK):
            raise PermissionError("it is read-only")
        return
    folder.mkdir(parents=True, exist_ok=True)
    with _opening, FileLock(folder / ".creating.lock"):
        if not database.exists():
            _build_tables(folder, database)


def _build_tables(folder: Path, database: Path) -> None:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    unfinished = folder / ".unfinished.db"
    unfinished.unlink(missing_ok=True)
    artifacts = (folder / "artifacts").as_uri()
    store: Any = SqlAlchemyStore(f"sqlite:///{unfinished.as_posix()}", artifacts)  # type: ignore[no-untyped-call]
    store.engine.dispose()
    os.replace(unfinished, database)


def _experiment_id(mlflow: Any, name: str, settings: Settings) -> str:
    """The experiment's id; its files go beside our database, or where the server wants them."""
    known = mlflow.get_experiment_by_name(name)
    if known is not None:
        return str(known.experiment_id)
    own = settings.tracking.uri is None
    try:
        return str(
            mlflow.create_experiment(
                name, artifact_location=(store_folder() / "artifacts").as_uri() if own else None
            )
        )
    except mlflow.MlflowException:  # another process was first
        return str(mlflow.get_experiment_by_name(name).experiment_id)
