"""Where sentences end, in whole texts and in texts that are still being written."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from companion.speech.sentences import LONGEST, Cutter, split

WHOLE = [
    "M. Dupont arrive.",
    "Dr. Smith and Mr. Jones are here.",
    "It is 3.14 or 3,14 or 1,200.50.",
    "The U.S. Senate is in Washington, D.C. today.",
    "J. R. R. Tolkien wrote it.",
    "Use fruit, e.g. apples, i.e. the red ones.",
    "Apples, pears, etc. are fruit.",
    "See No. 5 on page 3.",
    "Well... maybe not.",
    "« Bonjour ! Ça va ? » dit-il.",
    "« C'est vrai… » murmura-t-elle.",
    '"Really?" she asked.',
    "He said (it was late.) and left.",
    "Visit example.org or write to a.b@c.org now.",
    "Version 3.11.2 is out.",
    "*smiles. and waves*",
    "```\nx = 1. y = 2.\n\nz = 3.\n```",
    "Il est 14h30 env. à Paris.",
    "Marie Curie, p. ex. en France.",
    "a line that goes on\nin the next one",
    "1. Wash the apples",
    "J.-P. Sartre l'écrit.",
]
CUT = {
    "Hello. How are you? Fine!": ["Hello. ", "How are you? ", "Fine!"],
    "So do I. Yes.": ["So do I. ", "Yes."],
    "In 1984. Then.": ["In 1984. ", "Then."],
    "No. I will not.": ["No. ", "I will not."],
    'He said "Go." Then he left.': ['He said "Go." ', "Then he left."],
    "Bonjour ! Ça va ?": ["Bonjour ! ", "Ça va ?"],
    "Fruit, etc. Then bread.": ["Fruit, etc. ", "Then bread."],
    "Wait... What?": ["Wait... ", "What?"],
    "- one\n- two": ["- one\n", "- two"],
    "# Title\n\nText.": ["# Title\n", "\nText."],
    "Look:\n```\na. b\n```\nDone.": ["Look:\n```\na. b\n```\n", "Done."],
    "Really?! Yes…": ["Really?! ", "Yes…"],
}
LETTERS = [
    "a",
    "b ",
    "I",
    "M",
    "e.g",
    " ",
    "\n",
    ".",
    "!",
    "?",
    "…",
    '"',
    "»",
    "« ",
    "*",
    "`",
    ",",
    "3",
]


@pytest.mark.parametrize("text", WHOLE)
def test_what_is_one_sentence_stays_whole(text: str) -> None:
    assert split(text) == [text]


@pytest.mark.parametrize("text", CUT)
def test_what_is_several_is_cut(text: str) -> None:
    assert split(text) == CUT[text]


def _texts() -> list[str]:
    """Real prose and noise: this project's pages, and random strings of what is hard to cut."""
    root = Path(__file__).parents[2]
    pages = [(root / name).read_text("utf-8") for name in ("README.fr.md", "ARCHITECTURE.md")]
    chance = random.Random(6)
    noise = ["".join(chance.choices(LETTERS, k=chance.randint(1, 400))) for _ in range(300)]
    return [*WHOLE, *CUT, *pages, *noise, "a" * 2000, "word " * 500]


def test_the_pieces_joined_are_the_text() -> None:
    assert [text for text in _texts() if "".join(split(text)) != text] == []


def test_it_does_not_matter_how_a_text_arrives() -> None:
    chance = random.Random(7)
    for text in _texts():
        for early in (False, True):
            whole, pieces, at = Cutter(early), Cutter(early), 0
            cut = []
            while at < len(text):
                end = at + chance.randint(1, 12)
                cut += pieces.feed(text[at:end])
                at = end
            assert (cut, pieces.rest()) == (whole.feed(text), whole.rest())


def test_no_piece_is_longer_than_the_longest_unless_nobody_reads_it() -> None:
    for text in _texts():
        assert all(len(piece) <= LONGEST or "```" in piece for piece in split(text))


def test_a_sentence_comes_with_the_space_behind_it() -> None:
    cutter = Cutter()
    assert cutter.feed("I am well.") == []
    assert cutter.feed(" ") == ["I am well. "]
    assert cutter.feed("And y") == []
    assert cutter.rest() == "And y"


def test_early_the_first_piece_may_be_a_clause() -> None:
    cutter = Cutter(early=True)
    assert cutter.feed("Oh, I see what you mean, and I agree, too. So, yes, well") == [
        "Oh, I see what you mean, ",
        "and I agree, too. ",
    ]


def test_a_long_listing_is_taken_in_at_once() -> None:
    """Each line is looked at once: thousands of lines in small pieces take no minutes."""
    cutter = Cutter()
    for _ in range(3_000):
        assert cutter.feed("```"[: 3 * (not cutter._text)] + "x = 1. y\n") == []
    assert cutter.feed("```\nDone. ") != []
