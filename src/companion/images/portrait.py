"""A portrait from a seed: head and shoulders in layers that a rig can move."""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import blake2b
from xml.sax.saxutils import escape

from companion.images import clothes, eyes, face, hair, worn
from companion.images.chance import Chance
from companion.images.colours import Colours, choose, mix
from companion.images.moods import MOODS, Pose
from companion.images.mouths import SHAPES, Mouth, mouth
from companion.images.paths import morph, short
from companion.types import Mood, MouthShape

MOUTH_LINE = 231.0


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
    soft = chance.often("soft", 0.5)
    colours, pose = choose(chance), MOODS[mood]
    prefix = f"p{blake2b(str(seed).encode('utf-8', 'surrogatepass'), digest_size=4).hexdigest()}-"
    style = hair.choose(chance, soft)
    head = face.head(chance, soft)
    leaning = f'transform="rotate({short(pose.tilt)} 200 290)"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" {_spoken(name)}'
        f"{_moods() if rig else ''}>"
        f"<defs>{face.gradients(colours, prefix)}"
        f'<clipPath id="{prefix}disc"><circle cx="200" cy="200" r="196"/></clipPath></defs>'
        f'<circle class="scene" cx="200" cy="200" r="196" fill="{colours.scene}"/>'
        f'<g clip-path="url(#{prefix}disc)"><g transform="translate(-20 -23) scale(1.1)">'
        f'<g class="head" {leaning}><g transform="translate(200 0)">'
        f"{style.back(colours, chance)}</g></g>"
        f'<g class="shoulders"><g transform="translate(200 0)">'
        f"{clothes.draw(colours, chance, soft)}</g></g>"
        f'<g class="head" {leaning}><g transform="translate(200 0)">'
        f"{face.draw(colours, head, prefix)}{face.nose(colours, chance)}"
        f"{worn.on_skin(colours, chance, soft, head)}"
        f'<g class="mouth" transform="translate(0 {short(MOUTH_LINE)})">'
        f"{_mouths(colours, chance, pose, shape, rig, soft)}</g>"
        f"{eyes.eyes(colours, eyes.shape(chance, soft), pose, soft, prefix)}"
        f"{eyes.brows(colours, chance, pose, soft)}"
        f"{style.front(colours, chance)}{worn.over(colours, chance, soft, head, style.covers)}"
        "</g></g></g></g></svg>"
    )


def _spoken(name: str) -> str:
    if not name:
        return 'aria-hidden="true"'
    return f'role="img" aria-label="{escape(name, {chr(34): "&quot;"})}"'


def _moods() -> str:
    poses = {mood: asdict(pose) for mood, pose in MOODS.items()}
    text = json.dumps(poses, separators=(",", ":"))
    return f" data-moods='{text}'"


def _mouths(
    colours: Colours, chance: Chance, pose: Pose, shape: MouthShape, rig: bool, soft: bool
) -> str:
    """The mouth that is seen, and the nine that it may become: flat, and with corners up by ten."""
    fullness = (
        chance.between("fullness", 0.8, 1.15) if soft else chance.between("fullness", 0.5, 0.8)
    )
    seen = shape if shape != "X" else pose.rest
    now = _painted(colours, mouth(seen, fullness, pose.corners))
    drawn = f'<g class="mouth-now" transform="scale({pose.width} 1)">{now}</g>'
    if not rig:
        return drawn
    for one in SHAPES:
        flat, up = (mouth(one, fullness, corners) for corners in (0, 10))
        parts = "".join(
            f'<path d="{getattr(flat, part)}" data-up="{getattr(up, part)}"/>'
            for part in Mouth.__slots__
        )
        drawn += f'<g class="shape" data-shape="{one}" display="none">{parts}</g>'
    return drawn


def _painted(colours: Colours, drawn: Mouth) -> str:
    inside = mix(colours.lips, "#3b0f14", 0.78)
    line = mix(colours.lips, "#2a1013", 0.62)
    return (
        f'<path d="{drawn.lips}" fill="{colours.lips}"/>'
        f'<path d="{drawn.inside}" fill="{inside}" stroke="{line}" stroke-width="2" '
        'stroke-linejoin="round"/>'
        f'<path d="{drawn.tongue}" fill="#c9626b"/>'
        f'<path d="{drawn.teeth}" fill="#fffaf3"/>'
    )
