"""A training run in one safetensors file: written whole or not at all, and checked when read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from companion.training.recipe import TrainingError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module
    from torch.optim import Optimizer


def save(path: Path, model: Module, optimizers: Sequence[Optimizer], state: dict[str, Any]) -> None:
    """Write weights, optimisers and `state` (plain JSON), whole or not at all.

    Raises:
        TrainingError: the disk is full or read-only; the last good checkpoint is still there.
    """
    from safetensors.torch import save_file

    tensors = {f"model.{name}": weight.detach() for name, weight in model.named_parameters()}
    for number, optimizer in enumerate(optimizers):
        for index, moments in optimizer.state_dict()["state"].items():
            prefix = f"optimizer.{number}.{index}"
            tensors |= {f"{prefix}.{name}": moment for name, moment in moments.items()}
    draft = path.with_name(path.name + ".draft")
    try:
        save_file(tensors, draft, metadata={"state": json.dumps(state)})
        draft.replace(path)
    except Exception as error:  # safetensors has its own error class for a full disk
        draft.unlink(missing_ok=True)
        raise TrainingError(
            f"The checkpoint could not be written: {error}",
            where=str(path),
            repair="Free some disk space; the same command goes on from the last good checkpoint.",
        ) from error


def restore(
    path: Path, model: Module, optimizers: Sequence[Optimizer], expected: str
) -> dict[str, Any]:
    """Load weights and optimisers from `path`; returns the state that was saved with them.

    `expected` describes the configuration; a checkpoint with another one is refused.

    Raises:
        TrainingError: the file is damaged, or belongs to another configuration.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            state: dict[str, Any] = json.loads(file.metadata()["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(
            f"The checkpoint cannot be read: {error}",
            where=str(path),
            repair="Delete it to start from the beginning.",
        ) from error
    if state["configuration"] != expected:
        raise TrainingError(
            f"The checkpoint is of another configuration: {state['configuration']}, not {expected}",
            where=str(path),
            repair="Train with the settings it was begun with, or delete it to start afresh.",
        )
    _fill(model, optimizers, tensors)
    return state


def _fill(model: Module, optimizers: Sequence[Optimizer], tensors: dict[str, Tensor]) -> None:
    """Put the tensors where they came from."""
    weights = {
        name.removeprefix("model."): tensor
        for name, tensor in tensors.items()
        if name.startswith("model.")
    }
    model.load_state_dict(weights, strict=False)  # tied weights stand in the file once
    for number, optimizer in enumerate(optimizers):
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            if name.startswith(f"optimizer.{number}."):
                _, _, index, moment = name.split(".")
                moments.setdefault(int(index), {})[moment] = tensor
        optimizer.load_state_dict(optimizer.state_dict() | {"state": moments})
