"""`companion plan`: what it prints, what it asks, and the profile that it writes."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from companion import resources
from companion.advising import asked
from companion.cli import main
from companion.config import load, profiles
from companion.errors import ConfigError
from companion.planning.situation import Situation


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["plan", *arguments]) == 0
    return capsys.readouterr().out


@pytest.fixture
def own_configs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of `configs/` to write profiles into."""
    copy = shutil.copytree(resources.CHECKOUT / "configs", tmp_path / "checkout" / "configs")
    monkeypatch.setattr(resources, "CHECKOUT", tmp_path / "checkout")
    return Path(copy)


def test_a_plan_says_what_to_start_what_it_costs_and_what_it_does_not_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = told(capsys, "--ram", "8", "--vram", "0", "--budget", "0", "--goal", "learn")
    assert said.startswith("For 8 GB of RAM, no GPU, 0 US dollars a month, goal: learn")
    assert "companion chat --profile ram-8gb" in said
    assert "Total: 1.20 USD a month" in said
    assert "Over the budget by 1.20 US dollars a month, by electricity at home" in said
    assert "Ollama: keep the notice." in said
    assert "--rejected says why" in said
    assert "llama2-7b" not in said
    assert "llama2-7b: Llama 2 7B is superseded" in told(capsys, "--rejected")


def test_programs_are_told_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(told(capsys, "--gpu", "rtx-3060", "--wants", "speech,images", "--json"))
    assert found["profile"] == "rtx-3060"
    assert found["situation"]["wants"] == ["speech", "images"]
    assert {"hosting", "engine", "model", "voice"} <= {one["kind"] for one in found["parts"]}
    assert found["usd_month"] == pytest.approx(sum(term["total"] for term in found["terms"]))
    assert all(one["source"] and one["date"] for one in found["parts"])
    assert found["usd_month_to_pay"] == 0


def test_answers_in_a_terminal_make_a_situation(capsys: pytest.CaptureFixture[str]) -> None:
    answers = iter(
        ["16", "much", "12", "", "prototype", "", "3", "maybe", "yes", "", "speech,images"]
    )
    questions: list[str] = []

    def ask(question: str) -> str:
        questions.append(question)
        return next(answers)

    assert asked(ask) == Situation(
        ram_gb=16,
        vram_gb=12,
        goal="prototype",
        users=3,
        private=True,
        wants=("speech", "images"),
    )
    assert questions[0] == "Gigabytes of RAM [8]: "
    assert len(questions) == 11, "two answers were asked for again"
    wrong = capsys.readouterr().err
    assert "'much' is no number" in wrong
    assert "'maybe' is neither yes nor no" in wrong


def test_questions_that_end_early_are_an_error() -> None:
    def ask(question: str) -> str:
        raise EOFError

    with pytest.raises(ConfigError, match="questions ended before the answers"):
        asked(ask)


def test_a_written_profile_is_what_the_companion_then_talks_with(
    capsys: pytest.CaptureFixture[str], own_configs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(capsys, "--ram", "2", "--private", "--write", "small-one")
    settings = load("small-one")
    assert settings.chat.models == ("companion-tiny", "scripted")
    assert settings.routing.privacy == "local_only"
    monkeypatch.setattr(sys, "stdin", io.StringIO("Hello!\nexit\n"))
    assert main(["chat", "--profile", "small-one"]) == 0
    assert "companion-tiny" in capsys.readouterr().out


def test_a_written_profile_has_the_memory_of_the_situation(
    capsys: pytest.CaptureFixture[str], own_configs: Path
) -> None:
    told(capsys, "--vram", "16", "--write", "mine")
    hardware = load("mine").hardware
    assert (hardware.memory_gb, hardware.gpu, hardware.gpu_layers) == (16, 0, "all")
    assert load("mine").chat.models[0] == "qwen3.5-9b"
    told(capsys, "--ram", "16", "--write", "mine-too")
    assert load("mine-too").hardware.memory_gb == 12.5
    assert load("mine-too").hardware.gpu_layers == 0


def test_a_profile_that_is_there_is_not_overwritten_in_silence(
    capsys: pytest.CaptureFixture[str], own_configs: Path
) -> None:
    before = (own_configs / "profiles" / "ollama.yaml").read_text(encoding="utf-8")
    assert main(["plan", "--write", "ollama"]) == 1
    assert "There is a profile 'ollama' already" in capsys.readouterr().err
    assert (own_configs / "profiles" / "ollama.yaml").read_text(encoding="utf-8") == before
    told(capsys, "--write", "ollama", "--overwrite")
    assert (own_configs / "profiles" / "ollama.yaml").read_text(encoding="utf-8") != before


@pytest.mark.parametrize("name", ["../evil", "", "Große", "a/b", ".hidden"])
def test_a_name_that_is_no_file_name_is_refused(
    capsys: pytest.CaptureFixture[str], own_configs: Path, name: str
) -> None:
    there = profiles()
    assert main(["plan", f"--write={name}"]) == 1
    assert "cannot name a profile" in capsys.readouterr().err
    assert profiles() == there


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--users", "-3"], "-3 users cannot be planned for"),
        (["--budget", "-1"], "-1 is no number of US dollars a month"),
        (["--gpu", "rtx-9999"], "There is no hardware named 'rtx-9999'"),
        (["--wants", "smell"], "'smell' is not known here"),
        (["--hosting", "colab", "--private"], "has to stay private"),
    ],
)
def test_what_cannot_be_is_explained(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["plan", *arguments]) == 1
    assert said in capsys.readouterr().err


def test_the_command_explains_itself() -> None:
    command = [sys.executable, "-m", "companion.cli", "plan", "--help"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "--budget USD" in said
    assert "Without flags, it asks" in said
