"""A face that moves: mouth shapes on the clock of the voice, in the browser and in notebooks."""

from companion.avatar.rig import rig
from companion.avatar.show import framed, player, strip
from companion.avatar.timeline import frames, joined, shape_at

__all__ = ["framed", "frames", "joined", "player", "rig", "shape_at", "strip"]
