"""What a model takes for so many conversations of so many tokens, part by part, in bytes.

Weights and KV cache are counted exactly. Activations are an estimate of what one pass over the
longest prompt needs at its widest, as transformers does it on a processor; a server that reads a
prompt in parts needs less. Overhead is an allowance for what no tensor of ours accounts for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from companion.errors import ConfigError
from companion.planning.anatomy import Anatomy
from companion.planning.precisions import Precision

GIGABYTE = 10**9

OVERHEAD = {"gpu": 800_000_000, "ram": 500_000_000}
"""Bytes allowed for CUDA's context, libraries and gaps between tensors; for Python with torch."""

MANY = 1_000_000
"""More conversations at once than this are not counted."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Bytes by part for `users` conversations at once, each of `context` tokens."""

    model: Anatomy
    precision: Precision
    context: int
    users: int
    weights: int
    kv_cache: int
    activations: int
    overhead: int

    @property
    def total(self) -> int:
        """All parts together."""
        return self.weights + self.kv_cache + self.activations + self.overhead

    @property
    def bits_per_weight(self) -> float:
        """With scales and whatever stayed wider."""
        return 8 * self.weights / self.model.size

    @property
    def saved(self) -> float:
        """The share of the weights in 16 bits that this precision saves; negative for float32."""
        return 1 - self.weights / (2 * self.model.size)


def plan(model: Anatomy, precision: Precision, context: int, users: int, kind: str = "gpu") -> Plan:
    """The plan on a "gpu" or in "ram".

    Raises ConfigError for no users, no tokens, or more tokens than the model's context.
    """
    check(model, context, users)
    return _plan(model, precision, context, users, kind)


def check(model: Anatomy, context: int, users: int) -> None:
    """Raise ConfigError where nobody can talk that long with this model."""
    if users < 1:
        raise ConfigError(f"{users} users cannot be planned for", where="--users", repair="Give 1.")
    if context < 1:
        raise ConfigError(
            f"A context of {context} tokens holds no conversation",
            where="--context",
            repair=f"Give 1 to {model.longest}.",
        )
    if context > model.longest:
        raise ConfigError(
            f"{model.name} has a context of {model.longest} tokens, asked for were {context}",
            where="--context",
            repair=f"Give {model.longest} or fewer, or a model with a longer context.",
        )


def _plan(model: Anatomy, precision: Precision, context: int, users: int, kind: str) -> Plan:
    return Plan(
        model,
        precision,
        context,
        users,
        weights=precision.weights(model),
        kv_cache=users * model.cache.size(context, precision.number_bytes),
        activations=_activations(model, precision, context, users),
        overhead=OVERHEAD[kind],
    )


def _activations(model: Anatomy, precision: Precision, context: int, users: int) -> int:
    """One whole prompt is read at a time, and then a token of each user; logits are float32, too.

    Layers that forget want a mask of the prompt's square. Where weights are unpacked, the largest
    matrix stands there a second time, in 16 bits.
    """
    at_once = max(context, users)
    logits = users * model.vocabulary * (precision.number_bytes + 4)
    forgets = any(context > kept for _, kept in model.cache.windows)
    mask = context**2 * precision.number_bytes if forgets else 0
    reading = at_once * model.width * precision.number_bytes
    return reading + mask + logits + _unpacked(model, precision)


def _unpacked(model: Anatomy, precision: Precision) -> int:
    """Of stacked experts, one at a time; an embedding is looked up and not multiplied."""
    if not precision.unpacks:
        return 0
    narrow = (
        tensor.shape[-2] * tensor.shape[-1]
        for tensor in model.tensors
        if tensor.kind != "embedding" and not precision.keeps_wide(tensor, model)
    )
    return 2 * max(narrow, default=0)


def largest_context(plan: Plan, bytes_there: float, kind: str = "gpu") -> int:
    """The most tokens each of the plan's users can have in that memory; 0 where none fits."""
    tokens = range(1, plan.model.longest + 1)
    return _most(tokens, bytes_there, lambda n: _again(plan, n, plan.users, kind))


def most_users(plan: Plan, bytes_there: float, kind: str = "gpu") -> int:
    """How many conversations of the plan's context fit that memory at once; 0 where none does."""
    users = range(1, MANY + 1)
    return _most(users, bytes_there, lambda n: _again(plan, plan.context, n, kind))


def _again(plan: Plan, context: int, users: int, kind: str) -> int:
    """The total for another conversation; weights are counted once only."""
    cache = plan.model.cache.size(context, plan.precision.number_bytes)
    working = _activations(plan.model, plan.precision, context, users)
    return plan.weights + users * cache + working + OVERHEAD[kind]


def _most(choices: range, bytes_there: float, total: Callable[[int], int]) -> int:
    """How many of the rising choices stay within the memory."""
    return bisect_right(choices, bytes_there, key=total)
