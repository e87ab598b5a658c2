"""What one step of training takes in memory, part by part: counted in tensors, and as resident.

`tracemalloc` sees what Python allocates, and torch allocates by itself. So tensors are counted,
and beside them stands what the process has in memory, measured in one of its own: there nothing
was allocated and freed before. `python -m companion.training.footprint FOLDER ROWS TOKENS` is it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from companion.training.recipe import TrainingError

if TYPE_CHECKING:
    from torch import Tensor, nn

STAGES = ("libraries", "weights", "activations", "gradients", "moments", "peak")
"""What is in memory for the first time when libraries and weights are loaded, and after the
forward pass, the backward pass and the optimiser's step; and the most at any time."""


def size(tensors: Iterable[Tensor]) -> int:
    """Bytes of these tensors; what several of them share is counted once."""
    storages = {one.untyped_storage().data_ptr(): one.untyped_storage() for one in tensors}
    return sum(storage.nbytes() for storage in storages.values())


@contextmanager
def kept(model: nn.Module) -> Iterator[Callable[[], int]]:
    """Inside the block, a function that tells the bytes a backward pass would need beside weights.

    A forward pass keeps these, its activations, until the backward pass has used them.
    """
    import torch

    own = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    saved: list[Tensor] = []

    def pack(one: Tensor) -> Tensor:
        if one.untyped_storage().data_ptr() not in own:
            saved.append(one)
        return one

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda one: one):
        yield lambda: size(saved)


def activations(model: nn.Module, ids: Tensor) -> int:
    """Bytes that a forward pass over `ids`, of shape (rows, tokens), keeps for a backward pass."""
    with kept(model) as so_far:
        model(input_ids=ids, labels=ids, use_cache=False)
        return so_far()


def counted(model: nn.Module, ids: Tensor) -> dict[str, int]:
    """Bytes by part of one AdamW step of this language model on `ids`, of shape (rows, tokens).

    The step is of size zero, so that the weights stay what they are.
    """
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=0.0)
    parts = {"weights": size(model.parameters()), "activations": activations(model, ids)}
    model(input_ids=ids, labels=ids, use_cache=False).loss.backward()
    optimizer.step()
    gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
    moments = [one for state in optimizer.state.values() for one in state.values() if one.dim()]
    model.zero_grad()
    return parts | {"gradients": size(gradients), "moments": size(moments)}


def resident(folder: Path, rows: int, tokens: int) -> dict[str, int]:
    """Bytes that a process of its own has in memory after each of `STAGES`, for the same step.

    Raises TrainingError when that process fails.
    """
    command = [sys.executable, "-m", __name__, str(folder), str(rows), str(tokens)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no reason told"])[-1]
        raise TrainingError(
            f"The step could not be measured: {why}",
            where=str(folder),
            repair="Give fewer rows or tokens, or the folder of a model that can be loaded.",
        )
    found: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return found


def _stages(folder: Path, rows: int, tokens: int) -> dict[str, int]:
    """Resident bytes of this process after each stage."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    with torch.device("meta"):  # brings in the code of the network, and no weights
        AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder))
    now = {"libraries": _now()}
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.0)
    now["weights"] = _now()
    ids = torch.randint(model.config.vocab_size, (rows, tokens))
    loss = model(input_ids=ids, labels=ids, use_cache=False).loss
    now["activations"] = _now()
    loss.backward()
    now["gradients"] = _now()
    optimizer.step()
    now["moments"] = _now()
    return now | {"peak": _peak(max(now.values()))}


def _now() -> int:
    import psutil

    return int(psutil.Process(os.getpid()).memory_info().rss)


def _peak(seen: int) -> int:
    """The most there was at any time, where Linux tells it; else the most that was seen.

    `getrusage` would tell it, too, but begins with what the parent process had.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return seen
    (line,) = [one for one in status.read_text().splitlines() if one.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    told = sys.argv[1:]
    print(json.dumps(_stages(Path(told[0]), int(told[1]), int(told[2]))))
