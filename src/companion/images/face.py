"""The face itself: head, ears, cheeks, nose, and what some people have on it."""

from __future__ import annotations

from dataclasses import dataclass

from companion.images.chance import Chance
from companion.images.colours import Colours, mix
from companion.images.paths import Point, curve, short

TOP, CHEEK, CHIN = 80.0, 168.0, 262.0


@dataclass(frozen=True, slots=True)
class Head:
    """Half the width at the cheeks and at the jaw, and how low the chin is."""

    cheek: float
    jaw: float
    chin: float


def head(chance: Chance, soft: bool) -> Head:
    """The head of one person."""
    return Head(
        cheek=chance.between("cheek", 66, 69.5),
        jaw=chance.between("jaw", 33, 40) if soft else chance.between("jaw", 40, 48),
        chin=chance.between("chin", CHIN - 3, CHIN + 3) + (0 if soft else 2),
    )


def outline(measures: Head) -> str:
    """The head without ears."""
    cheek, jaw, chin = measures.cheek, measures.jaw, measures.chin

    def half(side: int) -> list[list[Point]]:
        return [
            [(0.66 * cheek * side, TOP), (cheek * side, 112.0), (cheek * side, CHEEK)],
            [(cheek * side, 203.0), ((jaw + 20) * side, 226.0), (jaw * side, chin - 17)],
            [((jaw - 11) * side, chin - 4.5), (0.38 * jaw * side, chin), (0.0, chin)],
        ]

    right, left = half(1), half(-1)
    back = [  # the left half from the chin up: the same curves, read backwards
        [left[2][1], left[2][0], left[1][2]],
        [left[1][1], left[1][0], left[0][2]],
        [left[0][1], left[0][0], (0.0, TOP)],
    ]
    return curve((0.0, TOP), *right, *back)


def draw(colours: Colours, measures: Head, prefix: str) -> str:
    """Ears and head, with soft light from the upper left."""
    shade = colours.skin_shade
    ears = "".join(
        f'<g transform="translate({short((measures.cheek + 1) * side)} 178)">'
        f'<ellipse rx="10.5" ry="17" fill="{mix(colours.skin, shade, 0.35)}"/>'
        f'<path d="M{3 * side} -9C{8 * side} -9 {7 * side} 0 {2 * side} 4" fill="none" '
        f'stroke="{shade}" stroke-width="2.4" stroke-linecap="round"/></g>'
        for side in (-1, 1)
    )
    return (
        f"{ears}"
        f'<path class="skin" d="{outline(measures)}" fill="url(#{prefix}skin)"/>'
        f'<ellipse cx="-40" cy="211" rx="19" ry="12" fill="url(#{prefix}blush)"/>'
        f'<ellipse cx="40" cy="211" rx="19" ry="12" fill="url(#{prefix}blush)"/>'
    )


def gradients(colours: Colours, prefix: str) -> str:
    """The light on the skin and the blush of the cheeks."""
    light = mix(colours.skin, "#fff4e6", 0.2)
    edge = mix(colours.skin, colours.skin_shade, 0.62)
    return (
        f'<radialGradient id="{prefix}skin" cx=".4" cy=".36" r=".72">'
        f'<stop stop-color="{light}"/><stop offset=".55" stop-color="{colours.skin}"/>'
        f'<stop offset="1" stop-color="{edge}"/></radialGradient>'
        f'<radialGradient id="{prefix}blush"><stop stop-color="{colours.blush}" '
        f'stop-opacity=".42"/><stop offset="1" stop-color="{colours.blush}" stop-opacity="0"/>'
        "</radialGradient>"
    )


NOSES = (
    "M-8 0.5C-8.6 4.2-5.4 5.6-3 4.6-1 6.4 1 6.4 3 4.6 5.4 5.6 8.6 4.2 8 0.5",
    "M-6.5 3C-3.5 6.8 3.5 6.8 6.5 3",
    "M-6 3.6C-2.5 6.8 4.5 6.4 6.5 1.6",
)


def nose(colours: Colours, chance: Chance) -> str:
    """A soft shadow beside its bridge, and a line under its tip."""
    wide = chance.between("nose", 0.86, 1.16)
    bridge = "M4-26C4.5-17 6-10 9-3 8.6 3 4.6 3.4 3 0 2-8 2.6-17 4-26Z"
    return (
        f'<g transform="translate(0 204) scale({round(wide, 2)} 1)">'
        f'<path d="{bridge}" fill="{colours.skin_shade}" opacity=".34"/>'
        f'<ellipse cx="-1.5" cy="-3" rx="3.4" ry="4.6" fill="#fff" opacity=".16"/>'
        f'<path d="{chance.pick("nose shape", NOSES)}" fill="none" stroke="{colours.skin_line}" '
        'stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round" opacity=".8"/></g>'
    )
