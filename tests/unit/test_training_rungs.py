"""Rungs of the ladder: what is kept is known beforehand, and a process of its own tells it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from companion.errors import CompanionError
from companion.planning import PRECISIONS, find
from companion.training import rungs
from companion.training.rungs import Trial, measured, random_model, weight_bytes


def test_what_is_shared_is_counted_once() -> None:
    table, head = torch.nn.Embedding(10, 4), torch.nn.Linear(4, 10, bias=False)
    assert weight_bytes(torch.nn.Sequential(table, head)) == 320
    head.weight = table.weight
    assert weight_bytes(torch.nn.Sequential(table, head)) == 160


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_model(tmp_path_factory.mktemp("random"), 7, layers=2, width=256, vocabulary=4096)


def test_the_same_seed_makes_the_same_model(folder: Path, tmp_path: Path) -> None:
    again = random_model(tmp_path, 7, layers=2, width=256, vocabulary=4096)
    other = random_model(tmp_path / "other", 8, layers=2, width=256, vocabulary=4096)
    name = "model.safetensors"
    assert (again / name).read_bytes() == (folder / name).read_bytes()
    assert (other / name).read_bytes() != (folder / name).read_bytes()


def test_each_rung_stores_what_the_planner_counts(folder: Path) -> None:
    model = find(str(folder))
    planned = {"fp32": "fp32", "bf16": "fp16", "fp16": "fp16", "int8": "int8"}
    planned |= {"nf4": "nf4", "nf4-dq": "nf4-dq"}
    for rung, precision in planned.items():
        stored = weight_bytes(rungs._loaded(folder, rung))
        expected = PRECISIONS[precision].weights(model)
        assert stored == pytest.approx(expected, rel=0.02), rung


def test_a_process_of_its_own_measures_in_turn(folder: Path) -> None:
    asked = [Trial(str(folder), rung, (1, 2), 8, 2) for rung in ("fp32", "bf16")]
    wide, narrow = measured(asked)
    assert wide["stored"] == wide["weights"] == pytest.approx(2 * narrow["stored"], rel=1e-3)
    assert set(wide) == {"load", "stored", "weights", "first_token", "peak"} | {
        f"tokens_per_second.{rows}" for rows in (1, 2)
    }
    assert min(wide[name] for name in wide if name != "peak") > 0


def test_a_trial_that_fails_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(CompanionError, match="The trial failed"):
        measured([Trial(str(tmp_path), "fp32")])
