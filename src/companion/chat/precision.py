"""In which number format a local model is loaded: the fastest that fits, and the sentence why.

Which one is fastest was measured with random weights, by what a turn takes: reading 128 tokens and
writing 40 (`tests/benchmarks/local_engine.py` measures it again). bitsandbytes has a kernel that
multiplies packed weights of NF4 as they are, on GPUs and on processors with AVX512_BF16; elsewhere
they are unpacked first, and memory alone is saved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any, Literal, TypeAlias

from companion.chat.peak import Load, loading
from companion.errors import ModelUnavailable
from companion.planning import PRECISIONS, Anatomy, Plan, Room, Tensor, largest_model, plan
from companion.planning.memory import GIGABYTE, OVERHEAD, largest_context, most_users
from companion.planning.precisions import BLOCK
from companion.resources import Device, cpu_flags

Format: TypeAlias = Literal["float32", "bfloat16", "float16", "int8", "nf4"]
Wish: TypeAlias = Literal["auto", "float32", "bfloat16", "float16", "int8", "nf4"]

ROWS = 32
"""The kernel for processors packs so many rows together (bitsandbytes, functional.py)."""

SMALL = 60_000_000
"""Weights below which a processor spends its time elsewhere, so that exact ones cost nothing."""

LEAST = 4096
"""Tokens of context that have to fit, where a model has as many; more are taken if they fit."""

ENOUGH = 10**12
"""Bytes; where the memory is not known, that much is taken to be there."""

FASTEST = {
    "nf4": "the fastest here: AVX512_BF16 multiplies packed weights as they are",
    "int8": "the fastest here without a kernel for packed weights",
    "bfloat16": "the fastest here without bitsandbytes",
    "float32": "the fastest here: nothing narrower is computed with as it is",
}
"""Why the first choice of a processor is the first."""

PLANNED = {
    "float32": "fp32",
    "bfloat16": "fp16",
    "float16": "fp16",
    "int8": "int8",
    "nf4": "nf4-dq",
}
"""What the planner calls them."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How a model is loaded, and for how many conversations of how many tokens there is room.

    `packs_embeddings`: they are in four bits, too. `spare` bytes stay free beside all that.
    """

    format: Format
    reason: str
    context: int
    slots: int
    spare: int
    packs_embeddings: bool = False


@dataclass(frozen=True, slots=True)
class Machine:
    """What decides: the device, the bytes a model may take there, and what it computes well in."""

    device: Device
    room: Room
    quantises: bool

    @property
    def order(self) -> tuple[Format, ...]:
        """The formats worth having here, the fastest first."""
        quick = self.device.dtype
        if self.device.kind == "mps":
            return (quick, "float32")
        if self.device.kind == "cuda":
            return (quick, "nf4")
        if self.quantises and fused():
            return ("nf4", "bfloat16", "float32")
        if cpu_flags() & {"avx512_bf16", "amx_bf16"}:
            return ("int8", "bfloat16", "float32", "nf4")
        return ("float32", "bfloat16", "int8", "nf4")


def look(device: Device, told_bytes: float | None = None) -> Machine:
    """What this machine has; `told_bytes` is what a model may take, where the settings say so."""
    kind = "gpu" if device.kind == "cuda" else "ram"
    there = (device.memory_bytes or ENOUGH) if told_bytes is None else told_bytes
    held = OVERHEAD["ram"] if kind == "ram" else 0  # Python and torch are here already
    why = "free now" if told_bytes is None else "by the settings"
    room = Room(device.name, kind, there, f"{there / GIGABYTE:.3g} GB {why}")
    quantises = find_spec("bitsandbytes") is not None and find_spec("accelerate") is not None
    return Machine(device, replace(room, bytes_there=there + held), quantises)


def fused() -> bool:
    """Whether bitsandbytes multiplies packed weights on this processor."""
    if "avx512_bf16" not in cpu_flags():
        return False
    from bitsandbytes import functional

    untyped: Any = functional
    return bool(untyped.has_avx512bf16())


def choose(
    model: Anatomy, machine: Machine, slots: int, context: int | None = None, wish: Wish = "auto"
) -> Choice:
    """The fastest format that fits, or the one wished for.

    Raises ModelUnavailable where none fits, with the numbers and the largest model that would, or
    where this machine does not have the one wished for.
    """
    longest = min(context or model.longest, model.longest)
    tried: list[tuple[Format, Load]] = []
    for name, packs in _candidates(model, machine, wish):
        planned = _plan(model, name, packs, min(longest, LEAST), machine)
        one = _loading(planned, model, name, packs, machine)
        if one.peak <= machine.room.bytes_there or _stays_exact(model, machine, wish):
            why = _why(name, wish, model, machine, tried)
            return _with_room(Choice(name, why, longest, slots, 0, packs), one.plan, machine.room)
        tried.append((name, one))
    raise _too_large(tried, machine.room)


def packable(rows: int, columns: int) -> bool:
    """Whether bitsandbytes' kernel for processors can have this matrix; it takes blocks of both."""
    return columns % BLOCK == 0 and rows % ROWS == 0


def uncounted(machine: Machine, context: int, wish: Wish = "auto") -> Choice:
    """How a model is loaded of which nobody knows what it takes: one conversation at a time."""
    name = machine.device.dtype if wish == "auto" else wish
    reason = f"{machine.device.reason} What it takes could not be counted."
    return Choice(name, reason, context, 1, 0)


def _candidates(model: Anatomy, machine: Machine, wish: Wish) -> Iterator[tuple[Format, bool]]:
    """Formats, and whether embeddings are packed, too: that saves memory and no time."""
    if _stays_exact(model, machine, wish):
        yield "float32", False
    order = machine.order if wish == "auto" else (wish,)
    for name in order:
        if name in ("int8", "nf4") and not machine.quantises:
            if wish != "auto":
                raise _lacks("The library bitsandbytes is missing", wish, "quantized")
            continue
        if name == "bfloat16" and machine.device.dtype == "float16" and wish != "auto":
            raise ModelUnavailable(
                f"{machine.device.reason} bfloat16 was asked for",
                where="precision",
                repair="Write float16, nf4 or auto.",
            )
        yield name, False
    if "nf4" in order and machine.quantises:
        yield "nf4", True


def _stays_exact(model: Anatomy, machine: Machine, wish: Wish) -> bool:
    """Whether it is so small that fewer bits gain nothing; then it is never refused, either."""
    return wish == "auto" and machine.device.kind == "cpu" and model.size < SMALL


def _lacks(what: str, wish: str, extra: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"{what}, which {wish} needs",
        where="precision",
        repair=f"Run: pip install 'companion-lab[{extra},tuning]'",
    )


def _plan(model: Anatomy, name: Format, packs: bool, context: int, machine: Machine) -> Plan:
    """The planner's plan with the weights as they are really loaded here."""
    planned = plan(model, PRECISIONS[PLANNED[name]], context, 1, machine.room.kind)
    if name != "nf4":
        return planned
    return replace(planned, weights=sum(_packed(one, model, packs) for one in model.tensors))


def _packed(tensor: Tensor, model: Anatomy, packs_embeddings: bool) -> int:
    """Bytes in NF4: heads are packed, embeddings where wished, rows of broken blocks never.

    A tied embedding is there twice then: once to look up, once to multiply with.
    """
    narrow = PRECISIONS["nf4-dq-all"].stored(tensor, model)
    looked_up = PRECISIONS["nf4-dq-all" if packs_embeddings else "fp16"].stored(tensor, model)
    packs = packable(*tensor.shape[-2:]) if len(tensor.shape) > 1 else False
    if tensor.kind in ("head", "matrix"):
        return narrow if packs else 2 * tensor.size
    if tensor.kind == "tied":
        return looked_up + (narrow if packs else 2 * tensor.size if packs_embeddings else 0)
    return looked_up if tensor.kind == "embedding" else 2 * tensor.size


def _loading(plan: Plan, model: Anatomy, name: Format, packs: bool, machine: Machine) -> Load:
    """The same plan with what loading takes: ends wait in 16 bits until they are packed."""
    tensors = model.tensors if name == "nf4" else ()
    heads = [one for one in tensors if one.kind == "head" and packable(*one.shape[-2:])]
    tables = [one for one in tensors if packs and one.kind in ("embedding", "tied")]
    wide = sum(2 * one.size for one in (*heads, *tables))
    on_processor = machine.room.kind == "ram" and bool(tensors) and fused()
    orders = [one.size for one in tensors if on_processor and _multiplied(one)]
    return loading(plan, wide, max(orders, default=0), machine.room.kind)


def _multiplied(tensor: Tensor) -> bool:
    """Whether the kernel for packed weights multiplies with it."""
    return tensor.kind in ("matrix", "head", "tied") and packable(*tensor.shape[-2:])


def _with_room(choice: Choice, one: Plan, room: Room) -> Choice:
    """As much context as fits for one conversation, then as many conversations as fit."""
    most = max(largest_context(one, room.bytes_there, room.kind), one.context)
    context = min(choice.context, most)
    slots = min(
        choice.slots, most_users(replace(one, context=context), room.bytes_there, room.kind)
    )
    short = f" Of its {choice.context} tokens of context, {context} fit."
    reason = choice.reason + (short if context < choice.context else "")
    spare = int(max(0, min(room.bytes_there - one.total, ENOUGH)))
    return replace(choice, reason=reason, context=context, slots=max(1, slots), spare=spare)


def _why(
    name: Format, wish: Wish, model: Anatomy, machine: Machine, tried: list[tuple[Format, Load]]
) -> str:
    """The sentence that stands under an answer."""
    device = machine.device
    if name == "float32" and _stays_exact(model, machine, wish):
        return device.reason
    where = device.reason.partition(" in float32")[0] if device.kind == "cpu" else device.reason
    how = f"{where} in {name}" if device.kind == "cpu" else f"{where} It runs in {name}"
    if wish != "auto":
        return f"{how}, as the settings say."
    if tried:
        first, one = tried[0]
        what = first if first != name else f"{first} with wide embeddings"
        takes = f"{'loading ' if one.why else ''}{what} would take {one.peak / GIGABYTE:.3g} GB"
        return f"{how}: {takes} of {machine.room.why}{one.why}."
    return (
        f"{how}, {FASTEST.get(name, 'the fastest here') if device.kind == 'cpu' else 'which fits'}."
    )


def _too_large(tried: list[tuple[Format, Load]], room: Room) -> ModelUnavailable:
    name, load = min(tried, key=lambda pair: pair[1].peak)
    one, users = load.plan, "one conversation"
    what = f"It takes {load.peak / GIGABYTE:.3g} GB in {name}, its smallest here, "
    what += f"to be loaded{load.why}" if load.why else f"for {users} of {one.context} tokens"
    instead = largest_model(min(one.context, LEAST), 1, room)
    repair = "Give a smaller model"
    if instead:
        takes = f"{instead.total / GIGABYTE:.3g} GB in {instead.precision.name}"
        repair = f"The largest known here that would fit is {instead.model.name}, {takes}"
    return ModelUnavailable(
        f"{what}, and there are {room.why}", where=one.model.name, repair=f"{repair}."
    )
