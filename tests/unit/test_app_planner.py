"""The page that chooses a stack, without a browser: its words, and what it makes of an address."""

from __future__ import annotations

from typing import get_args

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from companion.app.planner import CHOICES, routes
from companion.app.planner_words import KINDS, PLANNER_WORDS
from companion.planning.situation import Want
from companion.sections.catalogue import Kind


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=routes("en")))


def test_both_languages_have_a_word_for_everything() -> None:
    english, french = PLANNER_WORDS["en"], PLANNER_WORDS["fr"]
    assert english.keys() == french.keys()
    assert all(french.values())
    assert set(KINDS["en"]) == set(KINDS["fr"]) == set(get_args(Kind))
    wanted = {f"{name}_{one}" for name, choices in CHOICES.items() for one in choices}
    wanted |= {f"wants_{one}" for one in get_args(Want)}
    assert wanted <= english.keys()


def test_an_address_is_answered_in_the_visitors_language(client: TestClient) -> None:
    asked = {"ram": "8", "budget": "0", "goal": "learn", "wants": "speech"}
    french = client.get("/plan", params=asked, headers={"accept-language": "fr"})
    assert french.status_code == 200
    assert '<html lang="fr">' in french.text
    assert "companion chat --profile ram-8gb" in french.text
    assert "Total: 1.20 USD a month" in french.text
    assert "moteur" in french.text


def test_the_form_alone_has_no_answer_yet(client: TestClient) -> None:
    empty = client.get("/plan")
    assert empty.status_code == 200
    assert "<main></main>" in empty.text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"ram": "<script>alert(1)</script>"}, "That is no number"),
        ({"users": "-4"}, "-4 users cannot be planned for"),
        ({"goal": "<img>"}, "&#x27;&lt;img&gt;&#x27; is not known here"),
        ({"wants": "smell"}, "is not known here"),
        ({"ram": "inf"}, "inf is no number of gigabytes"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_never_html_of_the_visitors(
    client: TestClient, asked: dict[str, str], said: str
) -> None:
    answer = client.get("/plan", params=asked)
    assert answer.status_code == 400
    assert said in answer.text
    assert "<script>alert" not in answer.text
    assert "<img>" not in answer.text
