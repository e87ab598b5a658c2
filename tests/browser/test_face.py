"""The rig in a real Chromium: every mouth is seen, in order, and what a face does by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from companion.avatar import rig
from companion.images import portrait
from companion.types import Mood

WORDS = "BCHFXDCABFGEBFHBCAX"

Face = Callable[..., Page]


@pytest.fixture
def face(browser: Browser) -> Iterator[Face]:
    """A page with a face, its clock in `now()`; at the end, nobody complained."""
    opened: list[tuple[Page, list[str]]] = []

    def open_(inside: str = "", still: bool = False) -> Page:
        motion = "reduce" if still else "no-preference"
        page = browser.new_context(reduced_motion=motion).new_page()  # type: ignore[arg-type]
        heard: list[str] = []
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("console", lambda said: heard.append(said.text))
        page.on("request", lambda request: heard.append(request.url))
        opened.append((page, heard))
        page.set_content(f'<div id="face">{inside or portrait("Ada")}</div>')
        page.evaluate(
            rig() + "const now = () => performance.now() / 1000;"
            "Object.assign(window, {now, face: createFace(document.querySelector('#face'), now)});"
        )
        drawn = "document.querySelector('.gaze')?.getAttribute('transform').includes('.') ?? true"
        page.wait_for_function(drawn)  # by the rig, for the first time
        return page

    yield open_
    for page, heard in opened:
        page.context.close()
        assert heard == []


def say(page: Page, shapes: str, each: float = 0.12) -> None:
    """Begin to show these mouths, so many seconds each."""
    page.evaluate(
        "([shapes, each]) => { window.from = now() + 0.2;"
        "face.play([...shapes].map((shape, i) => ({shape, at: from + i * each}))); }",
        [shapes, each],
    )


def painted(page: Page, count: int) -> list[dict[str, Any]]:
    """What was seen, once there are so many."""
    page.wait_for_function("count => face.painted.length >= count", arg=count)
    seen: list[dict[str, Any]] = page.evaluate("face.painted")
    return seen


def mouth(page: Page) -> list[str]:
    paths: list[str] = page.evaluate(
        "[...document.querySelector('.mouth-now').children].map(part => part.getAttribute('d'))"
    )
    return paths


def watch(page: Page) -> None:
    """Note which parts change from now on, by their class."""
    page.evaluate(
        "() => { window.moved = new Set(); const note = ({target}) => moved.add("
        "target.closest('[class]')?.getAttribute('class') ?? 'mouth');"
        "new MutationObserver(changes => changes.forEach(note)).observe("
        "document.querySelector('svg'), {subtree: true, attributes: true}); }"
    )


def test_every_mouth_is_seen_in_order_and_none_before_its_time(face: Face) -> None:
    page = face()
    say(page, WORDS)
    seen = painted(page, len(WORDS))
    assert "".join(one["shape"] for one in seen) == WORDS
    assert all(one["painted"] > one["at"] - 0.03 for one in seen)


def test_later_calls_go_on_from_there(face: Face) -> None:
    page = face()
    say(page, "DCB", 0.6)
    page.evaluate("face.play([{shape: 'F', at: from + 0.9}, {shape: 'X', at: from + 1.1}])")
    seen = painted(page, 4)
    assert "".join(one["shape"] for one in seen) in ("DFX", "DCFX")


def test_a_mouth_that_nothing_follows_comes_to_rest(face: Face) -> None:
    page = face()
    resting = mouth(page)
    say(page, "D")
    assert [one["shape"] for one in painted(page, 2)] == ["D", "X"]
    page.wait_for_timeout(150)
    assert mouth(page) == resting


def test_quiet_is_at_once(face: Face) -> None:
    page = face()
    resting = mouth(page)
    say(page, "DEDEDEDEDE", 0.3)
    painted(page, 2)
    assert mouth(page) != resting
    page.evaluate("face.quiet()")
    assert mouth(page) == resting
    count = page.evaluate("face.painted.length")
    page.wait_for_timeout(700)
    assert page.evaluate("face.painted.length") == count
    say(page, "A")
    painted(page, count + 1)


@pytest.mark.parametrize("mood", ["happy", "sad", "surprised", "thinking"])
def test_a_mood_ends_where_the_still_picture_is(face: Face, mood: Mood) -> None:
    page, still = face(still=True), face(portrait("Ada", mood=mood), still=True)
    page.evaluate("mood => face.setMood(mood)", mood)
    page.wait_for_timeout(100)
    still.evaluate("mood => face.setMood(mood)", mood)
    still.wait_for_timeout(100)
    assert mouth(page) == mouth(still)
    for part in (".lid", ".low", ".gaze", ".head", ".brow"):
        read = (
            "part => [...document.querySelectorAll(part)].map(one => "
            "part === '.lid' || part === '.low' ? one.getAttribute('d') "
            ": one.getAttribute('transform'))"
        )
        assert page.evaluate(read, part) == still.evaluate(read, part)


def test_it_blinks_and_breathes_by_itself(face: Face) -> None:
    page = face()
    watch(page)
    page.wait_for_function("['lid', 'shoulders', 'head', 'gaze'].every(part => moved.has(part))")


def test_with_reduced_motion_only_the_mouth_moves(face: Face) -> None:
    page = face(still=True)
    page.wait_for_timeout(100)
    watch(page)
    say(page, "DBX")
    painted(page, 3)
    page.wait_for_timeout(3000)
    assert page.evaluate("[...moved].filter(part => !part.startsWith('mouth'))") == []


def test_listening_raises_the_brows(face: Face) -> None:
    page = face(still=True)
    lift = "document.querySelector('.brow-left').getAttribute('transform')"
    calm = page.evaluate(lift)
    page.evaluate("face.listening(0.8)")
    page.wait_for_function(f"{lift} !== {calm!r}")
    page.evaluate("face.listening(0)")
    page.wait_for_function(f"{lift} === {calm!r}")


def test_nothing_moves_after_its_end(face: Face) -> None:
    page = face()
    say(page, "DEDEDEDE", 0.2)
    page.evaluate("face.destroy()")
    page.wait_for_timeout(50)
    before = page.inner_html("#face")
    page.wait_for_timeout(1500)
    assert page.inner_html("#face") == before


def test_out_of_sight_nothing_runs(face: Face) -> None:
    page = face()
    page.evaluate("document.querySelector('#face').style.display = 'none'")
    page.wait_for_timeout(300)
    before = page.inner_html("#face")
    page.wait_for_timeout(1500)
    assert page.inner_html("#face") == before
    page.evaluate("document.querySelector('#face').style.display = ''")
    page.wait_for_function(
        "before => document.querySelector('#face').innerHTML !== before", arg=before
    )


def test_a_picture_without_parts_stays_as_it_is(face: Face) -> None:
    page = face('<img alt="a friend" src="data:,">')
    page.evaluate(
        "face.play([{shape: 'A', at: 0}]); face.setMood('sad'); face.listening(1); face.quiet();"
    )
    assert page.evaluate("face.painted") == []
    page.evaluate("face.destroy()")
