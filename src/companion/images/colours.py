"""The colours of a portrait: families that go together, and how to mix them."""

from __future__ import annotations

from dataclasses import dataclass

from companion.images.chance import Chance

SKINS = (
    ("#f8dcc8", "#e9a48c"),
    ("#f3cdb0", "#df9478"),
    ("#eabf9a", "#d2876a"),
    ("#dba67c", "#c2745a"),
    ("#c48a5f", "#ab6049"),
    ("#a26a45", "#8c4838"),
    ("#7f4f34", "#6d3530"),
    ("#5f3a28", "#532926"),
)
"""Skin and its blush, from light to dark."""
DARK_HAIR = ("#1f1a1c", "#2b211f", "#3a2a22", "#4b3325")
FAIR_HAIR = ("#6b4426", "#8a5a2e", "#a8743b", "#c99a55", "#9c4a27", "#b5603a")
GREY_HAIR = ("#8d8c90", "#c4c2c4")
DARK_EYES = ("#4a2f20", "#5d3b24", "#6b4a2b")
FAIR_EYES = ("#5f7f54", "#54798f", "#6a8fae", "#7a6a3a", "#587a78")
SCENES = (
    ("#cfe3dc", "#3f6f68", "#f2efe6"),
    ("#f3d9c6", "#b4583f", "#fbf3ea"),
    ("#d5dcef", "#3e4f86", "#f3f1ec"),
    ("#f2e2b8", "#8a6a2c", "#fdf8ec"),
    ("#e3d3e8", "#6b4a7d", "#f6f0f4"),
    ("#cfe0ea", "#2f5d78", "#f4f2ec"),
    ("#f0cfcf", "#94424f", "#fbf1ee"),
    ("#d9e4c4", "#586f35", "#f6f4e8"),
    ("#dcdad4", "#3d4148", "#f4f2ee"),
)
"""Behind the head, the clothes, and what is worn under them."""


@dataclass(frozen=True, slots=True)
class Colours:
    """What a portrait is painted with, each as #rrggbb."""

    skin: str
    blush: str
    lips: str
    hair: str
    eyes: str
    scene: str
    clothes: str
    under: str

    @property
    def skin_shade(self) -> str:
        """Where less light falls."""
        return mix(self.skin, self.blush, 0.42)

    @property
    def skin_line(self) -> str:
        """The thin lines in a face."""
        return mix(mix(self.skin, self.blush, 0.75), "#3a1f1a", 0.3)

    @property
    def hair_shade(self) -> str:
        """Hair behind the head."""
        return mix(self.hair, "#0d0b12", 0.3)

    @property
    def hair_light(self) -> str:
        """Where hair shines."""
        return mix(self.hair, "#ffe2b8", 0.28)

    @property
    def dark(self) -> str:
        """Lashes and the line between the lips: never quite black."""
        return mix(self.hair, "#24161a", 0.72)


def choose(chance: Chance) -> Colours:
    """Colours that go together."""
    tone = int(chance.share("skin") * len(SKINS))
    skin, blush = SKINS[tone]
    fair = chance.often("fair hair", (0.75, 0.6, 0.35, 0.12, 0.05, 0.0, 0.0, 0.0)[tone])
    hairs = FAIR_HAIR if fair else DARK_HAIR
    hair = chance.pick("hair", GREY_HAIR if chance.often("grey", 0.07) else hairs)
    eyes = chance.pick("eyes", FAIR_EYES if chance.often("fair eyes", 0.9 * fair) else DARK_EYES)
    scene, clothes, under = chance.pick("scene", SCENES)
    lips = mix(skin, mix(blush, "#b03a48", 0.55), chance.between("lips", 0.42, 0.7))
    return Colours(skin, blush, lips, hair, eyes, scene, clothes, under)


def mix(one: str, other: str, share: float) -> str:
    """The colour that is `share` of the way from one to the other."""
    pairs = ((int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
