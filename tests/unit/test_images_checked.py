"""Pictures of others: what is kept of good ones, and what is said of bad ones."""

from __future__ import annotations

import io
import random
import struct
import zlib
from xml.etree import ElementTree

import pytest
from PIL import Image

from companion.errors import PictureError
from companion.images import portrait, safe_picture

OPEN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '


def svg(inside: str, attributes: str = 'viewBox="0 0 10 20"') -> bytes:
    return f"{OPEN}{attributes}>{inside}</svg>".encode()


def cleaned(inside: str) -> str:
    text = safe_picture(svg(inside)).data.decode()
    return text.partition(">")[2].removesuffix("</svg>")


def encoded(kind: str, size: tuple[int, int] = (30, 20), **more: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, kind, **more)
    return file.getvalue()


# ---- pictures made of pixels -----------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_drawn_anew(kind: str) -> None:
    picture = safe_picture(encoded(kind))
    assert (picture.media_type, picture.width, picture.height) == ("image/webp", 30, 20)
    seen = Image.open(io.BytesIO(picture.data)).convert("RGB").getpixel((15, 10))
    assert seen == pytest.approx((0, 128, 128), abs=6)
    assert picture.data_url().startswith("data:image/webp;base64,")


def test_what_is_hidden_beside_the_picture_is_gone() -> None:
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    data = encoded("JPEG", exif=exif) + b"<script>alert(1)</script>"
    assert b"where I live" in data
    kept = safe_picture(data).data
    assert b"where I live" not in kept
    assert b"script" not in kept


def test_a_picture_lies_as_its_camera_was_held() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    picture = safe_picture(encoded("JPEG", exif=exif))
    assert (picture.width, picture.height) == (20, 30)


def test_a_large_picture_is_made_smaller() -> None:
    picture = safe_picture(encoded("PNG", (3000, 1500)))
    assert (picture.width, picture.height) == (1024, 512)


def header(width: int, height: int) -> bytes:
    """A PNG that says it is so large, and holds next to nothing."""
    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", size), (b"IDAT", zlib.compress(b"\0" * 99)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("side", [(20_000, 20_000), (20_000, 10), (10, 4097), (2**31 - 1, 1)])
def test_a_picture_that_is_too_large_is_refused_before_it_is_decoded(side: tuple[int, int]) -> None:
    with pytest.raises(PictureError, match=r"too large.*4096 a side.*card\.png.*smaller"):
        safe_picture(header(*side), "card.png")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"hello", "PNG, JPEG, WebP or SVG"),
        (b"GIF89a" + b"\0" * 40, "PNG, JPEG, WebP or SVG"),
        (b"%PDF-1.7", "PNG, JPEG, WebP or SVG"),
        (encoded("PNG")[:60], "broken|PNG, JPEG"),
        (encoded("JPEG")[:300], "broken"),
        (header(30, 20), "broken"),
        (b"\0" * 9_000_000, "9.0 MB, where 8 MB"),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(PictureError, match=said):
        safe_picture(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_spoilt_file_is_a_picture_or_an_error_of_ours(kind: str) -> None:
    draw = random.Random(kind)
    whole = encoded(kind)
    for _ in range(300):
        spoilt = bytearray(whole[: draw.randint(1, len(whole))])
        for _ in range(draw.randint(1, 8)):
            spoilt[draw.randrange(len(spoilt))] = draw.randrange(256)
        try:
            picture = safe_picture(bytes(spoilt))
        except PictureError:
            continue
        assert 0 < max(picture.width, picture.height) <= 1024


# ---- drawings --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ("<script>alert(1)</script>", "a script"),
        ("<g><SCRIPT xmlns=''/></g>".lower(), "a script"),
        ("<metadata><script/></metadata>", "a script"),
        ('<rect onload="x"/>', "onload"),
        ('<rect OnClick="x"/>', "OnClick"),
        ("<foreignObject><body/></foreignObject>", "web page"),
        ('<image href="https://a.example/x.png"/>', "another picture"),
        ('<a xlink:href="javascript:x"><rect/></a>', "outside"),
        ('<linearGradient href="other.svg#a"/>', "outside"),
        ('<rect fill="url(https://a.example/#b)"/>', "outside"),
        ('<rect style="fill:red;background:url(//a.example)"/>', "outside"),
        (r'<rect style="fill:u\72l(//a.example)"/>', "outside"),
        ('<rect style="fill:u/**/rl(//a.example)"/>', "outside"),
        ('<rect fill="&#117;rl(//a.example)"/>', "outside"),
        ("<style>@import url(//a.example)</style>", "style sheet"),
        ('<set attributeName="href" to="x"/>', "animation"),
        ('<animate attributeName="href"/>', "animation"),
        ('<use href="#a"/>', "copies of itself"),
        ("<pattern/>", "copies of itself"),
        ("<g>" * 80 + "</g>" * 80, "deep"),
        ("<g/>" * 6000, "5,000 parts"),
        ("<g>", "not well-formed"),
        ("&nbsp;", "not well-formed"),
    ],
)
def test_a_drawing_that_is_more_than_a_drawing_is_refused(inside: str, said: str) -> None:
    with pytest.raises(PictureError, match=said):
        safe_picture(svg(inside))


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_drawing_that_declares_entities_is_refused(head: str, encoding: str) -> None:
    data = f"{head}{svg('<title>&b;</title>').decode()}".encode(encoding)
    with pytest.raises(PictureError, match="document type"):
        safe_picture(data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<html/>", "no SVG drawing"),
        (svg("", ""), "how large"),
        (svg("", 'viewBox="0 0 nan inf"'), "how large"),
        (svg("", 'viewBox="0 0 10"'), "how large"),
        (svg("", 'width="100%" height="100%"'), "how large"),
        (svg(" " * 600_000), "500,000"),
    ],
)
def test_what_is_no_drawing_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(PictureError, match=said):
        safe_picture(data)


def test_an_error_says_where_and_what_mends_it() -> None:
    with pytest.raises(PictureError) as caught:
        safe_picture(svg("\n\n<script/>"), "card.svg")
    assert str(caught.value) == (
        "The drawing holds a script (<script>) (card.svg, line 3). "
        "Remove it, or save the drawing as PNG."
    )


def test_what_is_only_unknown_is_left_out() -> None:
    noted = (
        '<i:note xmlns:i="urn:i"><path d="M0 0"/></i:note><filter/><path d="M1 1" class="x" i="y"/>'
    )
    assert cleaned(noted) == '<path d="M1 1"></path>'
    assert cleaned("<title>a &lt;b&gt; &amp; c</title>") == "<title>a &lt;b&gt; &amp; c</title>"
    assert cleaned("text<g>more</g><!-- note --><?php x?>") == "<g></g>"
    assert cleaned('<rect xmlns:i="urn:i" i:x="1" x="2"/>') == '<rect x="2"></rect>'


def test_declarations_become_attributes_and_ids_cannot_meet_the_pages_own() -> None:
    drawn = cleaned(
        '<clipPath id="message"><path clip-path="url(#message)"/></clipPath>'
        "<path clip-path=\"url('#message')\" style='fill: url(#g); position: fixed; stroke:red'/>"
    )
    assert drawn == (
        '<clipPath id="picture-message"><path></path></clipPath>'
        '<path clip-path="url(#picture-message)" fill="url(#picture-g)" stroke="red"></path>'
    )


def test_size_becomes_a_view_box() -> None:
    picture = safe_picture(svg("<rect/>", 'width="300px" height="20000" id="page"'))
    root = ElementTree.fromstring(picture.data.decode())
    assert (picture.width, picture.height) == (300, 20000)
    assert root.attrib == {"viewBox": "0 0 300 20000"}


def test_what_is_cleaned_is_clean() -> None:
    once = safe_picture(portrait("Ada").encode()).data
    tags = {one.tag.partition("}")[2] for one in ElementTree.fromstring(once.decode()).iter()}
    assert tags <= {"svg", "g", "defs", "path", "circle", "ellipse", "rect", "stop"} | {
        "clipPath",
        "radialGradient",
    }


PIECES = [
    *(
        "<",
        ">",
        "/>",
        "</",
        '"',
        "'",
        "&",
        ";",
        "#",
        "url(",
        ")",
        "javascript:",
        "\\",
        "]]>",
        "<![CDATA[",
    ),
    *("script", "svg", "g", "rect", "use", "image", "style", "foreignObject", "a", "text", "title"),
    *(' href="#a"', ' xlink:href="x"', ' onload="x"', ' fill="red"', ' style="fill:red"', " x='1'"),
    *("<g>", "</g>", "<rect/>", "<text>", "</text>", "<!--", "-->", "<?x", "?>", "&lt;", "&#60;"),
    *(
        ' xmlns="http://www.w3.org/1999/xhtml"',
        ' xmlns:a="http://www.w3.org/2000/svg"',
        "<a:script/>",
    ),
]


def test_whatever_is_written_comes_out_harmless_or_not_at_all() -> None:
    draw, kept = random.Random(6), 0
    for _ in range(20_000):
        inside = "".join(draw.choices(PIECES, k=draw.randint(1, 6)))
        try:
            out = safe_picture(svg(inside)).data.decode()
        except PictureError:
            continue
        kept += 1
        for one in ElementTree.fromstring(out).iter():
            assert one.tag.startswith("{http://www.w3.org/2000/svg}"), out
            assert one.tag.partition("}")[2] in {"svg", "g", "rect", "text", "title"}, out
            assert all(not key.startswith("on") and "href" not in key for key in one.attrib), out
    assert kept > 500
