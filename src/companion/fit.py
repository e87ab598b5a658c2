"""What fits where, before anything is loaded or downloaded: `companion fit`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from companion.learning.display import table
from companion.planning import (
    PRECISIONS,
    Anatomy,
    Plan,
    Room,
    everything,
    find,
    fits,
    largest_context,
    largest_model,
    most_users,
    plan,
    room,
    rooms,
    widest,
)
from companion.planning.memory import GIGABYTE, check
from companion.planning.precisions import BLOCK, SCALES

CONTEXT = 4096
"""Tokens of a conversation where nobody says how many; fewer where the model holds fewer."""


def main(
    model: str | None = None,
    gpu: str | None = None,
    context: int | None = None,
    users: int = 1,
    as_json: bool = False,
) -> int:
    """Print the plan of one model, there or everywhere; without a model, what fits where.

    Raises ConfigError for what is not known, cannot be counted, or is not possible.
    """
    if model is None:
        report = _all_as_json(context, users) if as_json else _all(context, users)
    else:
        there = [room(gpu)] if gpu else list(rooms())
        chosen = find(model)
        tokens = _tokens(chosen, context)
        check(chosen, tokens, users)
        show = _one_as_json if as_json else _one
        report = show(chosen, tokens, users, there)
    for line in report:
        print(line)
    return 0


def _tokens(model: Anatomy, context: int | None) -> int:
    return min(CONTEXT, model.longest) if context is None else context


def _one(model: Anatomy, context: int, users: int, there: list[Room]) -> Iterator[str]:
    """The table by part, then what fits, then where the bits are."""
    whose = "1 conversation" if users == 1 else f"{users} conversations at once, each"
    left_out = f", without {model.without}" if model.without else ""
    yield f"{model.name}: {_count(model.size)} weights{left_out}."
    yield f"For {whose} of {context} tokens. All sizes are in GB of 10^9 bytes;"
    yield "weights and KV cache are counted, activations and overhead are estimates."
    yield ""
    only = there[0] if len(there) == 1 else None
    plans = _plans(model, context, users, only.kind if only else "gpu")
    yield repr(table([_parts(one, only) for one in plans]))
    yield ""
    if only:
        yield _verdict(plans, only)
    else:
        yield repr(table([_there(model, context, users, one) for one in there]))
    yield from ("", *_bits(plans))


def _plans(model: Anatomy, context: int, users: int, kind: str) -> list[Plan]:
    return [plan(model, one, context, users, kind) for one in PRECISIONS.values()]


def _parts(one: Plan, there: Room | None) -> dict[str, object]:
    row: dict[str, object] = {
        "precision": one.precision.name,
        "bits a weight": one.bits_per_weight,
        "weights": one.weights / GIGABYTE,
        "KV cache": one.kv_cache / GIGABYTE,
        "activations": one.activations / GIGABYTE,
        "overhead": one.overhead / GIGABYTE,
        "total": one.total / GIGABYTE,
        "less than fp16": f"{one.saved:.1%}",
    }
    if there is None:
        return row
    return {
        **row,
        "fits": "yes" if fits(one, there) else f"no, by {_excess(one, there):.3g}",
        "longest context": largest_context(one, there.bytes_there, there.kind),
        "most users": most_users(one, there.bytes_there, there.kind),
    }


def _excess(one: Plan, there: Room) -> float:
    """Gigabytes that are missing."""
    return (one.total - there.bytes_there) / GIGABYTE


def _there(model: Anatomy, context: int, users: int, there: Room) -> dict[str, object]:
    best = widest(model, context, users, there)
    return {
        "hardware": there.name,
        "usable": there.bytes_there / GIGABYTE,
        "widest that fits": best.precision.name if best else "none",
        "total": best.total / GIGABYTE if best else None,
        "longest context": largest_context(best, there.bytes_there, there.kind) if best else None,
        "most users": most_users(best, there.bytes_there, there.kind) if best else None,
    }


def _verdict(plans: list[Plan], there: Room) -> str:
    """What to take there; where nothing fits, by how much, and what would fit instead."""
    first = plans[0]
    best = widest(first.model, first.context, first.users, there)
    if best:
        spare = (there.bytes_there - best.total) / GIGABYTE
        return (
            f"{best.precision.name} is the widest, up to 16 bits, that fits {there.name} "
            f"({there.why}); {spare:.3g} GB stay free."
        )
    least = min(plans, key=lambda one: one.total)
    said = (
        f"It does not fit {there.name} ({there.why}): {least.precision.name}, its smallest, takes "
        f"{least.total / GIGABYTE:.3g} GB, {_excess(least, there):.3g} too many. "
    )
    instead = largest_model(least.context, least.users, there)
    if instead is None:
        return said + "No model that has a name here would: take a shorter context or fewer users."
    return said + (
        f"The largest that would: {instead.model.name} in {instead.precision.name}, "
        f"{instead.total / GIGABYTE:.3g} GB."
    )


def _bits(plans: list[Plan]) -> Iterator[str]:
    """Where the 75 % go that four bits of sixteen promise."""
    by_name = {one.precision.name: one for one in plans}
    most, usual = by_name["nf4-dq-all"], by_name["nf4-dq"]
    wide = _wide_share(usual)
    plain, double = 32 / BLOCK, 8 / BLOCK + 32 / (BLOCK * SCALES)
    yield "4 bits instead of 16 would save 75 %, were it not for the scales. NF4 has a float32 for"
    yield f"{BLOCK} weights: 32 / {BLOCK} = {plain:.3g} bits a weight, so {_saving(plain)}."
    yield f"Double quantisation has a byte for {BLOCK}, and a float32 for {SCALES} of these bytes:"
    yield f"8 / {BLOCK} + 32 / ({BLOCK} * {SCALES}) = {double:.3g} bits, so {_saving(double)}."
    yield f"This model: nf4-dq-all saves {most.saved:.1%}; nf4-dq, as transformers loads it,"
    yield f"{usual.saved:.1%}, because {wide:.1%} of the weights stay in 16 bits."


def _count(weights: int) -> str:
    return f"{weights / 1e9:.4g} billion" if weights >= 1e9 else f"{weights / 1e6:.4g} million"


def _saving(bits: float) -> str:
    """What four bits and so many for scales save of sixteen."""
    return f"{1 - (4 + bits) / 16:.1%}"


def _wide_share(one: Plan) -> float:
    wide = sum(t.size for t in one.model.tensors if one.precision.keeps_wide(t, one.model))
    return wide / one.model.size


def _one_as_json(model: Anatomy, context: int, users: int, there: list[Room]) -> Iterator[str]:
    told = {
        "model": model.name,
        "weights": model.size,
        "longest_context": model.longest,
        "context": context,
        "users": users,
        "hardware": [_room_told(model, context, users, one) for one in there],
    }
    yield json.dumps(told, indent=1)


def _room_told(model: Anatomy, context: int, users: int, there: Room) -> dict[str, Any]:
    """Each precision in that memory, in bytes."""
    plans = _plans(model, context, users, there.kind)
    best = widest(model, context, users, there)
    instead = None if best else largest_model(context, users, there)
    return {
        "name": there.name,
        "usable_bytes": int(there.bytes_there),
        "widest": best.precision.name if best else None,
        "instead": [instead.model.name, instead.precision.name] if instead else None,
        "precisions": {one.precision.name: _told(one, there) for one in plans},
    }


def _told(one: Plan, there: Room) -> dict[str, Any]:
    return {
        "bits_per_weight": round(one.bits_per_weight, 4),
        "weights_bytes": one.weights,
        "kv_cache_bytes": one.kv_cache,
        "activations_bytes": one.activations,
        "overhead_bytes": one.overhead,
        "total_bytes": one.total,
        "saved_against_fp16": round(one.saved, 4),
        "fits": fits(one, there),
        "largest_context": largest_context(one, there.bytes_there, there.kind),
        "most_users": most_users(one, there.bytes_there, there.kind),
    }


def _all(context: int | None, users: int) -> Iterator[str]:
    """The widest precision of every model on every hardware."""
    there, plans = list(rooms()), dict(_everywhere(context, users))
    yield "The widest precision, up to 16 bits, in which each model fits; - where none does."
    tokens = context or CONTEXT
    yield f"For {users} at once, each of {tokens} tokens, or as many as the model holds."
    yield ""
    yield repr(table([_row(name, found, there) for name, found in plans.items()]))
    yield ""
    yield from (f"{one.name}: {one.why}" for one in there)


Found = dict[str, Plan | None]


def _everywhere(context: int | None, users: int) -> Iterator[tuple[str, Found]]:
    """For each model its widest plan on each hardware; a shorter context counts whole."""
    there = list(rooms())
    for name, model in everything():
        tokens = min(context or CONTEXT, model.longest)
        check(model, tokens, users)
        yield name, {one.name: widest(model, tokens, users, one) for one in there}


def _row(name: str, found: Found, there: list[Room]) -> dict[str, object]:
    cells = {one.name: found[one.name] for one in there}
    return {"model": name, **{k: v.precision.name if v else "-" for k, v in cells.items()}}


def _all_as_json(context: int | None, users: int) -> Iterator[str]:
    told = {
        name: {k: _brief(v) if v else None for k, v in found.items()}
        for name, found in _everywhere(context, users)
    }
    yield json.dumps(told, indent=1)


def _brief(one: Plan) -> dict[str, Any]:
    return {"precision": one.precision.name, "total_bytes": one.total, "context": one.context}
