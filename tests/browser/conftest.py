"""Chromium, real pages on loopback, and what every visit must keep: no error, no other host."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect, sync_playwright

from companion.app.server import Running, serve_in_background
from companion.config import Settings, load
from tests.chat_server import GOOD, ChatServer, serving

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

PATIENCE = 60_000
"""Milliseconds that a page may take on a machine with other work; one that is quick never waits."""

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="package", autouse=True)
def own_place(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Path]:
    """One place for all these tests, with its tracking store, since they share their servers."""
    home = tmp_path_factory.mktemp("home")
    (home / "mlruns").mkdir()
    shutil.copy(empty_database, home / "mlruns")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("COMPANION_")]:
            patch.delenv(name)
        patch.setenv("COMPANION_HOME", str(home))
        yield home


def chromium() -> str:
    """Where it is; without it the tests are skipped, except on CI, where that is a failure."""
    if path := next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None):
        return path
    why = f"no browser found: install one of {', '.join(CHROMIUM_NAMES)}"
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, with neither microphone nor sound of its own."""
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium(), args=QUIET)


@dataclass
class Visit:
    """A page in the browser, and the few things a test does with it."""

    page: Page
    requests: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    @property
    def box(self) -> Locator:
        return self.page.locator("#message textarea")

    @property
    def mine(self) -> Locator:
        """The user's messages."""
        return self.page.locator("#chat .user.message")

    @property
    def replies(self) -> Locator:
        """The companion's words, without truth lines and notices."""
        return self.page.locator(
            "#chat .bot .message-content:not(:has(.truth, .notice, .thinking))"
        )

    @property
    def truths(self) -> Locator:
        return self.page.locator("#chat details.truth")

    @property
    def notice(self) -> Locator:
        return self.page.locator("#chat .notice")

    @property
    def kept(self) -> Locator:
        """The conversations on the shelf."""
        return self.page.locator("#shelf li .one")

    @property
    def bin(self) -> Locator:
        """What throws away the conversation that is shown."""
        return self.page.locator("#shelf li:has([aria-current]) .bin")

    def failed(self, request: Request) -> None:
        """A request that the page's own policy refused never left the browser."""
        if request.failure == "csp":
            self.requests.remove(request.url)
            self.refused.append(request.url)

    def say(self, text: str) -> None:
        """Type a message and send it with Enter."""
        self.box.fill(text)
        self.box.press("Enter")

    def done(self, turns: int) -> None:
        """Wait until that many replies are complete, each with its truth."""
        expect(self.truths).to_have_count(turns)
        expect(self.page.locator("#send")).to_be_visible()

    def reload(self) -> None:
        """Load the page again; Gradio grumbles when its stream is cut."""
        self.expected += ["AbortError", "Connection errored out"]
        self.page.reload()

    def opened(self, truth: int = -1) -> dict[str, str]:
        """What a truth line opens to, by name."""
        line = self.truths.nth(truth)
        line.locator("summary").click()
        names = line.locator("dt").all_inner_texts()
        return dict(zip(names, line.locator("dd").all_inner_texts(), strict=True))


Visiting = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visiting]:
    """Open a page; at the end, nothing was asked of another host and the console is clean."""
    with visiting(browser) as opened:
        yield opened


@contextmanager
def visiting(browser: Browser) -> Iterator[Visiting]:
    """As the fixture `visit`, with this browser."""
    visits: list[Visit] = []

    def opened(url: str, locale: str = "en-GB", **context: object) -> Visit:
        page = browser.new_context(locale=locale, **context).new_page()  # type: ignore[arg-type]
        page.set_default_timeout(PATIENCE)
        seen = Visit(page)
        visits.append(seen)
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on("requestfailed", seen.failed)
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("console", lambda said: _listen(seen, said.type, said.text))
        page.goto(url)
        expect(page.locator("#about")).not_to_be_empty()
        page.wait_for_function("sessionStorage.getItem('companion.current')")
        return seen

    yield opened
    for seen in visits:
        complaints = [
            one for one in seen.complaints if not any(re.search(ok, one) for ok in seen.expected)
        ]
        seen.page.context.close()
        assert complaints == []
        assert [url for url in seen.requests if not _own(url)] == []


def _listen(seen: Visit, kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        seen.complaints.append(f"{kind}: {text}")


def _own(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "data:", "blob:"))


# ---- pages: each is served once for all tests ----------------------------------------------------


def settings(*models: str, **more: Any) -> Settings:
    """The default settings with these models, on a free port."""
    return load(chat={"models": list(models)}, server={"port": 0}, **more)


@pytest.fixture(scope="package")
def embedded() -> Iterator[Running]:
    """The page as anybody gets it: the default settings."""
    with serve_in_background(load(server={"port": 0})) as running:
        yield running


@pytest.fixture(scope="package")
def remote_server() -> Iterator[ChatServer]:
    """The server behind `remote` and `lonely`."""
    with serving() as server:
        yield server


@pytest.fixture
def remote(remote_server: ChatServer) -> ChatServer:
    """That server, behaving well again."""
    remote_server.pieces = list(GOOD)
    remote_server.status = 200
    remote_server.before_piece = lambda number: None
    remote_server.left.clear()
    remote_server.requests.clear()
    return remote_server


def _remote_model(server: ChatServer) -> dict[str, object]:
    return {
        "remote": {
            "kind": "openai",
            "base_url": server.url,
            "model": "any",
            "languages": ["en", "fr"],
        }
    }


@pytest.fixture(scope="package")
def with_remote(remote_server: ChatServer) -> Iterator[Running]:
    """The page in front of that server, with written replies as the last resort."""
    models = _remote_model(remote_server)
    with serve_in_background(settings("remote", "scripted", models=models)) as running:
        yield running


@pytest.fixture(scope="package")
def only_remote(remote_server: ChatServer) -> Iterator[Running]:
    """The page in front of that server alone, so that everything can fail."""
    with serve_in_background(settings("remote", models=_remote_model(remote_server))) as running:
        yield running
