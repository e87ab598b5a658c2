"""The box that tells a learner what came of a check: a sign, a word and a colour say the same."""

from __future__ import annotations

import re
from html import escape

from companion.learning.display import Shown
from companion.learning.journal import Verdict

LOOKS = {
    Verdict.UNTRIED: ("…", "Not tried yet", "#b7791f"),
    Verdict.WRONG: ("✗", "Not yet", "#c53030"),
    Verdict.RIGHT: ("✓", "Right", "#2f855a"),
}


def feedback(verdict: Verdict, why: str) -> Shown:
    """The verdict on one exercise, and with which value the notebook goes on."""
    sign, word, colour = LOOKS[verdict]
    whose = "yours" if verdict is Verdict.RIGHT else "ours"
    text = f"{why} The notebook goes on with {whose}."
    html = (
        f'<div style="border-left: 5px solid {colour}; padding: 0.3em 0.8em; margin: 0.4em 0">'
        f'<strong style="color: {colour}">{sign} {word}.</strong> {_code(escape(text))}</div>'
    )
    return Shown(f"{sign} {word}. {text}", html)


def _code(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
