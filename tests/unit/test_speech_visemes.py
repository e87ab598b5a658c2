"""Which mouth a sound shows, and that no sound of eSpeak NG is without one."""

# ruff: noqa: RUF001 - the letters of the phonetic alphabet
from __future__ import annotations

from typing import get_args

import pytest

from companion.speech.espeak_process import EspeakProcess, Frame, Request
from companion.speech.visemes import MARKS, SHAPES, mouth
from companion.training import corpora
from companion.types import MouthShape


@pytest.mark.parametrize(
    ("sound", "shape"),
    [
        ("p", "A"),
        ("m", "A"),
        ("t", "B"),
        ("ˈiː", "B"),
        ("ɛ", "C"),
        ("ˈɑː", "D"),
        ("aɪ", "D"),
        ("ɔ̃", "E"),
        ("ˌɜː", "E"),
        ("ˈuː", "F"),
        ("y", "F"),
        ("ˈoʊ", "F"),
        ("f", "G"),
        ("v", "G"),
        ("l", "H"),
        ("", "X"),
        ("ˈ", "X"),
    ],
)
def test_a_sound_has_the_mouth_that_makes_it(sound: str, shape: MouthShape) -> None:
    assert mouth(sound) == shape


def test_every_shape_is_shown_and_no_sound_has_two() -> None:
    assert {*SHAPES.values(), mouth("")} == set(get_args(MouthShape))
    assert mouth("Ж") == "B"
    assert mouth("ɛɹ") == mouth("ɛ")


@pytest.mark.parametrize(("voice", "language"), [("en-us", "en"), ("en", "en"), ("fr", "fr")])
def test_the_table_knows_every_sound_that_the_voices_make(voice: str, language: str) -> None:
    """Of hundreds of sentences of people, each sound stands in the table, or begins with one."""
    said = [
        turn
        for corpus in corpora.shipped()
        for one in corpus.conversations
        if one.language == language
        for turn in one.turns
    ]
    sounds, process = set[str](), EspeakProcess()

    def hear(frame: Frame) -> bool:
        sounds.update(what for kind, _, what in frame.events if kind == "phoneme")
        return True

    step = max(1, len(said) // 150)
    process.speak(Request(" ".join(said[::step][:150]), voice, 440, 50), hear)
    process.close()
    bare = {sound.translate(MARKS) for sound in sounds if not sound.startswith("(")} - {""}
    assert len(bare) > 30
    assert {sound for sound in bare if sound not in SHAPES and sound[0] not in SHAPES} == set()
