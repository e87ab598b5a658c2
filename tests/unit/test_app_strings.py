"""The page's words: both languages have the same ones, and what is not translated stays whole."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from companion.app.french import FRENCH_SENTENCES
from companion.app.strings import WORDS, plain, preferred, translated, word
from companion.config import load
from companion.errors import EverythingFailed, InputError
from companion.pipeline import Companion


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_words_with_the_same_blanks() -> None:
    english, french = WORDS["en"], WORDS["fr"]
    assert english.keys() == french.keys()
    for key in english:
        assert blanks(english[key]) == blanks(french[key]), key
        assert french[key].strip(), key


def test_a_word_is_filled_in() -> None:
    assert word("en", "first_token", time="12 ms") == "first token after 12 ms"
    assert word("fr", "first_token", time="12 ms") == "premier jeton après 12 ms"


@pytest.mark.parametrize(
    ("english", "french"),
    [
        (
            "No GPU found: 2 CPU cores in float32, exact and fast for a small model. "
            "It reads only the last 3 messages.",
            "Pas de GPU : 2 cœurs de processeur en float32, exacts et rapides pour un petit "
            "modèle. Il ne lit que les 3 derniers messages.",
        ),
        ("ollama, vllm could not answer", "ollama, vllm n’a pas pu répondre"),
        ("character_chat: its local model", "character_chat : son modèle sur cette machine"),
        ("code: the best local one for code", "code : le meilleur d’ici pour ce travail"),
        ("cloud was passed over", "cloud n’a pas été interrogé"),
        ("it has hardly learnt French", "il n’a presque pas appris le français"),
        (
            "The server cannot be reached: All connection attempts failed "
            "(http://127.0.0.1:1/v1). Is it running?",
            "Le serveur est injoignable : All connection attempts failed "
            "(http://127.0.0.1:1/v1). Est-il lancé ?",
        ),
        (
            str(InputError("The message is empty", repair="Write something first.")),
            "Le message est vide. Écris d’abord quelque chose.",
        ),
        (
            "The card is not valid JSON: Expecting value: line 1 column 2 (char 1) (a.json).",
            "La carte n’est pas du JSON valable : ligne 1, colonne 2 (a.json).",
        ),
        (
            "This is no export of a memory: Input should be 1 (version). Choose another file.",
            "Ce fichier n’est pas un export de la mémoire. Choisis un fichier fait par "
            "« Tout exporter », de cette version ou d’une plus ancienne.",
        ),
        (
            str(EverythingFailed([("a", "The answer was empty (a).")])),
            "Aucun modèle n’a pu répondre (a : La réponse était vide (a).). "
            "Vois `companion doctor`.",
        ),
    ],
)
def test_sentences_of_the_package_are_said_in_french(english: str, french: str) -> None:
    assert translated(english, "fr") == french
    assert translated(english, "en") == english


def test_what_the_package_really_says_of_a_message_is_translated() -> None:
    companion = Companion(load())
    for text in ("", "x" * 100_000):
        with pytest.raises(InputError) as refused:
            companion.check(text)
        french = translated(str(refused.value), "fr")
        assert not re.search(r"\b(the|message is|characters|send|write)\b", french, re.IGNORECASE)


def test_numbers_are_grouped_as_the_reader_groups_them() -> None:
    english = "The message has 160,000 characters; at most 8,000 are read."
    assert translated(english, "en") == english
    assert "160\u202f000 caractères ; 8\u202f000 au plus" in translated(english, "fr")
    assert translated("0,25 1,2345 1, 2", "fr") == "0,25 1,2345 1, 2"


def test_the_page_says_tu_as_the_companion_does() -> None:
    sentences = [*WORDS["fr"].values(), *(french for _, french in FRENCH_SENTENCES)]
    formal = re.compile(r"\b(vous|votre|vos)\b|\w{2}ez\b", re.IGNORECASE)
    assert [one for one in sentences if formal.search(one)] == []


def test_french_puts_a_space_before_a_colon() -> None:
    sentences = [*WORDS["fr"].values(), *(french for _, french in FRENCH_SENTENCES)]
    assert [one for one in sentences if re.search(r"[^\s\d]:(?!/)|\S[;?!](?!:)", one)] == []


def test_an_unknown_sentence_stays_english() -> None:
    assert translated("The moon is full (tonight).", "fr") == "The moon is full (tonight)."


def test_no_translation_breaks_another() -> None:
    for pattern, french in FRENCH_SENTENCES:
        said = re.sub(r"\\\d", "1", french)
        assert translated(said, "fr") == said, pattern


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("en-GB", "en"),
        ("de,fr;q=0.7,en;q=0.3", "fr"),
        ("en;q=0.2, fr;q=0.9", "fr"),
        ("fr;q=0, en", "en"),
        ("FR-ca", "fr"),
        ("de", "en"),
        ("frisian", "en"),
        ("", "en"),
        (None, "en"),
        (";;,q=,", "en"),
    ],
)
def test_the_browsers_language(header: str | None, language: str) -> None:
    assert preferred(header, "en") == language


def test_plain_text_keeps_out_of_html_and_markdown() -> None:
    assert plain("<b>\n\n & x") == "&lt;b&gt; &amp; x"
