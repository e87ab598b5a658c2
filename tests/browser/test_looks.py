"""Two languages, a phone, day and night, keyboard and contrast; pictures go to `docs/images`.

The pictures are written where the variable PICTURES names a folder.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from companion.app.server import Running
from tests.browser.conftest import Visit, Visiting
from tests.chat_server import ChatServer

PICTURES = os.environ.get("PICTURES")

CONTRAST = """(selector) => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map((part) => part / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
  const element = document.querySelector(selector);
  let behind = element;
  const see = (one) => rgb(getComputedStyle(one).backgroundColor);
  while (behind.parentElement && (see(behind)[3] ?? 1) === 0) behind = behind.parentElement;
  const pair = [light(rgb(getComputedStyle(element).color)), light(see(behind))];
  return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
}"""


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def talked(visit: Visiting, url: str, text: str, **how: Any) -> Visit:
    page = visit(url, **how)
    page.say(text)
    page.done(1)
    return page


def test_english(visit: Visiting, embedded: Running) -> None:
    page = visit(embedded.url, locale="en-US")
    expect(page.page.locator("html")).to_have_attribute("lang", "en")
    expect(page.page.get_by_role("heading", name="Hello, I am Lia, an AI.")).to_be_visible()
    expect(page.page.locator("#about")).to_have_text(
        "Lia is an AI on your own computer; it can be wrong."
    )
    expect(page.page.get_by_label("Your message")).to_have_attribute(
        "placeholder", "Write a message…"
    )
    expect(page.page.get_by_role("button", name="Send")).to_be_visible()
    picture(page.page, "greeting-en")


def test_french(visit: Visiting, embedded: Running) -> None:
    page = visit(embedded.url, locale="fr-FR")
    expect(page.page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.page.get_by_role("heading", name="Bonjour, je suis Lia, une IA.")).to_be_visible()
    expect(page.page.locator("#about")).to_have_text(
        "Lia est une IA sur ton propre ordinateur ; elle peut se tromper."
    )
    expect(page.page.get_by_label("Ton message")).to_have_attribute(
        "placeholder", "Écris un message…"
    )
    for name in ("Envoyer", "Nouvelle conversation"):
        expect(page.page.get_by_role("button", name=name)).to_be_visible()
    page.say(" ")
    expect(page.page.locator("#notice")).to_have_text(
        "Le message est vide. Écris d’abord quelque chose."
    )


def test_the_embedded_model_streams_in_english(visit: Visiting, embedded: Running) -> None:
    page = visit(embedded.url, viewport={"width": 1280, "height": 800})
    for turn, text in enumerate(("Hello! How are you today?", "What can you do?"), start=1):
        page.say(text)
        page.done(turn)
    assert page.truths.last.locator("summary span").first.inner_text() == "companion-tiny"
    expect(page.truths.last).to_contain_text("tokens/s")
    details = page.opened()
    assert details["Why this model"].startswith("First choice. ")
    assert details["Cost"] == "nothing: it ran on this computer"
    picture(page.page, "page-en")


def test_the_embedded_model_streams_in_french(visit: Visiting, embedded: Running) -> None:
    page = visit(embedded.url, locale="fr-FR", viewport={"width": 1280, "height": 800})
    for turn, text in enumerate(("Bonjour ! Comment vas-tu ?", "Que sais-tu faire ?"), start=1):
        page.say(text)
        page.done(turn)
    assert page.truths.last.locator("summary span").first.inner_text() == "companion-tiny"
    expect(page.truths.last).to_contain_text("jetons/s")
    details = page.opened()
    assert details["Pourquoi ce modèle"].startswith("Premier choix. ")
    assert details["Coût"] == "rien : il a tourné sur cet ordinateur"
    picture(page.page, "page-fr")


def test_a_french_notice_is_french(
    visit: Visiting, only_remote: Running, remote: ChatServer
) -> None:
    remote.status, remote.pieces = 503, [b"plus tard"]
    page = visit(only_remote.url, locale="fr-CA")
    page.say("Bonjour")
    expect(page.notice).to_contain_text("Lia n’a pas pu répondre")
    expect(page.notice).to_contain_text("Le serveur a répondu 503 : plus tard")
    expect(page.page.locator("#chat .option")).to_have_text("Réessayer")
    picture(page.page, "notice-fr")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_everything_and_nothing_hangs_over(
    visit: Visiting, with_remote: Running, remote: ChatServer, scheme: str
) -> None:
    remote.pieces = [b"rubbish\n"]
    phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": scheme, "has_touch": True}
    page = talked(visit, with_remote.url, "Hello! How are you today?", **phone)
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    room = page.page.get_by_role("log").bounding_box()
    assert room is not None
    assert room["height"] >= 0.65 * 844, "the conversation has the room"
    face = page.page.locator("#stage .portrait").bounding_box()
    assert face is not None
    assert 40 <= face["width"] <= 60, "smaller, and there"
    for part in ("#message textarea", "#send"):
        box = page.page.locator(part).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 844
        assert box["height"] >= 40, "too small for a finger"
    expect(page.page.get_by_role("button", name="New conversation")).to_be_hidden()
    page.page.locator("#shelf summary").click()
    page.page.get_by_role("button", name="New conversation").click()
    expect(page.mine).to_have_count(0)
    expect(page.page.get_by_role("button", name="New conversation")).to_be_hidden()
    page.page.locator("#shelf summary").click()
    page.kept.first.click()
    page.done(1)
    page.opened()
    picture(page.page, f"phone-{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_by_day_and_by_night(
    visit: Visiting, only_remote: Running, remote: ChatServer, scheme: str
) -> None:
    page = talked(visit, only_remote.url, "Hello", color_scheme=scheme)
    page.opened()
    remote.status = 500
    page.say("Again")
    expect(page.notice).to_be_visible()
    night = page.page.evaluate("document.body.classList.contains('dark')")
    assert night == (scheme == "dark")
    for selector in (
        "#chat .user .prose p",
        "#chat .bot .prose p",
        "#chat .truth summary span",
        "#chat .truth dt",
        "#chat .truth dd",
        "#chat .notice strong",
        "#chat .notice p",
        "#chat .option",
        "#message textarea",
        "#send",
        "#about",
        ".shelf .new",
        ".shelf .kept",
    ):
        contrast = page.page.evaluate(CONTRAST, selector)
        assert contrast >= 4.5, f"{selector} in {scheme}: {contrast:.1f}"
    picture(page.page, f"notice-{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_small_buttons_are_large_and_dark_enough(
    visit: Visiting, with_remote: Running, remote: ChatServer, scheme: str
) -> None:
    page = talked(visit, with_remote.url, "Hello", color_scheme=scheme)
    buttons = page.page.locator("#chat .icon-button")
    expect(buttons.locator("visible=true")).to_have_count(2)  # edit, retry
    for button in buttons.locator("visible=true").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24
        assert button.evaluate("one => getComputedStyle(one).opacity") == "1"
    for place in (".message-buttons-left", ".message-buttons-right"):
        contrast = page.page.evaluate(CONTRAST, f"#chat {place} button")
        assert contrast >= 3, f"{place} in {scheme}: {contrast:.1f}"
    page.bin.click()
    for part in ("strong", "p", "button", "button + button"):
        assert page.page.evaluate(CONTRAST, f"#forget {part}") >= 4.5, part
    picture(page.page, f"forget-{scheme}")


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        (
            "en-GB",
            "The message has 160,000 characters; at most 8,000 are read. "
            "Send a shorter one, or several.",
        ),
        (
            "fr-FR",
            "Le message a 160\u202f000 caractères ; 8\u202f000 au plus sont lus. "
            "Envoie-en un plus court, ou plusieurs.",
        ),
    ],
)
def test_a_message_that_is_too_long_is_refused_in_a_visitors_words(
    visit: Visiting, with_remote: Running, remote: ChatServer, locale: str, told: str
) -> None:
    page = visit(with_remote.url, locale=locale)
    page.say("x" * 160_000)
    expect(page.page.locator("#notice")).to_be_visible()
    assert page.page.locator("#notice").inner_text() == told
    expect(page.box).not_to_have_value("")


TREE = """
- main:
  - navigation "Conversations"
  - heading "Lia" [level=1]
  - log "Conversation":
    - group "Toi":
      - paragraph: Bonjour
    - button "Modifier"
    - group "Lia":
      - paragraph: Hello you
  - textbox "Ton message"
  - button "Envoyer"
  - region "Voix et visage":
    - status
    - group "Voix"
"""


def test_what_a_screen_reader_is_told_once_the_conversation_has_begun(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    page = talked(visit, with_remote.url, "Bonjour", locale="fr-FR")
    expect(page.page.locator("body")).to_match_aria_snapshot(TREE)
    log = page.page.get_by_role("log")
    expect(log).to_have_attribute("aria-live", "polite")
    expect(log).to_have_attribute("aria-busy", "false")
    held = threading.Event()

    def holding(number: int) -> None:
        held.wait(60)

    remote.before_piece = holding
    page.say("Encore")
    expect(log).to_have_attribute("aria-busy", "true")  # pieces of a reply are not read out
    held.set()
    page.done(2)
    expect(log).to_have_attribute("aria-busy", "false")
    page.page.get_by_role("button", name="Nouvelle conversation").click()
    expect(page.box).to_be_focused()
    greeting = page.page.get_by_role("heading", level=2)
    expect(greeting).to_have_text("Bonjour, je suis Lia, une IA.")


def test_everything_can_be_reached_and_has_a_name(
    visit: Visiting, with_remote: Running, remote: ChatServer
) -> None:
    page = talked(visit, with_remote.url, "Hello")
    nameless = page.page.evaluate(
        """[...document.querySelectorAll('button, textarea, summary')]
        .filter(one => one.checkVisibility())
        .filter(one => !(one.ariaLabel || one.innerText.trim() || one.closest('label')?.innerText))
        .map(one => one.outerHTML)"""
    )
    assert nameless == []
    line = page.truths.locator("summary")
    line.focus()
    page.page.keyboard.press("Enter")
    expect(page.truths.locator("dl")).to_be_visible()
    focused = "document.activeElement.matches(':is(button, summary, textarea)')"
    page.box.focus()
    page.page.keyboard.press("Tab")
    assert page.page.evaluate(focused)


def test_gradios_clocks_stand_still_on_an_idle_page(visit: Visiting, with_remote: Running) -> None:
    page = visit(with_remote.url).page
    assert "/statustracker-" in page.evaluate("window.requestAnimationFrame.toString()")
    loaded = "performance.getEntriesByType('resource').map((one) => one.name)"
    assert any("/assets/statustracker-" in name for name in page.evaluate(loaded)), "it has moved"
