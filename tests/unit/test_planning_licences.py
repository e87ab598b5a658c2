"""Which licences forbid what, and that there is always something to take instead."""

from __future__ import annotations

import pytest
from packaging.licenses import canonicalize_license_expression

from companion.errors import ConfigError
from companion.planning.licences import Use, conditions, conflicts, forbids, licence
from companion.planning.parts import part, parts
from companion.planning.tables import read_table
from companion.sections.catalogue import Licence

LICENCES = read_table("catalogue/licences", Licence)

USES = pytest.mark.parametrize(
    ("use", "closed"),
    [("research", False), ("research", True), ("commercial", False), ("commercial", True)],
)


def test_each_licence_is_somebodys() -> None:
    assert LICENCES.keys() == {one.licence for one in parts()}


@pytest.mark.parametrize("name", LICENCES)
def test_its_short_name_is_in_the_spdx_list(name: str) -> None:
    spdx = LICENCES[name].spdx
    assert spdx == "" or canonicalize_license_expression(spdx) == spdx


@pytest.mark.parametrize(
    ("name", "commercial", "copyleft"),
    [
        ("apache-2.0", True, "none"),
        ("mpl-2.0", True, "weak"),
        ("gpl-3.0-or-later", True, "strong"),
        ("agpl-3.0", True, "network"),
        ("busl-1.1", True, "none"),
        ("svd-research", False, "none"),
        ("cpml", False, "none"),
    ],
)
def test_it_says_what_is_allowed(name: str, commercial: bool, copyleft: str) -> None:
    assert (licence(name).commercial, licence(name).copyleft) == (commercial, copyleft)


def test_an_unknown_licence_is_an_error_that_names_the_known() -> None:
    with pytest.raises(ConfigError, match=r"no licence named 'gpl-9'.*Use one of: mit, apache-2.0"):
        licence("gpl-9")


@pytest.mark.parametrize(
    ("name", "use", "closed", "instead"),
    [
        ("svd", "commercial", False, "animatediff"),
        ("xtts-v2", "commercial", False, "kokoro"),
        ("chef", "commercial", False, "cinc"),
        ("chatglm-6b", "commercial", False, "qwen3.5-9b"),
        ("piper1-gpl", "commercial", True, "kokoro"),
        ("piper1-gpl", "research", True, "kokoro"),
    ],
)
def test_what_conflicts_comes_with_a_reason_and_a_way_out(
    name: str, use: Use, closed: bool, instead: str
) -> None:
    [found] = conflicts([part("ollama"), part(name)], use, closed)
    assert found.part.name == name
    assert licence(found.part.licence).conditions in found.why
    assert found.instead == part(instead)


@pytest.mark.parametrize(
    ("name", "use", "closed"),
    [
        ("svd", "research", False),
        ("xtts-v2", "research", True),
        ("piper1-gpl", "commercial", False),
        ("espeak-ng", "commercial", True),  # a process of its own, behind a pipe
        ("grafana", "commercial", True),  # a program beside the product
        ("terraform", "commercial", True),
        ("llama3.2-3b", "commercial", True),
    ],
)
def test_what_is_allowed_is_no_conflict(name: str, use: Use, closed: bool) -> None:
    assert conflicts([part(name)], use, closed) == ()


@USES
def test_nothing_that_is_forbidden_is_left_without_another(use: Use, closed: bool) -> None:
    for found in conflicts(parts(), use, closed):
        assert found.instead is not None, found.part.name
        assert found.instead.kind == found.part.kind
        assert found.instead.status == "current"
        assert forbids(found.instead, use, closed) == ""


@USES
def test_the_strictest_use_forbids_whatever_another_forbids(use: Use, closed: bool) -> None:
    strictest = {found.part.name for found in conflicts(parts(), "commercial", closed=True)}
    assert {found.part.name for found in conflicts(parts(), use, closed)} <= strictest


def test_an_unknown_use_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"'selling'.*research or commercial"):
        conflicts([part("svd")], "selling")  # type: ignore[arg-type]


def test_conditions_are_told_by_title() -> None:
    told = conditions([part("llama3.2-3b"), part("sdxl")])
    assert "Built with Llama" in told["Llama 3.2 3B"]
    assert "forbids" in told["Stable Diffusion XL"]
