"""What is kept on the server: for one browser alone, through kill -9, in files, and forgotten."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from companion.app.server import Running, serve_in_background
from companion.app.visitors import COOKIE
from companion.memory.forgetting import DONE, SURE
from tests.browser.conftest import Visit, Visiting, settings
from tests.browser.test_looks import picture
from tests.browser.test_talking import told
from tests.chat_server import ChatServer


def bytes_of(home: Path) -> bytes:
    """All that is in the journal's files; to open and close them here would drop our locks."""
    files = sorted((home / "mlruns").glob("memory.db*"))
    return subprocess.run(["cat", *files], check=True, capture_output=True).stdout


def system(remote: ChatServer) -> str:
    """What the model was told before the last conversation."""
    first = remote.requests[-1]["messages"][0]
    assert first["role"] == "system"
    return str(first["content"])


def answered(page: Visit, text: str, turns: int) -> str:
    page.say(text)
    page.done(turns)
    return page.replies.last.inner_text()


def test_a_name_is_remembered_after_a_reload_and_forgotten_when_asked(
    visit: Visiting, with_remote: Running, remote: ChatServer, own_place: Path
) -> None:
    page = visit(with_remote.url)
    answered(page, "My name is Zebulon.", 1)
    page.page.get_by_role("button", name="New conversation").click()
    expect(page.mine).to_have_count(0)
    page.reload()
    answered(page, "Who am I?", 1)
    assert "The user's name is Zebulon." in system(remote)
    assert page.opened()["Remembered"] == "The user's name is Zebulon."
    picture(page.page, "remembered-en")
    assert b"Zebulon" in bytes_of(own_place)
    assert answered(page, "Please forget my name", 2) == DONE["en"]["facts"]
    assert b"Zebulon" not in bytes_of(own_place)
    answered(page, "Who am I now?", 3)
    assert "Zebulon" not in json.dumps(remote.requests[-1])


def test_everything_is_forgotten_after_a_question(
    visit: Visiting, with_remote: Running, remote: ChatServer, own_place: Path
) -> None:
    page = visit(with_remote.url, locale="fr-FR")
    answered(page, "Je m'appelle Philibert.", 1)
    assert answered(page, "Oublie tout", 2) == SURE["fr"]
    page.say("Oui")
    expect(page.replies).to_have_text([DONE["fr"]["everything"]])
    expect(page.kept).to_have_count(0)
    assert b"Philibert" not in bytes_of(own_place)
    page.reload()
    expect(page.mine).to_have_count(0)


def test_two_browsers_do_not_see_each_other(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    one, other = visit(with_remote.url), visit(with_remote.url)
    answered(one, "My name is Zebulon.", 1)
    other.reload()
    expect(other.kept).to_have_count(0)
    answered(other, "Who am I?", 1)
    assert "Zebulon" not in json.dumps(remote.requests[-1])
    ident = str(one.page.evaluate("sessionStorage.getItem('companion.current')"))
    stolen = other.page.request.get(f"{with_remote.url}/memory/conversation.md?id={ident}")
    assert stolen.status == 400
    assert "Zebulon" not in stolen.text()


def test_the_browser_keeps_a_token_that_no_script_reads(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    page = visit(with_remote.url)
    answered(page, "A secret of mine", 1)
    [cookie] = page.page.context.cookies()
    assert cookie["name"] == COOKIE
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert 360 * 86_400 < cookie["expires"] - time.time() < 370 * 86_400
    stored = page.page.evaluate("JSON.stringify([document.cookie, localStorage, sessionStorage])")
    assert "secret" not in stored
    assert cookie["value"] not in stored


def test_who_comes_from_another_site_stays_who_they_are(with_remote: Running) -> None:
    strange = httpx.get(with_remote.url, headers={"sec-fetch-site": "cross-site"})
    assert "set-cookie" not in strange.headers
    assert 'http-equiv="refresh"' in strange.text
    own = httpx.get(with_remote.url, headers={"sec-fetch-site": "same-origin"})
    assert COOKIE in own.headers["set-cookie"]


def test_conversations_are_searched(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    page = visit(with_remote.url)
    for text in ("The tallest mountain", "A recipe for soup"):
        answered(page, text, 1)
        page.page.get_by_role("button", name="New conversation").click()
        expect(page.mine).to_have_count(0)
    expect(page.kept).to_have_count(2)
    search = page.page.get_by_role("searchbox", name="Search")
    search.fill("mount")
    expect(page.kept).to_have_count(1)
    expect(page.kept.locator("b")).to_have_text("mountain")
    picture(page.page, "search-en")
    page.kept.click()
    expect(page.mine).to_have_text("The tallest mountain")
    search.fill("nowhere")
    expect(page.page.locator("#shelf .none")).to_have_text("Nothing found.")
    search.fill("")
    expect(page.kept).to_have_count(2)


def test_conversations_leave_as_files_and_come_back(
    visit: Visiting, with_remote: Running, remote: ChatServer, tmp_path: Path
) -> None:
    page = visit(with_remote.url)
    answered(page, "About cats", 1)
    files = {}
    for name in ("Export all", "Export this conversation"):
        with page.page.expect_download() as downloading:
            page.page.get_by_role("link", name=name).click()
        files[name] = tmp_path / downloading.value.suggested_filename
        downloading.value.save_as(files[name])
    assert json.loads(files["Export all"].read_text())["format"] == "companion-memory"
    assert "About cats" in files["Export this conversation"].read_text()
    for file in files.values():
        other = visit(with_remote.url)
        other.page.locator("#shelf input[type=file]").set_input_files(file)
        expect(other.page.locator("#shelf .none")).to_have_text("Conversations added: 1.")
        other.kept.click()
        expect(other.mine).to_have_text("About cats")
        expect(other.replies).to_have_text("Hello you")
        other.page.locator("#shelf input[type=file]").set_input_files(file)
        expect(other.page.locator("#shelf .none")).to_have_text(
            "Conversations added: 0. Here already, and left as they are: 1."
        )
        expect(other.kept).to_have_count(1)
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    page.expected.append("400")
    page.page.locator("#shelf input[type=file]").set_input_files(broken)
    expect(page.page.locator("#shelf .none")).to_contain_text("This is no export of a memory")


def there() -> str:
    """The hour on Kiritimati, 14 hours before everybody else's."""
    return time.strftime("%H", time.gmtime(time.time() + 14 * 3600))


def test_what_is_remembered_is_dated_by_the_clock_of_whoever_told_it(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    page = visit(with_remote.url, locale="fr-FR", timezone_id="Pacific/Kiritimati")
    hours = [there()]
    answered(page, "Je m'appelle Mia.", 1)
    page.page.locator("#remembered summary").click()
    hours.append(there())
    told_at = re.compile(rf"2\d{{3}}\D+({'|'.join(hours)}):\d\d, d’après")
    expect(page.page.locator("#remembered .source")).to_have_text(told_at)


def test_a_memory_that_cannot_be_used_is_told_and_the_page_goes_on(
    visit: Visiting, remote: ChatServer, tmp_path: Path
) -> None:
    (tmp_path / "memory.db").write_text("something else")
    kept = {"path": str(tmp_path / "memory.db")}
    with serve_in_background(settings("scripted", memory=kept)) as running:
        page = visit(running.url)
        answered(page, "Hello", 1)
        expect(page.page.locator("#shelf .kept")).to_contain_text("is not kept")
        picture(page.page, "not-kept-en")
        page.expected += ["AbortError", "Connection errored out", "ERR_", "Unexpected error"]


def test_the_panel_shows_corrects_and_forgets(
    visit: Visiting, with_remote: Running, remote: ChatServer, own_place: Path
) -> None:
    page = visit(with_remote.url)
    panel = page.page.locator("#remembered")
    panel.locator("summary").click()
    expect(panel.locator(".nothing")).to_be_visible()
    answered(page, "My name is Melchior. I like hiking.", 1)
    expect(panel.locator("li")).to_have_count(2)
    expect(panel.locator("li .value")).to_have_text(["hiking", "Melchior"])
    expect(panel.locator("li .source").last).to_contain_text("from: “My name is Melchior")
    panel.get_by_role("button", name="Correct: Name Melchior").focus()
    page.page.keyboard.press("Enter")
    page.page.keyboard.type("Barnabé")
    page.page.keyboard.press("Enter")
    expect(panel.get_by_role("button", name="Correct: Name Barnabé")).to_be_visible()
    picture(page.page, "panel-en")
    answered(page, "Who am I?", 2)
    assert "The user's name is Barnabé." in system(remote)
    panel.get_by_role("button", name="Forget: Name Barnabé").click()
    expect(page.page.get_by_role("dialog", name="Forget this?")).to_be_visible()
    picture(page.page, "panel-question-en")
    page.page.get_by_role("button", name="Forget", exact=True).click()
    expect(panel.locator("li")).to_have_count(1)
    expect(page.mine.first).not_to_contain_text("Melchior")
    kept = bytes_of(own_place)
    assert b"Melchior" not in kept
    assert "Barnabé".encode() not in kept
    answered(page, "Who am I now?", 3)
    assert "Melchior" not in json.dumps(remote.requests[-1])
    panel.get_by_role("button", name="Forget everything").click()
    page.page.get_by_role("button", name="Forget", exact=True).click()
    expect(page.mine).to_have_count(0)
    expect(page.kept).to_have_count(0)
    expect(panel.locator("li")).to_have_count(0)
    assert b"hiking" not in bytes_of(own_place)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panel_fits_a_phone_in_french(
    visit: Visiting, with_remote: Running, remote: ChatServer, scheme: str
) -> None:
    phone = {"width": 390, "height": 844}
    page = visit(with_remote.url, locale="fr-FR", viewport=phone, color_scheme=scheme)
    answered(page, "Je m'appelle Mia et j'habite à Lyon. J'aime la randonnée.", 1)
    page.page.locator("#shelf summary").click()  # on a phone it has all that is beside the talk
    page.page.locator("#remembered summary").click()
    expect(page.page.locator("#remembered li").first).to_be_visible()
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    picture(page.page, f"panel-phone-fr-{scheme}")


@contextmanager
def served(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The page in a process of its own."""
    own = os.environ | {"COMPANION_CHAT__MODELS": "[scripted]", "COMPANION_SERVER__PORT": str(port)}
    code = (
        "from companion.app.server import serve; from companion.config import load; serve(load())"
    )
    process = subprocess.Popen([sys.executable, "-c", code], env=own, stdout=subprocess.PIPE)
    try:
        assert process.stdout
        assert re.search(rb"http://", process.stdout.readline())
        yield process
    finally:
        process.kill()
        process.wait()


def test_what_was_shown_as_sent_is_there_after_kill_9(visit: Visiting) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with served(port) as process:
        page = visit(f"http://127.0.0.1:{port}")
        page.expected += ["AbortError", "Connection errored out", "ERR_", "Unexpected error"]
        page.expected.append("network error")
        answered(page, "My name is Melchior.", 1)
        page.say("And this is the last thing I say")
        expect(page.mine).to_have_count(2)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with served(port):
        with page.page.expect_navigation(timeout=30_000):
            pass
        expect(page.mine).to_have_text(["My name is Melchior.", "And this is the last thing I say"])


@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_shelf_fits_a_phone(
    visit: Visiting, with_remote: Running, remote: ChatServer, locale: str, scheme: str
) -> None:
    phone = {"width": 390, "height": 844}
    page = visit(with_remote.url, locale=locale, viewport=phone, color_scheme=scheme)
    answered(page, "About cats", 1)
    page.page.locator("#shelf summary").click()
    expect(page.page.locator("#shelf .export")).to_be_visible()
    wide = page.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    picture(page.page, f"shelf-phone-{locale[:2]}-{scheme}")
    assert told(remote)
