"""`companion fit`: what it prints, for people and for programs."""

from __future__ import annotations

import json

import pytest

from companion.cli import main
from companion.planning import find


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["fit", *arguments]) == 0
    return capsys.readouterr().out


def test_what_fits_is_told_with_its_parts(capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, "llama3.1-8b", "rtx-3060", "--context", "8192", "--users", "2")
    assert "Llama-3.1-8B: 8.03 billion weights." in said
    assert "2 conversations at once, each of 8192 tokens" in said
    rows = {line.split()[0]: line.split() for line in said.splitlines() if line}
    assert rows["fp16"][1:4] == ["16", "16.1", "2.15"]
    assert "int8 is" not in said
    assert "is the widest, up to 16 bits, that fits rtx-3060 (10.8 GB usable, 90% of 12 GB)" in said


def test_where_the_75_percent_go(capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, "llama3.1-8b", "h100")
    assert "32 / 64 = 0.5 bits a weight, so 71.9%" in said
    assert "8 / 64 + 32 / (64 * 256) = 0.127 bits, so 74.2%" in said
    assert "nf4-dq-all saves 74.2%" in said
    assert "64.5%, because 13.1% of the weights stay in 16 bits" in said


def test_what_does_not_fit_names_what_would(capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, "mixtral-8x7b", "a10g")
    assert "It does not fit a10g (21.6 GB usable, 90% of 24 GB): nf4-dq-all" in said
    assert "too many. The largest that would: " in said


def test_a_model_on_every_hardware(capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, "companion-tiny")
    for name in ("ram-8gb", "colab-t4", "rtx-3060", "h200"):
        assert name in said
    assert "of 512 tokens" in said


def test_every_model_on_every_hardware(capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys)
    header, *rows = said.split("\n\n")[1].splitlines()
    columns = header.split()
    cells = {row.split()[0]: dict(zip(columns, row.split(), strict=True)) for row in rows}
    assert cells["llama2-7b"]["ram-8gb"] == "-" or cells["llama2-7b"]["ram-8gb"].startswith("nf4")
    assert cells["llama2-7b"]["h100"] == "fp16"
    assert cells["companion-tiny"]["ram-8gb"] == "fp16"


def test_programs_are_told_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(told(capsys, "phi-2", "colab-t4", "--users", "3", "--json"))
    assert (found["weights"], found["context"], found["users"]) == (find("phi-2").size, 2048, 3)
    [there] = found["hardware"]
    narrow = there["precisions"]["fp16"]
    parts = ("weights_bytes", "kv_cache_bytes", "activations_bytes", "overhead_bytes")
    assert narrow["total_bytes"] == sum(narrow[part] for part in parts)
    assert narrow["fits"] == (narrow["total_bytes"] <= there["usable_bytes"])
    everything = json.loads(told(capsys, "--json"))
    assert everything["phi-2"]["h100"]["precision"] == "fp16"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["llama2-7"], "Did you mean llama2-7b?"),
        (["no-such-model"], "The shape of 'no-such-model' is not known"),
        (["phi-2", "rtx-3061"], "Did you mean rtx-3060?"),
        (["phi-2", "t4"], "Did you mean colab-t4?"),
        (["phi-2", "--users", "0"], "0 users cannot be planned for (--users). Give 1."),
        (["phi-2", "--context", "9999"], "Phi-2 has a context of 2048 tokens"),
        (["--users", "0"], "0 users cannot be planned for"),
    ],
)
def test_bad_input_is_one_line_with_what_to_do(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", *arguments]) == 1
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
