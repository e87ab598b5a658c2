"""Hair: drawings in `hair.yaml`, coloured for one person."""

from __future__ import annotations

from dataclasses import dataclass

from companion.images.chance import Chance
from companion.images.colours import Colours, mix
from companion.images.drawings import drawings

SOFT = (
    *("bob", "long", "waves", "bun", "tail", "fringe"),
    *("pixie", "afro", "braid", "curls", "scarf"),
)
FIRM = ("crop", "quiff", "buzz", "curls", "crop", "quiff", "bald", "afro", "pixie")


@dataclass(frozen=True, slots=True)
class Style:
    """One way to wear hair, in SVG with names for colours; `covers` says that no ear is seen."""

    behind: str = ""
    before: str = ""
    covers: bool = False

    def painted(self, colours: Colours) -> tuple[str, str]:
        """What lies behind the head, and what falls over it."""
        paint = {
            "hair": colours.hair,
            "shade": colours.hair_shade,
            "light": colours.hair_light,
            "cloth": mix(colours.clothes, colours.scene, 0.25),
            "fold": mix(colours.clothes, "#1a1420", 0.25),
            "under": colours.under,
        }
        return self.behind.format_map(paint), self.before.format_map(paint)


def choose(chance: Chance, soft: bool) -> Style:
    """The hair of one person."""
    return Style(**drawings("hair")[chance.pick("hair style", SOFT if soft else FIRM)])
