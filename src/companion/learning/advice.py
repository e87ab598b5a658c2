"""What helps against an error that a learner's code raised."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from traceback import walk_tb
from types import TracebackType

NOTHING = (
    "Something there is None: that is what a function without a `return` gives, and `append` or "
    "`sort` of a list, too."
)
LATE = "The function gives it a value, but not before this line: begin with one."


def advice(error: Exception) -> str:
    """A sentence on what to look at, or "" where the error's own words must do."""
    if isinstance(error, UnboundLocalError):
        return LATE
    if isinstance(error, NameError) and error.name:
        return _on_name(error.name, error.__traceback__)
    if isinstance(error, TypeError | AttributeError) and "NoneType" in str(error):
        return NOTHING
    return ""


def _on_name(name: str, trace: TracebackType | None) -> str:
    """For a name that is not known: the nearest one that is, as Python's own hint tells it."""
    so_far = f"that was run so far defines `{name}`: is a cell above still to be run?"
    near = difflib.get_close_matches(name, set(_known(trace)), 1, 0.7)
    return f"Did you mean `{near[0]}`? If not, nothing {so_far}" if near else f"Nothing {so_far}"


def _known(trace: TracebackType | None) -> Iterator[str]:
    """The names that the learner's code can use there, but the hidden ones of notebooks."""
    frames = [frame for frame, _ in walk_tb(trace)]
    for frame in frames[-1:]:
        yield from frame.f_builtins
        yield from (name for name in frame.f_globals if not name.startswith("_"))
    for frame in frames:
        if frame.f_globals is frames[-1].f_globals:  # a list that is built is a frame of its own
            yield from frame.f_locals
