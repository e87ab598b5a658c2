"""The decision tree of the catalogue as a picture, with the way that the answers lead."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Literal

from companion.planning import tree

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, FAINT, TAKEN, CARD = "#262624", "#b9b7b0", "#d55e00", "#fbfaf7"

Places = dict[str, tuple[float, float]]
"""Where each node is drawn: its column, and its row from the top."""


def draw_tree(axes: Axes, answers: tree.Answers | None = None) -> None:
    """Draw questions from left to right and profiles at their ends; what is answered is orange.

    Raises ConfigError for an unknown question or answer.
    """
    path, end = tree.follow(answers or {})
    spots = places()
    taken = {*dict(path), end} if answers else set()
    for name, node in tree.nodes().items():
        for key, branch in node.answers.items():
            on_the_way = (name, key) in path
            _line(axes, spots[name], spots[branch.then], branch.says, on_the_way)
    for name, (column, row) in spots.items():
        side: Literal["left", "center"] = "left" if name in tree.leaves() else "center"
        _box(axes, column, row, _text(name), name in taken, side)
    axes.set_xlim(-0.35, max(column for column, _ in spots.values()) + 1.15)
    axes.set_ylim(max(row for _, row in spots.values()) + 0.6, -0.6)
    axes.set_axis_off()


def places() -> Places:
    """Leaves one below the other in the last column, each question in the middle of its own."""
    spots: Places = {}
    _place(next(iter(tree.nodes())), 0, spots)
    last = max(column for column, _ in spots.values()) + 0.1
    return {
        name: (last if name in tree.leaves() else column, row)
        for name, (column, row) in spots.items()
    }


def _place(name: str, column: int, spots: Places) -> float:
    """The row of this node, after all that hangs on it has found its own."""
    node = tree.nodes()[name]
    rows = [_place(branch.then, column + 1, spots) for branch in node.answers.values()]
    below = sum(one in tree.leaves() for one in spots)
    row = sum(rows) / len(rows) if rows else float(below)
    spots[name] = (float(column), row)
    return row


def _text(name: str) -> str:
    node = tree.nodes()[name]
    if node.profile is None:
        return textwrap.fill(node.says, 16)
    return f"{textwrap.fill(node.says, 40)}\n→ {node.profile}"


def _line(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], says: str, taken: bool
) -> None:
    color, width = (TAKEN, 2.5) if taken else (FAINT, 1.0)
    axes.plot((start[0], end[0]), (start[1], end[1]), color=color, linewidth=width, zorder=1)
    middle = (0.47 * start[0] + 0.53 * end[0], 0.47 * start[1] + 0.53 * end[1])
    around = {"facecolor": CARD, "edgecolor": "none", "pad": 1}
    words = textwrap.fill(says, 14)
    axes.text(*middle, words, ha="center", va="center", fontsize=7, bbox=around, zorder=2)


def _box(
    axes: Axes, column: float, row: float, text: str, taken: bool, side: Literal["left", "center"]
) -> None:
    around = {"boxstyle": "round", "facecolor": "white", "edgecolor": TAKEN if taken else FAINT}
    axes.text(
        column,
        row,
        text,
        ha=side,
        va="center",
        fontsize=7.5,
        color=INK,
        bbox={**around, "linewidth": 2 if taken else 1},
        zorder=3,
    )
