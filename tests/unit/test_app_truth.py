"""The truth line says what the turn measured, and says "unknown" for what it did not."""

from __future__ import annotations

import re

import pytest

from companion.app.conversation import Truth, Turn, Weakness
from companion.app.truth import facts, number, seconds, truth_line
from companion.types import Degraded, Language, TurnDone, Usage

DONE = TurnDone(
    text="Hello",
    model="tiny",
    reason="first choice; No GPU found: 2 CPU cores in float32, exact and fast for a small model.",
    finish_reason="stop",
    usage=Usage(12, 34, 0.0),
    first_token_seconds=0.18,
    total_seconds=2.5,
    tokens_per_second=92.4,
)


def turn(**changed: object) -> Turn:
    truth = Truth.of(DONE).model_copy(update=changed)
    return Turn(user="Hi", reply="Hello", state="done", truth=truth)


def rows(turn: Turn, language: Language = "en") -> list[tuple[str, str]]:
    return re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", truth_line(turn, language))


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", ["tiny", "first token after 180 ms", "92 tokens/s", "free"]),
        ("fr", ["tiny", "premier jeton après 180 ms", "92 jetons/s", "gratuit"]),
    ],
)
def test_the_closed_line(language: Language, line: list[str]) -> None:
    assert list(facts(Truth.of(DONE), language)) == line


def test_the_open_line() -> None:
    assert dict(rows(turn())) == {
        "Why this model": "First choice. No GPU found: 2 CPU cores in float32, exact and fast for "
        "a small model.",
        "Tokens": "12 read, 34 written",
        "Time": "2.5 s in all, 180 ms to the first token",
        "Cost": "nothing: it ran on this computer",
        "End": "the reply is complete",
    }


def test_what_is_not_known_is_not_guessed() -> None:
    unknown = turn(cost=None, tokens_per_second=None, prompt_tokens=None, completion_tokens=None)
    assert list(facts(unknown.truth, "en")) == ["tiny", "first token after 180 ms", "cost unknown"]
    assert dict(rows(unknown))["Tokens"] == "not counted"
    assert dict(rows(turn(prompt_tokens=None)))["Tokens"] == "unknown read, 34 written"


@pytest.mark.parametrize(
    ("cost", "english", "french"),
    [
        (0.0, "free", "gratuit"),
        (1.5, "$1.50", "1,50 $"),
        (0.0123, "$0.012", "0,012 $"),
        (0.00000456, "$0.0000046", "0,0000046 $"),
        (0.9999, "$1.00", "1,00 $"),
    ],
)
def test_money(cost: float, english: str, french: str) -> None:
    truth = Truth.of(DONE).model_copy(update={"cost": cost})
    assert list(facts(truth, "en"))[-1] == english
    assert list(facts(truth, "fr"))[-1] == french


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0004, "0.40 ms"), (0.0123, "12 ms"), (0.99, "990 ms"), (1.26, "1.3 s"), (61.4, "61 s")],
)
def test_times_keep_two_telling_digits(value: float, text: str) -> None:
    assert seconds(value, "en") == text


def test_french_numbers_have_a_comma() -> None:
    assert number(2.44, "fr") == "2,4"


def test_a_failed_attempt_and_a_weak_answer_are_told_apart() -> None:
    weak = turn(
        reason="ollama could not answer; it chooses",
        degraded=[
            Weakness(what="ollama", why="The server cannot be reached: no"),
            Weakness(what="tiny", why="it has hardly learnt French"),
            Weakness(what="tracking", why="The tracking store cannot be opened: it is read-only"),
        ],
    )
    assert '<span class="mark">weaker than configured</span>' in truth_line(weak, "en")
    assert rows(weak, "fr")[:4] == [
        ("Pourquoi ce modèle", "ollama n’a pas pu répondre. it chooses"),
        ("N’ont pas pu répondre", "ollama : Le serveur est injoignable : no"),
        ("Plus faible", "tiny : il n’a presque pas appris le français"),
        (
            "Plus faible",
            "le suivi des exécutions : La base de suivi ne peut pas être ouverte : elle est en "
            "lecture seule",
        ),
    ]


def test_a_stopped_reply_says_so_and_claims_no_figures() -> None:
    stopped = Turn(user="Hi", reply="Hel", state="stopped", truth=Truth(model="tiny", reason="x"))
    assert list(facts(stopped.truth, "en")) == ["tiny"]
    assert '<span class="mark">stopped</span>' in truth_line(stopped, "en")
    assert dict(rows(stopped))["End"] == "you stopped it"


def test_a_reply_cut_at_its_limit_says_so() -> None:
    assert dict(rows(turn(finish_reason="length")))["End"] == "cut off at the limit of length"


def test_a_models_words_cannot_become_markup() -> None:
    line = truth_line(turn(reason="first choice; <script>x</script>\n\n# y"), "en")
    assert "<script>" not in line
    assert "\n" not in line


def test_the_truth_of_a_turn_keeps_its_degradation() -> None:
    done = TurnDone(
        text="",
        model="m",
        reason="",
        finish_reason="stop",
        usage=Usage(None, None, None),
        first_token_seconds=0,
        total_seconds=0,
        tokens_per_second=None,
        degraded=(Degraded("a", "b"),),
    )
    assert Truth.of(done).degraded == [Weakness(what="a", why="b")]


def test_a_spoken_turn_tells_how_it_was_heard_and_when_it_could_be() -> None:
    spoken = turn(recognizer="whisper", heard_seconds=0.5, first_audio_seconds=0.25)
    assert dict(rows(spoken))["Heard"] == "500 ms after you fell silent, by whisper"
    assert dict(rows(spoken, "fr"))["Voix"] == "premier son après 250 ms"
    assert {"Heard", "Voice"}.isdisjoint(dict(rows(turn())))


def test_a_voice_that_failed_is_no_model_that_could_not_answer() -> None:
    silent = turn(degraded=[Weakness(what="voice", why="espeak: gone")])
    assert dict(rows(silent))["Weaker"] == "the voice: espeak: gone"
    assert dict(rows(silent, "fr"))["Plus faible"] == "la voix : espeak: gone"
