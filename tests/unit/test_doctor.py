"""The doctor on this machine: what it finds, what it adds up to, and how it is told."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.version import Version

from companion import doctor
from companion.config import OllamaModel, Settings, load
from companion.dependencies import installed_version
from companion.doctor import Check, score
from companion.doctor.findings import POINTS
from companion.doctor.hardware import hardware
from tests.chat_server import ChatServer

LINE = re.compile(r"^\[(ok|missing|fail)\] +\S.*$")


def _scripted() -> Settings:
    """Settings that ask for nothing but written replies."""
    return load(chat={"models": ["scripted"]})


def _named(checks: list[Check], name: str) -> Check:
    [found] = [check for check in checks if check.name == name]
    return found


def test_points_are_a_hundred() -> None:
    assert sum(POINTS.values()) == 100


def test_a_category_earns_the_share_of_what_is_ok_and_counts() -> None:
    checks = [
        Check("packages", "a", "ok", ""),
        Check("packages", "b", "missing", ""),
        Check("packages", "c", "missing", "", counts=False),
        Check("models", "d", "fail", ""),
        Check("tracking", "e", "ok", ""),
    ]
    earned = score(checks)
    assert earned.categories == {
        "packages": 15,
        "machine": 0,
        "settings": 0,
        "models": 0,
        "tracking": 15,
    }
    assert earned.total == 30


def test_a_working_installation_earns_everything_that_is_not_the_machines(store: Path) -> None:
    checks = doctor.report(_scripted())
    assert [check for check in checks if check.status == "fail"] == []
    earned = score(checks).categories
    assert {name: earned[name] for name in POINTS if name != "machine"} == {
        name: points for name, points in POINTS.items() if name != "machine"
    }


def test_the_embedded_model_loads(store: Path) -> None:
    model = _named(doctor.report(load()), "companion-tiny")
    assert (model.status, model.counts) == ("ok", True)
    assert re.fullmatch(r"loads in \d+\.\d s", model.fact)


def test_it_is_told_line_by_line_with_repairs(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    doctor.show(_scripted())
    lines = capsys.readouterr().out.splitlines()
    findings = [line for line in lines if LINE.match(line)]
    assert len(findings) >= 15
    assert any(line.strip().startswith("→ export OPENAI_API_KEY") for line in lines)
    assert re.search(r"^Total: \d+ of 100 \(packages 30/30, machine ", lines[-2])
    assert lines[-1] == "The companion works."


def test_json_is_for_programs(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.main(as_json=True, profile="offline") in (0, 1)
    told = json.loads(capsys.readouterr().out)
    assert told["total"] == sum(told["categories"].values())
    assert {check["category"] for check in told["checks"]} == set(POINTS)
    assert told["works"] == all(check["status"] != "fail" for check in told["checks"])


def test_a_server_that_runs_is_ok(store: Path, chat_server: ChatServer) -> None:
    model = {"kind": "openai", "base_url": chat_server.url, "model": "any", "languages": ["en"]}
    checks = doctor.report(load(chat={"models": ["near"]}, models={"near": model}))
    assert _named(checks, "near").status == "ok"
    assert _named(checks, "near").counts


def test_a_missing_library_names_its_extra_and_does_not_fail(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "companion.doctor.installed.installed_version",
        lambda name: None if name == "torch" else installed_version(name),
    )
    part = _named(doctor.report(_scripted()), "embedded model")
    assert part.status == "missing"
    assert part.fact == "torch is not installed"
    assert part.repair == "pip install --upgrade 'companion-lab[local]'"


def test_a_needed_library_of_a_wrong_version_fails(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("companion.doctor.installed.installed_version", lambda name: Version("0.1"))
    part = _named(doctor.report(_scripted()), "needed by all")
    assert part.status == "fail"
    assert "pydantic 0.1 is not >=2.7" in part.fact


def test_cpu_flags_tell_what_they_are_good_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("companion.doctor.hardware.cpu_flags", lambda: frozenset({"sse2", "avx2"}))
    checks = list(hardware())
    assert (_named(checks, "AVX2").status, _named(checks, "AVX2").counts) == ("ok", True)
    bfloat16 = _named(checks, "AVX512_BF16")
    assert (bfloat16.status, bfloat16.counts) == ("missing", False)
    assert "bfloat16" in bfloat16.fact


def test_a_processor_without_avx_is_not_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("companion.doctor.hardware.cpu_flags", lambda: frozenset({"asimd", "neon"}))
    flags = _named(list(hardware()), "CPU flags")
    assert not flags.counts


@pytest.mark.parametrize(("free", "status"), [(5e9, "ok"), (0.5e9, "missing"), (1e6, "fail")])
def test_disk(free: float, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = SimpleNamespace(free=free)
    monkeypatch.setattr("companion.doctor.hardware.shutil.disk_usage", lambda path: usage)
    assert _named(list(hardware()), "disk").status == status


@pytest.mark.parametrize(("free", "status"), [(5e9, "ok"), (0.5e9, "missing"), (0, "missing")])
def test_memory(free: float, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("companion.doctor.hardware.free_memory_bytes", lambda: int(free))
    assert _named(list(hardware()), "memory").status == status


def test_what_would_be_found_is_told_with_how_to_get_a_better_one(
    chat_server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from companion.doctor.minds import discovered

    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    chat_server.pieces = [b'{"models": [{"name": "llama3.2:1b", "size": 1300000000}]}']
    moved = {
        name: {"base_url": chat_server.root}
        for name, model in load().models.items()
        if model.is_local and hasattr(model, "base_url")
    }
    [check] = discovered(load("auto", models=moved, hardware={"memory_gb": 5}))
    assert check.fact == f"llama3.2-1b, Ollama at {chat_server.root}"
    assert "ollama pull qwen3.5:4b (3.4 GB to download)" in check.repair
    assert list(discovered(load("offline"))) == []


def test_a_server_with_many_models_is_told_once(store: Path) -> None:
    told = [check.name for check in doctor.report(load("rtx-3090")) if check.category == "models"]
    asked = load("rtx-3090").models["qwen3.5-27b"]
    assert isinstance(asked, OllamaModel)
    assert told.count("qwen3.5-27b") == 1
    assert not {"qwen3.5-9b", "llama2-7b", "ollama-native"} & set(told)
