"""The stage by day and by night, on a desk and on a phone, in both languages, by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from companion.app.senses import Senses
from companion.app.server import Running, serve_in_background
from tests.browser.conftest import Visiting, _remote_model, settings
from tests.browser.microphone import hearing, part, tied, wait_for
from tests.browser.test_looks import CONTRAST, picture
from tests.browser.test_talking import WORDS, answering
from tests.chat_server import ChatServer
from tests.voices import Humming, Telling

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def english_ear(remote_server: ChatServer) -> Iterator[Running]:
    """The page with an ear that knows English only, as the built-in one."""
    asked = settings("remote", models=_remote_model(remote_server))
    senses = Senses(Humming(), Telling(languages=("en",)))
    with serve_in_background(asked, senses) as running:
        yield running


@pytest.fixture
def loud(browser: Browser) -> Iterator[Visiting]:
    """Visits in a Chromium that plays sound before it is touched."""
    with hearing(browser, None, "--autoplay-policy=no-user-gesture-required") as visits:
        yield visits


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_the_stage_can_be_read_and_touched(
    loud: Visiting,
    english_ear: Running,
    remote: ChatServer,
    scheme: str,
    viewport: dict[str, int],
) -> None:
    answering(remote, "".join(WORDS))
    page = tied(loud, english_ear.url, permissions=[], viewport=viewport, color_scheme=scheme)
    part(page, "voice").click()
    page.say("Count")
    wait_for(page, "document.querySelector('#stage mark')")
    for selector in (".state", ".captions", ".captions mark", ".talk", ".open", ".limits summary"):
        contrast = page.page.evaluate(CONTRAST, f"#stage {selector}")
        assert contrast >= 4.5, f"{selector} in {scheme}: {contrast:.1f}"
    for name in ("talk", "open", "voice", "caption"):
        box = part(page, name).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 40, "too small for a finger"
    wide = page.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= viewport["width"]
    for needed in ("#message textarea", "#stage .talk"):
        box = page.page.locator(needed).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= viewport["height"]
    picture(page.page, f"voice-{'phone' if viewport is PHONE else 'desk'}-{scheme}")


def test_in_french_the_page_says_that_it_hears_only_english(
    loud: Visiting, english_ear: Running
) -> None:
    page = tied(loud, english_ear.url, permissions=[], locale="fr-FR", viewport=DESK)
    expect(part(page, "state")).to_contain_text("je ne comprends que l’anglais parlé")
    expect(part(page, "talk")).to_be_disabled()
    expect(part(page, "voice")).to_be_enabled()
    expect(part(page, "talk")).to_have_text("Maintiens pour parler")
    picture(page.page, "voice-fr")


def test_every_control_has_a_name_and_is_reached_behind_the_message(
    loud: Visiting, english_ear: Running
) -> None:
    page = tied(loud, english_ear.url, permissions=[])
    names = ["Hold to talk", "Open mic", "Read aloud", "Captions"]
    for name in names:
        expect(page.page.get_by_role("button", name=name, exact=True)).to_be_visible()
    expect(page.page.get_by_role("group", name="Voice")).to_be_visible()
    expect(part(page, "captions")).to_have_attribute("aria-live", "off")
    expect(part(page, "state")).to_have_attribute("role", "status")
    page.box.focus()
    reached = []
    for _ in range(8):
        page.page.keyboard.press("Tab")
        reached.append(page.page.evaluate("document.activeElement.innerText?.trim()"))
    assert [name for name in reached if name in names] == names


def test_with_reduced_motion_the_ring_around_the_face_stands_still(
    loud: Visiting, english_ear: Running
) -> None:
    page = tied(loud, english_ear.url, permissions=[], reduced_motion="reduce")
    ring = "getComputedStyle(document.querySelector('#stage .portrait')).boxShadow"
    still = page.page.evaluate(ring)
    set_level = "document.querySelector('.stage').style.setProperty('--level', 1)"
    page.page.evaluate(set_level)
    assert page.page.evaluate(ring) == still
