"""What some people have on their faces: freckles, beards, glasses, earrings."""

from __future__ import annotations

from companion.images.chance import Chance
from companion.images.colours import Colours
from companion.images.face import Head
from companion.images.paths import Point, curve, short

FRECKLES = ((46, 200), (38, 206), (30, 201), (40, 195))
FRAMES = ("#2b2630", "#5a3a2a", "#b08a3e", "#3d4f6b", "#7a2f3d")
METALS = ("#d9b04c", "#c9ccd2", "#b98a5e")
LINE = 174
"""Where the eyes are."""
MOUSTACHE = "M0 218C-8 213-22 214-31 227-20 225-8 227 0 224 8 227 20 225 31 227 22 214 8 213 0 218Z"


def on_skin(colours: Colours, chance: Chance, soft: bool, head: Head) -> str:
    """Under mouth and eyes: freckles, a beard."""
    drawn = ""
    if chance.often("freckles", 0.16):
        places = [(side * x, y) for x, y in FRECKLES for side in (-1, 1)]
        dots = "".join(f'<circle cx="{x}" cy="{y}" r="1.5"/>' for x, y in places)
        drawn += f'<g fill="{colours.skin_line}" opacity=".4">{dots}</g>'
    if not soft and chance.often("beard", 0.5):
        jaw = _jaw(head)
        path, opacity = chance.pick("beard kind", ((jaw, 0.93), (jaw, 0.18), (MOUSTACHE, 1)))
        drawn += f'<path d="{path}" fill="{colours.hair}" opacity="{opacity}"/>'
    return drawn


def _jaw(head: Head) -> str:
    """From ear to ear along the jaw, and under the nose: where a beard grows."""
    cheek, jaw, chin = head.cheek + 1, head.jaw + 1.5, head.chin + 2.5
    ear: Point = (cheek, 172.0)
    down = [[(cheek, 203.0), (jaw + 20, 226.0), (jaw, chin - 17)]]
    down += [[(jaw - 11, chin - 4.5), (0.38 * jaw, chin), (0.0, chin)]]
    up = [[down[1][1], down[1][0], down[0][2]], [down[0][1], down[0][0], ear]]
    left = [[(-x, y) for x, y in points] for points in up]
    over = [[(-cheek + 6, 200.0), (-54.0, 214.0), (-38.0, 215.0)]]
    over += [[(-24.0, 213.0), (-10.0, 214.0), (0.0, 218.0)]]
    over += [
        [(10.0, 214.0), (24.0, 213.0), (38.0, 215.0)],
        [(54.0, 214.0), (cheek - 6, 200.0), ear],
    ]
    return curve(ear, *down, *left, *over)


def over(chance: Chance, soft: bool, head: Head, covered: bool) -> str:
    """Over everything: earrings where ears are seen, glasses."""
    drawn = ""
    if not covered and chance.often("earrings", 0.6 if soft else 0.12):
        drawn += _earrings(chance, head)
    if chance.often("glasses", 0.28):
        drawn += _glasses(chance, head)
    return drawn


def _earrings(chance: Chance, head: Head) -> str:
    metal, hoops = chance.pick("metal", METALS), chance.often("hoops", 0.4)
    x = short(head.cheek + 3)
    ring = f'cy="203" r="8" fill="none" stroke="{metal}" stroke-width="2.6"'
    stud = f'cy="195" r="3.6" fill="{metal}"'
    return "".join(f'<circle cx="{side}{x}" {ring if hoops else stud}/>' for side in ("-", ""))


def _glasses(chance: Chance, head: Head) -> str:
    round_ones = chance.often("round glasses", 0.55)
    lens = (
        'circle r="28"' if round_ones else 'rect x="-28.5" y="-22" width="57" height="45" rx="14"'
    )
    lenses = "".join(f'<{lens} transform="translate({x} {LINE})"/>' for x in (-33, 33))
    bridge = f"M-5 {LINE - 4}C-2 {LINE - 8} 2 {LINE - 8} 5 {LINE - 4}"
    end = short(head.cheek + 2)
    arms = f"M-61 {LINE - 4}L-{end} {LINE - 6}M61 {LINE - 4}L{end} {LINE - 6}"
    return (
        f'<g class="glasses" fill="#fff" fill-opacity=".1" stroke="{chance.pick("frame", FRAMES)}" '
        f'stroke-width="3.2" stroke-linecap="round">{lenses}'
        f'<path d="{bridge}{arms}" fill="none"/></g>'
    )
