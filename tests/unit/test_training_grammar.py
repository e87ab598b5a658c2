"""Scenes of one's own in the grammar."""

from __future__ import annotations

import pytest

from companion.training.corpora import CorpusError
from companion.training.grammar import performed, slots

TURNS = ["[I have|I've got] a {animal}.", "[A {animal}!|Oh, a {animal}!]"]


def test_a_scene_of_ones_own_becomes_conversations_with_one_word_a_slot() -> None:
    talks = [performed({"turns": TURNS}, "en", seed) for seed in range(20)]
    assert len({talk.turns for talk in talks}) > 10
    for talk in talks:
        told = talk.turns[0].lower().rstrip(".!").split(" a ")[1]
        assert f"a {told}!" in talk.turns[1].lower()
        assert talk.system
    assert performed({"turns": TURNS}, "en", 3) == talks[3]


def test_only_known_slots_have_words() -> None:
    assert {"animal", "user", "companion", "dear"} <= set(slots("en"))
    for slot in slots("en"):
        performed({"turns": [f"{{{slot}}}", f"{{{slot.capitalize()}}}"]}, "en")
    with pytest.raises(CorpusError, match=r"no words for \{banjo\}"):
        performed({"turns": ["{Banjo}", "{banjo}"]}, "en")
