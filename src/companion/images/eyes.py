"""Eyes, lids and brows. A lid is drawn open and shut: any way between them is a share of both."""

from __future__ import annotations

from dataclasses import dataclass

from companion.images.chance import Chance
from companion.images.colours import Colours, mix
from companion.images.moods import Pose
from companion.images.paths import Point, curve, morph, part, short

APART, LINE = 33.0, 174.0
"""How far each eye is from the middle of the face, and their height in the picture."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An eye's measures: half its width, its heights above and below, how far its outer corner is
    up, and the radius of the iris."""

    half: float
    above: float
    below: float
    slant: float
    iris: float
    lashes: float

    def arc(self, height: float, side: int) -> list[Point]:
        """From the inner to the outer corner, through `height` in the middle."""
        inner, outer = (-self.half * side, 1.2), (self.half * side, 1.2 - self.slant)
        lift = height / 0.75
        first = (-0.62 * self.half * side, lift)
        return [inner, first, (0.5 * self.half * side, lift * 1.06 - self.slant * 0.5), outer]


def shape(chance: Chance, soft: bool) -> Shape:
    """The eyes of one face."""
    return Shape(
        half=chance.between("eye width", 18, 19.8),
        above=chance.between("eye height", 14, 16),
        below=chance.between("eye depth", 8, 9.4),
        slant=chance.between("eye slant", 0.2, 3.2),
        iris=chance.between("iris", 10.6, 11.4),
        lashes=3.3 if soft else 2.8,
    )


def eyes(colours: Colours, eye: Shape, pose: Pose, soft: bool, prefix: str) -> str:
    """Both eyes, with everything in them that can move."""
    both = (("left", -1), ("right", 1))
    return "".join(_eye(colours, eye, pose, soft, f"{prefix}{name}", side) for name, side in both)


def _eye(colours: Colours, eye: Shape, pose: Pose, soft: bool, clip: str, side: int) -> str:
    upper, lower = eye.arc(-eye.above, side), eye.arc(eye.below, side)
    white = curve(upper[0], upper[1:], lower[2::-1])
    fold = part(eye.arc(-eye.above - 3.2, side), 0.22, 0.9)
    crease = curve(fold[0], fold[1:], close=False)
    name = clip.rpartition("-")[2]
    return (
        f'<g class="eye eye-{name}" transform="translate({short(APART * side)} {short(LINE)})">'
        f'<clipPath id="{clip}"><path d="{white}"/></clipPath>'
        f'<path d="{crease}" fill="none" stroke="{colours.skin_line}" stroke-width="1.5" '
        'stroke-linecap="round" opacity=".45"/>'
        f'<g clip-path="url(#{clip})"><path d="{white}" fill="#fdf9f4"/>'
        f"{_iris(colours, eye, pose)}{_shadow(colours, eye, pose, side)}</g>"
        f"{_low_lid(colours, eye, pose, side)}{_lid(colours, eye, pose, soft, side)}</g>"
    )


def _iris(colours: Colours, eye: Shape, pose: Pose) -> str:
    x, y = pose.gaze
    rim, light = mix(colours.eyes, "#120c10", 0.5), mix(colours.eyes, "#ffe9c4", 0.34)
    radius = eye.iris
    return (
        f'<g class="gaze" transform="translate({short(x)} {short(y)})">'
        f'<circle cy="-1.6" r="{short(radius)}" fill="{rim}"/>'
        f'<circle cy="-1.6" r="{short(radius - 1.5)}" fill="{colours.eyes}"/>'
        f'<ellipse cy="2.6" rx="{short(radius * 0.56)}" ry="{short(radius * 0.36)}" fill="{light}" '
        'opacity=".75"/>'
        f'<circle cy="-1.6" r="{short(radius * 0.5)}" fill="#17100f"/>'
        '<circle cx="3.4" cy="-5.6" r="3.2" fill="#fff"/>'
        '<circle cx="-3.6" cy="2" r="1.4" fill="#fff" opacity=".7"/></g>'
    )


def _lid_paths(eye: Shape, side: int) -> tuple[str, str]:
    """The upper lid wide open and shut, from a fixed edge above the eye."""
    above = eye.arc(-eye.above - 1.6, side)
    paths = []
    for height in (-eye.above, eye.below * 0.8):
        edge = eye.arc(height, side)
        paths.append(curve(edge[0], edge[1:], above[2::-1]))
    return paths[0], paths[1]


def _lash_paths(eye: Shape, soft: bool, side: int) -> tuple[str, str]:
    """The line of lashes wide open and shut; on soft faces it goes a little beyond the eye."""
    paths = []
    for height, rise in ((-eye.above, 1.8), (eye.below * 0.8, -0.4)):
        edge = eye.arc(height, side)
        x, y = edge[3]
        reach = (x + (3.4 if soft else 0.8) * side, y - rise * (1.3 if soft else 0.2))
        mid = (x + 1.5 * side, y - 0.2)
        paths.append(curve(edge[0], edge[1:], [edge[3], mid, reach], close=False))
    return paths[0], paths[1]


def _lid(colours: Colours, eye: Shape, pose: Pose, soft: bool, side: int) -> str:
    lid = _between(_lid_paths(eye, side), pose.lids)
    lash = _between(_lash_paths(eye, soft, side), pose.lids)
    fill = mix(colours.skin, colours.skin_shade, 0.55)
    return (
        f'<path class="lid" {lid} fill="{fill}"/>'
        f'<path class="lid" {lash} fill="none" stroke="{colours.dark}" '
        f'stroke-width="{short(eye.lashes)}" stroke-linecap="round" stroke-linejoin="round"/>'
    )


def _shadow(colours: Colours, eye: Shape, pose: Pose, side: int) -> str:
    """What the upper lid's shadow takes from the white of the eye."""
    lash = _between(_lash_paths(eye, False, side), pose.lids)
    return (
        f'<path class="lid" {lash} fill="none" stroke="{colours.dark}" stroke-width="8.5" '
        'opacity=".16"/>'
    )


def _low_lid(colours: Colours, eye: Shape, pose: Pose, side: int) -> str:
    below = eye.arc(eye.below + 1.2, side)
    lids, lines = [], []
    for height in (eye.below, eye.below * 0.1):
        edge = eye.arc(height, side)
        lids.append(curve(edge[0], edge[1:], below[2::-1]))
        lines.append(curve(edge[0], edge[1:], close=False))
    return (
        f'<path class="low" {_between((lids[0], lids[1]), pose.low)} fill="{colours.skin}"/>'
        f'<path class="low" {_between((lines[0], lines[1]), pose.low)} fill="none" '
        f'stroke="{colours.skin_line}" stroke-width="1.3" stroke-linecap="round" opacity=".6"/>'
    )


def _between(paths: tuple[str, str], share: float) -> str:
    """The attributes of a path that can be morphed: as it is now, and its two ends."""
    return f'd="{morph(*paths, share)}" data-from="{paths[0]}" data-to="{paths[1]}"'


def brows(colours: Colours, chance: Chance, pose: Pose, soft: bool) -> str:
    """Both brows; each turns around its middle."""
    thick = chance.between("brow", 3.6, 5.2) if soft else chance.between("brow", 5.4, 7.4)
    arch = chance.between("brow arch", 4.5, 7.5) if soft else chance.between("brow arch", 2.5, 5)
    fill = mix(colours.hair, "#2a1a16", 0.35)
    drawn = ""
    for name, side, (lift, inner) in (("left", -1, pose.brows[0]), ("right", 1, pose.brows[1])):
        drawn += (
            f'<g transform="translate({short((APART + 1) * side)} {short(LINE - 30)})">'
            f'<path class="brow brow-{name}" d="{_brow(side, thick, arch)}" fill="{fill}" '
            f'transform="translate(0 {short(-lift)}) rotate({short(inner * side)})"/></g>'
        )
    return drawn


def _brow(side: int, thick: float, arch: float) -> str:
    """Full at the inner end, thin at the outer one."""
    inner, tip = -18.5 * side, 20.5 * side
    top = [(inner * 0.4, -arch - thick * 0.35), (tip * 0.35, -arch - thick * 0.5), (tip, 2.6)]
    bottom = [(tip * 0.4, -arch + thick * 0.62), (inner * 0.4, -arch + thick * 0.75)]
    low, high = (inner, 2.0 + thick * 0.5), (inner, 2.0 - thick * 0.42)
    return curve(
        high,
        top,
        [*bottom, low],
        [(inner - 1.2 * side, low[1]), (inner - 1.2 * side, high[1]), high],
    )
