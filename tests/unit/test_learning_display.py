"""What is shown is the same thing in a notebook and outside of one."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

from companion import __version__
from companion.errors import NotebookError
from companion.learning import Verdict, display, environment, table
from companion.learning.feedback import feedback


def test_a_table_is_aligned_text_and_escaped_html() -> None:
    assert doctest.testmod(display).failed == 0
    shown = table([{"model": "<tiny>", "tokens/s": 1234.5}])
    assert "1,234" in shown.text  # three digits would not tell more
    assert "&lt;tiny&gt;" in shown.html
    assert shown._repr_mimebundle_() == {"text/plain": shown.text, "text/html": shown.html}


def test_a_mapping_becomes_names_and_values() -> None:
    lines = table({"turns": 2, "seconds": 0.123456, "cost": None}).text.splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["turns", "2"],
        ["seconds", "0.123"],
        ["cost", "-"],
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1234567, "1,234,567"),
        (10**12, "1,000,000,000,000"),
        (-4096, "-4,096"),
        (np.int64(1234567), "1,234,567"),
        (1234567.0, "1,234,567"),
        (999.6, "1,000"),
        (np.float32(1234.5), "1,234"),
        (999.4, "999"),
        (1e22, "1e+22"),
        (float("inf"), "inf"),
        (True, "True"),
        ("1234567", "1234567"),
    ],
)
def test_large_numbers_are_written_in_threes(value: object, shown: str) -> None:
    assert table({"n": value}).text.split() == ["name", "value", "n", shown]


def test_numbers_of_any_library_stand_to_the_right() -> None:
    lines = table([{"n": np.int64(5)}, {"n": np.float32(1000)}, {"n": 10**6}]).text.splitlines()
    assert [line.rjust(9) for line in lines] == lines[:0] + [
        f"{one:>9}" for one in ("n", "5", "1,000", "1,000,000")
    ]


def test_an_empty_table_says_so() -> None:
    assert table([]).text == "(nothing to show yet)"


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_is_told_by_sign_and_word_not_by_colour_alone(verdict: Verdict) -> None:
    shown = feedback(verdict, "`x` is <odd>.")
    word = shown.text.split(".")[0]
    assert word in shown.html
    assert "<code>x</code> is &lt;odd&gt;" in shown.html


@pytest.mark.parametrize(
    ("variable", "place"),
    [("COLAB_RELEASE_TAG", "Colab"), ("KAGGLE_KERNEL_RUN_TYPE", "Kaggle"), ("HOME", "Python")],
)
def test_the_place_is_read_from_the_environment(
    variable: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "set")
    assert environment.place() == place


def test_versions_are_told_in_lines_that_fit(capsys: pytest.CaptureFixture[str]) -> None:
    environment.versions("track", "local", "demo", written_for=__version__)
    told = capsys.readouterr().out
    assert max(map(len, told.splitlines())) <= 90
    assert f"companion {__version__}, " in told
    assert "mlflow " in told


def test_a_notebook_of_another_version_is_told_what_to_open() -> None:
    with pytest.raises(NotebookError, match=r"written for companion 9\.9.*Open the notebook"):
        environment.versions("track", written_for="9.9.0")


def test_a_missing_library_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(environment, "installed_version", lambda name: None)
    with pytest.raises(NotebookError, match=r"mlflow.*pip install 'companion-lab\[track\]'"):
        environment.versions("track", written_for=__version__)
