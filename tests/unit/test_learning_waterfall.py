"""A traced turn comes back as rows, and is drawn with one bar a stage."""

from __future__ import annotations

from pathlib import Path

import pytest

from companion.errors import TrackingError
from companion.learning.waterfall import Stage, last_turn, waterfall
from companion.types import TurnDone
from tests.unit.test_tracing import _traced_turn


def test_the_newest_turn_comes_back_with_its_stages_and_figures(store: Path) -> None:
    earlier = _traced_turn()[-1]
    done = _traced_turn()[-1]
    recorded = last_turn()
    names = [stage.name for stage in recorded.stages]
    assert names == ["choose a model", "first token of scripted", "answer"]
    first, second, _ = recorded.stages
    assert first.begin == 0
    assert second.begin == pytest.approx(first.length)
    assert recorded.figures["total_seconds"] == getattr(done, "total_seconds", None)
    assert recorded.figures["language"] == "en"
    assert isinstance(earlier, TurnDone)
    asked_for = last_turn(done=earlier).figures["total_seconds"]
    assert asked_for == earlier.total_seconds, "another program may trace a turn behind one's own"


def test_where_no_turn_was_traced_an_error_says_so(store: Path) -> None:
    with pytest.raises(TrackingError, match="No turn was traced yet"):
        last_turn()


def test_each_stage_is_a_bar_from_its_begin_to_its_end() -> None:
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    axes = Figure().subplots()
    waterfall(axes, [Stage("hear", 0.0, 500.0), Stage("answer", 520.0, 0.4)])
    bars = [one for one in axes.patches if isinstance(one, Rectangle)]
    edges = [edge for bar in bars for edge in (bar.get_x(), bar.get_width())]
    assert edges == pytest.approx([0.0, 500.0, 520.0, 0.4])
    assert [text.get_text() for text in axes.texts] == ["500", "<1"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["hear", "answer"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1], "the first stage stands on top"
