"""A new user's first five minutes, one after another, with the page as anybody gets it.

The embedded model answers, the built-in voice speaks, the built-in ear listens to a microphone that
plays a file. A picture of each step goes to the folder that the variable PICTURES names.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from companion.app.server import Running
from companion.memory.forgetting import DONE, SURE
from tests.browser.conftest import Visit, Visiting
from tests.browser.microphone import hearing, part, save, say, silence, spoken_turn, tied, wait_for
from tests.browser.test_looks import picture
from tests.browser.test_remembering import answered, bytes_of
from tests.browser.test_voice_hearing import alike

SAID = "what shall we talk about?"
NAME = "Zephyrine"
DESK = {"width": 1280, "height": 800}


@pytest.fixture
def visitor(browser: Browser, tmp_path: Path) -> Iterator[Visiting]:
    """Visits of somebody whose microphone says the same each time that it is opened."""
    sound = silence(1) + say(SAID) + silence(60)
    with hearing(browser, save(tmp_path / "said.wav", sound)) as visits:
        yield visits


def test_the_first_five_minutes(visitor: Visiting, embedded: Running, own_place: Path) -> None:
    page = tied(visitor, embedded.url, viewport=DESK)
    expect(page.page.get_by_role("heading", name="Hello, I am Lia, an AI.")).to_be_visible()
    picture(page.page, "first-1-greeted")
    types(page)
    talks(page)
    interrupts(page)
    is_remembered(page)
    is_forgotten(page, own_place)


def types(page: Visit) -> None:
    """A message is written, and answered in writing."""
    page.say("Hello! How are you?")
    expect(page.truths).to_have_count(1, timeout=60_000)  # the model is being loaded
    page.done(1)
    assert page.truths.locator("summary span").first.inner_text() == "companion-tiny"
    assert page.page.evaluate("window.stage.player()") is None, "who writes is not spoken to"
    picture(page.page, "first-2-typed")


def talks(page: Visit) -> None:
    """The button is held, and what was said is answered aloud, to the end."""
    part(page, "talk").hover()
    page.page.mouse.down()
    wait_for(page, "window.stage.microphone.isOpen()")
    page.page.wait_for_timeout(2_800)  # the file's own time
    page.page.mouse.up()
    wait_for(page, "window.stage.player()?.position() > 0.3")
    picture(page.page, "first-3-spoken-to")
    spoken_turn(page, 2)
    assert alike(page.mine.last.inner_text(), SAID)
    assert page.opened()["Heard"].endswith("by moonshine")
    picture(page.page, "first-4-talked")


def interrupts(page: Visit) -> None:
    """A story is being told when the user speaks: it stops, and what was said is answered."""
    page.say("Tell me a story about the sea.")
    wait_for(page, "window.stage.player().position() > 0.1 && window.stage.player().turn() === 3")
    part(page, "open").click()
    wait_for(page, "window.stage.player().turn() === 4")
    page.done(4)
    part(page, "open").click()
    assert alike(page.mine.last.inner_text(), SAID)
    assert page.truths.nth(2).locator(".mark").all_inner_texts() == ["stopped"]
    picture(page.page, "first-5-interrupted")


def is_remembered(page: Visit) -> None:
    """The user tells a name; it is there after a reload, in another conversation too."""
    answered(page, f"My name is {NAME}.", 5)
    page.page.locator("#remembered summary").click()
    expect(page.page.locator("#remembered li .value")).to_have_text(NAME)
    picture(page.page, "first-6-told-the-name")
    page.reload()
    page.done(5)
    picture(page.page, "first-7-loaded-again")
    page.page.get_by_role("button", name="New conversation").click()
    expect(page.mine).to_have_count(0)
    answered(page, "Hello", 1)
    assert page.opened()["Remembered"] == f"The user's name is {NAME}."
    picture(page.page, "first-8-remembered")


def is_forgotten(page: Visit, home: Path) -> None:
    """The user asks for it, is asked whether it is meant, and nothing is left."""
    assert NAME.encode() in bytes_of(home)
    assert answered(page, "Please forget everything about me", 2) == SURE["en"]
    page.say("Yes")
    expect(page.replies).to_have_text([DONE["en"]["everything"]])
    expect(page.kept).to_have_count(0)
    expect(page.page.locator("#remembered li")).to_have_count(0)
    assert NAME.encode() not in bytes_of(home)
    picture(page.page, "first-9-forgotten")
    page.reload()
    expect(page.mine).to_have_count(0)
    page.page.wait_for_function("window.stage !== undefined")  # the page lives on
