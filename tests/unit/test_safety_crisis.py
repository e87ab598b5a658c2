"""How well words of crisis are found, on sentences that the rules were and were not made by.

`pytest -s` prints recall and precision. The held-out sentences were written before the rules that
they judge and were never fitted to, but by the author of those rules: expect that fewer of the
words of strangers are found. The first rules found most of the direct words, and few indirect ones.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
import yaml

from companion.resources import packaged
from companion.safety.crisis import Need, need, relieved, rules, still_on
from companion.training.corpora import shipped
from companion.types import Language

FITTED, UNSEEN = ("development", "development_indirect"), ("held_out", "held_out_indirect")
FOLDER = Path(__file__).parents[1] / "data" / "crisis"
BOTH: tuple[Language, ...] = ("en", "fr")
RECALL, PRECISION = 0.97, 0.95
"""Floors on the held-out sentences of each language; what is reached is printed."""


def labelled(name: str, language: Language, part: str) -> Iterator[tuple[str, str]]:
    """(kind, sentence) of one part of a file."""
    kinds = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))[language][part]
    return ((kind, sentence) for kind, sentences in kinds.items() for sentence in sentences)


def measured(name: str, language: Language) -> tuple[float, float]:
    """Recall and precision on a file."""
    fires = [bool(need(text, language)) for _, text in labelled(name, language, "fires")]
    silent = [bool(need(text, language)) for _, text in labelled(name, language, "silent")]
    found, false = sum(fires), sum(silent)
    recall, precision = found / len(fires), found / (found + false)
    print(
        f"\n{name}, {language}: recall {found}/{len(fires)} = {recall:.1%}, "
        f"precision {found}/{found + false} = {precision:.1%}"
    )
    return recall, precision


def test_there_are_enough_sentences_and_none_twice() -> None:
    texts = [
        text
        for name in (*FITTED, *UNSEEN)
        for language in BOTH
        for part in ("fires", "silent")
        for _, text in labelled(name, language, part)
    ]
    assert len(texts) >= 480
    assert len(texts) == len({text.lower() for text in texts})


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize("name", FITTED)
def test_the_rules_do_all_that_they_were_made_for(name: str, language: Language) -> None:
    assert measured(name, language) == (1, 1)


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize("name", UNSEEN)
def test_recall_and_precision_on_held_out_sentences(name: str, language: Language) -> None:
    recall, precision = measured(name, language)
    assert recall >= RECALL
    assert precision >= PRECISION


@pytest.mark.parametrize("language", BOTH)
def test_what_the_need_is_for_is_told_apart(language: Language) -> None:
    wrong = [
        (text, kind, found)
        for kind, text in labelled("development", language, "fires")
        if (found := need(text, language)) != kind
    ]
    assert wrong == []


@pytest.mark.parametrize("language", BOTH)
def test_case_accents_apostrophes_and_length_of_vowels_do_not_matter(language: Language) -> None:
    for _, text in labelled("development", language, "fires"):
        assert need(text.upper(), language), text
        assert need(text.replace("'", "’"), language), text
        assert need(f"Hello. {text} \n\nok", language), text
    assert need("i want to dieeee")
    assert need("je veux mouriiiiir", "fr")


@pytest.mark.parametrize("language", BOTH)
def test_the_language_of_the_page_does_not_matter(language: Language) -> None:
    other: Language = "fr" if language == "en" else "en"
    for _, text in labelled("development", language, "fires"):
        assert need(text, other), text


@pytest.mark.parametrize(
    "slip", ["sucide", "suicde", "suiicide", "suicied", "suiciide", "siucide", "suicice"]
)
def test_a_key_word_is_known_with_one_slip(slip: str) -> None:
    assert need(f"I keep thinking about {slip}") == "suicide"


def test_people_who_talk_of_other_things_are_left_alone() -> None:
    """Utterances of the public corpora that companion-tiny reads: all are everyday talk."""
    said = [turn for one in shipped() for talk in one.conversations[:60] for turn in talk.turns]
    alarms = [text for text in said if need(text)]
    print(f"\nfalse alarms in everyday talk: {len(alarms)} of {len(said)}")
    assert len(said) > 2000
    assert len(alarms) <= 2, alarms


def test_nor_are_people_who_learn_a_language() -> None:
    """Sentences of Tatoeba, in both languages; some of them, out of context, could be a cry."""
    said = [text for pairs in tatoeba().values() for pair in pairs for text in pair]
    alarms = [text for text in said if need(text, "fr")]
    print(f"\nfalse alarms in sentences of Tatoeba: {len(alarms)} of {len(said)}")
    assert len(said) > 4000
    assert len(alarms) <= 5, alarms


def tatoeba() -> dict[str, list[list[str]]]:
    """The sentences that come with the package, by what they are for."""
    packed = packaged("data/search/tatoeba.json.xz").read_bytes()
    told: dict[str, list[list[str]]] = json.loads(lzma.decompress(packed))
    return told


def test_a_conversation_stays_careful_for_three_messages() -> None:
    assert still_on(["I want to die", "ok", "hm"]) == "suicide"
    assert still_on(["I want to die", "ok", "hm", "so", "well"]) is None
    assert still_on(["hello", "how are you"]) is None


def test_it_ends_when_the_user_says_that_they_are_safe() -> None:
    for calm in ("I'm safe now", "it was a joke", "I called them", "ça va mieux", "je plaisantais"):
        assert relieved(calm)
        assert still_on(["je veux mourir", calm, "et toi ?"], "fr") is None
    for still in ("I'm not safe", "thanks", "je ne suis pas en sécurité", "I don't feel better"):
        assert not relieved(still), still
    assert still_on(["it was a joke", "I want to die"]) == "suicide"


@pytest.mark.parametrize("language", BOTH)
def test_every_need_has_rules_and_no_rule_takes_nothing_for_something(language: Language) -> None:
    own = rules(language)
    assert set(own.needs) == set(get_args(Need))
    for pattern in [*own.needs.values(), own.idioms, own.denied, own.told, own.relief]:
        assert not pattern.search("")
