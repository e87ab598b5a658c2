"""One list of dependencies: what pyproject.toml says, the tested versions, and conda's twin."""

from __future__ import annotations

import ast
import re
import tomllib
from importlib.metadata import metadata, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from companion import dependencies
from companion.dependencies import NAME, declared, installed_version, requirements
from companion.errors import CompanionError
from companion.resources import CHECKOUT

REPAIR = "repair: .venv/bin/python -m companion.dependencies"


def _pyproject() -> dict[str, set[str]]:
    """Each extra's packages as they stand in pyproject.toml, bundles left out."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = {"": project["dependencies"], **project["optional-dependencies"]}
    return {
        extra: {str(Requirement(line)) for line in lines if not line.startswith(NAME)}
        for extra, lines in groups.items()
    }


def _plain(wanted: list[Requirement]) -> set[str]:
    return set(map(str, wanted))


def test_what_is_installed_knows_todays_pyproject() -> None:
    installed = declared(anywhere=True)
    for extra, wanted in _pyproject().items():
        assert wanted <= _plain(installed[extra]), "repair: pip install -e '.[dev]'"


def test_all_holds_every_part_and_dev_holds_the_parts_of_today() -> None:
    groups = _pyproject()
    parts = groups.keys() - {"", "dev", "all"}
    everything = set().union(*(groups[part] for part in parts))
    assert _plain(declared(anywhere=True)["all"]) == everything
    for part in ("local", "track", "demo", "lab", "plots"):
        assert groups[part] <= _plain(declared(anywhere=True)["dev"])


def test_the_conda_environment_is_the_same_list() -> None:
    written = dependencies.ENVIRONMENT.read_text(encoding="utf-8")
    assert written == dependencies.environment(), f"{REPAIR} environment"


def test_every_direct_dependency_has_a_tested_version_within_its_range() -> None:
    pins = dependencies.read_constraints()
    wrong = [
        str(requirement)
        for requirement in requirements("all", "dev")
        if (pin := pins.get(canonicalize_name(requirement.name))) is None
        or not requirement.specifier.contains(pin, prereleases=True)
    ]
    assert wrong == [], f"{REPAIR} constraints"


def test_what_is_installed_is_what_was_tested() -> None:
    pins = dependencies.read_constraints()
    other = {
        name: str(found)
        for name, pin in pins.items()
        if (found := installed_version(name)) is not None and Version(found.public) != pin
    }
    assert other == {}, "repair: pip install -e '.[dev]' -c constraints.txt"


def test_all_that_setup_pulls_in_has_a_tested_version() -> None:
    pulled = dependencies.closure(requirements("dev"))
    # CUDA comes with torch on machines of other people, in versions that torch itself pins
    cuda = {name for name in pulled if name.startswith(("nvidia-", "cuda-")) or name == "triton"}
    missing = pulled.keys() - cuda - dependencies.read_constraints().keys()
    assert missing == set(), f"{REPAIR} constraints"


COME_WITH = {
    "gradio-client": "gradio",
    "huggingface-hub": "transformers",
    "ipython": "ipykernel",
    "pandas": "mlflow",
    "pydantic-core": "pydantic",
    "scipy": "scikit-learn",
    "sqlalchemy": "mlflow",
    "starlette": "fastapi",
}
"""Packages that we import because a direct dependency is made of them, and which one that is."""


def test_what_the_package_imports_is_declared() -> None:
    fine = {str(canonicalize_name(r.name)) for r in requirements("all")} | {NAME}
    fine |= {package for package, made_of_it in COME_WITH.items() if made_of_it in fine}
    owners = packages_distributions()
    undeclared = {
        f"{module.relative_to(CHECKOUT)}: {name}"
        for module in (CHECKOUT / "src").rglob("*.py")
        for name in _imported(module) & owners.keys()
        if not fine & set(map(canonicalize_name, owners[name]))
    }
    assert undeclared == set()


def _imported(module: Path) -> set[str]:
    """The top-level names of what a module imports, wherever in it."""
    nodes = list(ast.walk(ast.parse(module.read_text(encoding="utf-8"))))
    plain = {a.name.split(".")[0] for n in nodes if isinstance(n, ast.Import) for a in n.names}
    return plain | {
        n.module.split(".")[0] for n in nodes if isinstance(n, ast.ImportFrom) if n.module
    }


def test_nothing_that_setup_installs_is_under_the_gpl() -> None:
    """LGPL is fine for a library that is only imported; the GPL would reach our users' code."""
    gpl = re.compile(r"(?<!L)GPL|GNU General Public|AGPL")
    licences = {name: _licence(name) for name in dependencies.closure(requirements("dev"))}
    assert {name: text for name, text in licences.items() if gpl.search(text)} == {}


FIELDS = ("License-Expression", "License", "Classifier")


def _licence(name: str) -> str:
    """What a package says of its licence; whole licence texts are cut, the name stands first."""
    told = metadata(name)
    lines = [line for field in FIELDS for line in told.get_all(field) or []]
    return " ".join(line[:100] for line in lines)


def test_a_package_that_is_not_installed_is_named_with_the_repair() -> None:
    with pytest.raises(CompanionError, match=r"no-such-package is not installed\. Install"):
        dependencies.closure([Requirement("no-such-package")])


def test_an_unknown_file_to_write_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert dependencies.main(["requirements"]) == 2
    assert "usage" in capsys.readouterr().err
