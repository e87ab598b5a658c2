"""A turn's trace read back from MLflow: its stages as rows, and as a waterfall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from companion import tracking
from companion.config import Settings, load
from companion.errors import TrackingError
from companion.types import TurnDone

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"hear": "C0", "guard": "C4", "recall": "C4", "choose": "0.6", "first": "C1"}
COLOURS |= {"answer": "C2", "first audio": "C3", "speaking": "C3"}
"""The colour of a stage, by its name or the first word of it."""
RECENT = 20
"""So many turns are looked through for one's own."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a turn: its begin, counted from that of the turn, and its length; both in ms."""

    name: str
    begin: float
    length: float


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the store holds of one turn: its stages, and what it began and ended with, by name."""

    stages: list[Stage]
    figures: Mapping[str, Any]


def last_turn(settings: Settings | None = None, done: TurnDone | None = None) -> Recorded:
    """The newest turn that was traced, once it is written; or the one that ended with `done`.

    A page or another notebook may write to the same store, so the newest need not be one's own.
    Raises TrackingError without mlflow, without a store, and where no such turn was traced.
    """
    if not tracking.available():
        raise TrackingError("No turn can be read back", repair=tracking.UNTRACKED)
    mlflow, experiment = tracking.open_store(settings or load())
    mlflow.flush_trace_async_logging()
    newest: dict[str, Any] = {"order_by": ["timestamp_ms DESC"], "return_type": "list"}
    newest |= {"max_results": RECENT if done else 1}
    traces = mlflow.search_traces(locations=[experiment], **newest)
    spans = next((one.data.spans for one in traces if _ended(one, done)), None)
    if not spans:
        raise TrackingError("No turn was traced yet", repair="Take a turn through `traced`.")
    root, *parts = spans
    stages = [
        Stage(
            span.name,
            (span.start_time_ns - root.start_time_ns) / 1e6,
            (span.end_time_ns - span.start_time_ns) / 1e6,
        )
        for span in parts
    ]
    return Recorded(stages, {**(root.inputs or {}), **(root.outputs or {})})


def _ended(trace: Any, done: TurnDone | None) -> bool:
    """Whether that turn ended so: to the last digit, no two take equally long."""
    outputs = trace.data.spans[0].outputs or {}
    return done is None or outputs.get("total_seconds") == done.total_seconds


def waterfall(axes: Axes, stages: Sequence[Stage]) -> None:
    """One row a stage, one bar from its begin to its end, in milliseconds."""
    for row, stage in enumerate(stages):
        axes.barh(row, stage.length, 0.6, stage.begin, color=_colour(stage.name))
        axes.plot(stage.begin, row, "|", color=_colour(stage.name))  # seen however short it was
        end = stage.begin + stage.length
        text = f"{stage.length:,.0f}" if stage.length >= 1 else "<1"
        axes.annotate(text, (end, row), (4, 0), textcoords="offset points", va="center", fontsize=9)
    axes.set_yticks(range(len(stages)), [stage.name for stage in stages])
    axes.set_ylim(len(stages) - 0.4, -0.6)
    last = max((stage.begin + stage.length for stage in stages), default=1.0)
    axes.plot(1.08 * last, 0, alpha=0)  # room for the figure behind the last bar
    axes.set_xlabel("milliseconds")


def _colour(name: str) -> str:
    return COLOURS.get(name) or COLOURS.get(name.split()[0], "0.6")
