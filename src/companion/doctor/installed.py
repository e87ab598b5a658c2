"""Python and the packages: which are here, in which version, and which extra brings the rest."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib.metadata import metadata

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from companion.dependencies import NAME, declared, installed_version
from companion.doctor.findings import Check, Status

PARTS = {
    "": "needed by all",
    "local": "embedded model",
    "track": "recorded runs",
    "demo": "page",
    "lab": "notebooks",
    "plots": "figures",
    "search": "finding by meaning",
    "quantized": "four bits",
    "voice": "hearing, speaking",
    "images": "faces, pictures",
}
"""The extras that the parts of today need, and what for."""


def packages() -> Iterator[Check]:
    """Python, then one line for each extra."""
    yield _python()
    groups = declared()
    for extra, purpose in PARTS.items():
        yield _group(extra, purpose, groups[extra])


def _python() -> Check:
    asked, have = metadata(NAME)["Requires-Python"], platform.python_version()
    fact = f"{have} ({sys.executable})"
    if SpecifierSet(asked).contains(have, prereleases=True):
        return Check("packages", "Python", "ok", fact)
    return Check("packages", "Python", "fail", f"{fact}; {asked} is needed", "Install a newer one")


def _group(extra: str, purpose: str, wanted: list[Requirement]) -> Check:
    """Only what all parts need is a failure: the others make something smaller."""
    wrong = [problem for requirement in wanted if (problem := _problem(requirement))]
    if wrong:
        package = f"{NAME}[{extra}]" if extra else NAME
        status: Status = "missing" if extra else "fail"
        repair = f"pip install --upgrade '{package}'"
        return Check("packages", purpose, status, "; ".join(wrong), repair)
    have = ", ".join(f"{r.name} {installed_version(r.name)}" for r in wanted)
    return Check("packages", purpose, "ok", have)


def _problem(requirement: Requirement) -> str:
    """What is wrong with this package here, or nothing."""
    found = installed_version(requirement.name)
    if found is None:
        return f"{requirement.name} is not installed"
    if not requirement.specifier.contains(found, prereleases=True):
        return f"{requirement.name} {found} is not {requirement.specifier}"
    return ""
