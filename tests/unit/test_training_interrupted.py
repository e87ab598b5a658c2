"""A training that was killed goes on to the very same curve, and the very same weights."""

from __future__ import annotations

from pathlib import Path

import pytest
from safetensors import safe_open

from companion.errors import CompanionError
from companion.training import interrupted

STEPS = 40


def weights(folder: Path) -> dict[str, bytes]:
    """Every tensor of the checkpoint: weights and moments of the optimisers."""
    with safe_open(folder / interrupted.CHECKPOINT, framework="pt") as file:
        return {name: file.get_tensor(name).numpy().tobytes() for name in file.keys()}  # noqa: SIM118


def test_a_killed_training_ends_bit_for_bit_where_an_unbroken_one_does(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert interrupted.begin(whole, STEPS).wait() == 0
    process = interrupted.begin(broken, STEPS)
    interrupted.wait_for(broken, process, 25)
    process.kill()
    process.wait()
    lost = len(interrupted.losses(broken))
    assert interrupted.begin(broken, STEPS).wait() == 0

    told = dict(interrupted.losses(whole))
    assert sorted(told) == list(range(1, STEPS + 1))
    assert all(told[step] == loss for step, loss in interrupted.losses(broken))
    assert len(interrupted.losses(broken)) > lost
    assert weights(broken) == weights(whole)


def test_a_training_that_fails_says_where_its_words_are(tmp_path: Path) -> None:
    (tmp_path / interrupted.CHECKPOINT).write_bytes(b"no checkpoint")
    process = interrupted.begin(tmp_path, STEPS)
    with pytest.raises(CompanionError, match=interrupted.SAYINGS):
        interrupted.wait_for(tmp_path, process, 1)
    assert "checkpoint" in (tmp_path / interrupted.SAYINGS).read_text(encoding="utf-8")
