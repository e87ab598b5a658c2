"""What is answered by rule, with which help lines, and when a model is asked after all."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, get_args

import pytest
import yaml

from companion.resources import packaged
from companion.safety import break_reminder, guard, help_lines
from companion.safety.crisis import Need
from companion.sections import Safety
from companion.types import Guarded, Language, Message

BOTH: tuple[Language, ...] = ("en", "fr")
CRISES: dict[Need, dict[Language, str]] = {
    "suicide": {"en": "I want to die", "fr": "Je veux mourir"},
    "self_harm": {"en": "I want to cut myself", "fr": "J'ai envie de me scarifier"},
    "abuse": {"en": "My husband hits me", "fr": "Mon mari me frappe"},
    "danger": {"en": "I took an overdose", "fr": "J'ai pris une overdose"},
    "someone": {"en": "My sister wants to die", "fr": "Ma sœur veut mourir"},
}


def said(*texts: str) -> list[Message]:
    """A conversation in which the user said these, each with some answer."""
    return [m for text in texts for m in (Message("user", text), Message("assistant", "…"))]


def answered(text: str, *before: str, language: Language = "en", **more: Any) -> Guarded:
    """The guard's answer, which there must be."""
    found = guard(text, said(*before), language, name="Lia", **more)
    assert found is not None, text
    return found


def test_everyday_talk_goes_to_the_models() -> None:
    for text in ("Hello!", "I had a long day", "Tell me about whales", "Bonjour", "J'ai faim"):
        assert guard(text, said("Hi", "How are you?"), name="Lia") is None


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize("kind", get_args(Need))
def test_a_crisis_is_answered_with_care_and_numbers(kind: Need, language: Language) -> None:
    reply = answered(CRISES[kind][language], language=language)
    assert reply.why == "crisis"
    assert reply.help_lines
    assert all(line.number in reply.text for line in reply.help_lines)
    assert "112" in reply.text
    assert "{" not in reply.text
    assert re.search(r"\bAI\b|\bIA\b|alone|seul|appelle", reply.text)


def test_the_lines_are_those_of_the_need() -> None:
    suicide = {line.number for line in answered("I want to die").help_lines}
    abuse = {line.number for line in answered("My husband hits me").help_lines}
    assert {"988", "116 123"} <= suicide
    assert "1-800-799-7233" in abuse - suicide
    assert "3114" in answered("Je veux mourir", language="fr").text
    assert "3919" in answered("Mon mari me frappe", language="fr").text


def test_a_country_leaves_its_own_lines() -> None:
    reply = answered("Je veux mourir", language="fr", country="FR")
    assert {line.country for line in reply.help_lines} == {"FR", "EU", ""}
    assert "0800 32 123" not in reply.text
    everywhere = answered("I want to die", country="JP")
    assert everywhere.help_lines == answered("I want to die").help_lines


@pytest.mark.parametrize("language", BOTH)
def test_said_again_it_is_answered_again_in_other_words(language: Language) -> None:
    text = CRISES["suicide"][language]
    first = answered(text, language=language)
    second = answered(text, text, language=language)
    assert first.text != second.text
    assert first.help_lines == second.help_lines


@pytest.mark.parametrize("language", BOTH)
def test_after_a_crisis_no_model_is_asked_for_a_while(language: Language) -> None:
    crisis = CRISES["suicide"][language]
    follow = answered("ok", crisis, language=language)
    again = answered("hm", crisis, "ok", language=language)
    assert follow.why == again.why == "crisis"
    assert follow.text != again.text
    assert guard("hello", said(crisis, "ok", "hm", "well"), language, name="Lia") is None


def test_it_ends_kindly_when_the_user_is_safe() -> None:
    relieved = answered("It was a joke, I'm fine", "I want to die")
    assert "relieved" in relieved.text
    assert "988" in relieved.text
    after = said("I want to die", "It was a joke, I'm fine")
    assert guard("What do whales eat?", after, name="Lia") is None


@pytest.mark.parametrize(
    ("text", "language"), [("Are you human?", "en"), ("Es-tu humaine ?", "fr")]
)
def test_asked_it_says_that_it_is_an_ai_by_its_name(text: str, language: Language) -> None:
    reply = answered(text, language=language)
    assert reply.why == "asked if human"
    assert "Lia" in reply.text
    assert re.search(r"\b(AI|IA)\b", reply.text)
    assert reply.help_lines == ()
    assert answered(text, text, language=language).text != reply.text


def test_asked_in_a_crisis_it_is_honest_and_careful() -> None:
    reply = answered("are you even a real person?", "I want to die")
    assert "I'm an AI" in reply.text
    assert "988" in reply.text
    assert reply.why == "crisis"


def test_a_crisis_comes_before_the_question() -> None:
    assert answered("Are you human? I want to die.").text == answered("I want to die").text


def test_what_the_companion_said_is_no_crisis_of_the_user() -> None:
    history = [Message("system", "I want to die"), Message("assistant", "I want to die")]
    assert guard("ok", history, name="Lia") is None


def test_it_depends_on_its_arguments_alone() -> None:
    turns = [("I want to die", ()), ("ok", ("I want to die",)), ("Are you human?", ())]
    assert [answered(t, *b) for t, b in turns] == [answered(t, *b) for t, b in reversed(turns)][
        ::-1
    ]


@pytest.mark.parametrize("name", ["{lines}", "{0}", "Ana {", "%s"])
def test_an_odd_name_breaks_nothing(name: str) -> None:
    found = guard("Are you human?", name=name)
    assert found is not None
    assert name in found.text


def test_every_help_line_has_a_source_and_a_day() -> None:
    lines = yaml.safe_load(packaged("data/safety/help_lines.yaml").read_text("utf-8"))
    for line in lines:
        assert line["source"].startswith(("https://", "http://")), line
        assert line["url"].startswith("https://"), line
        assert date(2026, 1, 1) <= line["checked"] <= date.today(), line
        assert isinstance(line["number"], str)
        assert set(line["needs"]) <= {"suicide", "abuse", "danger"}
        assert set(line["hours"]) == set(line["languages"]) <= {"en", "fr"}


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize("purpose", ["suicide", "abuse", "danger"])
def test_each_purpose_has_lines_in_each_language(purpose: Any, language: Language) -> None:
    assert len(help_lines(purpose, language)) >= 3
    for country in ("US", "CA", "GB", "IE", "FR", "BE", "CH"):
        assert help_lines(purpose, language, country)


@pytest.mark.parametrize("language", BOTH)
def test_a_minor_is_reminded_of_a_break_every_three_hours(language: Language) -> None:
    minor = Safety(age_mode="minor")
    assert minor.reminder_hours == 3
    assert break_reminder(minor, 10_799, 0, language) is None
    told = break_reminder(minor, 10_800, 0, language)
    assert told is not None
    assert re.search(r"\b(AI|IA)\b", told)
    assert break_reminder(minor, 12_000, 10_800, language) is None
    assert break_reminder(minor, 21_600, 10_800, language) == told
    assert break_reminder(Safety(), 99_999, 0, language) is None
