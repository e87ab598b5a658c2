"""A drill: ask while something is broken, and see what was read, who was asked, and when."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from companion.chat import ChatModel
from companion.errors import CompanionError
from companion.routing import Entry
from companion.types import ChatRequest, End, Restart, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LOOKS = {"answered": ("C2", "o"), "failed": ("C1", "X"), "left": ("0.5", "|")}
"""The colour of an attempt by its outcome, and the mark at its end."""


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody has who asked: the `text` that stands in the end, and the `error` if any.

    `withdrawn` is what was read and then taken back, and `by` the model that ended the answer.
    `seconds` is the time from asking to the end.
    """

    text: str
    error: Exception | None
    seconds: float
    withdrawn: str = ""
    by: str = ""


def hear(model: ChatModel, request: ChatRequest) -> Told:
    """Ask, and listen to the end. An error of ours is part of what is told.

    It runs in an event loop of its own, so that a notebook's cell and its widgets may call it.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _heard(model, request)).result()


async def _heard(model: ChatModel, request: ChatRequest) -> Told:
    text = withdrawn = by = ""
    error: CompanionError | None = None
    began = time.perf_counter()
    try:
        async with aclosing(model.stream(request)) as chunks:
            async for chunk in chunks:
                if isinstance(chunk, Text):
                    text += chunk.text
                elif isinstance(chunk, Restart):
                    text, withdrawn = "", withdrawn + text
                elif isinstance(chunk, End):
                    by = chunk.model
    except CompanionError as raised:
        error = raised
    return Told(text, error, time.perf_counter() - began, withdrawn, by)


def timeline(axes: Axes, entries: Sequence[Entry], named: bool = True) -> None:
    """Draw the attempts that a ledger holds: one row a model, one bar an attempt.

    A bar is pale until the model's first word, and strong from then on. Seconds count from the
    first attempt. `named` writes the outcome or its cause above each bar.
    """
    models = list(dict.fromkeys(entry.model for entry in entries))
    start = min((entry.at for entry in entries), default=0.0)
    for entry in entries:
        _draw(axes, entry, entry.at - start, models.index(entry.model), named)
    axes.set_yticks(range(len(models)), models)
    axes.set_ylim(len(models) - 0.4, -0.6)
    axes.use_sticky_edges = False  # else the marks at both ends are cut off
    axes.margins(x=0.03)
    axes.set_xlabel("seconds")


def _draw(axes: Axes, entry: Entry, begin: float, row: int, named: bool) -> None:
    colour, mark = LOOKS[entry.outcome]
    took = entry.seconds or 0.0
    silent = took if entry.first_token_seconds is None else entry.first_token_seconds
    axes.barh(row, silent, 0.4, begin, color=colour, alpha=0.3)
    axes.barh(row, took - silent, 0.4, begin + silent, color=colour)
    axes.plot(begin + took, row, mark, color=colour)  # seen however short the attempt was
    if named:
        said = entry.cause or entry.outcome
        axes.annotate(said, (begin, row), (0, 15), textcoords="offset points", fontsize=9)
