"""SVG of others, written anew from a short list of what a still picture needs.

An SVG is a program: it may run scripts, ask other hosts, grow without end, and style the page
around it. What is dangerous is refused, by name and line; what is only unknown (an editor's notes,
fonts, classes) is left out; the rest is written anew, with ids that cannot meet the page's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from companion.errors import PictureError

SVG = "http://www.w3.org/2000/svg"
MAX_BYTES = 500_000
MAX_ELEMENTS = 5000
MAX_DEPTH = 64

SHAPES = {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan"}
GRADIENTS = {"linearGradient", "radialGradient"}
KEPT = SHAPES | GRADIENTS | {"svg", "g", "defs", "title", "desc", "stop", "clipPath"}
REFUSED = {
    "script": "a script",
    "handler": "a script",
    "listener": "a script",
    "style": "a style sheet, which would reach the page around it",
    "foreignObject": "a piece of a web page",
    "iframe": "a piece of a web page",
    "image": "another picture",
    "feImage": "another picture",
    "audio": "sound",
    "video": "a film",
    "animate": "an animation",
    "animateMotion": "an animation",
    "animateTransform": "an animation",
    "set": "an animation",
    "use": "copies of itself, which may be copied without end",
    "pattern": "copies of itself, which may be copied without end",
    "marker": "copies of itself, which may be copied without end",
    "mask": "copies of itself, which may be copied without end",
}
WRITTEN = {"text", "tspan", "title", "desc"}
"""Elements whose text is part of the picture."""
GEOMETRY = """d x y x1 y1 x2 y2 dx dy cx cy r rx ry fx fy fr width height points transform offset
    viewBox gradientUnits gradientTransform spreadMethod clipPathUnits preserveAspectRatio"""
PAINT = """fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap
    stroke-linejoin stroke-miterlimit stroke-dasharray stroke-dashoffset opacity color stop-color
    stop-opacity clip-path clip-rule display visibility font-size font-weight text-anchor"""
SHAPING, PAINTING = frozenset(GEOMETRY.split()), frozenset(PAINT.split())
REFERENCE = re.compile(r"url\(\s*(['\"]?)#([\w.-]+)\1\s*\)")
PREFIX = "picture-"
NUMBER = re.compile(r"[\s,]+")
SIDE = re.compile(r"\s*(\d+(?:\.\d*)?)\s*(?:px)?\s*")


def clean_svg(data: bytes, where: str = "picture") -> tuple[bytes, int, int]:
    """The same picture without anything but the picture, and its width and height in its units.

    Raises PictureError for what is no SVG, too large, or dangerous.
    """
    if len(data) > MAX_BYTES:
        what = f"The drawing is too large: {len(data):,} bytes, where {MAX_BYTES:,} are allowed"
        raise PictureError(what, where=where, repair="Simplify it, or save it as PNG.")
    writer = _Writer(where)
    try:
        writer.parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # the latter: odd encodings
        what = f"The drawing is not well-formed XML: {error}"
        raise PictureError(
            what, where=where, repair="Save it again in a drawing program."
        ) from None
    return "".join(writer.out).encode(), *writer.size


@dataclass
class _Writer:
    """Writes what may stay while the parser reads; `skipped` counts open elements left out."""

    where: str
    out: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    skipped: int = 0
    elements: int = 0
    size: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _refuse(self, what: str, repair: str = "Remove it, or save the drawing as PNG.") -> None:
        place = f"{self.where}, line {self.parser.CurrentLineNumber}"
        raise PictureError(what, where=place, repair=repair)

    def _doctype(self, *_: object) -> None:
        self._refuse("The drawing declares a document type, with which entities can be made")

    def _start(self, full: str, attributes: dict[str, str]) -> None:
        name = self._known(full)
        self._within_bounds()
        kept = self._attributes(name, attributes)
        if not self.open:
            kept = self._root(name, attributes, kept)
        if self.skipped or name not in KEPT:
            self.skipped += 1
            return
        self.open.append(name)
        self.out.append(f"<{name}{''.join(f' {key}={quoteattr(v)}' for key, v in kept.items())}>")

    def _known(self, full: str) -> str:
        """The element's own name, empty for one of another namespace."""
        space, _, name = full.rpartition(" ")
        if name in REFUSED:
            self._refuse(f"The drawing holds {REFUSED[name]} (<{name}>)")
        return name if space == SVG else ""

    def _within_bounds(self) -> None:
        self.elements += 1
        depth = len(self.open) + self.skipped
        if self.elements > MAX_ELEMENTS or depth > MAX_DEPTH:
            found = f"more than {MAX_ELEMENTS:,} parts, or parts more than {MAX_DEPTH} deep"
            self._refuse(f"The drawing has {found}", "Simplify it, or save it as PNG.")

    def _root(self, name: str, given: dict[str, str], kept: dict[str, str]) -> dict[str, str]:
        """The outermost element: its size becomes a view box, so that the page may scale it."""
        if name != "svg":
            self._refuse("This XML is no SVG drawing", "Use PNG, JPEG, WebP or SVG.")
        sides = [SIDE.fullmatch(given.get(side, "")) for side in ("width", "height")]
        box = given.get("viewBox") or " ".join(["0 0", *(side[1] for side in sides if side)])
        try:
            numbers = [float(number) for number in NUMBER.split(box.strip())]
            width, height = (round(side) for side in numbers[2:])
        except (ValueError, OverflowError):
            width = height = 0
        if width < 1 or height < 1:
            self._refuse("The drawing does not say how large it is", "Give it a viewBox.")
        self.size = (width, height)
        rest = {key: value for key, value in kept.items() if key not in ("width", "height", "id")}
        return {"xmlns": SVG, **rest, "viewBox": box}

    def _attributes(self, name: str, given: dict[str, str]) -> dict[str, str]:
        """Those that may stay, the declarations of `style` among them."""
        kept: dict[str, str] = {}
        for full, value in given.items():
            space, _, key = full.rpartition(" ")
            if key.lower().startswith("on"):
                self._refuse(f"The drawing holds a script ({key} of <{name}>)")
            if key == "href":
                kept |= self._link(name, value)
            elif space:
                continue  # an editor's own
            elif key == "style":
                kept |= self._styles(value)
            elif key == "id":
                kept["id"] = PREFIX + value
            elif key in SHAPING | PAINTING:
                kept |= self._painted(key, value)
        return kept

    def _link(self, name: str, value: str) -> dict[str, str]:
        """Gradients may take their colours from others of the same drawing."""
        if not value.strip().startswith("#"):
            self._refuse(f"The drawing points to something outside of it (href of <{name}>)")
        return {"href": f"#{PREFIX}{value.strip()[1:]}"} if name in GRADIENTS else {}

    def _styles(self, value: str) -> dict[str, str]:
        kept: dict[str, str] = {}
        for declaration in value.split(";"):
            key, _, said = declaration.partition(":")
            kept |= self._painted(key.strip(), said.strip())
        return {key: said for key, said in kept.items() if key in PAINTING}

    def _painted(self, key: str, value: str) -> dict[str, str]:
        """One attribute, with what it refers to under its new name."""
        local = REFERENCE.sub(lambda found: f"url(#{PREFIX}{found[2]})", value)
        outside = re.sub(rf"url\(#{PREFIX}[\w.-]+\)", "", local)
        if re.search(r"url\s*\(|[\\@]|/\*|image\s*\(|javascript:|data:", outside, re.IGNORECASE):
            self._refuse(f"The drawing points to something outside of it ({key})")
        nested = key == "clip-path" and "clipPath" in self.open  # which may nest without end
        return {} if nested else {key: local}

    def _text(self, text: str) -> None:
        if not self.skipped and self.open and self.open[-1] in WRITTEN:
            self.out.append(escape(text))

    def _end(self, _: str) -> None:
        if self.skipped:
            self.skipped -= 1
        else:
            self.out.append(f"</{self.open.pop()}>")
