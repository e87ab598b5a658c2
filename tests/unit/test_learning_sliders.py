"""Sliders move figures, start where the figure starts, and are never needed to see it."""

from __future__ import annotations

import importlib.util

import nbclient
import nbformat
import pytest

from companion.learning import sliders
from companion.learning.sliders import explore, panel


def test_a_moved_slider_draws_again_with_its_value() -> None:
    drawn: list[tuple[float, int]] = []

    def draw(temperature: float = 1.0, top_k: int = 5) -> None:
        drawn.append((temperature, top_k))

    box = panel(draw, temperature=(0.1, 2.0, 0.1), top_k=(1, 50, 1))
    warmth, count = box.children[:2]
    assert (warmth.value, warmth.min, warmth.max, warmth.description) == (
        1.0,
        0.1,
        2.0,
        "temperature",
    )
    assert isinstance(count.value, int)
    warmth.value = 0.5
    count.value = 9
    assert drawn == [(1.0, 5), (0.5, 5), (0.5, 9)]


def test_words_make_a_list_to_choose_from() -> None:
    drawn: list[str] = []
    box = panel(lambda fault="stalls": drawn.append(fault), fault=("hangs", "stalls"))
    chosen = box.children[0]
    assert (chosen.value, chosen.options) == ("stalls", ("hangs", "stalls"))
    chosen.value = "hangs"
    assert drawn == ["stalls", "hangs"]


def test_an_argument_that_draw_has_not_got_is_an_error() -> None:
    with pytest.raises(KeyError, match="heat"):
        panel(lambda temperature=1.0: None, heat=(0.0, 1.0, 0.1))


def test_without_a_notebook_the_figure_is_drawn_once() -> None:
    drawn: list[float] = []
    explore(lambda p=0.9: drawn.append(p), p=(0.0, 1.0, 0.1))
    assert drawn == [0.9]


def test_without_ipywidgets_the_figure_stands_still_and_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sliders, "in_kernel", lambda: True)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    drawn: list[float] = []
    explore(lambda p=0.9: drawn.append(p), p=(0.0, 1.0, 0.1))
    assert drawn == [0.9]
    assert "companion-lab[plots]" in capsys.readouterr().err


def test_in_a_real_kernel_the_sliders_come_with_a_figure_in_the_house_style() -> None:
    source = """
        %matplotlib inline
        import matplotlib.pyplot as plt
        from companion.learning.sliders import explore

        plt.style.use("companion.learning.house")

        def draw(height=3):
            plt.bar(["one"], [height])
            plt.show()

        explore(draw, height=(1, 9, 1))
    """
    lines = "\n".join(line.removeprefix("        ") for line in source.splitlines())
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(lines)])
    nbclient.NotebookClient(book, timeout=120, kernel_name="python3").execute()
    (shown,) = book.cells[0].outputs
    assert "application/vnd.jupyter.widget-view+json" in shown.data
    models = book.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"].values()
    (figure,) = [m["state"]["outputs"] for m in models if m["model_name"] == "OutputModel"]
    assert "image/png" in figure[0]["data"]
    assert any(m["model_name"] == "IntSliderModel" for m in models)
