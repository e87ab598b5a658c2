"""Neck, shoulders and what they wear: drawings in `clothes.yaml`, coloured for one person."""

from __future__ import annotations

from companion.images.chance import Chance
from companion.images.colours import Colours, mix
from companion.images.drawings import drawings

NECK = "M-28 236L28 236 29 286C34 298 50 303 64 307L0 372-64 307C-50 303-34 298-29 286Z"
SHADE = "M-28 250L28 250 28.4 272C14 294-14 294-28.4 272Z"


def draw(colours: Colours, chance: Chance, soft: bool) -> str:
    """Neck and clothes; broader for some."""
    wide = round(chance.between("shoulders", 0.93, 1.0) + (0 if soft else 0.08), 2)
    worn = drawings("clothes")[chance.pick("clothes", tuple(drawings("clothes")))]
    return (
        f'<g transform="scale({0.92 if soft else 1.04} 1)">'
        f'<path d="{NECK}" fill="{mix(colours.skin, colours.skin_shade, 0.22)}"/>'
        f'<path d="{SHADE}" fill="{colours.skin_shade}" opacity=".75"/></g>'
        f'<g transform="scale({wide} 1)">{worn.format_map(_paint(colours))}</g>'
    )


def _paint(colours: Colours) -> dict[str, str]:
    return {
        "clothes": colours.clothes,
        "dark": mix(colours.clothes, "#14101c", 0.28),
        "bright": mix(colours.clothes, "#ffffff", 0.08),
        "under": colours.under,
        "pale": mix(colours.under, colours.clothes, 0.12),
        "edge": mix(colours.under, "#3a3540", 0.3),
    }
