"""The page that chooses a stack: reached from the conversation, answered, refused, in French."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from companion.app.server import Running
from tests.browser.conftest import Visiting
from tests.browser.test_looks import picture


def chosen(page: Page, **fields: str) -> None:
    """Fill the form in and send it."""
    for name, value in fields.items():
        page.locator(f"input[name={name}]").fill(value)
    page.locator("form button").click()


def test_a_visitor_finds_a_stack_and_keeps_what_was_said(
    visit: Visiting, embedded: Running
) -> None:
    seen = visit(embedded.url)
    page = seen.page
    seen.expected += ["AbortError", "Connection errored out"]
    picture(page, "planner-link")
    page.get_by_role("link", name="Choose your stack").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose your stack")
    page.get_by_label("speech").check()
    chosen(page, ram="16", vram="12", budget="20")
    expect(page.locator("main code").first).to_have_text("companion chat --profile rtx-3060")
    expect(page.locator("tbody tr", has_text="Qwen 3.5 9B")).to_be_visible()
    expect(page.locator("ul.bill")).to_contain_text("USD a month")
    expect(page.locator("input[name=vram]")).to_have_value("12")
    expect(page.get_by_label("speech")).to_be_checked()
    expect(page.locator("main")).to_contain_text("--wants speech --write mine")
    picture(page, "planner-en")
    page.get_by_role("link", name="Back to the conversation").click()
    expect(seen.box).to_be_visible()
    expect(page.locator("#about")).not_to_be_empty()


def test_in_french_by_night(visit: Visiting, embedded: Running) -> None:
    seen = visit(embedded.url, locale="fr-FR", color_scheme="dark")
    seen.expected += ["AbortError", "Connection errored out"]
    page = seen.page
    page.get_by_role("link", name="Choisis tes outils").click()
    page.get_by_label("Tout ce qui est dit reste sur mes machines").check()
    chosen(page, ram="8")
    expect(page.locator("h2").first).to_have_text("Ce qu’il faut prendre")
    expect(page.locator("main")).to_contain_text("--private --write mine")
    expect(page.locator("main .quiet")).to_contain_text("en anglais")
    picture(page, "planner-fr-dark")


def test_what_cannot_be_is_said_on_the_page(visit: Visiting, embedded: Running) -> None:
    seen = visit(embedded.url)
    seen.expected += ["AbortError", "Connection errored out", "status of 400"]
    page = seen.page
    page.goto(f"{embedded.url}/plan?ram=%3Cb%3E&users=1&goal=learn")
    expect(page.get_by_role("alert")).to_contain_text("That is no number")
    assert page.locator("main b").count() == 0, "what was typed is text, and no HTML"
    page.goto(f"{embedded.url}/plan?ram=0.5&private=yes")
    expect(page.get_by_role("alert")).to_contain_text("Not even companion-tiny fits")
    picture(page, "planner-refused")


def test_a_narrow_page_does_not_run_out_of_the_window(visit: Visiting, embedded: Running) -> None:
    seen = visit(embedded.url, viewport={"width": 360, "height": 720})
    seen.expected += ["AbortError", "Connection errored out"]
    page = seen.page
    page.goto(f"{embedded.url}/plan?ram=8")
    expect(page.locator("tbody tr").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(page, "planner-narrow")
