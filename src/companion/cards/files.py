"""Cards in files: finding, reading and writing them."""

from __future__ import annotations

import base64
import binascii
import difflib
import json
from pathlib import Path
from typing import Any, Literal, NoReturn

from companion.cards import png
from companion.cards.card import Card, lifted
from companion.cards.checks import check, finite
from companion.errors import CardError

MAX_BYTES = 8_000_000
"""A larger file is refused unread."""
NOTE = (
    "This character card is Character Card V3, but it is loaded as a Character Card V2. Please use "
    "a Character Card V3 compatible application to use this character card properly."
)
"""What the specification of V3 asks for in the notes of a V2 card that is there for old readers."""


def read(content: bytes, where: str = "card", *, ours: bool = False) -> Card:
    """The card in a file's content: JSON, or a PNG with the chunk `ccv3` or else `chara`.

    `where` names the file in errors. Raises CardError for what is no card, broken or too large.
    """
    if len(content) > MAX_BYTES:
        what = f"The file has {len(content):,} bytes; at most {MAX_BYTES:,} are read"
        raise CardError(what, where=where, repair="Make its picture smaller.")
    if content.startswith(png.SIGNATURE):
        content = _embedded(content, where)
    elif content.startswith((b"PK\x03\x04", b"\xff\xd8", b"RIFF")):
        what = "A card is read from JSON or PNG, and this is a zip (CHARX), JPEG or WebP"
        raise CardError(what, where=where, repair="Export it as PNG or JSON.")
    return Card(lifted(check(_parsed(content, where), where)), where, ours)


def found(name: str, folder: Path) -> Card:
    """The card of that name in `folder`, which is ours, or the one in the file that `name` is.

    Raises CardError for a name that is neither, with those that are near.
    """
    file = folder / f"{name}.json"
    known = names(folder)
    if name not in known:
        file = Path(name).expanduser()
        if file.suffix.lower() not in (".json", ".png") or not file.is_file():
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}? " if near else ""
            repair = f"{hint}Use one of: {', '.join(known)}, or a file that is JSON or PNG."
            raise CardError(f"There is no card named {name!r}", where=str(folder), repair=repair)
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise CardError(f"The card cannot be read: {error}", where=str(file)) from None
    return read(content, str(file), ours=name in known)


def names(folder: Path) -> list[str]:
    """The names of the cards in `folder`."""
    return sorted(file.stem for file in folder.glob("*.json"))


def to_json(card: Card, version: Literal[2, 3] = 3) -> bytes:
    """The card as a JSON file in UTF-8."""
    return json.dumps(card.version(version), indent=2, ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )


def to_png(card: Card, picture: bytes) -> bytes:
    """`picture`, a PNG, with the card in it: `ccv3`, and `chara` for readers of V2 alone.

    Raises CardError for a picture that is no whole PNG.
    """
    old = card.version(2)
    notes = old["data"].get("creator_notes") or ""
    old["data"]["creator_notes"] = f"{NOTE}\n\n{notes}".strip()
    held = {"chara": _encoded(old), "ccv3": _encoded(card.version(3))}
    return png.with_texts(picture, held, card.where or "picture")


def _embedded(content: bytes, where: str) -> bytes:
    """The JSON in a PNG: V3's where there are both."""
    texts = png.texts(content, where)
    keyword = next((one for one in ("ccv3", "chara") if one in texts), None)
    if keyword is None:
        repair = "Choose the original file: pictures that were shown on a page often lose it."
        raise CardError("There is no card in this picture", where=where, repair=repair)
    try:
        return base64.b64decode(b"".join(texts[keyword].split()), validate=True)
    except binascii.Error:
        what = f"The card in this picture ({keyword}) is not base64"
        raise CardError(what, where=where, repair="Export it again.") from None


def _parsed(content: bytes, where: str) -> object:
    """The JSON, of which NaN, infinities and endless nesting are no part."""
    try:
        text = content.decode("utf-8-sig")
        return json.loads(text, parse_float=finite, parse_constant=_no_number)
    except RecursionError:
        what, why = "The card's JSON is nested too deeply", ""
    except ValueError as error:  # and its children, for encoding and syntax
        what, why = "The card is not valid JSON", f": {str(error)[:120]}"
    repair = "Save it again in the program that made it."
    raise CardError(f"{what}{why}", where=where, repair=repair)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


def _encoded(document: dict[str, Any]) -> bytes:
    return base64.b64encode(json.dumps(document, ensure_ascii=True).encode("ascii"))
