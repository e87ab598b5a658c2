"""The last resort: it finds what was meant, in both languages, and claims nothing."""

from __future__ import annotations

import pytest
import yaml

from companion.chat.scripted import Scripted
from companion.resources import packaged
from companion.types import ChatRequest, Language, Message

FILE = yaml.safe_load(packaged("data/scripted/replies.yaml").read_text(encoding="utf-8"))
SCRIPTED = Scripted("scripted", "Lia")


def reply(*said: str, language: Language = "en", seed: int | None = None) -> str:
    messages = tuple(Message("user", text) for text in said)
    return SCRIPTED.reply(ChatRequest(messages, language=language, seed=seed))


def replies_of(intent: str, language: str) -> list[str]:
    return [
        " ".join(line.format(companion="Lia", user="", mood="", time="12:00").split())
        for line in FILE[intent][language]["said"]
    ]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("intent", [name for name in FILE if name not in ("anything", "time")])
def test_every_example_gets_a_reply_of_its_own_intent(intent: str, language: Language) -> None:
    for heard in FILE[intent][language]["heard"]:
        assert reply(heard, language=language) in replies_of(intent, language), heard


@pytest.mark.parametrize(
    ("said", "intent", "language"),
    [
        ("Hello!!", "greeting", "en"),
        ("  BONJOUR  ", "greeting", "fr"),
        ("ca va ?", "how_are_you", "fr"),
        ("are you actually a human?", "are_you_human", "en"),
        ("thanks so much", "thanks", "en"),
        ("Merci !", "thanks", "fr"),
        ("what is the capital of France?", "anything", "en"),
        ("do you love me", "anything", "en"),
        ("quelle est la capitale du Mali ?", "anything", "fr"),
        ("...", "anything", "en"),
        ("🙂", "anything", "fr"),
        ("x" * 8000, "anything", "en"),
    ],
)
def test_what_people_say_finds_its_intent(said: str, intent: str, language: Language) -> None:
    assert reply(said, language=language) in replies_of(intent, language)


def test_french_is_answered_in_french_on_an_english_page() -> None:
    assert reply("bonsoir", language="en") in replies_of("greeting", "fr")


@pytest.mark.parametrize(
    ("said", "begins"),
    [
        (("I am so tired of all this paper", "Tell me the capital of Mali"), "That sounds hard. "),
        (("I'm thrilled about my new bicycle",), "That sounds like a good moment. "),
        (("I am not happy about the parcel",), "I have no prepared reply"),
        (("I'm worried about the parcel", "Hm", "Well", "The parcel came"), "I "),
    ],
)
def test_a_mood_is_spoken_of_for_a_while(said: tuple[str, ...], begins: str) -> None:
    answer = reply(*said, seed=1 - (len(said) - 1))
    assert answer.startswith(begins), answer


def test_a_mood_is_spoken_of_in_french() -> None:
    answer = reply("je suis débordée par ce carton", language="fr")
    assert answer.startswith("Cela a l'air difficile. ")


def test_the_name_of_the_user_is_used_once_told() -> None:
    assert "Zoé" in reply("My name is Zoé")
    assert "Ana" in reply("je m'appelle Ana", "bonjour", language="fr")


def test_replies_of_one_intent_take_turns_and_a_seed_repeats_them() -> None:
    assert reply("hello") != reply("hello", "hello")
    assert reply("hello", seed=1) == reply("hello", seed=1)


def test_both_languages_have_the_same_intents_and_no_reply_is_empty() -> None:
    for intent, languages in FILE.items():
        assert set(languages) == {"en", "fr"}, intent
        for lines in languages.values():
            assert all(line.strip() for line in lines["said"]), intent
