"""The page speaks: without a seam, with its words and mouth, and it stops when it is told to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from companion.app.senses import Senses
from companion.app.server import Running, serve_in_background
from tests.browser.conftest import Visit, Visiting, _remote_model, settings
from tests.browser.microphone import hearing, part, position, spoken_turn, tied, wait_for
from tests.browser.test_talking import WORDS, answering, slowly, told
from tests.chat_server import ChatServer
from tests.voices import HERTZ, LOUD, WORD_SECONDS, Humming, Telling

COUNTING = "".join(WORDS)

LISTEN = """async () => {
  const output = window.stage.player().output;
  const code = `registerProcessor('tap', class extends AudioWorkletProcessor {
    process([[channel]]) { if (channel) this.port.postMessage(channel.slice()); return true; }
  })`;
  const url = URL.createObjectURL(new Blob([code], {type: 'text/javascript'}));
  await output.context.audioWorklet.addModule(url);
  const tap = new AudioWorkletNode(output.context, 'tap', {numberOfOutputs: 0});
  window.played = [];
  tap.port.onmessage = ({data}) => window.played.push(...data);
  output.connect(tap);
}"""

PLAYED = """() => {
  const {sampleRate} = window.stage.player().output.context;
  const loud = (sample) => Math.abs(sample) > 1e-3;
  const all = window.played;
  const sound = all.slice(all.findIndex(loud), all.findLastIndex(loud));
  const steps = sound.slice(1).map((sample, i) => Math.abs(sample - sound[i]));
  const step = steps.reduce((a, b) => Math.max(a, b));
  return {rate: sampleRate, seconds: sound.length / sampleRate, step};
}"""

CAPTIONED = """() => {
  window.marked = [];
  const captions = document.querySelector('#stage .captions');
  new MutationObserver(() => {
    const word = captions.querySelector('mark')?.textContent;
    if (word && word !== window.marked.at(-1)) window.marked.push(word);
  }).observe(captions, {subtree: true, childList: true, characterData: true});
  window.drawn = new Set();
  const mouth = document.querySelector('#stage .mouth-now path');
  new MutationObserver(() => window.drawn.add(mouth.getAttribute('d')))
    .observe(mouth, {attributes: true});
  window.mouths = [];
  const face = document.querySelector('#stage svg[data-moods]');
  new MutationObserver(() => window.mouths.push(face.dataset.mouth))
    .observe(face, {attributes: true, attributeFilter: ['data-mouth']});
}"""


@pytest.fixture(scope="module")
def humming(remote_server: ChatServer) -> Iterator[Running]:
    """The page in front of that server, with a voice whose every moment is known."""
    models = _remote_model(remote_server)
    with serve_in_background(
        settings("remote", models=models), Senses(Humming(), Telling())
    ) as running:
        yield running


@pytest.fixture
def loud(browser: Browser) -> Iterator[Visiting]:
    """Visits in a Chromium that plays sound before it is touched."""
    with hearing(browser, None, "--autoplay-policy=no-user-gesture-required") as visits:
        yield visits


def aloud(visit: Visiting, running: Running, **how: object) -> Visit:
    """A page whose voice is on."""
    page = tied(visit, running.url, permissions=[], **how)
    part(page, "voice").click()
    wait_for(page, "window.stage.player()")
    return page


def test_a_reply_is_said_without_a_seam_with_each_word_and_a_moving_mouth(
    loud: Visiting, humming: Running, remote: ChatServer
) -> None:
    answering(remote, COUNTING)
    page = aloud(loud, humming)
    page.page.evaluate(LISTEN)
    page.page.evaluate(CAPTIONED)
    page.say("Count to eight")
    wait_for(page, "window.stage.player().position() > 2.3")
    spoken_turn(page, 1)
    wait_for(page, "!window.stage.player().playing()")
    played: dict[str, float] = page.page.evaluate(PLAYED)
    assert played["seconds"] == pytest.approx(len(WORDS) * WORD_SECONDS, abs=0.02)
    steepest = LOUD * 2 * math.pi * HERTZ / played["rate"]
    assert played["step"] < 1.2 * steepest, "a click, or a gap"
    assert page.page.evaluate("window.marked") == [word.strip() for word in WORDS]
    mouths: list[str] = page.page.evaluate("window.mouths")
    assert mouths.count("D") >= 6
    assert page.page.evaluate("window.drawn.size") > 10
    expect(part(page, "captions")).to_be_empty()
    expect(part(page, "state")).to_have_text("Hold the button to talk, or write.")
    assert page.opened()["Voice"].startswith("first sound after ")


def press_escape(page: Visit) -> None:
    page.page.keyboard.press("Escape")


def press_stop(page: Visit) -> None:
    page.page.locator("#stop").click()


def turn_voice_off(page: Visit) -> None:
    part(page, "voice").click()


@pytest.mark.parametrize("stop", [press_escape, press_stop, turn_voice_off])
def test_when_it_is_stopped_only_what_was_heard_stays(
    loud: Visiting, humming: Running, remote: ChatServer, stop: Callable[[Visit], None]
) -> None:
    answering(remote, COUNTING, "Yes.")
    page = aloud(loud, humming)
    page.say("Count to eight")
    wait_for(page, "window.stage.player().position() > 0.95")
    stop(page)
    wait_for(page, "!window.stage.player().playing()")
    page.done(1)
    heard = page.replies.inner_text().strip()
    assert COUNTING.startswith(heard)
    assert 3 <= len(heard.split()) < 8
    assert page.truths.locator(".mark").all_inner_texts() == ["stopped"]
    assert page.opened()["End"] == "you stopped it"
    page.say("And now?")
    page.done(2)
    assert told(remote) == [
        ("user", "Count to eight"),
        ("assistant", heard),
        ("user", "And now?"),
    ]


def test_a_message_typed_meanwhile_interrupts_what_is_being_said(
    loud: Visiting, humming: Running, remote: ChatServer
) -> None:
    slowly(remote, 0.2)
    remote.pieces[0:8] = [b"".join(remote.pieces[0:8])]
    page = aloud(loud, humming)
    page.say("Count to eight")
    wait_for(page, "window.stage.player().position() > 0.65")
    page.say("Faster!")
    wait_for(page, "window.stage.player().turn() === 2")
    page.done(2)
    [_, (_, heard), _] = told(remote)
    assert heard.startswith("One two")
    assert len(heard.split()) < 8


def test_without_the_voice_nothing_is_said_and_the_choice_is_kept(
    loud: Visiting, humming: Running, remote: ChatServer
) -> None:
    page = tied(loud, humming.url, permissions=[])
    expect(part(page, "voice")).to_have_attribute("aria-pressed", "false")
    page.say("Hello")
    page.done(1)
    assert position(page) == 0
    part(page, "voice").click()
    part(page, "caption").click()
    page.reload()
    page.page.wait_for_function("window.stage?.state.tied")
    expect(part(page, "voice")).to_have_attribute("aria-pressed", "true")
    expect(part(page, "caption")).to_have_attribute("aria-pressed", "false")
    page.say("Again")
    wait_for(page, "window.stage.player()?.position() > 0.2")
    expect(part(page, "captions")).to_be_hidden()
    spoken_turn(page, 2)


def test_a_line_that_is_cut_is_tied_again_and_speaks_on(
    loud: Visiting, humming: Running, remote: ChatServer
) -> None:
    page = aloud(loud, humming)
    page.page.evaluate("window.stage.channel().drop()")
    wait_for(page, "!window.stage.state.tied")
    expect(part(page, "state")).to_have_text("The voice is being connected…")
    wait_for(page, "window.stage.state.tied")
    page.say("Hello")
    wait_for(page, "window.stage.player().position() > 0.2")
    spoken_turn(page, 1)


def test_a_page_without_a_voice_says_so_and_stays_a_page_of_text(
    visit: Visiting, remote_server: ChatServer, remote: ChatServer
) -> None:
    models = _remote_model(remote_server)
    with serve_in_background(settings("remote", models=models), Senses()) as running:
        page = tied(visit, running.url, permissions=[])
        expect(part(page, "state")).to_contain_text("no recogniser of speech is installed")
        for name in ("talk", "open", "voice"):
            expect(part(page, name)).to_be_disabled()
        page.say("Hello")
        page.done(1)
        page.page.close()
