"""A training of a moment, to be lost and taken up again: what the exercise on losing one tries."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from torch.nn import Module
    from torch.optim import Optimizer

State: TypeAlias = dict[str, Any]


@dataclass
class Run:
    """What a training consists of, but for where chance stands: torch has that for everybody."""

    model: Module
    optimizer: Optimizer
    step: int = 0


def fresh(seed: int) -> Run:
    """A run at its beginning; the same seed gives the same weights and the same chance."""
    import torch

    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Dropout(0.2), torch.nn.Linear(8, 1))
    return Run(model, torch.optim.AdamW(model.parameters()))


def train(run: Run, until: int) -> list[float]:
    """Take the run to that step, and return the loss of each step on the way."""
    import torch

    losses = []
    while run.step < until:
        run.step += 1
        for group in run.optimizer.param_groups:
            group["lr"] = 0.1 / run.step
        loss = run.model(torch.randn(8, 4)).square().mean()
        run.optimizer.zero_grad()
        loss.backward()
        run.optimizer.step()
        losses.append(float(loss.detach()))
    return losses


def pack(run: Run) -> State:
    """Copies of all that the run goes on with."""
    import torch

    model, optimizer = run.model.state_dict(), run.optimizer.state_dict()
    kept = {"model": deepcopy(model), "optimizer": deepcopy(optimizer)}
    return kept | {"random": torch.get_rng_state(), "step": run.step}


def unpack(run: Run, kept: State) -> None:
    """Put into the run what was kept."""
    import torch

    run.model.load_state_dict(kept["model"])
    run.optimizer.load_state_dict(kept["optimizer"])
    torch.set_rng_state(kept["random"])
    run.step = kept["step"]


def same(one: Any, other: Any) -> bool:
    """Whether two states hold the same, down to each tensor."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one.equal(other)) if hasattr(one, "equal") else bool(one == other)
