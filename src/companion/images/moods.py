"""What each mood does to a face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from companion.types import Mood, MouthShape


@dataclass(frozen=True, slots=True)
class Pose:
    """How a face is held. Lengths are in units of the drawing, angles in degrees.

    `brows` are the lift, and the inner lift in degrees, of the left and the right brow. `lids` goes
    from 0, wide open, to 1, shut; `low` is how far the lower lids are raised, of 1. `corners`
    is how far the corners of the mouth are up, and `width` stretches it. `gaze` is where the
    pupils are, `tilt` how far the head leans, and `rest` the mouth that nothing is said with.
    """

    brows: tuple[tuple[float, float], tuple[float, float]]
    lids: float
    low: float
    corners: float
    width: float
    gaze: tuple[float, float]
    tilt: float
    rest: MouthShape = "X"


MOODS: Mapping[Mood, Pose] = MappingProxyType(
    {
        "calm": Pose(((0, 0), (0, 0)), 0.24, 0.1, 4.0, 1.0, (0, 0), 0.0),
        "happy": Pose(((3, 1), (3, 1)), 0.24, 0.55, 8.5, 1.18, (0, 0), 1.5),
        "sad": Pose(((1, 10), (1, 10)), 0.33, 0.0, -3.6, 0.94, (0, 1.5), -2.0),
        "surprised": Pose(((10, 2), (10, 2)), 0.0, 0.0, 1.0, 1.0, (0, 0), 0.0, "F"),
        "thinking": Pose(((6, 0), (-1, -3)), 0.16, 0.1, 1.0, 0.88, (4, -3.8), 2.5),
    }
)
