"""The exam judges as its page says: right replies pass, and each kind of wrong one is named."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from companion.config import load
from companion.embeddings import minilm
from companion.training import exam, grammar
from companion.training.corpora import shipped
from companion.training.talking import Said


def verdict(replies: list[str], language: str = "en", ended: bool = True) -> exam.Verdict:
    """One conversation about a garden, with these replies, beside others about other things."""
    garden = exam.Conversation(
        "hobby",
        (
            exam.Turn("I planted tomatoes in my garden.", topic=True),
            exam.Turn("What is my name?", expect=("beatrix",), avoid=("nora",)),
        ),
        "fr" if language == "fr" else "en",
    )
    others = [
        exam.Conversation("other", (exam.Turn(said, topic=True),))
        for said in ("I play chess.", "The train was late.", "My tooth hurts.", "We saw a film.")
    ]
    answers = ["Chess is fun.", "Late trains are annoying.", "See a dentist.", "Which film was it?"]
    talks = [[Said(reply, ended) for reply in replies], *([Said(one, True)] for one in answers)]
    return exam.judge([garden, *others], talks, minilm())[0]


@pytest.mark.parametrize("name", exam.EXAMS)
def test_the_exam_has_thirty_kinds_twice_and_fifteen_in_french(name: str) -> None:
    held = exam.conversations(name)
    assert len(held) == 60
    assert set(Counter(one.kind for one in held).values()) == {2}
    assert sum(one.language == "fr" for one in held) == 15
    assert all(turn.expect or turn.topic for one in held for turn in one.turns[:1])


def test_the_second_exam_asks_for_the_same_skills_in_other_words() -> None:
    first, second = map(exam.conversations, exam.EXAMS)
    assert [(one.kind, one.language) for one in second] == [
        (one.kind, one.language) for one in first
    ]
    said = {exam.plain(turn.say) for one in first for turn in one.turns}
    assert said.isdisjoint(exam.plain(turn.say) for one in second for turn in one.turns)


def test_no_conversation_of_the_exams_is_trained_on() -> None:
    held = [one for name in exam.EXAMS for one in exam.conversations(name)]
    asked = {exam.plain(turn.say) for one in held for turn in one.turns}
    long = {said for said in asked if len(said.split()) > 4}
    talks = [talk for one in shipped() for talk in one.conversations]
    for language in ("en", "fr"):
        talks += grammar.conversations(language, 3000, seed=9)
    assert [said for talk in talks for said in map(exam.plain, talk.turns) if said in long] == []


def test_good_replies_pass() -> None:
    good = verdict(["Tomatoes are lovely in a garden. Do they grow well?", "You are Beatrix."])
    assert good.passed, good.faults


@pytest.mark.parametrize(
    ("replies", "fault"),
    [
        (["Tomatoes need sun in a garden.", "I do not know."], "turn 2: has none of beatrix"),
        (["Tomatoes need sun in a garden.", "Beatrix, or is it Nora?"], "turn 2: has nora"),
        (["Late trains are annoying.", "Beatrix."], "off topic"),
        (["Tomatoes! My wife loves her garden.", "Beatrix."], "turn 1: claims to be human"),
        (["Tomatoes in a garden. " * 4, "Beatrix."], "turn 1: repeats itself"),
        (["Les tomates du jardin, c'est bon et tu es la.", "Beatrix."], "is not in English"),
        (["", "Beatrix."], "turn 1: says nothing"),
    ],
)
def test_each_fault_is_found(replies: list[str], fault: str) -> None:
    faults = verdict(replies).faults
    assert any(re.search(re.escape(fault), one) for one in faults), faults


def test_a_reply_without_its_end_fails() -> None:
    cut = verdict(["Tomatoes are lovely in a garden.", "Beatrix."], ended=False)
    assert "turn 1: does not end its turn" in cut.faults


def test_the_system_prompt_names_companion_and_user() -> None:
    known = exam.Conversation("known_user", (), companion="Nora", user="Ottilie")
    assert known.system.startswith("You are Nora, a friendly virtual companion.")
    assert known.system.endswith("The user's name is Ottilie.")


def test_the_exam_is_held_under_the_prompt_that_the_product_uses() -> None:
    persona = load().persona
    for language, prompt in exam.PROMPTS.items():
        assert prompt.format(companion=persona.name) == persona.about[language]
