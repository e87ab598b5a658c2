"""A face in a notebook: a player with sound, and a row of pictures that needs no script."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from html import escape

from companion.avatar.rig import rig
from companion.resources import packaged
from companion.types import Mood, Viseme


def player(
    portrait: str, wav: bytes, visemes: Sequence[Viseme], *, mood: Mood = "calm", side: int = 320
) -> str:
    """A whole HTML page with a portrait of ours that speaks when its button is pressed.

    `wav` is the file of its sound, from whose first sample the visemes count; `side` is the size of
    the portrait in pixels. It asks no other host: the sound is in the page.
    """
    mouths = [[viseme.shape, round(viseme.start, 4)] for viseme in visemes]
    sound = {"wav": b64encode(wav).decode("ascii"), "visemes": mouths}
    parts = {
        "side": str(side),
        "portrait": portrait,
        "label": "▶ Speak",
        "rig": rig(),
        "speech": json.dumps(sound),
        "mood": json.dumps(mood),
    }
    page = packaged("avatar/player.html").read_text(encoding="utf-8")
    return re.sub(r"{{(\w+)}}", lambda name: parts[name[1]], page)


def framed(page: str, height: int = 400) -> str:
    """A page inside another one, such as a notebook's output, where neither disturbs the other."""
    return (
        f'<iframe srcdoc="{escape(page)}" sandbox="allow-scripts" allow="autoplay" '
        f'style="width: 100%; height: {height}px; border: 0"></iframe>'
    )


def strip(portraits: Sequence[str], labels: Sequence[str], side: int = 120) -> str:
    """Portraits of ours in rows of nine at most, each with its label, as one SVG."""
    across = min(9, len(portraits))
    down = -(-len(portraits) // across)
    cells = []
    for number, (portrait, label) in enumerate(zip(portraits, labels, strict=True)):
        x, y = number % across * side, number // across * (side + 18)
        place = f'<svg x="{x}" y="{y}" width="{side}" height="{side}" '
        cells.append(portrait.replace("<svg ", place, 1))
        cells.append(
            f'<text x="{x + side / 2:g}" y="{y + side + 13}" text-anchor="middle" font-size="12" '
            f'font-family="sans-serif" fill="#808080">{escape(label)}</text>'
        )
    width, height = across * side, down * (side + 18)
    box = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{"".join(cells)}</svg>'
