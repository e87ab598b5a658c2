"""Which of several processes runs a test: what shares a fixture stays together, the long first."""

from __future__ import annotations

from typing import Any

import pytest

LONG = (
    "tests/browser/test_lab.py",
    "tests/browser",
    "tests/notebooks/test_course.py",
    "tests/faults",
    "tests/contract",
    "tests/notebooks",
)
"""What is begun first, so that no process ends alone with a long one."""

ALONE = "tests/notebooks/test_course.py"
"""Its tests take as long as another file, and share nothing."""


def place(nodeid: str) -> int:
    """Where the test stands in the order."""
    return next((i for i, start in enumerate(LONG) if nodeid.startswith(start)), len(LONG))


def together(nodeid: str) -> str:
    """The name of those that one process runs in a row: a file, or all that share the browser."""
    if nodeid.startswith(ALONE):
        return nodeid
    return LONG[1] if place(nodeid) == 1 else nodeid.partition("::")[0]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: place(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    class Together(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return together(nodeid)

    config.option.loadscopereorder = False  # by number of tests, which says little
    return Together(config, log)
