"""Hair: what lies behind the head and what falls over it, around a face whose middle is at 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from companion.images.chance import Chance
from companion.images.colours import Colours, mix

CAP = (  # combed back, with a high hairline
    "M-67 178C-79 150-79 108-60 86-42 65-20 59 0 59 20 59 42 65 60 86 79 108 79 150 67 178 "
    "64 150 58 130 45 114 29 99 13 94 0 94-13 94-29 99-45 114-58 130-64 150-67 178Z"
)
COMBED = "M-8 64C-30 78-44 92-52 116M8 64C30 78 44 92 52 116M-1 62C-14 74-22 84-25 98M5 62C16 74 23 84 26 98"


@dataclass(frozen=True, slots=True)
class Style:
    """One way to wear hair. Paths and circles as SVG; `{hair}`, `{shade}`, `{light}` are colours.

    `short` hair goes with a beard; `covers` says that no ear is seen.
    """

    behind: str
    before: str
    short: bool = False
    covers: bool = False

    def back(self, colours: Colours, chance: Chance) -> str:
        """What lies behind the head."""
        return f'<g class="hair-back">{self._painted(self.behind, colours)}</g>'

    def front(self, colours: Colours, chance: Chance) -> str:
        """What lies over the face."""
        return f'<g class="hair-front">{self._painted(self.before, colours)}</g>'

    def _painted(self, drawing: str, colours: Colours) -> str:
        return drawing.format(
            hair=colours.hair,
            shade=colours.hair_shade,
            light=colours.hair_light,
            cloth=mix(colours.clothes, colours.scene, 0.25),
            fold=mix(colours.clothes, "#1a1420", 0.25),
            under=colours.under,
        )


def _fill(path: str, colour: str = "{hair}", more: str = "") -> str:
    return f'<path d="{path}" fill="{colour}"{more}/>'


def _shine(path: str, width: float = 4, opacity: float = 0.4) -> str:
    return (
        f'<path d="{path}" fill="none" stroke="{{light}}" stroke-width="{width}" '
        f'stroke-linecap="round" opacity="{opacity}"/>'
    )


def _strands(path: str) -> str:
    return (
        f'<path d="{path}" fill="none" stroke="{{shade}}" stroke-width="2" '
        'stroke-linecap="round" opacity=".55"/>'
    )


def _balls(*places: tuple[float, float, float], colour: str = "{hair}") -> str:
    circles = "".join(f'<circle cx="{x}" cy="{y}" r="{r}"/>' for x, y, r in places)
    return f'<g fill="{colour}">{circles}</g>'


def _curls(*places: tuple[float, float, float]) -> str:
    """Small arcs that make balls of hair look curled."""
    path = "".join(f"M{x - r} {y}a{r} {r} 0 0 1 {2 * r} 0" for x, y, r in places)
    return _shine(path, 3, 0.45)


def _braid() -> str:
    """Over one shoulder, each tuft over the one above it."""
    drawn = ""
    for row in range(9):
        x, y, turn = 66 + row * 1.5, 216 + row * 17, 28 if row % 2 else -28
        drawn += f'<ellipse rx="{16 - row * 0.6:.1f}" ry="11" transform="translate({x} {y}) rotate({turn})"/>'
    return f'<g fill="{{hair}}" stroke="{{shade}}" stroke-width="1.8">{drawn}</g>'


STYLES: Mapping[str, Style] = MappingProxyType(
    {
        "crop": Style(
            "",
            _fill(
                "M-67 182C-77 164-82 120-69 94-55 66-24 55 5 56 46 57 73 78 77 116 79 142 75 166 67 "
                "182 66 166 65 152 60 140 58 130 55 124 50 119 28 122-8 117-32 99-35 112-46 122-56 "
                "128-62 142-65 162-67 182Z"
            )
            + _strands("M-32 99C-24 86-10 78 10 74M-8 111C6 112 26 112 44 108")
            + _shine("M-44 82C-30 70-6 65 16 67"),
            short=True,
        ),
        "quiff": Style(
            "",
            _fill(
                "M-67 180C-75 162-77 128-71 108-74 84-58 60-26 51 4 36 58 42 72 76 81 104 77 152 67 "
                "180 66 160 65 148 60 136 58 122 55 114 48 106 22 112-16 111-38 99-48 107-56 120-59 "
                "134-63 148-66 162-67 180Z"
            )
            + _strands(
                "M-38 99C-34 80-18 66 8 60M-10 108C-4 92 12 78 36 72M20 110C26 98 38 90 54 86"
            )
            + _shine("M-50 84C-42 70-24 61-4 56"),
            short=True,
        ),
        "buzz": Style(
            "",
            _fill(
                "M-68 168C-74 140-73 108-59 90-43 70-20 67 0 67 20 67 43 70 59 90 73 108 74 140 68 168 "
                "67 152 64 142 60 132 57 120 52 113 43 111 30 103 15 101 0 101-15 101-30 103-43 111-52 113-57 120-60 132-64 142-67 152-68 168Z",
                more=' opacity=".9"',
            )
            + _shine("M-42 86C-28 77-10 74 6 75", 6, 0.25),
            short=True,
        ),
        "bald": Style("", _shine("M-34 98C-24 90-10 87 2 88", 7, 0.22), short=True),
        "curls": Style(
            "",
            _fill(
                "M-68 172C-76 140-72 104-56 92L56 92C72 104 76 140 68 172 66 150 63 138 58 126L-58 126"
                "C-63 138-66 150-68 172Z"
            )
            + _balls(
                (-56, 100, 17),
                (-46, 78, 19),
                (-22, 66, 20),
                (4, 62, 21),
                (30, 67, 20),
                (50, 82, 19),
                (58, 104, 16),
                (-34, 100, 16),
                (-12, 96, 17),
                (12, 95, 17),
                (35, 99, 16),
                (0, 80, 20),
            )
            + _curls(
                (-46, 78, 9), (-20, 66, 10), (8, 62, 10), (36, 70, 9), (-30, 98, 8), (14, 92, 9)
            ),
            short=True,
        ),
        "afro": Style(
            _balls(
                (-70, 150, 34),
                (-78, 112, 36),
                (-62, 74, 38),
                (-30, 50, 38),
                (8, 42, 40),
                (44, 54, 38),
                (70, 82, 37),
                (80, 118, 35),
                (70, 152, 33),
                (0, 100, 60),
                colour="{shade}",
            ),
            _balls(
                (-62, 122, 17),
                (-56, 100, 20),
                (-38, 84, 22),
                (-14, 76, 22),
                (12, 75, 22),
                (36, 82, 22),
                (55, 99, 20),
                (62, 122, 17),
                (-66, 142, 12),
                (66, 142, 12),
                (-20, 58, 24),
                (14, 54, 26),
                (44, 64, 24),
                (-46, 66, 24),
                (-66, 92, 22),
                (66, 92, 22),
            )
            + _curls(
                (-46, 66, 11), (-18, 56, 11), (14, 52, 12), (44, 62, 11), (-30, 88, 9), (26, 84, 9)
            ),
        ),
        "pixie": Style(
            "",
            _fill(
                "M-66 180C-82 152-84 104-62 80-38 54 12 46 46 64 79 82 86 132 69 178 67 158 64 142 57 "
                "128 40 131 12 124-10 106-14 122-44 136-61 138-58 152-63 168-66 180Z"
            )
            + _strands(
                "M-10 106C-4 90 14 80 38 80M12 119C20 110 34 104 50 104M-34 126C-40 116-42 106-40 94"
            )
            + _shine("M-46 84C-32 70-8 64 14 65"),
            short=True,
        ),
        "bob": Style(
            _fill(
                "M-80 130C-92 180-93 234-86 262-60 284 60 284 86 262 93 234 92 180 80 130 76 70 40 54 0 "
                "54-40 54-76 70-80 130Z",
                "{shade}",
            ),
            _fill(
                "M-16 64C34 54 74 76 81 124 90 172 94 226 87 263 78 270 68 266 61 258 71 222 72 188 64 "
                "160 54 128 14 116-16 64Z"
            )
            + _fill(
                "M-14 64C-48 60-76 82-81 126-90 172-94 226-87 263-78 270-68 266-61 258-71 222-72 188-65 "
                "162-60 138-36 106-14 64Z"
            )
            + _strands(
                "M76 150C82 184 84 222 79 256M-76 150C-82 184-84 222-79 256M10 80C34 100 58 110 68 136"
            )
            + _shine("M22 76C44 82 60 96 67 116"),
            covers=True,
        ),
        "long": Style(
            _fill(
                "M-82 130C-97 200-108 290-100 372L100 372C108 290 97 200 82 130 76 70 40 54 0 54-40 54-76 "
                "70-82 130Z",
                "{shade}",
            ),
            _fill(
                "M6 62C-44 54-78 84-83 130-92 190-104 260-94 336-84 344-74 336-69 322-78 262-76 204-66 "
                "164-58 132-20 112 6 62Z"
            )
            + _fill(
                "M4 62C46 58 78 84 83 130 92 190 104 260 94 336 84 344 74 336 69 322 78 262 76 204 66 164 "
                "60 138 24 106 4 62Z"
            )
            + _strands(
                "M-76 170C-84 220-90 270-86 326M76 170C84 220 90 270 86 326M-8 84C-30 108-58 116-68 142"
            )
            + _shine("M-24 76C-46 82-60 98-67 118"),
            covers=True,
        ),
        "waves": Style(
            _fill(
                "M-82 126C-104 150-86 176-100 204-114 232-92 256-104 286-112 312-92 334-60 338L60 338C92 "
                "334 112 312 104 286 92 256 114 232 100 204 86 176 104 150 82 126 78 68 40 52 0 52-40 52-78 "
                "68-82 126Z",
                "{shade}",
            ),
            _fill(
                "M-12 63C36 52 76 76 82 124 102 150 84 178 96 206 108 234 88 258 97 290 90 306 72 302 66 "
                "288 78 262 60 240 72 212 78 190 70 176 65 162 54 130 12 118-12 63Z"
            )
            + _fill(
                "M-10 63C-46 58-78 80-82 126-102 152-84 178-96 206-108 234-88 258-97 290-90 306-72 302-66 "
                "288-78 262-60 240-72 212-78 190-70 178-65 164-60 140-34 108-10 63Z"
            )
            + _strands(
                "M82 168C78 190 90 206 84 228 80 244 84 262 82 280M-82 168C-78 190-90 206-84 228-80 244-84 262-82 280"
            )
            + _shine("M24 74C46 80 60 96 68 118"),
            covers=True,
        ),
        "bun": Style(
            _balls((0, 52, 27)) + _shine("M-13 41C-6 33 8 33 14 41") + _fill(CAP, "{shade}"),
            _fill(CAP) + _strands(COMBED) + _shine("M-38 84C-28 74-16 69-6 68"),
        ),
        "tail": Style(
            _fill(
                "M44 84C112 92 124 190 106 330 102 350 80 348 80 326 88 250 76 190 48 150Z",
                "{hair}",
            )
            + _strands("M96 160C104 216 100 270 94 330")
            + _fill(CAP, "{shade}"),
            _fill(
                "M-67 178C-79 150-79 108-60 86-42 65-20 59 0 59 20 59 42 65 60 86 79 108 79 150 67 178 64 "
                "150 60 132 50 118 24 116-8 106-24 92-36 104-54 122-60 140-64 154-66 164-67 178Z"
            )
            + _strands(
                "M-24 92C-6 80 24 82 48 96M-24 92C-32 84-36 80-46 84M-4 102C16 100 36 104 52 114"
            )
            + _shine("M-14 74C4 68 26 70 42 80"),
        ),
        "fringe": Style(
            _fill(
                "M-82 130C-95 190-100 250-92 306-60 322 60 322 92 306 100 250 95 190 82 130 76 70 40 54 0 "
                "54-40 54-76 70-82 130Z",
                "{shade}",
            ),
            _fill(
                "M-62 136C-60 160-74 200-66 262-64 290-76 304-90 304-100 250-94 190-83 130-78 78-44 56 0 "
                "56 44 56 78 78 83 130 94 190 100 250 90 304 76 304 64 290 66 262 74 200 60 160 62 136 54 "
                "129 46 136 38 138 30 132 22 139 12 140 4 134-6 140-16 140-24 134-32 139-42 137-50 130-56 "
                "136-60 134-62 136Z"
            )
            + _strands(
                "M4 134C2 116 4 98 8 84M-24 134C-26 116-22 100-14 86M38 138C40 118 36 102 30 90M-50 130C-48 112-42 100-34 92"
            )
            + _shine("M-44 86C-30 74-10 69 10 70"),
            covers=True,
        ),
        "braid": Style(
            _fill(
                "M-80 120C-84 176-72 224-40 244L60 240C84 220 88 160 80 120 74 70 40 54 0 54-40 54-74 70-80 120Z",
                "{shade}",
            ),
            _fill(
                "M-20 62C30 52 72 74 80 124 88 170 86 206 70 232 58 240 48 232 52 222 68 200 70 182 64 160 54 "
                "128 10 116-20 62Z"
            )
            + _fill(
                "M-18 62C-52 58-76 82-80 126-84 170-80 202-64 226-60 222-64 200-66 180-66 140-38 106-18 62Z"
            )
            + _braid()
            + _strands(
                "M6 80C32 100 58 110 68 138M76 150C80 176 78 200 70 220M-74 140C-78 166-76 186-72 204"
            )
            + _shine("M16 74C40 80 58 94 66 116"),
            covers=True,
        ),
        "scarf": Style(
            _fill("M-94 170C-96 240-100 300-124 350L124 350C100 300 96 240 94 170Z", "{fold}"),
            _fill(
                "M0 48C60 48 94 92 94 162 94 222 82 262 62 296 40 322-40 322-62 296-82 262-94 222-94 162-94 "
                "92-60 48 0 48ZM0 98C-38 98-59 124-61 168-62 212-38 256 0 264 38 256 62 212 61 168 59 124 38 "
                "98 0 98Z",
                "{cloth}",
                ' fill-rule="evenodd"',
            )
            + _fill(
                "M0 90C-42 90-64 122-66 166-64 150-52 110 0 108 52 110 64 150 66 166 64 122 42 90 0 90Z",
                "{under}",
            )
            + '<path d="M-80 240C-48 292 20 300 72 258M-70 270C-44 306 10 316 56 298M-84 120C-76 86-52 64-20 '
            '58" fill="none" stroke="{fold}" stroke-width="3" stroke-linecap="round" opacity=".6"/>',
            covers=True,
        ),
    }
)
SOFT = ("bob", "long", "waves", "bun", "tail", "fringe", "pixie", "afro", "braid", "curls", "scarf")
FIRM = ("crop", "quiff", "buzz", "curls", "crop", "quiff", "bald", "afro", "pixie")


def choose(chance: Chance, soft: bool) -> Style:
    """The hair of one person."""
    return STYLES[chance.pick("hair style", SOFT if soft else FIRM)]
