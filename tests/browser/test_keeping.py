"""What is kept: conversations on the shelf, through reloads, new tabs, and a new server."""

from __future__ import annotations

import threading
import time

import pytest
from playwright.sync_api import expect

from companion.app.server import Running, serve_in_background
from companion.config import load
from tests.browser.conftest import Visit, Visiting, settings
from tests.browser.test_talking import WORDS, slowly, told
from tests.chat_server import ChatServer

STORED = "Object.keys(localStorage).length"


def talked(visit: Visiting, running: Running, *messages: str) -> Visit:
    """A page on which these messages have been answered."""
    page = visit(running.url)
    for turn, text in enumerate(messages, start=1):
        page.say(text)
        page.done(turn)
    return page


def test_a_new_conversation_keeps_the_old_one_to_come_back_to(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    page = talked(visit, with_remote, "About cats", "More about cats")
    page.page.get_by_role("button", name="New conversation").click()
    expect(page.mine).to_have_count(0)
    page.say("About dogs")
    page.done(1)
    assert told(remote) == [("user", "About dogs")]
    expect(page.kept).to_have_text(["About dogs", "About cats"])
    page.kept.last.click()
    expect(page.mine).to_have_text(["About cats", "More about cats"])
    expect(page.kept.last).to_have_attribute("aria-current", "true")
    page.say("And again")
    page.done(3)
    assert [role for role, _ in told(remote)] == ["user", "assistant"] * 2 + ["user"]


def test_a_reload_goes_on_where_it_was(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    page = talked(visit, with_remote, "Remember this")
    page.reload()
    expect(page.mine).to_have_text("Remember this")
    page.done(1)
    page.say("And this")
    page.done(2)
    assert told(remote)[0] == ("user", "Remember this")


def test_what_is_kept_of_an_edited_conversation_is_what_is_shown(
    visit: Visiting, embedded: Running
) -> None:
    page = visit(embedded.url, locale="fr-FR")
    for turn, text in enumerate(("un", "deux", "trois", "quatre"), start=1):
        page.say(text)
        page.done(turn)
    page.page.get_by_role("button", name="Modifier").nth(1).click()
    page.page.locator("#chat textarea").fill("deux, mais mieux")
    page.page.locator("#chat").get_by_role("button", name="Envoyer").click()
    expect(page.mine).to_have_text(["un", "deux, mais mieux"])
    page.done(2)
    replies = page.replies.all_inner_texts()
    page.reload()
    expect(page.mine).to_have_text(["un", "deux, mais mieux"])
    expect(page.replies).to_have_text(replies)


def test_a_reload_in_the_middle_keeps_what_was_shown(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    slowly(remote, 0.3)
    page = visit(with_remote.url)
    page.say("Count to eight")
    expect(page.replies).to_contain_text("One two")
    page.reload()
    page.done(1)
    expect(page.replies).to_contain_text("One two")
    assert page.truths.locator(".mark").all_inner_texts() == ["interrupted"]
    assert page.opened()["End"] == "the page was closed before the end"
    assert remote.left.wait(10), "the server went on for nobody"


def test_a_message_whose_page_was_closed_can_be_tried_again(
    visit: Visiting, only_remote: Running, remote: ChatServer
) -> None:
    slowly(remote, 0)
    gone = threading.Event()

    def held_back(number: int) -> None:
        gone.wait(60)

    remote.before_piece = held_back
    page = visit(only_remote.url)
    page.say("Count to eight")
    expect(page.page.locator("#chat .thinking")).to_be_visible()
    page.reload()
    expect(page.notice).to_contain_text("The page was closed before Lia answered")
    remote.before_piece = lambda number: None  # the first request is still held back
    page.page.get_by_role("button", name="Try again").click()
    page.done(1)
    gone.set()
    expect(page.replies).to_have_text("".join(WORDS))


def test_deleting_empties_the_page_and_the_shelf(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    page = talked(visit, with_remote, "Forget this")
    page.bin.click()
    page.page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.mine).to_have_count(0)
    expect(page.box).to_be_focused()
    expect(page.kept).to_have_count(0)
    assert page.page.evaluate(STORED) == 0
    page.say("Something new")
    page.done(1)
    assert told(remote) == [("user", "Something new")]


@pytest.mark.parametrize(
    ("locale", "question", "keep"),
    [
        ("en-GB", "Delete “Keep this”?", "Keep it"),
        ("fr-FR", "Supprimer «\u00a0Keep this\u00a0» ?", "La garder"),
    ],
)
def test_the_bin_asks_first_and_the_keyboard_can_say_no(
    visit: Visiting,
    with_remote: Running,
    remote: ChatServer,
    locale: str,
    question: str,
    keep: str,
) -> None:
    page = visit(with_remote.url, locale=locale)
    page.say("Keep this")
    page.done(1)
    for answer in ("Escape", "Enter"):
        page.bin.focus()
        page.page.keyboard.press("Enter")
        expect(page.page.get_by_role("dialog", name=question)).to_be_visible()
        expect(page.page.get_by_role("button", name=keep)).to_be_focused()
        page.page.keyboard.press(answer)
        expect(page.page.get_by_role("dialog")).to_have_count(0)
        expect(page.bin).to_be_focused()
    expect(page.mine).to_have_text("Keep this")
    page.reload()
    expect(page.mine).to_have_text("Keep this")


def test_a_conversation_is_given_another_title_by_hand_and_by_keys(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    page = talked(visit, with_remote, "About cats")
    other = visit(with_remote.url)
    page.page.get_by_role("button", name="Rename “About cats”").click()
    title = page.page.get_by_role("textbox", name="Title")
    expect(title).to_be_focused()
    title.fill("Whiskers")
    title.press("Enter")
    expect(page.kept).to_have_text("Whiskers")
    pencil = page.page.get_by_role("button", name="Rename “Whiskers”")
    expect(pencil).to_be_focused()
    pencil.press("Enter")
    title.fill("Nothing of it")
    title.press("Escape")
    expect(page.kept).to_have_text("Whiskers")
    page.reload()
    expect(page.kept).to_have_text("Whiskers")
    expect(page.mine).to_have_text("About cats")
    expect(other.kept).to_have_count(0)


def test_another_conversation_is_deleted_without_leaving_this_one(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    page = talked(visit, with_remote, "About cats")
    page.page.get_by_role("button", name="New conversation").click()
    expect(page.mine).to_have_count(0)
    page.say("About dogs")
    page.done(1)
    page.kept.last.hover()
    page.page.get_by_role("button", name="Delete “About cats”").click()
    page.page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.kept).to_have_text(["About dogs"])
    expect(page.mine).to_have_text("About dogs")


def test_escape_on_the_question_does_not_stop_the_reply(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    slowly(remote, 0.3)
    page = visit(with_remote.url)
    page.say("Count to eight")
    expect(page.replies).to_contain_text("One")
    page.bin.click()
    page.page.keyboard.press("Escape")
    page.done(1)
    expect(page.replies).to_have_text("".join(WORDS))


def test_the_focus_goes_on_to_the_message_box_of_a_new_conversation(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    page = talked(visit, with_remote, "About cats")
    page.page.get_by_role("button", name="New conversation").focus()
    page.page.keyboard.press("Enter")
    expect(page.mine).to_have_count(0)
    expect(page.box).to_be_focused()
    page.page.keyboard.type("About dogs")
    page.page.keyboard.press("Enter")
    page.done(1)
    page.kept.last.focus()
    page.page.keyboard.press("Enter")
    expect(page.mine).to_have_text(["About cats"])
    expect(page.kept.last).to_have_attribute("aria-current", "true")
    expect(page.kept.last).to_be_focused()


def test_another_conversation_can_be_opened_while_one_is_answered(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    page = talked(visit, with_remote, "About cats")
    page.page.get_by_role("button", name="New conversation").click()
    expect(page.mine).to_have_count(0)
    slowly(remote, 0.3)
    page.say("Count to eight")
    expect(page.replies).to_contain_text("One two")
    page.kept.last.click()
    expect(page.mine).to_have_text(["About cats"])
    time.sleep(1)  # nothing late may arrive
    expect(page.mine).to_have_text(["About cats"])
    page.kept.first.click()
    expect(page.replies).to_contain_text("One two")
    assert page.truths.locator(".mark").count() == 1


def test_two_tabs_lose_nothing_of_each_other(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    page = talked(visit, with_remote, "First tab")
    other = page.page.context.new_page()
    other.goto(with_remote.url)
    expect(other.locator("#chat .user.message")).to_have_text("First tab")
    other.get_by_role("button", name="New conversation").click()
    expect(other.locator("#chat .user.message")).to_have_count(0)
    other.locator("#message textarea").fill("Second tab")
    other.locator("#message textarea").press("Enter")
    expect(other.locator("#chat details.truth")).to_have_count(1)
    page.say("First tab again")
    page.done(2)
    expect(page.kept).to_have_text(["First tab", "Second tab"])
    expect(page.mine).to_have_text(["First tab", "First tab again"])
    other.reload()
    expect(other.locator("#chat .user.message")).to_have_text("Second tab")


def test_a_tab_follows_another_that_goes_on_with_its_conversation(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    page = talked(visit, with_remote, "First tab")
    other = page.page.context.new_page()
    other.goto(with_remote.url)
    expect(other.locator("#chat .user.message")).to_have_text("First tab")
    page.say("Go on")
    page.done(2)
    expect(other.locator("#chat .user.message")).to_have_text(["First tab", "Go on"])


def test_a_page_that_stays_open_finds_a_server_that_was_started_again(visit: Visiting) -> None:
    with serve_in_background(settings("scripted")) as first:
        page = talked(visit, first, "Hello")
        page.box.fill("Are you still there?")
    page.expected += ["AbortError", "Connection errored out", "ERR_", "Unexpected error"]
    expect(page.page.locator("#pulse")).to_have_text(
        "The connection was cut. This page comes back by itself, with what you typed."
    )
    expect(page.page.locator("#pulse")).to_be_visible()
    port = int(first.url.rsplit(":", 1)[1])
    with serve_in_background(load(chat={"models": ["scripted"]}, server={"port": port})):
        with page.page.expect_navigation(timeout=30_000):
            pass
        expect(page.mine).to_have_text(["Hello"])
        expect(page.box).to_have_value("Are you still there?")
        page.box.press("Enter")
        page.done(2)
