"""Nine mouths, from one drawing with other measures: so any can become any other.

The shapes are those of Preston Blair, as Rhubarb Lip Sync names and describes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from companion.images.paths import Point, curve, part
from companion.types import MouthShape


@dataclass(frozen=True, slots=True)
class Measures:
    """Half the width, how far it is open above and below its middle, and what is seen inside.

    `teeth` hang down from the upper lip, `tongue` rises from the lower one, by so many units.
    `pout` makes the lips fuller.
    """

    width: float
    above: float
    below: float
    teeth: float = 0
    tongue: float = 0
    pout: float = 1.0


SHAPES: Mapping[MouthShape, Measures] = MappingProxyType(
    {
        "A": Measures(17.5, 0, 0, pout=0.8),  # P, B, M: pressed together
        "B": Measures(19.5, 2.8, 4.6, teeth=6),  # S, T, K, EE: teeth nearly closed
        "C": Measures(19, 4.2, 9.5, teeth=4.2, tongue=4),  # EH, AE: open
        "D": Measures(19, 6, 16.5, teeth=5, tongue=7),  # AA: wide open
        "E": Measures(14, 5.2, 10, teeth=3, tongue=3.5, pout=1.1),  # AO, ER: a little round
        "F": Measures(8.5, 4, 5.4, pout=1.3),  # UW, OW, W: puckered
        "G": Measures(18, 3, 1.4, teeth=4.6, pout=0.9),  # F, V: teeth on the lower lip
        "H": Measures(18, 4.4, 10.5, teeth=3.6, tongue=9.5),  # L: the tongue is up
        "X": Measures(18, 0, 0),  # at rest
    }
)


@dataclass(frozen=True, slots=True)
class Mouth:
    """The parts of a mouth as paths around its middle, from the back to the front."""

    lips: str
    inside: str
    tongue: str
    teeth: str


def mouth(shape: MouthShape, fullness: float, corners: float) -> Mouth:
    """The mouth of that shape, its corners so far up; `fullness` of the lips is 1 for most."""
    size = SHAPES[shape]
    corners *= (size.width / 18) ** 2  # a narrow mouth has no room to smile
    left, right = (-size.width, -corners), (size.width, -corners)
    upper = _arch(left, right, -size.above)
    lower = _arch(left, right, size.below)
    return Mouth(
        _lips(size, fullness * size.pout, corners),
        curve(left, upper[1:], lower[2::-1]),
        _tongue(lower, size.tongue),
        _teeth(upper, size.teeth),
    )


def _arch(left: Point, right: Point, height: float) -> list[Point]:
    """A curve between the corners whose middle is at `height` for corners at 0."""
    reach = 0.52 * right[0]
    control = height / 0.75 - 0.55 * right[1]  # where the corners go up, the middle sinks a little
    return [left, (-reach, control), (reach, control), right]


def _lips(size: Measures, fullness: float, corners: float) -> str:
    """Both lips as one shape, with the dip in the middle of the upper one."""
    side, top = size.width + 1.6, size.above + 4.6 * fullness
    bottom = (size.below + 6.2 * fullness) / 0.75 + 0.5 * corners
    left, right, dip = (
        (-side, -corners),
        (side, -corners),
        (0.0, -top + 0.9 * fullness + 0.3 * corners),
    )
    return curve(
        left,
        [
            (-0.62 * side, -0.8 * top - 0.3 * corners),
            (-0.26 * side, -1.22 * top + 0.25 * corners),
            dip,
        ],
        [
            (0.26 * side, -1.22 * top + 0.25 * corners),
            (0.62 * side, -0.8 * top - 0.3 * corners),
            right,
        ],
        [(0.56 * side, bottom), (-0.56 * side, bottom), left],
    )


def _teeth(upper: list[Point], depth: float) -> str:
    """Teeth behind the upper lip."""
    edge = part(upper, 0.12, 0.88)
    back = [(x * 0.97, y + depth) for x, y in reversed(edge[1:3])]
    return curve(edge[0], edge[1:], [*back, edge[0]])


def _tongue(lower: list[Point], height: float) -> str:
    """The tongue behind the lower lip."""
    edge = part(lower, 0.2, 0.8)
    back = [(x * 0.8, y - height * 1.3) for x, y in reversed(edge[1:3])]
    return curve(edge[0], edge[1:], [*back, edge[0]])
