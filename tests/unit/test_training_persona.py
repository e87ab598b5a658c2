"""Conversations in a persona's voice: what is held out is unseen, and marks are what they say."""

from __future__ import annotations

import pytest

from companion.personas import card, system_prompt
from companion.training import persona
from companion.training.corpora import CorpusError

TRAINING = persona.dialogues("storyteller", "training", 150)
HELD_OUT = persona.dialogues("storyteller", "held_out", 60)


def test_no_word_of_the_held_out_ones_is_trained_on() -> None:
    known = " ".join(turn for one in TRAINING for turn in one.turns).lower()
    facts = {fact for one in HELD_OUT for fact in one.facts if fact}
    assert len(facts) > 15
    assert [fact for fact in facts if fact.lower() in known] == []


def test_the_same_seed_gives_the_same_ones_and_none_twice() -> None:
    again = persona.dialogues("storyteller", "held_out", 60)
    assert again == HELD_OUT
    assert len({one.turns for one in HELD_OUT}) == 60
    assert persona.dialogues("storyteller", "held_out", 60, seed=1) != HELD_OUT


def test_the_prompt_is_the_one_that_the_companion_uses() -> None:
    assert {one.system for one in TRAINING} == {system_prompt(card("storyteller"), "en")}
    first, *said = TRAINING[0].messages(2)
    assert first == {"role": "system", "content": TRAINING[0].system}
    assert [one["role"] for one in said] == ["user", "assistant"]


def test_every_reply_that_was_written_has_all_of_its_marks() -> None:
    written = [one.turns[1::2] for one in (*TRAINING, *HELD_OUT)]
    found = persona.fidelity(written, [*TRAINING, *HELD_OUT])
    assert set(found) == {"all", *persona.MARKS}
    assert set(found.values()) == {1.0}


def test_replies_of_another_voice_have_few_of_them() -> None:
    said = [["I like tea. Do you?"] * len(one.marks) for one in HELD_OUT]
    found = persona.fidelity(said, HELD_OUT)
    assert found["all"] == 0.0


@pytest.mark.parametrize(
    ("mark", "said", "has"),
    [
        ("choice", "Do you climb, or do you call?", True),
        ("choice", "Do you climb?", False),
        ("choice", "Climb, or call. Well?", False),
        ("choice", "It is dark or cold.", False),
        ("sense", "It smells of rain.", True),
        ("sense", "I think so.", False),
        ("honest", "No, I'm an AI.", True),
        ("honest", "You said it again.", False),
        ("name", "I am Nour.", True),
        ("name", "I am Lia.", False),
        ("rest", "Of course. Good night.", True),
        ("rest", "Why?", False),
        ("rest", " ", False),
        ("keeps", "The Golden Ticket is yours.", True),
        ("keeps", "The ticket is yours.", False),
    ],
)
def test_a_mark_is_seen_in_the_words(mark: str, said: str, has: bool) -> None:
    assert persona.MARKS[mark](said, "golden ticket", "Nour") is has


def test_a_persona_without_conversations_is_told_of() -> None:
    with pytest.raises(CorpusError, match="Use one of: storyteller"):
        persona.dialogues("nobody", "training", 1)
