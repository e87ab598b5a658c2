"""Is everything in place, and what mends the rest? A line for each finding, a total out of 100.

`[ok]` is there. `[missing]` is not there: something is smaller without it, and it costs points only
where the settings ask for it. `[fail]` keeps the companion from working. No key is ever shown.

Routing is examined apart from that, because it takes a while: models are asked, servers break.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict

from companion.config import Settings, load
from companion.doctor.findings import POINTS, ROUTING, Category, Check, Score, score
from companion.errors import CompanionError, TrackingError

__all__ = ["Check", "Score", "main", "report", "score", "show"]


def report(settings: Settings | None = None, *, routing: bool = False) -> list[Check]:
    """Every finding on this machine, under these settings or those that load by themselves."""
    return list(_findings(settings, routing=routing))


def show(settings: Settings | None = None, *, routing: bool = False) -> None:
    """Print the findings and the total, as in a notebook."""
    _print(_findings(settings, routing=routing), _points(routing))


def main(profile: str | None = None, *, as_json: bool = False, routing: bool = False) -> int:
    """Print the findings; the exit status is 1 when something keeps the companion from working."""
    findings, points = _findings(profile=profile, routing=routing), _points(routing)
    checks = list(findings) if as_json else _print(findings, points)
    if as_json:
        print(json.dumps(_document(checks, points), indent=2, ensure_ascii=False))
    return 0 if _works(checks) else 1


def _points(routing: bool) -> dict[Category, int]:
    return ROUTING if routing else POINTS


def _findings(
    settings: Settings | None = None, profile: str | None = None, *, routing: bool
) -> Iterator[Check]:
    return (_examine_routing if routing else _examine)(settings, profile)


def _examine_routing(settings: Settings | None, profile: str | None) -> Iterator[Check]:
    from companion.doctor.routing import routing

    try:
        settings = settings or load(profile)
    except CompanionError as error:
        yield _unreadable("configuration", error)
        return
    yield from routing(settings)


def _unreadable(category: Category, error: CompanionError) -> Check:
    return Check(category, "configs", "fail", error.what + f" ({error.where})", error.repair)


def _examine(settings: Settings | None, profile: str | None) -> Iterator[Check]:
    """The findings one by one, the quick ones first."""
    from companion.doctor.hardware import hardware
    from companion.doctor.installed import packages
    from companion.doctor.minds import discovered, keys, minds

    yield from packages()
    yield from hardware()
    try:
        settings = settings or load(profile)
    except CompanionError as error:
        yield _unreadable("settings", error)
        return
    asked = ", then ".join(settings.chat.models)
    yield Check("settings", "configs", "ok", f"profile {settings.profile or 'default'}: {asked}")
    yield from keys(settings)
    yield from minds(settings)
    yield from discovered(settings)
    yield _tracking(settings)


def _tracking(settings: Settings) -> Check:
    """Open the store as a run would; our own database must also take a write."""
    from companion import tracking

    if not tracking.available():
        repair = "pip install 'companion-lab[track]'"
        return Check("tracking", "store", "missing", "mlflow is not installed", repair)
    uri = tracking.store_uri(settings)
    try:
        tracking.open_store(settings)
        if uri.startswith("sqlite:///"):
            _lock_for_writing(uri.removeprefix("sqlite:///"))
    except TrackingError as error:
        return Check("tracking", "store", "fail", f"{error.what} ({uri})", error.repair)
    except sqlite3.Error as error:
        return Check("tracking", "store", "fail", f"{error} ({uri})", "Make the file writable")
    return Check("tracking", "store", "ok", uri)


def _lock_for_writing(database: str) -> None:
    """Begin a write and undo it. Raises sqlite3.Error where the file cannot be written."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.rollback()


def _print(findings: Iterator[Check], points: dict[Category, int]) -> list[Check]:
    """Print each finding as soon as it is known, under its category, and the total at the end."""
    checks: list[Check] = []
    for check in findings:
        if not checks or checks[-1].category != check.category:
            print(f"\n{check.category.capitalize()}")
        print(check, flush=True)
        checks.append(check)
    print(f"\nTotal: {score(checks, points)}")
    print("The companion works." if _works(checks) else "Mend what is marked [fail] first.")
    return checks


def _works(checks: list[Check]) -> bool:
    return all(check.status != "fail" for check in checks)


def _document(checks: list[Check], points: dict[Category, int]) -> dict[str, object]:
    return {
        "works": _works(checks),
        **asdict(score(checks, points)),
        "checks": [asdict(check) for check in checks],
    }
