"""What a step of training takes: every part is known beforehand for a network this small."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from companion.training import footprint
from companion.training.recipe import TrainingError


def test_what_tensors_share_is_counted_once() -> None:
    whole = torch.zeros(10, 4)
    assert footprint.size([whole, whole[:2], whole.T, torch.zeros(3)]) == 160 + 12


def test_a_layer_keeps_its_input_and_not_its_weights() -> None:
    layer = torch.nn.Linear(8, 5)
    seen = torch.zeros(3, 8)
    with footprint.kept(layer) as so_far:
        layer(seen)
        assert so_far() == 3 * 8 * 4


def test_a_step_has_one_gradient_and_two_moments_for_each_weight(tiny_folder: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_folder, dtype=torch.float32)
    before = [weight.clone() for weight in model.parameters()]
    parts = footprint.counted(model, torch.zeros(2, 16, dtype=torch.long))
    weights = sum(weight.nbytes for weight in model.parameters())
    assert (parts["weights"], parts["gradients"]) == (weights, weights)
    assert parts["moments"] == 2 * weights
    assert all(map(torch.equal, before, model.parameters()))
    assert all(weight.grad is None for weight in model.parameters())


def test_activations_grow_with_the_rows(tiny_folder: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_folder, dtype=torch.float32)
    one, four = (
        footprint.activations(model, torch.zeros(rows, 16, dtype=torch.long)) for rows in (2, 8)
    )
    assert four == pytest.approx(4 * one, rel=0.05)  # the table of positions is kept but once


def test_a_process_of_its_own_tells_what_it_has_in_memory(tiny_folder: Path) -> None:
    found = footprint.resident(tiny_folder, 2, 16)
    assert tuple(found) == footprint.STAGES
    assert found["peak"] >= max(found.values()) > found["libraries"] > 50_000_000


def test_a_folder_that_is_no_model_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="could not be measured"):
        footprint.resident(tmp_path, 1, 1)
