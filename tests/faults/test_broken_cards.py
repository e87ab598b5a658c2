"""Broken and hostile cards: each is refused in words that say what is wrong, and where."""

from __future__ import annotations

import base64
import io
import json
import struct
import zlib
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from companion import cards
from companion.errors import CardError, CompanionError
from companion.personas import export_png, import_card

GOOD = {"spec": "chara_card_v2", "spec_version": "2.0", "data": {"name": "Ada"}}


def image() -> bytes:
    """A small picture."""
    made = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(made, "PNG")
    return made.getvalue()


def card_png() -> bytes:
    """A good card in a picture."""
    return cards.to_png(cards.read(json.dumps(GOOD).encode()), image())


def chunk(kind: bytes, data: bytes, length: int | None = None) -> bytes:
    """One chunk, which may lie about its length."""
    size = struct.pack(">I", len(data) if length is None else length)
    return size + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunk(extra: bytes) -> bytes:
    """A picture with one more chunk before its end."""
    return image()[:-12] + extra + image()[-12:]


def text_chunk(text: bytes) -> bytes:
    return with_chunk(chunk(b"tEXt", b"chara\0" + text))


def data(**fields: object) -> bytes:
    """A card with these fields."""
    return json.dumps({**GOOD, "data": {"name": "Ada", **fields}}).encode()


BROKEN: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "not valid JSON"),
    "no JSON": (b"hello", "not valid JSON"),
    "cut off": (b'{"name": "Ada", "desc', "not valid JSON"),
    "not UTF-8": (b'{"name": "\xff"}', "not valid JSON"),
    "a list": (b"[1]", "holds a list"),
    "another object": (b'{"a": 1}', "neither `spec` nor"),
    "an unknown spec": (b'{"spec": "chara_card_v9", "data": {}}', "chara_card_v9"),
    "a spec of a wrong type": (b'{"spec": 3, "data": {}}', "'3'"),
    "no data": (b'{"spec": "chara_card_v3"}', "data must be an object, and is missing"),
    "no name": (b'{"spec": "chara_card_v3", "data": {}}', "data.name must be a text"),
    "an empty name": (data(name=" "), "data.name must be a text"),
    "a number for a text": (data(description=5), "description must be a text, and is a number"),
    "a text for a list": (data(tags="a"), "data.tags must be a list of texts, and is a text"),
    "numbers in a list": (data(alternate_greetings=[1]), "data.alternate_greetings must be a list"),
    "a list for extensions": (data(extensions=[]), "data.extensions must be an object"),
    "a book of texts": (data(character_book={"entries": ["a"]}), r"entries\[0\] must be an object"),
    "a book without keys": (
        data(character_book={"entries": [{"keys": "sea", "content": "c"}]}),
        r"entries\[0\].keys must be a list of texts",
    ),
    "infinity": (b'{"name": "A", "description": "", "x": Infinity}', "Infinity is no number"),
    "a huge number": (b'{"name": "A", "description": "", "x": 1e999}', "is no number"),
    "a hundred levels": (data(extensions={"x": json.loads("[" * 100 + "]" * 100)}), "levels deep"),
    "a million levels": (b'{"name":' + b"[" * 1_000_000, "nested too deeply"),
    "50 MB": (b" " * 50_000_000, "50,000,000 bytes"),
    "a zip": (b"PK\x03\x04", "CHARX"),
    "a picture without a card": (image(), "no card in this picture"),
    "no base64": (text_chunk(b"!!!"), "not base64"),
    "no JSON in base64": (text_chunk(base64.b64encode(b"hello")), "not valid JSON"),
    "a length that lies": (with_chunk(chunk(b"tEXt", b"chara\0", 4_000_000_000)), "4,000,000,000"),
    "a wrong checksum": (with_chunk(chunk(b"tEXt", b"chara\0aa")[:-4] + b"\0\0\0\0"), "checksum"),
    "an end in the middle": (card_png()[:-20], "ends in the middle|more than there are"),
    "a signature alone": (b"\x89PNG\r\n\x1a\n", "ends in the middle"),
    "a text that unpacks to gigabytes": (
        with_chunk(chunk(b"zTXt", b"chara\0\0" + zlib.compress(b"a" * 20_000_000))),
        "unpacks to more than",
    ),
    "a text that does not unpack": (
        with_chunk(chunk(b"zTXt", b"chara\0\0x")),
        "cannot be unpacked",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_it_is_refused_in_words(case: str) -> None:
    content, words = BROKEN[case]
    with pytest.raises(CardError, match=words) as error:
        cards.read(content, "ada.png")
    assert error.value.where == "ada.png"
    assert error.value.repair


def test_a_damaged_png_never_breaks_in_another_way() -> None:
    whole, dice = card_png(), Random(5)
    for _ in range(400):
        damaged = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        try:
            assert import_card(bytes(damaged)).card.name
        except CompanionError:
            continue  # anything else would fail the test


def test_a_card_with_a_picture_that_is_none_is_refused() -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0))
    text = chunk(b"tEXt", b"chara\0" + base64.b64encode(json.dumps(GOOD).encode()))
    huge = b"\x89PNG\r\n\x1a\n" + header + text + chunk(b"IEND", b"")
    with pytest.raises(CompanionError, match="too large"):
        import_card(huge)


def test_a_card_is_not_put_into_what_is_no_picture() -> None:
    card = cards.read(json.dumps(GOOD).encode())
    with pytest.raises(CompanionError):
        export_png(card, b"hello")
    with pytest.raises(CardError, match="SVG"):
        export_png(card, b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')


@pytest.mark.parametrize(
    "name", ["nobody", "../companion", "/etc/hostname", "lia.json", "a\0b", ""]
)
def test_what_names_no_card_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(CardError, match="There is no card named"):
        cards.found(name, tmp_path)
