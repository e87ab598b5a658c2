"""A long conversation: its last turns are shown, all of them when asked, and any can be edited."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from companion.app.server import Running
from companion.app.transcript import SHOWN, STEP
from companion.memory.markdown import MARK
from tests.browser.conftest import Visit, Visiting
from tests.browser.test_looks import picture
from tests.chat_server import ChatServer

TURNS = SHOWN + STEP


@pytest.fixture
def long(visit: Visiting, with_remote: Running, remote: ChatServer, tmp_path: Path) -> Visit:
    """A page that shows a conversation of so many turns, brought as a file."""
    turn = "## You, 2026-05-17 12:00:00 UTC\n\n> Message {}\n## remote\n\n> Reply"
    turns = [turn.format(number) for number in range(TURNS)]
    file = tmp_path / "long.md"
    file.write_text("\n".join(["# A long one", MARK, "", *turns]))
    page = visit(with_remote.url)
    page.page.locator("#shelf input[type=file]").set_input_files(file)
    page.kept.click()
    page.done(SHOWN)
    return page


def test_the_last_turns_are_shown_and_all_of_them_when_asked(long: Visit) -> None:
    expect(long.mine.first).to_have_text(f"Message {STEP}")
    picture(long.page, "long")
    long.page.wait_for_timeout(400)  # Gradio goes to the end that long after what it has drawn
    long.page.get_by_role("button", name="Show from the beginning").press("Enter")
    expect(long.mine).to_have_count(TURNS)
    expect(long.mine.first).to_have_text("Message 0")
    expect(long.mine.first).to_be_in_viewport()
    expect(long.page.locator("#chat [role=log]")).to_be_focused()
    expect(long.page.locator("#unfold")).to_have_count(0)
    long.say("And now?")
    long.done(SHOWN + 1)
    expect(long.mine.last).to_be_in_viewport()
    expect(long.mine.first).to_have_text(f"Message {STEP}")


def test_a_message_of_it_is_edited_where_it_stands(long: Visit) -> None:
    long.page.locator("#chat").get_by_label("Edit").nth(4).click()
    editor = long.page.locator("#chat .edit-textarea")
    editor.fill("Another one")
    editor.press("Enter")
    long.done(STEP + 5)
    said = [*map("Message {}".format, range(STEP + 4)), "Another one"]
    expect(long.mine).to_have_text(said)
