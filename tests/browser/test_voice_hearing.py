"""The page hears: a turn that is spoken, a button to hold, interruptions, and what is no speech."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from companion import tracking
from companion.app.ear import LONGEST_SECONDS
from companion.app.senses import Senses
from companion.app.server import Running, serve_in_background
from companion.config import load
from companion.speech.sounds import RATE
from companion.types import Audio
from tests.browser.conftest import Visit, Visiting, _remote_model, settings
from tests.browser.microphone import (
    hearing,
    part,
    position,
    save,
    say,
    silence,
    spoken_turn,
    tied,
    wait_for,
)
from tests.browser.test_talking import WORDS, answering, told
from tests.chat_server import ChatServer
from tests.voices import HERTZ, Humming, Telling, hum

COUNTING = "".join(WORDS) + " " + "".join(WORDS)
Speaking = Callable[..., Visiting]


@pytest.fixture
def speaking(browser: Browser, tmp_path: Path) -> Iterator[Speaking]:
    """Visits of somebody who says these sounds, once; a file where the rate is not 22,050."""
    with ExitStack() as open_:

        def begun(*sounds: bytes, wav: Path | None = None) -> Visiting:
            wav = wav or save(tmp_path / "said.wav", b"".join((*sounds, silence(60))))
            return open_.enter_context(hearing(browser, wav))

        yield begun


@pytest.fixture(scope="module")
def ear() -> Telling:
    """What `telling` understands."""
    return Telling()


@pytest.fixture(scope="module")
def telling(remote_server: ChatServer, ear: Telling) -> Iterator[Running]:
    """The page in front of the test's server, with a voice and an ear that a test can foresee."""
    asked = settings("remote", models=_remote_model(remote_server))
    with serve_in_background(asked, Senses(Humming(), ear)) as running:
        yield running


@pytest.fixture(scope="module")
def real(remote_server: ChatServer) -> Iterator[Running]:
    """The page in front of the test's server, with the voice and the ear of the settings."""
    asked = settings("remote", models=_remote_model(remote_server))
    with serve_in_background(asked) as running:
        yield running


def test_a_turn_is_spoken_heard_answered_and_said(
    speaking: Speaking, real: Running, remote: ChatServer
) -> None:
    since = time.time_ns()
    answering(remote, "I am Lia.")
    page = tied(speaking(silence(1), say("I had a long day")), real.url)
    part(page, "open").click()
    expect(part(page, "state")).to_have_text("I am listening. Just talk.")
    wait_for(page, "window.stage.player().position() > 0.5")
    spoken_turn(page, 1)
    understood = page.mine.inner_text().strip()
    assert alike(understood, "I had a long day")
    expect(page.replies).to_have_text("I am Lia.")
    facts = page.opened()
    assert facts["Heard"].endswith("after you fell silent, by moonshine")
    assert facts["Voice"].startswith("first sound after ")
    assert told(remote) == [("user", understood)]
    stages = spans_of(since)
    assert {"hear", "choose a model", "answer", "first audio", "speaking"} <= set(stages)
    part(page, "open").click()
    expect(part(page, "state")).to_have_text("Hold the button to talk, or write.")


def alike(understood: str, said: str) -> bool:
    """Whether a good part was understood: how well it is has tests of its own, and a machine that
    is busy loses sound."""
    words, meant = understood.lower().split(), said.lower().split()
    blocks = SequenceMatcher(None, words, meant, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) >= 0.4 * len(meant)


def spans_of(since: int) -> list[str]:
    """The stages in the trace of the turn since that nanosecond, once it is recorded."""
    mlflow, experiment = tracking.open_store(load())
    for _ in range(60):
        mlflow.flush_trace_async_logging()
        traces = mlflow.search_traces(locations=[experiment], return_type="list")
        for spans in (trace.data.spans for trace in traces):
            if spans and spans[0].start_time_ns > since:
                assert "text" not in spans[0].inputs
                return [span.name for span in spans[1:]]
        time.sleep(0.25)
    return []


def interrupting(page: Visit) -> None:
    """Open the microphone while a long reply is being said."""
    part(page, "voice").click()
    page.say("Count")
    wait_for(page, "window.stage.player()?.position() > 0.1")
    part(page, "open").click()


def test_who_speaks_interrupts_and_is_answered(
    speaking: Speaking, real: Running, remote: ChatServer
) -> None:
    answering(remote, COUNTING, "Here I am.")
    page = tied(speaking(silence(1), say("I had a long day")), real.url)
    interrupting(page)
    wait_for(page, "window.stage.player().turn() === 2")
    page.done(2)
    (_, user), (_, heard), (_, said) = told(remote)
    assert user == "Count"
    assert alike(said, "I had a long day")
    assert COUNTING.startswith(heard)
    assert 1 <= len(heard.split()) < 16
    assert page.truths.first.locator(".mark").all_inner_texts() == ["stopped"]


def test_a_short_sound_of_listening_does_not_interrupt(
    speaking: Speaking, telling: Running, remote: ChatServer, ear: Telling
) -> None:
    answering(remote, COUNTING)
    ear.texts[:] = ["okay"]
    page = tied(speaking(silence(1), say("okay")), telling.url)
    interrupting(page)
    wait_for(page, "window.stage.player().position() > 4.5")
    spoken_turn(page, 1)
    expect(page.mine).to_have_text(["Count"])
    assert page.truths.locator(".mark").count() == 0


@pytest.mark.parametrize("key", ["", " "])
def test_what_is_said_while_the_button_or_space_is_held_is_a_turn(
    speaking: Speaking, telling: Running, remote: ChatServer, ear: Telling, key: str
) -> None:
    answering(remote, "Yes.")
    ear.texts[:] = ["are you there"]
    page = tied(speaking(say("are you there")), telling.url)
    if key:
        part(page, "talk").focus()
        page.page.keyboard.down(key)
    else:
        part(page, "talk").hover()
        page.page.mouse.down()
    wait_for(page, "window.stage.microphone.isOpen()")
    expect(part(page, "state")).to_have_text("I am listening. Let go when you have finished.")
    page.page.wait_for_timeout(800)
    page.page.keyboard.up(key) if key else page.page.mouse.up()
    page.done(1)
    expect(page.mine).to_have_text("are you there")
    assert not page.page.evaluate("window.stage.microphone.isOpen()")


def test_a_stereo_microphone_of_48_kilohertz_is_heard_as_mono_of_16(
    speaking: Speaking, telling: Running, remote: ChatServer, ear: Telling, tmp_path: Path
) -> None:
    wav = save(tmp_path / "stereo.wav", hum(0, 20, 48_000), 48_000, channels=2)
    ear.heard.clear()
    page = tied(speaking(wav=wav), telling.url)
    part(page, "talk").hover()
    page.page.mouse.down()
    wait_for(page, "window.stage.microphone.isOpen()")
    page.page.wait_for_timeout(1_500)
    page.page.mouse.up()
    expect(part(page, "state")).to_have_text("I did not catch that. Say it again, or write it.")
    [audio] = ear.heard
    assert audio.rate == RATE
    assert pitch(audio) == pytest.approx(HERTZ, rel=0.02)


def pitch(audio: Audio) -> float:
    """How often the middle of this sound swings upwards through zero in a second."""
    samples = memoryview(audio.pcm).cast("h")
    middle = samples[len(samples) // 2 : len(samples) * 3 // 4]
    return sum(a < 0 <= b for a, b in pairwise(middle)) / (len(middle) / audio.rate)


def test_silence_is_no_turn(
    speaking: Speaking, telling: Running, remote: ChatServer, ear: Telling
) -> None:
    ear.heard.clear()
    page = tied(speaking(silence(1)), telling.url)
    part(page, "open").click()
    wait_for(page, "window.stage.microphone.isOpen()")
    page.page.wait_for_timeout(2_000)
    expect(part(page, "state")).to_have_text("I am listening. Just talk.")
    part(page, "mute").click()
    expect(part(page, "state")).to_have_text("Your microphone is muted.")
    assert ear.heard == []
    expect(page.mine).to_have_count(0)


TEN_MINUTES = """() => {
  const second = new Int16Array(16000), channel = window.stage.channel();
  channel.send("talk", { on: true });
  for (let at = 0; at < 600; at++) channel.sound(second);
  channel.send("talk", { on: false, tapped: false });
}"""


def test_ten_minutes_of_sound_at_once_are_cut_and_the_page_lives_on(
    visit: Visiting, telling: Running, remote: ChatServer, ear: Telling
) -> None:
    answering(remote, "I am here.")
    ear.heard.clear()
    page = tied(visit, telling.url)
    page.page.evaluate(TEN_MINUTES)
    expect(part(page, "state")).to_have_text("I did not catch that. Say it again, or write it.")
    [audio] = ear.heard  # what the line cannot take is left out, and what is held is cut
    assert 0 < len(audio.pcm) / 2 / RATE <= LONGEST_SECONDS
    page.say("Hello")
    page.done(1)
    expect(page.replies).to_have_text("I am here.")


@pytest.mark.parametrize(
    ("flags", "permissions", "said"),
    [
        (["--use-fake-device-for-media-stream"], [], "does not let this page use the microphone"),
        ([], ["microphone"], "No microphone was found"),
    ],
)
def test_without_a_microphone_the_page_says_why_and_lives_on(
    browser: Browser,
    telling: Running,
    remote: ChatServer,
    flags: list[str],
    permissions: list[str],
    said: str,
) -> None:
    with hearing(browser, None, *flags) as visits:
        page = tied(visits, telling.url, permissions=permissions)
        part(page, "open").click()
        expect(part(page, "state")).to_contain_text(said)
        expect(part(page, "open")).to_have_attribute("aria-pressed", "false")
        part(page, "voice").click()
        page.say("Hello")
        page.done(1)
        assert position(page) == 0
