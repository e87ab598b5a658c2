"""People's sentences with written answers: what is matched, what is said, and what never is."""

from __future__ import annotations

import random
import re

import pytest

from companion import intents
from companion.embeddings import minilm
from companion.safety import claims_to_be_human
from companion.training import answers, grammar, translations
from companion.training.phrases import spoken_of
from companion.types import Language

SENTENCES = {
    "I am reading a wonderful novel.": "tells",
    "I am so tired this evening.": "tells",
    "My dog is ill.": "tells",
    "You broke your leg.": "",
    "The treaty was signed by both governments.": "",
}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_kind_can_be_answered_and_found(language: Language) -> None:
    for kind in answers.kinds(language):
        assert len([one for one in kind.replies if "{it}" not in one.lower()]) >= 3, kind
        assert kind.intents or len(kind.like) >= 2, kind
        for _, replies in kind.then:
            assert any("{it}" not in one.lower() for one in replies), kind


def test_all_of_clinc150_is_answered() -> None:
    known = {*intents.clinc150().train.labels, intents.data.OUT_OF_SCOPE}
    answered = {intent for kind in answers.kinds("en") for intent in kind.intents}
    assert answered == known


@pytest.mark.parametrize("language", ["en", "fr"])
def test_whatever_is_chosen_is_a_clean_sentence_of_no_human(language: Language) -> None:
    chance = random.Random(0)
    kinds = answers.kinds(language)
    said = [("Hm.", kind) for kind in kinds for _ in range(12)]
    for talk in answers.conversing(language, chance.sample(said, len(said))).conversations:
        for reply in talk.turns[1::2]:
            assert not claims_to_be_human(reply), reply
            assert not re.search(r"[\[\]{}|]|  |[?!]\.", reply), reply


@pytest.fixture(scope="module")
def found() -> dict[str, answers.Kind]:
    """Which of the sentences are matched, and to what."""
    said, embedder = list(SENTENCES), minilm()
    return {
        said[at]: kind for at, kind in answers.matched("en", said, embedder.encode(said), embedder)
    }


@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_people_tell_of_themselves_is_matched(
    sentence: str, found: dict[str, answers.Kind]
) -> None:
    kind = found.get(sentence)
    assert (kind is not None and kind.tells) == (SENTENCES[sentence] == "tells")


def test_questions_and_statements_of_the_same_words_are_told_apart() -> None:
    said, embedder = ["Are you hungry?", "You are hungry."], minilm()
    found = dict(answers.matched("fr", said, embedder.encode(said), embedder))
    assert found[0] != found.get(1)


def test_a_seed_gives_the_same_conversations() -> None:
    said = [("I bought a kite.", kind) for kind in answers.kinds("en")[:20]]
    one, again, other = (answers.conversing("en", said, seed) for seed in (1, 1, 2))
    assert one == again != other


def test_no_sentence_of_an_exam_is_among_the_questions() -> None:
    assert not any(grammar.is_examined([text]) for text, _ in answers.asked())


@pytest.mark.parametrize(
    ("sentence", "language", "phrase"),
    [
        ("I bought a new bike yesterday.", "en", "a new bike"),
        ("My dog is ill.", "en", "your dog"),
        ("I need some water.", "en", "some water"),
        ("My money gives out.", "en", ""),
        ("I had a good day.", "en", ""),
        ("We have to wait for him.", "en", ""),
        ("J'ai perdu mes clés.", "fr", "tes clés"),
        ("J'apprends l'anglais.", "fr", "l'anglais"),
        ("Nous devons l'attendre.", "fr", ""),
        ("J'ai passé une bonne journée.", "fr", ""),
    ],
)
def test_what_a_sentence_speaks_of(sentence: str, language: Language, phrase: str) -> None:
    assert spoken_of(sentence, language) == phrase


def test_every_pair_is_translated_once() -> None:
    pairs = translations.sentence_pairs()
    talks = translations.corpus().conversations
    assert sum(len(talk.turns) for talk in talks) == 2 * len(pairs)
    first = talks[0]
    asked, told = (first.turns[0], first.turns[1])
    direction = 0 if first.language == "fr" else 1
    assert any(pair[direction] == told and pair[1 - direction] in asked for pair in pairs)
