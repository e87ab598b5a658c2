"""A figure with a slider or a list for each of its settings, and a still one without widgets."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable, Sequence
from typing import Any

from companion.learning.display import in_kernel

Range = tuple[float, float, float]
"""Lowest value, highest value, step; three whole numbers make a slider of whole numbers."""

Choices = Sequence[str]
"""Words to choose one from."""


def explore(draw: Callable[..., None], **ranges: Range | Choices) -> None:
    """Show what `draw` shows, with one slider for each argument that has a range, or a list.

    They start at the defaults of `draw`. Without a notebook or without ipywidgets, `draw` is
    called once as it is.
    """
    if not in_kernel():
        draw()
    elif importlib.util.find_spec("ipywidgets") is None:
        print("A still figure; for sliders: pip install 'companion-lab[plots]'", file=sys.stderr)
        draw()
    else:
        from IPython.display import display

        display(panel(draw, **ranges))


def panel(draw: Callable[..., None], **ranges: Range | Choices) -> Any:
    """The sliders above their figure, as one ipywidgets box, for ipywidgets 7 (Colab) and 8.

    A figure is drawn when a slider is let go, not all along its way.
    """
    import ipywidgets as widgets  # type: ignore[import-untyped]

    sliders = {name: _control(widgets, draw, name, limits) for name, limits in ranges.items()}
    return widgets.VBox([*sliders.values(), widgets.interactive_output(draw, sliders)])


def _control(widgets: Any, draw: Callable[..., None], name: str, limits: Range | Choices) -> Any:
    known = {
        "value": inspect.signature(draw).parameters[name].default,
        "description": name.replace("_", "-"),
        "style": {"description_width": "7em"},
    }
    if all(isinstance(value, str) for value in limits):
        return widgets.Dropdown(options=list(limits), **known)
    low, high, step = limits
    whole = all(isinstance(value, int) for value in limits)
    slider = widgets.IntSlider if whole else widgets.FloatSlider
    return slider(min=low, max=high, step=step, continuous_update=False, **known)
