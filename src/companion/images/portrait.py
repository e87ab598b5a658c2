"""A portrait from a seed: head and shoulders in layers that a rig can move."""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import blake2b
from xml.sax.saxutils import quoteattr

from companion.images import clothes, eyes, face, hair, worn
from companion.images.chance import Chance
from companion.images.colours import Colours, choose, mix
from companion.images.moods import MOODS, Pose
from companion.images.mouths import SHAPES, Mouth, mouth
from companion.images.paths import short
from companion.types import Mood, MouthShape

MOUTH_LINE = 231
RAISED = 10
"""Each mouth is kept twice, with flat corners and with corners so far up: a mood is between them,
or beyond."""


def portrait(
    seed: int | str,
    *,
    mood: Mood = "calm",
    shape: MouthShape = "X",
    name: str = "",
    rig: bool = True,
) -> str:
    """A drawn person, the same for a seed everywhere and always: one <svg> of 400 by 400 units.

    `name` is what screen readers say; without one, they pass the picture over. Without `rig`, only
    this mood and this mouth are in it, and it is much smaller. The layers: `.shoulders`, `.head`
    (twice: hair behind, face before), `.eye-left`, `.eye-right`, each with `.gaze`, `.lid` and
    `.low`; `.brow-left`, `.brow-right`; `.mouth` with `.mouth-now` and, hidden, the nine shapes as
    `.shape` with `data-shape`. `data-moods` holds the poses as JSON.
    """
    chance = Chance(seed)
    soft, colours, pose = chance.often("soft", 0.5), choose(chance), MOODS[mood]
    prefix = f"p{blake2b(str(seed).encode('utf-8', 'surrogatepass'), digest_size=4).hexdigest()}-"
    person, style = face.head(chance, soft), hair.choose(chance, soft)
    behind, before = style.painted(colours)
    features = (
        face.draw(colours, person, prefix),
        face.nose(colours, chance),
        worn.on_skin(colours, chance, soft, person),
        _mouth(colours, _fullness(chance, soft), pose, shape, rig),
        eyes.eyes(colours, eyes.shape(chance, soft), pose, soft, prefix),
        eyes.brows(colours, chance, pose, soft),
        f'<g class="hair-front">{before}</g>',
        worn.over(chance, soft, person, style.covers),
    )
    layers = (
        _layer("head", f'<g class="hair-back">{behind}</g>', pose.tilt),
        _layer("shoulders", clothes.draw(colours, chance, soft)),
        _layer("head", "".join(features), pose.tilt),
    )
    said = f"role='img' aria-label={quoteattr(_printable(name))}" if name else 'aria-hidden="true"'
    poses = f" data-moods='{_moods()}'" if rig else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" {said}{poses}>'
        f"{_framed(''.join(layers), colours, prefix)}</svg>"
    )


def _framed(layers: str, colours: Colours, prefix: str) -> str:
    """The layers in front of a disc, and cut off by it: so they suit light pages and dark ones."""
    disc = '<circle cx="200" cy="200" r="196"'
    return (
        f"<defs>{face.gradients(colours, prefix)}"
        f'<clipPath id="{prefix}disc">{disc}/></clipPath></defs>'
        f'{disc} class="scene" fill="{colours.scene}"/>'
        f'<g clip-path="url(#{prefix}disc)"><g transform="translate(-20 -23) scale(1.1)">'
        f"{layers}</g></g>"
    )


def _layer(name: str, drawing: str, tilt: float | None = None) -> str:
    """What the rig moves as one; inside, the middle of the face is at 0."""
    turned = "" if tilt is None else f' transform="rotate({short(tilt)} 200 290)"'
    return f'<g class="{name}"{turned}><g transform="translate(200 0)">{drawing}</g></g>'


def _printable(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _moods() -> str:
    poses = {mood: asdict(pose) for mood, pose in MOODS.items()}
    return json.dumps(poses, separators=(",", ":"))


def _fullness(chance: Chance, soft: bool) -> float:
    low, high = (0.8, 1.15) if soft else (0.5, 0.8)
    return chance.between("fullness", low, high)


def _mouth(colours: Colours, fullness: float, pose: Pose, shape: MouthShape, rig: bool) -> str:
    """The mouth that is seen, and the nine that it may become."""
    seen = shape if shape != "X" else pose.rest
    now = _painted(colours, mouth(seen, fullness, pose.corners))
    drawn = f'<g class="mouth-now" transform="scale({pose.width} 1)">{now}</g>'
    others = "".join(_kept(one, fullness) for one in SHAPES) if rig else ""
    return f'<g class="mouth" transform="translate(0 {MOUTH_LINE})">{drawn}{others}</g>'


def _kept(shape: MouthShape, fullness: float) -> str:
    """A mouth that is not seen, with flat corners and with raised ones."""
    flat, up = (mouth(shape, fullness, corners) for corners in (0, RAISED))
    parts = "".join(
        f'<path d="{getattr(flat, part)}" data-up="{getattr(up, part)}"/>'
        for part in Mouth.__slots__
    )
    return f'<g class="shape" data-shape="{shape}" display="none">{parts}</g>'


def _painted(colours: Colours, drawn: Mouth) -> str:
    inside, line = mix(colours.lips, "#3b0f14", 0.78), mix(colours.lips, "#2a1013", 0.62)
    return (
        f'<path d="{drawn.lips}" fill="{colours.lips}"/>'
        f'<path d="{drawn.inside}" fill="{inside}" stroke="{line}" stroke-width="2" '
        'stroke-linejoin="round"/>'
        f'<path d="{drawn.tongue}" fill="#c9626b"/>'
        f'<path d="{drawn.teeth}" fill="#fffaf3"/>'
    )
