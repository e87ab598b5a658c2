"""Texts in a PNG: reading and writing the chunks that hold a card (ISO/IEC 15948, 5.3 and 11.3.3).

A chunk is its length (4 bytes, big-endian), its type (4 letters), its data, and the CRC of the
type and data.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from companion.errors import CardError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TEXT_TYPES = (b"tEXt", b"zTXt", b"iTXt")
LARGEST_TEXT = 16_000_000
"""Bytes that a compressed text may unpack to."""


class Chunk(NamedTuple):
    """One chunk, and the bytes that it is in the file."""

    type: bytes
    data: bytes
    raw: bytes


def texts(png: bytes, where: str) -> dict[str, bytes]:
    """The texts of a PNG by their keyword in small letters; of two alike, the first.

    Raises CardError where a chunk is cut off, lies about its length, or is damaged.
    """
    kept: dict[str, bytes] = {}
    for chunk in chunks(png, where):
        if chunk.type in TEXT_TYPES:
            keyword, text = _text(chunk, where)
            kept.setdefault(keyword.lower(), text)
    return kept


def with_texts(png: bytes, new: Mapping[str, bytes], where: str) -> bytes:
    """The same picture with these texts as tEXt chunks, in place of those of the same keyword.

    Keywords and texts are Latin-1, as base64 is. Raises CardError for what is no whole PNG.
    """
    parts = [SIGNATURE]
    for chunk in chunks(png, where):
        if chunk.type == b"IEND":
            parts += [
                _made(b"tEXt", key.encode("latin-1") + b"\0" + text) for key, text in new.items()
            ]
        same = chunk.type in TEXT_TYPES and _text(chunk, where)[0].lower() in new
        if not same:
            parts.append(chunk.raw)
    return b"".join(parts)


def chunks(png: bytes, where: str) -> Iterator[Chunk]:
    """The chunks of a PNG until its end; what stands behind IEND is not looked at."""
    if not png.startswith(SIGNATURE):
        raise CardError("This is no PNG", where=where, repair="Choose a PNG.")
    at, chunk = len(SIGNATURE), None
    while chunk is None or chunk.type != b"IEND":
        if at + 12 > len(png):
            raise _damaged("it ends in the middle of a chunk", where)
        length, kind = struct.unpack_from(">I4s", png, at)
        if at + 12 + length > len(png):
            raise _damaged(
                f"a chunk says that it is {length:,} bytes long, which is more than there are",
                where,
            )
        chunk = Chunk(kind, png[at + 8 : at + 8 + length], png[at : at + 12 + length])
        if kind in TEXT_TYPES and chunk.raw[-4:] != _crc(kind, chunk.data):
            raise _damaged("the checksum of a text in it is wrong", where)
        yield chunk
        at += 12 + length


def _text(chunk: Chunk, where: str) -> tuple[str, bytes]:
    """Keyword and text of a text chunk, unpacked where it is compressed."""
    keyword, _, rest = chunk.data.partition(b"\0")
    packed = chunk.type == b"zTXt"
    if packed:
        rest = rest[1:]  # the method, of which there is one
    elif chunk.type == b"iTXt":
        packed, rest = (
            rest[:1] == b"\1",
            rest[2:].split(b"\0", 2)[-1],
        )  # language, translated keyword
    return keyword.decode("latin-1"), _unpacked(rest, where) if packed else rest


def _unpacked(data: bytes, where: str) -> bytes:
    """zlib's inverse, bounded, since a few bytes may stand for gigabytes."""
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(data, LARGEST_TEXT)
    except zlib.error:
        raise _damaged("a compressed text in it cannot be unpacked", where) from None
    if not unpacking.eof and not unpacking.unconsumed_tail:
        raise _damaged("a compressed text in it cannot be unpacked to its end", where)
    if unpacking.unconsumed_tail:
        raise _damaged(f"a text in it unpacks to more than {LARGEST_TEXT:,} bytes", where)
    return text


def _made(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + _crc(kind, data)


def _crc(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def _damaged(how: str, where: str) -> CardError:
    repair = "Download or export the card again; programs that shrink pictures break it."
    return CardError(f"The PNG is damaged: {how}", where=where, repair=repair)
