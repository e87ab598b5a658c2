"""Neck, shoulders and what they wear, around a middle at 0."""

from __future__ import annotations

from collections.abc import Callable

from companion.images.chance import Chance
from companion.images.colours import Colours, mix

NECK = "M-28 236L28 236 29 286C34 298 50 303 64 307L0 372-64 307C-50 303-34 298-29 286Z"
SHADE = "M-28 250L28 250 28.4 272C14 294-14 294-28.4 272Z"
SIDES = (
    "C58 305 88 310 112 322 136 334 147 362 151 404L-151 404C-147 362-136 334-112 322-88 310-58 305"
)


def draw(colours: Colours, chance: Chance, soft: bool) -> str:
    """Neck and clothes; broader shoulders for some."""
    wide = round(chance.between("shoulders", 0.93, 1.0) + (0 if soft else 0.08), 2)
    worn = chance.pick("clothes", WORN)(colours)
    return (
        f'<g transform="scale({0.92 if soft else 1.04} 1)">'
        f'<path d="{NECK}" fill="{mix(colours.skin, colours.skin_shade, 0.22)}"/>'
        f'<path d="{SHADE}" fill="{colours.skin_shade}" opacity=".75"/></g>'
        f'<g transform="scale({wide} 1)">{worn}{_sleeves(colours)}</g>'
    )


def _cloth(neckline: str, colour: str) -> str:
    """Cloth up to a neckline, which goes from its left end to (44, 297)."""
    return f'<path d="M-44 297{neckline}{SIDES}-44 297Z" fill="{colour}"/>'


def _line(path: str, colour: str, width: float, opacity: float = 1, cap: str = "round") -> str:
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}" '
        f'stroke-linecap="{cap}" stroke-linejoin="round" opacity="{opacity}"/>'
    )


def _dark(colours: Colours) -> str:
    return mix(colours.clothes, "#14101c", 0.28)


def _sleeves(colours: Colours) -> str:
    return _line(
        "M-104 404C-105 384-101 366-93 352M104 404C105 384 101 366 93 352", _dark(colours), 3, 0.6
    )


def _round(colours: Colours) -> str:
    curve = "C-32 324 32 324 44 297"
    return _cloth(curve, colours.clothes) + _line(
        f"M-44 297{curve}", _dark(colours), 5, 0.7, "butt"
    )


def _pointed(colours: Colours) -> str:
    curve = "C-30 318-12 338 0 348 12 338 30 318 44 297"
    return _cloth(curve, colours.clothes) + _line(
        f"M-44 297{curve}", _dark(colours), 5, 0.7, "butt"
    )


def _high(colours: Colours) -> str:
    """A roll-neck."""
    roll = "M-33 268C-18 280 18 280 33 268 36 278 38 292 46 300 20 314-20 314-46 300-38 292-36 278-33 268Z"
    fold = "M-36 283C-20 295 20 295 36 283"
    return (
        _cloth("C-20 312 20 312 44 297", colours.clothes)
        + f'<path d="{roll}" fill="{mix(colours.clothes, "#ffffff", 0.08)}"/>'
        + _line(fold, _dark(colours), 2.4, 0.6)
    )


def _shirt(colours: Colours) -> str:
    flap = "M{0}40 290L{0}54 301 {0}27 342 0 322C{0}14 314 {0}30 304 {0}40 290Z"
    light, edge = mix(colours.under, colours.clothes, 0.12), mix(colours.under, "#3a3540", 0.35)
    flaps = "".join(
        f'<path d="{flap.format(side)}" fill="{light}" stroke="{edge}" stroke-width="1.5" '
        'stroke-linejoin="round"/>'
        for side in ("-", "")
    )
    return (
        _cloth("C-30 318-12 330 0 338 12 330 30 318 44 297", colours.clothes)
        + _line("M0 338L0 404", _dark(colours), 2, 0.6)
        + flaps
        + f'<circle cx="6" cy="366" r="2.6" fill="{light}"/>'
    )


def _jacket(colours: Colours) -> str:
    """Open, with lapels over something light."""
    under = _cloth("C-32 322 32 322 44 297", colours.under)
    lapel = "M{0}46 295C{0}40 330 {0}24 366 0 404L{0}151 404C{0}147 362 {0}136 334 {0}112 322 {0}88 310 {0}62 305 {0}46 295Z"
    fold = "M{0}46 295C{0}56 308 {0}64 324 {0}66 336L{0}54 338 {0}62 350C{0}44 374 {0}22 392 0 404 {0}24 366 {0}40 330 {0}46 295Z"
    sides = "".join(
        f'<path d="{lapel.format(side)}" fill="{colours.clothes}"/>'
        f'<path d="{fold.format(side)}" fill="{_dark(colours)}" opacity=".8"/>'
        for side in ("-", "")
    )
    neck = _line("M-44 297C-32 322 32 322 44 297", mix(colours.under, "#3a3540", 0.25), 3, 0.7)
    return under + neck + sides


def _hood(colours: Colours) -> str:
    hood = "M-46 286C-70 296-78 312-66 322-42 338-16 350 0 354 16 350 42 338 66 322 78 312 70 296 46 286 34 318 12 332 0 336-12 332-34 318-46 286Z"
    cords = "M-16 346C-18 362-18 374-16 386M16 346C18 362 18 374 16 386"
    return (
        _cloth("C-30 318-12 330 0 336 12 330 30 318 44 297", colours.clothes)
        + f'<path d="{hood}" fill="{_dark(colours)}"/>'
        + _line(cords, colours.under, 3.4)
    )


WORN: tuple[Callable[[Colours], str], ...] = (_round, _pointed, _high, _shirt, _jacket, _hood)
