"""Pictures that others bring, such as a card's, made safe to show or refused.

A raster picture is measured before it is decoded, then drawn anew: nothing of the file itself is
kept, neither what is hidden in it nor what a decoder elsewhere might stumble over.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from companion.errors import MissingExtra, PictureError
from companion.images.vector import clean_svg

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_BYTES = 8_000_000
MAX_SIDE = 4096
"""Pixels; a larger picture is refused unread, since unpacking it may fill the memory."""
KEPT_SIDE = 1024
"""Pixels; what is larger is made smaller."""
FORMATS = ("PNG", "JPEG", "WEBP")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is safe to show. `width` and `height` are in pixels, or units of the SVG."""

    media_type: Literal["image/webp", "image/svg+xml"]
    data: bytes
    width: int
    height: int

    def data_url(self) -> str:
        """For the `src` of an image, where the browser runs no script and asks no other host."""
        from base64 import b64encode

        return f"data:{self.media_type};base64,{b64encode(self.data).decode('ascii')}"


def safe_picture(data: bytes, where: str = "picture") -> Picture:
    """The picture in `data`: PNG, JPEG, WebP or SVG, known by its content and not by its name.

    `where` names it in errors. Raises PictureError for what is broken, too large, of another kind,
    or holds more than a picture; MissingExtra without Pillow, for all but SVG.
    """
    if not data:
        raise PictureError("The picture is empty", where=where, repair="Choose another file.")
    if len(data) > MAX_BYTES:
        raise _too_large(f"{len(data) / 1e6:.1f} MB", f"{MAX_BYTES / 1e6:.0f} MB", where)
    if _looks_like_xml(data):
        cleaned, width, height = clean_svg(data, where)
        return Picture("image/svg+xml", cleaned, width, height)
    return _redrawn(data, where)


def _looks_like_xml(data: bytes) -> bool:
    """Whether it begins as XML does, in UTF-8 or, by its mark, in UTF-16."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"\xff\xfe<", b"\xfe\xff\0<"))


def _redrawn(data: bytes, where: str) -> Picture:
    """The first frame, upright, bounded, in WebP, without anything that was written beside it."""
    try:
        from PIL import ImageOps
    except ImportError:
        raise MissingExtra("Pillow", "images") from None
    image = _opened(data, where)
    if max(image.size) > MAX_SIDE:
        raise _too_large(f"{image.width} by {image.height} pixels", f"{MAX_SIDE} a side", where)
    try:
        upright = ImageOps.exif_transpose(image).convert("RGBA")
        upright.thumbnail((KEPT_SIDE, KEPT_SIDE))
    except Exception as error:  # a broken file makes decoders raise nearly anything
        raise _broken(where) from error
    kept = io.BytesIO()
    upright.save(kept, "WEBP", quality=90)
    return Picture("image/webp", kept.getvalue(), upright.width, upright.height)


def _opened(data: bytes, where: str) -> Image:
    """The picture with its size known and its pixels unread."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large pictures, which are refused here anyway
            return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise _too_large("So many pixels", f"{MAX_SIDE} a side", where) from None
    except UnidentifiedImageError:
        what = "This is no picture of a kind that is read here"
        raise PictureError(what, where=where, repair="Use PNG, JPEG, WebP or SVG.") from None
    except Exception as error:  # a broken file makes decoders raise nearly anything
        raise _broken(where) from error


def _too_large(found: str, allowed: str, where: str) -> PictureError:
    what = f"The picture is too large: {found}, where {allowed} are allowed"
    return PictureError(what, where=where, repair="Make it smaller and try again.")


def _broken(where: str) -> PictureError:
    repair = "Save it again in another program, or choose another file."
    return PictureError("The picture is broken and cannot be read", where=where, repair=repair)
