"""What goes wrong stays beside the conversation: a notice, a mark, and the page goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, expect

from companion.app.server import Running, serve_in_background
from tests.browser.conftest import Visiting, settings
from tests.browser.test_talking import WORDS, told
from tests.chat_server import GOOD, ChatServer, event
from tests.unit.test_images_checked import header, svg


def test_an_empty_message_is_not_sent(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    page = visit(with_remote.url)
    page.say("   ")
    expect(page.page.locator("#notice")).to_have_text(
        "The message is empty. Write something first."
    )
    expect(page.mine).to_have_count(0)
    page.say("Hello")
    page.done(1)
    expect(page.page.locator("#notice")).to_be_hidden()


def test_a_message_of_100_kilobytes_stays_in_the_box(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    page = visit(with_remote.url)
    page.say("Hello")
    page.done(1)
    long = "word " * 20_480
    page.say(long)
    expect(page.page.locator("#notice")).to_contain_text(
        "The message has 102,400 characters; at most 8,000 are read"
    )
    expect(page.box).to_have_value(long)
    expect(page.mine).to_have_text(["Hello"])
    assert len(remote.requests) == 1


def test_an_edit_to_nothing_changes_nothing(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    page = visit(with_remote.url)
    page.say("Hello")
    page.done(1)
    page.page.get_by_role("button", name="Edit").click()
    page.page.locator("#chat textarea").fill(" ")
    page.page.get_by_role("button", name="Submit").click()
    expect(page.page.locator("#notice")).to_contain_text("The message is empty")
    expect(page.mine).to_have_text(["Hello"])
    page.done(1)


def test_behind_a_server_of_rubbish_another_model_answers_and_the_line_says_so(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    remote.pieces = [b"<html>I am a teapot</html>\n"]
    page = visit(with_remote.url)
    page.say("Hello")
    page.done(1)
    expect(page.replies).to_have_count(1)
    expect(page.replies).not_to_contain_text("teapot")
    assert page.truths.locator(".mark").all_inner_texts() == ["weaker than configured"]
    assert page.truths.locator("summary span").first.inner_text() == "scripted"
    details = page.opened()
    assert details["Could not answer"].startswith("remote: The server answered something that is")
    assert details["Why this model"].startswith("remote could not answer. It chooses among")


def test_words_that_broke_off_are_withdrawn(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    remote.pieces = [event("Half a sen")]
    page = visit(with_remote.url)
    page.say("Hello")
    page.done(1)
    expect(page.replies).not_to_contain_text("Half a sen")
    assert "ended without saying that it is complete" in page.opened()["Could not answer"]


def test_when_everything_fails_the_message_stays_and_can_be_tried_again(
    visit: Visiting, only_remote: Running, remote: ChatServer
) -> None:
    page = visit(only_remote.url)
    page.say("First")
    page.done(1)
    remote.status, remote.pieces = 500, [b"no"]
    page.say("Second")
    expect(page.notice).to_contain_text("Lia could not answer")
    expect(page.notice).to_contain_text("The server answered 500: no")
    expect(page.notice).to_have_attribute("role", "alert")
    expect(page.mine).to_have_text(["First", "Second"])
    expect(page.replies).to_have_count(1)
    remote.status, remote.pieces = 200, list(GOOD)
    page.page.get_by_role("button", name="Try again").click()
    page.done(2)
    expect(page.notice).to_have_count(0)
    assert told(remote) == [("user", "First"), ("assistant", "Hello you"), ("user", "Second")]


def test_a_message_without_an_answer_stays_when_the_talk_goes_on(
    visit: Visiting, only_remote: Running, remote: ChatServer
) -> None:
    page = visit(only_remote.url)
    remote.status = 500
    page.say("First")
    expect(page.notice).to_be_visible()
    remote.status = 200
    page.say("Second")
    page.done(1)
    expect(page.mine).to_have_text(["First", "Second"])
    expect(page.notice).to_have_count(1)
    assert told(remote) == [("user", "Second")]
    page.reload()
    expect(page.mine).to_have_text(["First", "Second"])


@pytest.fixture
def untracked(tmp_path: Path) -> Iterator[Running]:
    """A page whose tracking store cannot be made."""
    (tmp_path / "mlruns").write_text("a file where a folder should be", encoding="utf-8")
    uri = f"sqlite:///{tmp_path / 'mlruns' / 'mlflow.db'}"
    with serve_in_background(settings("scripted", tracking={"uri": uri})) as running:
        yield running


def test_without_a_tracking_store_the_answer_is_there_and_the_line_says_so(
    visit: Visiting, untracked: Running
) -> None:
    page = visit(untracked.url)
    page.say("Hello")
    page.done(1)
    expect(page.truths.locator(".mark")).to_have_text("weaker than configured")
    weaker = page.opened()["Weaker"]
    assert weaker.startswith("run tracking: The tracking store cannot be opened")
    assert "COMPANION_TRACKING__URI" in weaker


def test_markup_in_a_message_is_harmless(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    remote.pieces = [event("<script>document.title='x'</script> 1 < 2"), *GOOD[-2:]]
    page = visit(with_remote.url)
    page.expected.append("404")  # of the picture x, asked of our own server
    page.say("<img src=x onerror=\"document.title='x'\"> 3 > 2 & <b>so</b>")
    page.done(1)
    assert page.page.title() == "Lia"
    expect(page.mine).to_contain_text("3 > 2 & so")
    expect(page.replies).to_contain_text("1 < 2")
    assert told(remote)[0][1].startswith("<img src=x")


def test_a_reply_of_many_words_stays_smooth(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    remote.pieces = [event(word) for word in WORDS * 250] + GOOD[-2:]
    page = visit(with_remote.url)
    page.say("Count")
    page.done(1)
    expect(page.replies).to_contain_text("eight.")
    assert len(page.replies.inner_text().split()) >= 1_700


NO_MEMORY = {
    "card.json": (b'{"spec": "chara_card_v3", "data": {"name": 7}}', "no export of a memory"),
    "script.svg": (svg("<script>document.title='x'</script>"), "none that the companion exported"),
    "huge.png": (header(20_000, 20_000), "no text in UTF-8"),
    "corrupt.wav": (b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0", "no text in UTF-8"),
    "empty.json": (b"", "none that the companion exported"),
}
"""Broken and hostile files, and what is said of them where an export is wanted."""


def test_a_file_that_is_no_memory_is_refused_in_words_and_the_page_lives_on(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    page = visit(with_remote.url)
    page.expected.append("400")
    for name, (content, said) in NO_MEMORY.items():
        file = FilePayload(name=name, mimeType="application/octet-stream", buffer=content)
        page.page.locator("#shelf input[type=file]").set_input_files(file)
        expect(page.page.locator("#shelf .none")).to_contain_text(said)
    assert page.page.title() == "Lia"
    page.say("Hello")
    page.done(1)


def test_a_file_that_is_no_export_is_refused_in_french_until_something_is_chosen(
    visit: Visiting, with_remote: Running, tmp_path: Path
) -> None:
    page = visit(with_remote.url, locale="fr-FR")
    news = page.page.locator("#shelf .none")
    broken = tmp_path / "broken.json"
    broken.write_text("{not json")
    page.expected.append("400")
    page.page.locator("#shelf input[type=file]").set_input_files(broken)
    expect(news).to_have_text(re.compile(r"^Ce fichier n’est pas un export .* plus ancienne\.$"))
    expect(news).to_have_attribute("data-trouble", "")
    page.page.get_by_role("button", name="Nouvelle conversation").click()
    expect(news).to_have_text("")
