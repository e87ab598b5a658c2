"""Two visitors of one model: who waits reads how many are ahead, in both languages."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import expect

from companion.app.server import Running, serve_in_background
from companion.chat import generation
from companion.chat.engine import Engine
from tests.browser.conftest import Visiting, settings
from tests.browser.test_looks import CONTRAST, picture


@dataclass
class Gate:
    """Shut until it is `open`; `taken` once somebody has the model's one place."""

    open: threading.Event = field(default_factory=threading.Event)
    taken: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def gate() -> Iterator[Gate]:
    """As long as it is shut, the model says nothing further."""
    gate = Gate()
    yield gate
    gate.open.set()


@pytest.fixture
def one_place(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """The page in front of the embedded model with one place, whose answers are held."""
    monkeypatch.setattr(generation, "SLOTS", 1)
    whole_round = Engine._round

    def held(engine: Engine) -> bool:
        """Once somebody has the place, nothing but telling those who wait."""
        if gate.open.is_set() or not engine._service.jobs:
            return whole_round(engine)
        gate.taken.set()
        engine._tell_places()
        gate.open.wait(0.02)
        return True

    monkeypatch.setattr(Engine, "_round", held)
    with serve_in_background(settings("companion-tiny")) as running:
        yield running


def test_who_waits_reads_how_many_are_ahead_and_is_answered_then(
    visit: Visiting, one_place: Running, gate: Gate
) -> None:
    first = visit(one_place.url)
    second = visit(one_place.url, locale="fr-FR")
    third = visit(one_place.url, color_scheme="dark")
    first.say("Tell me a little story")
    assert gate.taken.wait(30)
    second.say("Bonjour")
    waiting = second.page.locator("#chat .thinking.waiting")
    expect(waiting).to_have_text("Lia répond à d’autres : 1 avant toi")
    expect(waiting.locator("span")).to_be_visible()
    third.say("Hello")
    expect(third.page.locator("#chat .thinking.waiting")).to_have_text(
        "Lia is busy with others: 2 ahead of you"
    )
    assert second.page.evaluate(CONTRAST, "#chat .thinking span") >= 4.5
    picture(second.page, "waiting-fr")
    picture(third.page, "waiting-dark")
    gate.open.set()
    for page in (first, second, third):
        page.done(1)
        expect(page.page.locator("#chat .thinking")).to_have_count(0)
    assert third.truths.locator(".mark").count() == 0, "nothing was weaker, only later"
