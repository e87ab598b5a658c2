"""Mouths on a time axis, and the pages that show them."""

from __future__ import annotations

import html
import json
import re
from xml.etree import ElementTree

import pytest

from companion.avatar import framed, frames, joined, player, rig, shape_at, strip
from companion.errors import SpeechError
from companion.images import portrait
from companion.types import Audio, Speech, SpokenWord, Viseme

HALF = Speech(
    Audio(b"\1\0" * 500, 1000), (SpokenWord("hi", 0.1),), (Viseme("D", 0.1), Viseme("X", 0.4))
)


def test_stretches_become_one() -> None:
    whole = joined([HALF, HALF])
    assert len(whole.audio.pcm) == 2000
    assert [word.start for word in whole.words] == pytest.approx([0.1, 0.6])
    assert [(one.shape, round(one.start, 6)) for one in whole.visemes] == [
        ("D", 0.1),
        ("X", 0.4),
        ("D", 0.6),
        ("X", 0.9),
    ]


def test_stretches_that_cannot_be_joined() -> None:
    with pytest.raises(SpeechError, match=r"1000, 16000"):
        joined([HALF, Speech(Audio(b"", 16_000))])
    with pytest.raises(SpeechError, match="No speech"):
        joined([])


def test_the_mouth_of_a_moment() -> None:
    moments = (0, 0.0999, 0.1, 0.3999, 0.4, 9)
    assert [shape_at(HALF.visemes, second) for second in moments] == list("XXDDXX")
    assert shape_at((), 1) == "X"
    both = (Viseme("A", 0.2), Viseme("B", 0.2))
    assert shape_at(both, 0.2) == "B"


def test_frames_are_as_many_as_the_film_has() -> None:
    assert frames(HALF.visemes, 0.5, 10) == list("XDDDX")
    assert frames((), 0, 25) == []


def test_the_player_holds_all_it_needs() -> None:
    page = player(portrait("Ada"), b"RIFF", HALF.visemes, mood="happy", side=200)
    assert "{{" not in page
    assert rig() in page
    assert json.dumps([["D", 0.1], ["X", 0.4]]) in page
    assert not re.search(r"https?://(?!www\.w3\.org)", page)


def test_a_page_in_a_frame_comes_out_as_it_went_in() -> None:
    page = "<p title=\"a\">&amp; 'b'</p>"
    inner = re.search(r'srcdoc="([^"]*)"', framed(page))
    assert inner
    assert html.unescape(inner[1]) == page


def test_a_strip_is_one_drawing_in_rows() -> None:
    faces = [portrait("Ada", shape="A", rig=False)] * 11
    root = ElementTree.fromstring(strip(faces, [f"<{n}>" for n in range(11)], side=100))
    assert (root.get("width"), root.get("height")) == ("900", "236")
    places = [(one.get("x"), one.get("y")) for one in root if one.tag.endswith("}svg")]
    assert places[0] == ("0", "0")
    assert places[10] == ("100", "118")
    assert [one.text for one in root if one.tag.endswith("}text")][10] == "<10>"
