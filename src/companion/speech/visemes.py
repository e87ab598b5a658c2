"""From sounds to mouths: which of the nine shapes a phoneme shows, in English and French.

The shapes are those of Preston Blair ("Animation", 1948) as Rhubarb Lip Sync describes them in its
README (github.com/DanielSWolf/rhubarb-lip-sync): A closed for p b m, B clenched teeth for most
consonants and "ee", C open, D wide open, E slightly rounded, F puckered, G teeth on the lip for f
and v, H the raised tongue of a long l, X at rest. The table below is ours, written from these words
for the International Phonetic Alphabet, which orders vowels by how open and how round the lips are
(International Phonetic Association, chart of 2020). French rounds more of them than English.
"""

# ruff: noqa: RUF001 - the letters of the phonetic alphabet
from __future__ import annotations

from companion.types import MouthShape

SOUNDS: dict[MouthShape, str] = {
    "A": "p b m",
    "B": "t d k ɡ g s z ʃ ʒ n ɲ ŋ ɹ ɾ r ʁ ʔ h j x ç θ ð i ɪ ᵻ ɨ tʃ dʒ",
    "C": "e ɛ æ ɐ ə ʌ eɪ eə ɛ̃",
    "D": "a ɑ ɑ̃ aɪ aʊ aɪə aɪɚ",
    "E": "ɔ ɒ ɜ ɝ ɚ œ œ̃ ɔ̃ ɔɪ",
    "F": "u ʊ o oʊ əʊ ɔʊ y ø w ɥ",
    "G": "f v",
    "H": "l ɫ ʎ əl",
}
"""Each shape, and the phonemes that show it. A diphthong has the shape that it begins with, unless
the lips soon round."""

SHAPES: dict[str, MouthShape] = {
    sound: shape for shape, sounds in SOUNDS.items() for sound in sounds.split()
}
MARKS = str.maketrans("", "", "ˈˌːˑ̩͡-")
"""Stress, length, a syllable without a vowel, a tie: they change the sound and not the mouth."""

UNKNOWN: MouthShape = "B"
"""A mouth that speaks, for sounds of other languages that the table does not know."""


def mouth(phoneme: str) -> MouthShape:
    """The shape of a phoneme in IPA; an empty one is a pause, and the mouth is at rest.

    A sound that is not in the table has the shape of its longest known beginning.
    """
    sound = phoneme.translate(MARKS)
    if not sound:
        return "X"
    beginnings = (sound[:length] for length in range(len(sound), 0, -1))
    return next((SHAPES[one] for one in beginnings if one in SHAPES), UNKNOWN)
