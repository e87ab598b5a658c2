"""Cards that come from elsewhere and go there again, with their pictures made safe."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from companion import cards
from companion.errors import CardError, MissingExtra

if TYPE_CHECKING:
    from companion.images import Picture


@dataclass(frozen=True, slots=True)
class Imported:
    """A card from elsewhere, and its picture, safe to show; None for a card without one."""

    card: cards.Card
    picture: Picture | None


def import_card(content: bytes, where: str = "card") -> Imported:
    """The card in an uploaded file, JSON or PNG; `where` names the file in errors.

    Raises CardError for a broken card, PictureError for a picture that cannot be shown, and, for a
    PNG without Pillow, MissingExtra.
    """
    from companion.images import safe_picture

    card = cards.read(content, where)
    is_png = content.startswith(b"\x89PNG")
    return Imported(card, safe_picture(content, where) if is_png else None)


def export_json(card: cards.Card, version: Literal[2, 3] = 3) -> bytes:
    """The card as a JSON file of this version of the format; no key is lost."""
    return cards.to_json(card, version)


def export_png(card: cards.Card, picture: bytes) -> bytes:
    """The card in a picture, which may be PNG, JPEG or WebP, as a PNG that others read too.

    Raises PictureError for a picture that cannot be shown or is an SVG, which the page must have
    turned into a PNG, MissingExtra without Pillow.
    """
    from companion.images import safe_picture

    safe = safe_picture(picture)
    if safe.media_type == "image/svg+xml":
        repair = "Give it as PNG; a browser can draw an SVG on a canvas."
        raise CardError("A card cannot be put in an SVG", where=card.where, repair=repair)
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtra("Pillow", "images") from None
    drawn = io.BytesIO()
    Image.open(io.BytesIO(safe.data)).save(drawn, "PNG")
    return cards.to_png(card, drawn.getvalue())
