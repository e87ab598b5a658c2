"""The voice channel without a browser: who is let in, what is sent, and what of it was heard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from companion.app import line
from companion.app.cast import Cast
from companion.app.conversation import Conversation
from companion.app.ear import is_echo
from companion.app.heard import Performance, kept
from companion.app.senses import Senses, senses_of
from companion.app.stage import stage
from companion.app.talk import Visit, Visits
from companion.app.voice import NO_VISIT, OTHER_VERSION, REPLACED, STRANGER, VERSION, channel
from companion.config import load
from companion.pipeline import Companion
from companion.routing.hearing import Ears
from companion.routing.speaking import Voices
from companion.speech import Espeak
from companion.types import Audio, SentenceReady, Speech, Spoken, SpokenWord, Text
from tests.unit.test_app_talk import HELLO, Playing
from tests.voices import RATE, WORD_SECONDS, Humming, Telling, hum

ORIGIN = {"origin": "http://testserver"}


@pytest.fixture(autouse=True)
def tracked(store: Any) -> None:
    """Each turn is recorded for real, in the test's own store."""


@dataclass
class Page:
    """A page's end of the channel, and the visit at the other end."""

    client: TestClient
    visit: Visit
    socket: WebSocketTestSession
    sound: dict[int, bytes] = field(default_factory=dict)

    def until(self, kind: str) -> list[dict[str, Any]]:
        """The messages up to the first of that kind; sound is kept by its turn."""
        messages = []
        while True:
            facts = self.socket.receive_json()
            messages.append(facts)
            if facts.get("sound"):
                turn = facts["turn"]
                self.sound[turn] = self.sound.get(turn, b"") + self.socket.receive_bytes()
            if facts["kind"] == kind:
                return messages

    def tell(self, kind: str, **facts: Any) -> None:
        self.socket.send_json({"kind": kind, **facts})

    def say(self, text: str) -> None:
        assert self.client.portal
        self.client.portal.call(self.visit.say, text)

    def stop(self) -> None:
        assert self.client.portal
        self.client.portal.call(self.visit.stop)


def visit_of(*chunks: Any) -> Visit:
    settings = load(chat={"models": ["scripted"]})
    return Visit(Companion(settings, Playing(*(chunks or HELLO))), "en", Conversation())


def serving(visit: Visit, senses: Senses) -> TestClient:
    visits = Visits({"page": visit})
    route = WebSocketRoute("/voice", partial(channel, visits=visits, senses=senses))
    return TestClient(Starlette(routes=[route]))


@contextmanager
def tied(visit: Visit, senses: Senses | None = None, voice: bool = True) -> Iterator[Page]:
    """A page whose channel is open, and which has been greeted."""
    with (
        serving(visit, senses or Senses(Humming(), Telling())) as client,
        client.websocket_connect("/voice", headers=ORIGIN) as socket,
    ):
        page = Page(client, visit, socket)
        page.tell("hello", version=VERSION, visit=visit.key, voice=voice, open=False)
        assert page.until("hello")[0]["version"] == VERSION
        yield page


def greeted(client: TestClient, headers: dict[str, str], greeting: dict[str, Any]) -> Any:
    """The first thing that the server says to a page that says this."""
    with client.websocket_connect("/voice", headers=headers) as socket:
        socket.send_json(greeting)
        return socket.receive_json()


@pytest.mark.parametrize(
    ("headers", "hello", "code"),
    [
        ({}, {}, STRANGER),
        ({"origin": "https://evil.example"}, {}, STRANGER),
        (ORIGIN, {"version": 99}, OTHER_VERSION),
        (ORIGIN, {"visit": "guessed"}, NO_VISIT),
        (ORIGIN, {"kind": 3}, STRANGER),
    ],
)
def test_who_is_not_the_visits_own_page_is_not_let_in(
    headers: dict[str, str], hello: dict[str, Any], code: int
) -> None:
    visit = visit_of()
    greeting = {"kind": "hello", "version": VERSION, "visit": visit.key} | hello
    with serving(visit, Senses()) as client, pytest.raises(WebSocketDisconnect) as left:
        greeted(client, headers, greeting)
    assert left.value.code == code
    assert visit.voice is None


def test_behind_a_proxy_the_page_is_known_by_the_address_that_its_user_sees() -> None:
    visit = visit_of()
    headers = {"origin": "https://lab.example", "x-forwarded-host": "lab.example"}
    greeting = {"kind": "hello", "version": VERSION, "visit": visit.key}
    with serving(visit, Senses()) as client:
        assert greeted(client, headers, greeting)["kind"] == "hello"


def test_without_voice_and_ear_the_page_is_told_why() -> None:
    told = Senses().told("en")
    assert "no voice is installed" in told["speaking"]["why"]
    assert "no recogniser of speech is installed" in told["hearing"]["why"]


def test_an_ear_for_another_language_is_said_to_be_one() -> None:
    senses = Senses(ear=Telling(languages=("en",)))
    assert senses.told("en")["hearing"]["why"] == ""
    assert "que l’anglais" in senses.told("fr")["hearing"]["why"]


def test_the_newest_page_of_a_visit_has_its_channel() -> None:
    visit = visit_of()
    with tied(visit) as page, page.client.websocket_connect("/voice", headers=ORIGIN) as second:
        second.send_json({"kind": "hello", "version": VERSION, "visit": visit.key})
        assert second.receive_json()["kind"] == "hello"
        with pytest.raises(WebSocketDisconnect) as left:
            page.socket.receive_json()
    assert left.value.code == REPLACED


def test_a_turn_is_sent_as_sentences_words_mouths_and_sound() -> None:
    with tied(visit_of()) as page:
        page.say("Hi")
        turn, sentence, speech, done = page.until("done")
        assert (turn["aloud"], sentence["text"]) == (True, "Hello")
        assert speech["words"] == [["Hello", 0.0]]
        assert [shape for shape, _ in speech["visemes"]] == ["D", "X"]
        assert (speech["rate"], page.sound[1]) == (RATE, hum(0, WORD_SECONDS))
        assert done["turn"] == turn["turn"]
        assert page.visit.speaking
        page.tell("ended", turn=1, seconds=WORD_SECONDS)
        page.tell("stop")
        page.say("Again")
        assert page.until("turn")[-1]["turn"] == 2
        [first, _] = page.visit.conversation.turns
        assert (first.reply, first.state) == ("Hello", "done")


def test_a_page_that_wants_no_voice_gets_none() -> None:
    with tied(visit_of(), voice=False) as page:
        page.say("Hi")
        assert [facts["kind"] for facts in page.until("done")] == ["turn", "done"]
        assert not page.visit.speaking
        page.tell("voice", on=True)
        page.tell("stop")
        page.say("Hi")


def test_of_a_reply_that_is_stopped_only_what_was_heard_stays() -> None:
    first, *rest = HELLO
    chunks = [first, *(Text(f"{word} ") for word in ("one", "two", "three", "four"))]
    with tied(visit_of(*chunks, rest[-1])) as page:
        page.say("Count")
        page.until("done")
        page.tell("stop")
        assert page.until("hush")[-1]["turn"] == 1
        page.tell("hushed", turn=1, seconds=2.5 * WORD_SECONDS)
        page.say("And now?")
        page.until("turn")
        [stopped, _] = page.visit.conversation.turns
        assert (stopped.reply, stopped.state) == ("one two", "stopped")
        assert stopped.truth.finish_reason is None


def test_a_page_that_does_not_answer_has_heard_what_it_told_last() -> None:
    first, *rest = HELLO
    with tied(visit_of(first, Text("one two three"), rest[-1])) as page:
        page.say("Count")
        page.until("done")
        page.tell("playing", turn=1, seconds=WORD_SECONDS * 1.1)
        page.tell("stop")
        page.until("hush")
        page.say("And now?")
        assert page.visit.conversation.turns[0].reply == "one"


def test_what_was_said_to_the_microphone_is_answered_as_if_typed() -> None:
    ear = Telling("who are you", "")
    with tied(visit_of(), Senses(Humming(), ear)) as page:
        page.tell("talk", on=True)
        page.socket.send_bytes(hum(0, 1.0, 16_000))
        page.tell("talk", on=False)
        kinds = [facts["kind"] for facts in page.until("done")]
        assert kinds == ["ear", "ear", "turn", "sentence", "speech", "done"]
        [turn] = page.visit.conversation.turns
        assert (turn.user, turn.reply) == ("who are you", "Hello")
        assert turn.truth.recognizer == "telling"
        assert len(ear.heard[0].pcm) == 2 * 16_000
        page.tell("talk", on=True)
        page.tell("talk", on=False)
        page.tell("hushed", turn=1, seconds=WORD_SECONDS)
        assert page.until("misheard")
        assert len(page.visit.conversation.turns) == 1


@pytest.mark.parametrize(
    "nonsense",
    ["[]", "{", '{"kind": "talk"}', '{"kind": "hushed"}', '{"kind": "playing", "turn": 1}', '"x"'],
)
def test_what_no_page_of_ours_sends_is_passed_over(nonsense: str) -> None:
    with tied(visit_of()) as page:
        page.socket.send_text(nonsense)
        page.socket.send_bytes(b"\0")
        page.say("Hi")
        assert page.until("done")


def test_a_message_that_is_too_long_cuts_the_line() -> None:
    with tied(visit_of()) as page:
        page.socket.send_bytes(bytes(line.LONGEST + 1))
        with pytest.raises(WebSocketDisconnect) as left:
            page.socket.receive_json()
    assert left.value.code == line.TOO_MUCH


# ---- what was heard ------------------------------------------------------------------------------


def performed(*sentences: tuple[str, float, list[tuple[str, float]]]) -> Performance:
    """Sentences as (text, seconds, [(word, second)])."""
    performance = Performance()
    for number, (text, seconds, words) in enumerate(sentences):
        performance.sentence(SentenceReady(number, text))
        audio = Audio(bytes(2 * round(seconds * RATE)), RATE)
        spoken = tuple(SpokenWord(word, at) for word, at in words)
        performance.add(Spoken(number, Speech(audio, spoken)))
    return performance


def test_a_word_is_heard_when_it_was_said_to_its_end() -> None:
    told = performed(("Good day.", 1.0, [("Good", 0.0), ("day.", 0.4)]), ("I", 0.5, [("I", 0.0)]))
    heard = [told.heard(at) for at in (0.3, 0.5, 0.99, 1.01, 1.49, 1.51)]
    assert heard == [
        [],
        ["Good"],
        ["Good"],
        ["Good", "day."],
        ["Good", "day."],
        ["Good", "day.", "I"],
    ]
    told.whole = True
    assert told.heard(1.51) is None


def test_words_without_times_are_spread_over_their_sentence() -> None:
    told = performed(("one two", 1.0, []), ("three four", 1.0, []))
    assert told.heard(1.6) == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("reply", "heard", "stays"),
    [
        ("Hello you. How are you?", "Hello you.", "Hello you."),
        ("It is 3 km, says **Ann** to me.", "It is three kilometres says", "It is 3 km, says"),
        ("very very very good", "very very", "very very"),
        ("Oui, c’est ça.", "Oui,", "Oui,"),
        ("Hello", "", ""),
        ("🙂 Hello!", "Hello!", "🙂 Hello!"),
    ],
)
def test_the_beginning_that_was_heard_is_kept_as_it_was_written(
    reply: str, heard: str, stays: str
) -> None:
    assert kept(reply, heard.split()) == stays


@pytest.mark.parametrize(
    ("heard", "echo"),
    [
        ("the boat went down the river", True),
        ("boat went down", True),
        ("no tell me about you", False),
        ("river", False),
        ("", False),
    ],
)
def test_the_companion_does_not_answer_itself(heard: str, echo: bool) -> None:
    assert is_echo(heard, "A little boat went down the river.") is echo


@pytest.mark.parametrize(
    ("agent", "listens"),
    [
        ("privacy", ["moonshine"]),
        ("persona", ["moonshine"]),  # one of them may be private, and all share an ear
        ("auto", ["moonshine"]),
        ("code", ["cloud", "moonshine"]),
    ],
)
def test_who_may_be_private_is_heard_by_nobody_elsewhere(agent: str, listens: list[str]) -> None:
    cloud = {"kind": "speech_recognition", "engine": "google"}
    heard_by = {"recognizers": ["cloud", "moonshine"], "ears": {"cloud": cloud}}
    ear = senses_of(load(agent=agent, hearing=heard_by)).ear
    assert isinstance(ear, Ears)
    assert [one.name for one in ear.recognizers] == listens


def test_the_persona_has_its_own_voice_and_face() -> None:
    settings = load(
        persona={"name": "Ada", "about": {"en": "", "fr": ""}, "voices": {"en": "en-gb+f3"}}
    )
    mouth = senses_of(settings).mouth
    assert isinstance(mouth, Voices)
    [espeak] = mouth.synthesizers
    assert isinstance(espeak, Espeak)
    voices = {language: voice.voice for language, voice in espeak._voices.items()}
    assert voices == {"en": "en-gb+f3", "fr": settings.speaking.espeak["fr"].voice}
    cast = [Cast(load(persona=name)).characters[0] for name in ("lia", "tutor")]
    faces = {stage(one).html_template for one in cast}
    assert len(faces) == 2
