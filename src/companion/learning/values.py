"""How a learner is told of a value: as one would type it, short, and by what kind it is of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

LONGEST = 160
"""Characters of a value that a verdict quotes."""


def plain(value: Any) -> Any:
    """A single number of numpy as Python's own; everything else as it is.

    A tensor is no number: tables and records would show it as what it is.
    """
    single = getattr(value, "ndim", None) == 0 and hasattr(value, "item")
    return value.item() if single and not _is_tensor(value) else value


def kind_of(value: object) -> str:
    """The name of its type, with its article."""
    name = type(value).__name__
    return f"an {name}" if name[0].lower() in "aeiou" else f"a {name}"


def sort_of(value: Any) -> str:
    """What kind of thing it is, in a learner's words."""
    value = plain(value)
    if _is_tensor(value):
        return "a tensor"
    names = {bool: "True or False", int: "a number", float: "a number", str: "a string"}
    return names.get(type(value), "an array" if hasattr(value, "tolist") else kind_of(value))


def rounded(value: Any) -> str:
    """A result, plainly: three digits are enough to see what is wrong."""
    value = plain(value)
    if isinstance(value, float) and abs(value) < 1000:
        return f"{value:.3g}"
    return quoted(value)


def quoted(value: Any, room: int = LONGEST) -> str:
    """As one would type it; where that takes more than about `room` characters, "…" stands for the
    middle: between whole items, or between quotation marks that are closed.

    >>> quoted(list(range(10)), 22)
    '[0, 1, …, 8, 9]'
    >>> quoted("The old captain lets the ropes go", 22)
    "'The old'…'opes go'"
    """
    try:
        text = _whole(value)
    except Exception:
        return f"something of type {type(value).__name__}"
    if len(text) <= room:
        return text
    if hasattr(value, "tolist"):
        return f"{_maker(value)}({quoted(value.tolist(), room - 10)})"
    if isinstance(value, str | bytes):
        half = max(3, room // 2 - 4)
        return f"{value[:half]!r}…{value[-half:]!r}"
    if type(value) is dict:
        return f"{{{_ends(list(value.items()), _pair, room - 2)}}}"
    if type(value) in (list, tuple):
        inside = _ends(value, quoted, room - 3)
        return f"[{inside}]" if type(value) is list else f"({inside}{',' * (len(value) == 1)})"
    return _cut(text, room)


def _whole(value: Any) -> str:
    return f"{_maker(value)}({value.tolist()!r})" if hasattr(value, "tolist") else repr(value)


def _maker(value: Any) -> str:
    return "tensor" if _is_tensor(value) else "np.array"


def _is_tensor(value: object) -> bool:
    """Whether torch made it, asked without loading torch."""
    return type(value).__module__ == "torch"


def _pair(item: tuple[Any, Any], room: int) -> str:
    return f"{quoted(item[0], room // 2)}: {quoted(item[1], room // 2)}"


def _ends(items: Sequence[T], tell: Callable[[T, int], str], room: int) -> str:
    """As many of the first and of the last as there is room for, and one of each at least."""
    if len(items) == 1:
        return tell(items[0], room)
    first, last, left = list[str](), list[str](), room
    for one, other in zip(items[: len(items) // 2], reversed(items), strict=False):
        pair = tell(one, room // 3), tell(other, room // 3)
        left -= len(", ".join(pair)) + 3
        if first and left < 0:
            break
        first, last = [*first, pair[0]], [pair[1], *last]
    between = ["…"] if len(first) + len(last) < len(items) else []
    return ", ".join([*first, *between, *last])


def _cut(text: str, room: int) -> str:
    """Without its middle, from word to word where it has several."""
    half = max(3, room // 2 - 2)
    begin, end = text[:half], text[-half:]
    if " " in begin and " " in end:
        return f"{begin.rpartition(' ')[0]} … {end.partition(' ')[2]}"
    return f"{begin}…{end}"
