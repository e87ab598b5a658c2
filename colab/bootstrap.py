"""Installs the course on Colab and Kaggle: what is missing, and nothing else.

Every notebook's first cell calls `install`. It uses only the standard library, because nothing of
ours is there yet, and leaves all questions of versions to pip: pip keeps whatever is installed in
an admissible version, and is first asked what it *would* do. If that touches a package which this
kernel has already imported, memory and disk would disagree, so nothing is done and one line says
what helps. Otherwise exactly that is installed.
"""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import NoReturn

DISTRIBUTION = "companion-lab"
CHECKOUT = Path(__file__).resolve().parents[1]


def install(*extras: str) -> None:
    """Make `import companion` and the libraries of these extras work in this kernel."""
    begin = time.perf_counter()
    plan = _plan(_target(extras))
    if plan:
        _keep_what_is_imported(plan)
        _pip("install", "--quiet", "--no-deps", "--no-compile", *plan.values())
        importlib.invalidate_caches()
    seconds = time.perf_counter() - begin
    print(
        f"{len(plan)} packages installed in {seconds:.0f} s: {', '.join(plan) or 'all were there'}"
    )


def _target(extras: tuple[str, ...]) -> str:
    """The package by name where it is installed, so that only what it lacks is added to it."""
    wanted = f"{DISTRIBUTION}[{','.join(extras)}]"
    try:
        metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return f"{wanted} @ {CHECKOUT.as_uri()}"
    return wanted


def _plan(target: str) -> dict[str, str]:
    """What pip would install or replace: each package's name, and the address of its file."""
    report = json.loads(_pip("install", "--dry-run", "--quiet", "--report", "-", target))
    plan = {
        _canonical(package["metadata"]["name"]): package["download_info"]["url"]
        for package in report["install"]
    }
    return dict(sorted(plan.items()))


def _keep_what_is_imported(plan: dict[str, str]) -> None:
    in_use = sorted(plan.keys() & _imported())
    if in_use:
        _stop(
            f"{', '.join(in_use)} would have to be replaced while in use: restart the session, "
            "run this cell first, and if it stops again choose a newer runtime."
        )


def _imported() -> set[str]:
    """The distributions of which a module is already loaded in this kernel."""
    owners = metadata.packages_distributions()
    loaded = {name.partition(".")[0] for name in sys.modules}
    return {_canonical(owner) for name in loaded for owner in owners.get(name, ())}


def _pip(*arguments: str) -> str:
    """What pip printed. Stops with its last words when it fails."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        words = (errors or done.stderr.splitlines() or ["no reason given"])[-1]
        _stop(
            f"pip could not install the course ({words}): check the Internet switch and try again."
        )
    return done.stdout


def _stop(line: str) -> NoReturn:
    sys.exit(f"The course cannot start. {line}")


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
