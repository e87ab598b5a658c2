"""Talking on the page: streaming, truth, stop, retry, edit, and what the model is told of it."""

from __future__ import annotations

import re
import time
from typing import Any

from playwright.sync_api import expect

from companion.app.server import Running
from tests.browser.conftest import Visit, Visiting
from tests.chat_server import DONE, USAGE, ChatServer, event

WORDS = ["One ", "two ", "three ", "four ", "five ", "six ", "seven ", "eight."]
COUNTING = [*map(event, WORDS), event(finish="stop", usage=USAGE), DONE]

WATCH = """() => {
  window.grown = [];
  const chat = document.querySelector('#chat');
  new MutationObserver(() => {
    const said = [...chat.querySelectorAll('.bot .message-content')].filter(
      one => !one.querySelector('.truth, .notice, .thinking'));
    const length = said.at(-1)?.innerText.trim().length ?? 0;
    if (length && length !== window.grown.at(-1)) window.grown.push(length);
  }).observe(chat, {subtree: true, childList: true, characterData: true});
}"""


# Gradio's last step down, after the end of a reply, may come later than a script scrolls up.
SCROLLED_UP = """() => {
  const log = document.querySelector('#chat [role=log]');
  window.stayed = log.scrollTop === 0 ? (window.stayed ?? 0) + 1 : 0;
  log.scrollTo(0, 0);
  return window.stayed > 30;
}"""


def slowly(server: ChatServer, seconds: float = 0.15) -> None:
    """Let the server count to eight, with a pause before each word."""
    server.pieces = list(COUNTING)
    server.before_piece = lambda number: time.sleep(seconds)


def answering(server: ChatServer, *replies: str) -> None:
    """Let the server answer one word, another one each time."""
    rest = list(replies)

    def next_reply(number: int) -> None:
        if number == 0:
            server.pieces[1:] = [event(rest.pop(0)), event(finish="stop", usage=USAGE), DONE]

    server.pieces, server.before_piece = [b""], next_reply


def told(server: ChatServer) -> list[tuple[str, str]]:
    """What the model was last told, without the system message."""
    messages: list[dict[str, Any]] = server.requests[-1]["messages"]
    return [(one["role"], one["content"]) for one in messages if one["role"] != "system"]


def grown(visit: Visit) -> list[int]:
    lengths: list[int] = visit.page.evaluate("window.grown")
    return lengths


def test_a_reply_grows_on_the_page_as_it_comes(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    slowly(remote)
    page = visit(with_remote.url)
    page.page.evaluate(WATCH)
    page.say("Count to eight")
    expect(page.page.locator("#stop")).to_be_visible()
    page.done(1)
    assert len(grown(page)) >= 3
    assert grown(page) == sorted(grown(page))
    expect(page.replies).to_have_text("".join(WORDS))
    expect(page.mine).to_have_text("Count to eight")


def test_the_quiet_line_opens_to_the_whole_truth(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    slowly(remote, 0.05)
    page = visit(with_remote.url)
    page.say("Count to eight")
    page.done(1)
    figures = page.truths.locator("summary span").all_inner_texts()
    assert figures[0] == "remote"
    assert re.fullmatch(r"first token after [\d.]+ m?s", figures[1])
    assert re.fullmatch(r"[\d.]+ tokens/s", figures[2])
    assert figures[3:] == ["free"]
    details = page.opened()
    assert details["Why this model"] == f"First choice. any at {remote.url}"
    assert details["Tokens"] == "7 read, 3 written"
    assert re.fullmatch(r"[\d.]+ m?s in all, [\d.]+ m?s to the first token", details["Time"])
    assert details["Cost"] == "nothing: it ran on this computer"
    assert details["End"] == "the reply is complete"


def test_stop_keeps_what_was_shown_and_only_that_is_remembered(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    slowly(remote, 0.3)
    page = visit(with_remote.url)
    page.say("Count to eight")
    expect(page.replies).to_contain_text("One two")
    page.page.locator("#stop").click()
    page.done(1)
    shown = page.replies.inner_text()
    assert "eight" not in shown
    assert page.truths.locator(".mark").all_inner_texts() == ["stopped"]
    assert page.opened()["End"] == "you stopped it"
    assert remote.left.wait(10), "the server went on unheard"
    remote.before_piece = lambda number: None
    page.say("And now?")
    page.done(2)
    (_, user), (_, heard), (_, now) = told(remote)
    assert (user, heard.strip(), now) == ("Count to eight", shown, "And now?")


def test_escape_stops_before_the_first_word(
    visit: Visiting, only_remote: Running, remote: ChatServer
) -> None:
    slowly(remote, 1.5)
    page = visit(only_remote.url)
    page.say("Count to eight")
    expect(page.page.locator("#chat .thinking")).to_be_visible()
    expect(page.page.locator("#stop")).to_be_visible()
    page.page.keyboard.press("Escape")
    expect(page.notice).to_contain_text("You stopped Lia before the first word")
    remote.before_piece = lambda number: None
    page.page.get_by_role("button", name="Try again").click()
    page.done(1)
    assert told(remote) == [("user", "Count to eight")]


def test_a_new_message_interrupts_the_reply(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    slowly(remote)
    # Slow until the second request is there: the first reply must not end before it is interrupted.
    remote.before_piece = lambda number: time.sleep(0.3 if len(remote.requests) < 2 else 0)
    page = visit(with_remote.url)
    page.say("Count to eight")
    expect(page.replies).to_contain_text("One two")
    page.say("Faster!")
    page.done(2)
    assert page.truths.first.locator(".mark").all_inner_texts() == ["stopped"]
    expect(page.replies.last).to_have_text("".join(WORDS))
    assert [role for role, _ in told(remote)] == ["user", "assistant", "user"]


def test_retry_asks_the_same_again(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    answering(remote, "first", "second", "third")
    page = visit(with_remote.url)
    page.say("A")
    page.done(1)
    page.say("B")
    page.done(2)
    page.page.get_by_role("button", name="Retry").click()
    expect(page.replies.last).to_have_text("third")
    page.done(2)
    assert told(remote) == [("user", "A"), ("assistant", "first"), ("user", "B")]


def test_an_edited_message_goes_on_from_there(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    answering(remote, "first", "second", "third", "fourth")
    page = visit(with_remote.url)
    for turn, text in enumerate("ABC", start=1):
        page.say(text)
        page.done(turn)
    page.page.get_by_role("button", name="Edit").nth(1).click()
    page.page.locator("#chat textarea").fill("B, or rather D")
    page.page.get_by_role("button", name="Submit").click()
    expect(page.replies).to_have_text(["first", "fourth"])
    expect(page.mine).to_have_text(["A", "B, or rather D"])
    page.done(2)
    assert told(remote) == [("user", "A"), ("assistant", "first"), ("user", "B, or rather D")]


def test_an_earlier_message_is_edited_with_the_keys_that_write_a_new_one(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    answering(remote, "first", "second")
    page = visit(with_remote.url, locale="fr-FR")
    page.say("A")
    page.done(1)
    log = page.page.get_by_role("log", name="Conversation", exact=True)
    editor = log.get_by_role("textbox", name="Ton message")
    for key, replies in (("Escape", "first"), ("Enter", "second")):
        page.page.get_by_role("button", name="Modifier").click()
        editor.fill("B")
        editor.press(key)
        expect(editor).to_have_count(0)
        expect(page.replies).to_have_text(replies)
        page.done(1)
        expect(page.box).to_be_focused()
    expect(page.mine).to_have_text("B")
    assert told(remote) == [("user", "B")]


def test_what_i_say_is_seen_also_after_scrolling_up(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    answering(remote, *["word " * 300] * 2, "short")
    page = visit(with_remote.url, viewport={"width": 900, "height": 500})
    for turn, text in enumerate(("A", "B"), start=1):
        page.say(text)
        page.done(turn)
    page.page.wait_for_function(SCROLLED_UP)
    expect(page.mine.first).to_be_in_viewport()
    page.say("C")
    expect(page.mine.last).to_have_text("C")
    expect(page.mine.last).to_be_in_viewport()
    page.done(3)
    expect(page.truths.last).to_be_in_viewport()


def test_a_suggestion_is_said_with_one_click(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    page = visit(with_remote.url)
    page.page.get_by_text("Who are you?").click()
    page.done(1)
    assert told(remote) == [("user", "Who are you?")]


def test_shift_enter_writes_a_line_and_a_message_keeps_its_lines(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    page = visit(with_remote.url)
    page.box.press_sequentially("one")
    page.box.press("Shift+Enter")
    page.box.press_sequentially("two")
    page.box.press("Enter")
    page.done(1)
    assert told(remote) == [("user", "one\ntwo")]
    expect(page.box).to_have_value("")


def test_no_reply_makes_the_browser_ask_another_host(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    spying = "![a](https://example.org/a.png) <img src='https://example.org/b.png'> done"
    answering(remote, spying)
    page = visit(with_remote.url)
    page.expected.append("Content Security Policy")
    page.say("Show me a picture")
    page.done(1)
    expect(page.replies).to_contain_text("done")
    assert sorted(set(page.refused)) == ["https://example.org/a.png", "https://example.org/b.png"]
