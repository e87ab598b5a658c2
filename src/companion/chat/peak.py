"""The most memory that loading takes, until the first pass: narrow weights are made of wide ones.

A model that just fits when it is loaded may not be loadable. transformers makes one layer's matrix
narrow after another; of the ends, each is there in 16 bits until all layers are loaded, and is then
packed by parts (`chat/loading.py`). What is read from a file is not counted: the system takes such
memory back when it is wanted.
"""

from __future__ import annotations

from dataclasses import dataclass

from companion.planning import Plan

WORKING: dict[str, dict[str, int]] = {
    "ram": {"int8": 12, "nf4-dq": 16},
    "gpu": {"int8": 3, "nf4-dq": 3},
}
"""Bytes for each weight of the matrix that is being made narrow, its 16 bits among them.

bitsandbytes 0.50.2 works in float32 on a processor, in several copies: 10.0 and 14.1 bytes were
measured. On a GPU, a kernel writes what is narrow while it reads.
"""

PART = 2**22
"""Weights of an end that are packed at once."""

REPACKING = 8
"""Bytes for each weight of a matrix that is brought into the order of the kernel for processors.

bitsandbytes does that at the first pass, to whole matrices, the head among them; 7.6 were measured.
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What a model takes at its most: when it answers, as planned, or while it is loaded."""

    plan: Plan
    loading: int

    @property
    def peak(self) -> int:
        """Bytes, the larger of both."""
        return max(self.plan.total, self.loading)

    @property
    def why(self) -> str:
        """Words for a reason, where loading takes more than answering does; else none."""
        return ", as its weights are made of wider ones" * (self.loading > self.plan.total)


def loading(plan: Plan, wide_ends: int, repacked: int, kind: str) -> Load:
    """What loading takes on a "gpu" or in "ram".

    The ends that will be packed take `wide_ends` bytes until then; `repacked` are the weights of
    the largest matrix that is brought into another order at the first pass.
    """
    working = WORKING[kind].get(plan.precision.name, 0)
    inner = max((one.size for one in plan.model.tensors if one.kind == "matrix"), default=0)
    ends = wide_ends + working * PART if wide_ends else 0
    more = max(working * inner, ends, REPACKING * repacked)
    return Load(plan, plan.weights + more + plan.overhead)
