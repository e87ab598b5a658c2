"""JupyterLab at the welcome notebook, and the servers its launcher tiles start.

The two tiles are entry points that jupyter-server-proxy finds by itself: it starts the server on a
free port when a tile is opened, shows it under Jupyter's own address, and ends it with Jupyter.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

from companion import tracking
from companion.config import Settings
from companion.errors import ServerError
from companion.resources import packaged, project_root

WELCOME = "notebooks/0_start/01_welcome.ipynb"
START_SECONDS = 90
"""A first start on a slow disk reads gigabytes of libraries."""


def open_jupyterlab(arguments: list[str]) -> int:
    """Run JupyterLab in the project's folder until it is stopped; `arguments` are Jupyter's own."""
    from jupyterlab.labapp import LabApp  # type: ignore[import-untyped]

    root = project_root()
    page = f"/lab/tree/{WELCOME}" if (root / WELCOME).is_file() else "/lab"
    LabApp.launch_instance(
        [
            f"--ServerApp.root_dir={root}",
            f"--LabApp.default_url={page}",
            f"--LabApp.app_settings_dir={packaged('data/jupyterlab')}",  # no news, no update check
            *arguments,
        ]
    )
    return 0


def serve_mlflow(settings: Settings, host: str, port: int) -> int:
    """Run MLflow's page over our store until it is stopped.

    Raises TrackingError when the store cannot be opened, ServerError when the port is taken.
    """
    _check_port(host, port)
    os.environ |= {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # evaluations by paid judges: not ours
    }
    tracking.open_store(settings)
    from mlflow.cli import cli

    artifacts = (tracking.store_folder() / "artifacts").as_uri()
    cli.main(
        [
            *("ui", "--host", host, "--port", str(port), "--workers", "1"),
            *("--backend-store-uri", tracking.store_uri(settings)),
            *("--default-artifact-root", artifacts),
        ],
        standalone_mode=False,
    )
    return 0


def demo_tile() -> dict[str, Any]:
    """The companion's page, for jupyter-server-proxy."""
    return _tile(
        "demo",
        "Companion",
        "conversation.svg",
        "companion-demo/",
        "--root-path",
        "{base_url}companion-demo",
    )


def mlflow_tile() -> dict[str, Any]:
    """Recorded runs and traces, for jupyter-server-proxy."""
    return _tile("mlflow", "Runs and traces", "runs.svg", "companion-mlflow/#/experiments")


def _tile(command: str, title: str, icon: str, page: str, *options: str) -> dict[str, Any]:
    start = [sys.executable, "-m", "companion.cli", command, "--port", "{port}", *options]
    return {
        "command": start,
        "timeout": START_SECONDS,
        "launcher_entry": {
            "title": title,
            "icon_path": str(packaged(f"data/icons/{icon}")),
            "path_info": page,
        },
    }


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ServerError(
                f"Cannot listen on port {port}: {error.strerror or error}",
                where=host,
                repair=f"Choose another one: --port {port + 1}",
            ) from None
