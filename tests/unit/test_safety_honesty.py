"""The companion says that it is an AI when it is asked, and no model's claim to be human passes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from companion.personas import available, card, greetings, system_prompt
from companion.safety import asks_if_human, claims_to_be_human
from companion.safety.replies import written
from companion.training import exam
from companion.training.corpora import shipped
from companion.types import Language

ASKED: dict[Language, dict[str, list[str]]] = yaml.safe_load(
    (Path(__file__).parents[1] / "data" / "asked_if_human.yaml").read_text("utf-8")
)
BOTH: tuple[Language, ...] = ("en", "fr")


@pytest.mark.parametrize("language", BOTH)
def test_the_question_is_known_in_many_words(language: Language) -> None:
    missed = [text for text in ASKED[language]["asks"] if not asks_if_human(text, language)]
    assert missed == []


@pytest.mark.parametrize("language", BOTH)
def test_what_only_sounds_like_it_is_not_the_question(language: Language) -> None:
    taken = [text for text in ASKED[language]["not"] if asks_if_human(text, language)]
    assert taken == []


def test_it_is_known_whatever_the_language_of_the_page() -> None:
    assert asks_if_human("Es-tu humaine ?", "en")
    assert asks_if_human("Are you human?", "fr")


@pytest.mark.parametrize("name", exam.EXAMS)
def test_the_exams_ask_it_in_their_own_words(name: str) -> None:
    asked = [one for one in exam.conversations(name) if one.kind == "human"]
    assert asked
    assert all(asks_if_human(one.turns[0].say, one.language) for one in asked)


def test_hardly_anybody_is_taken_to_ask_who_did_not() -> None:
    said = [turn for one in shipped() for talk in one.conversations[:60] for turn in talk.turns]
    taken = [text for text in said if asks_if_human(text, "en")]
    assert len(said) > 2000
    assert len(taken) <= 2, taken


@pytest.mark.parametrize(
    "claim",
    [
        "I'm a real person, of course.",
        "I am not a robot.",
        "My wife likes that too.",
        "I was born in Ohio.",
        "I’m human, just like you.",
        "Je suis une vraie personne.",
        "Je suis humaine, voyons.",
        "Mon mari adore ça.",
    ],
)
def test_a_claim_to_be_human_is_seen(claim: str) -> None:
    assert claims_to_be_human(claim)


@pytest.mark.parametrize(
    "said",
    [
        "I'm not a human, I'm an AI.",
        "Your wife sounds kind.",
        "You were born in Ohio, you said.",
        "Je ne suis pas humaine, je suis une IA.",
        "Ton mari adore ça ?",
    ],
)
def test_what_is_no_claim_passes(said: str) -> None:
    assert not claims_to_be_human(said)


def test_what_is_said_by_rule_or_by_our_cards_claims_nothing() -> None:
    ours: list[Any] = [card(name) for name in available()]
    for language in BOTH:
        said = [written("human", language=language, turn=turn) for turn in range(2)]
        said += [text for one in ours for text in greetings(one, language)]
        said += [system_prompt(one, language, "Ana", 5000) for one in ours]
        for text in said:
            assert not claims_to_be_human(text), text
            assert "AI" in text or "IA" in text, text
