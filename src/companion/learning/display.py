"""Things to look at: rich in a notebook, plain text everywhere else, made once for both."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from numbers import Integral, Real
from typing import cast


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """One thing to show: always as text, and as HTML or Markdown where that is prettier."""

    text: str
    html: str = ""
    markdown: str = ""

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """IPython's display protocol; the front end takes the richest form it knows."""
        bundle = {"text/plain": self.text, "text/html": self.html, "text/markdown": self.markdown}
        return {kind: content for kind, content in bundle.items() if content}


def in_kernel() -> bool:
    """Whether this code runs in a notebook's kernel: JupyterLab, Colab, Kaggle, papermill."""
    ipython = sys.modules.get("IPython")  # a kernel has imported it long ago
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def show(shown: Shown) -> None:
    """Show it under the cell, or print it where there is no notebook."""
    if in_kernel():
        from IPython.display import display

        display(shown)
    else:
        print(shown.text)


def table(content: Sequence[Mapping[str, object]] | Mapping[str, object]) -> Shown:
    """Rows with the same keys, which become the columns; one mapping becomes names and values.

    A None is shown as a dash.

    >>> print(table([{"part": "ear", "seconds": 0.25}, {"part": "mouth", "seconds": None}]))
    part   seconds
    ear       0.25
    mouth        -
    """
    if not content:
        return Shown("(nothing to show yet)")
    if isinstance(content, Mapping):
        rows: list[Mapping[str, object]] = [{"name": n, "value": v} for n, v in content.items()]
    else:
        rows = list(content)
    header = [str(name) for name in rows[0]]
    cells = [[_cell(row[name]) for name in rows[0]] for row in rows]
    numeric = [all(_is_number(row[name]) for row in rows) for name in rows[0]]
    return Shown(_as_text(header, cells, numeric), _as_html(header, cells, numeric))


def _is_number(value: object) -> bool:
    """Also for a missing one, which stands in the column of the others."""
    return value is None or (isinstance(value, Real) and not isinstance(value, bool))


def _cell(value: object) -> str:
    """Three significant digits: more would pretend a precision that a measurement lacks.

    Whole numbers are counted, so all their digits are shown, in threes as large ones are read.
    """
    if value is None:
        return "-"
    if not _is_number(value):
        return str(value)
    if isinstance(value, Integral):
        return f"{int(value):,}"
    measured = float(cast(Real, value))
    return f"{measured:,.0f}" if 999.5 <= abs(measured) < 1e15 else f"{measured:.3g}"


def _as_text(header: list[str], cells: list[list[str]], numeric: list[bool]) -> str:
    columns = zip(*[header, *cells], strict=True)
    widths = [max(map(len, column)) for column in columns]
    lines = [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in [header, *cells]
    ]
    return "\n".join(lines)


def _as_html(header: list[str], cells: list[list[str]], numeric: list[bool]) -> str:
    def line(values: list[str], tag: str) -> str:
        styles = ["right" if right else "left" for right in numeric]
        return "".join(
            f'<{tag} style="text-align: {style}">{escape(value)}</{tag}>'
            for value, style in zip(values, styles, strict=True)
        )

    body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in cells)
    return f"<table><thead><tr>{line(header, 'th')}</tr></thead><tbody>{body}</tbody></table>"
