"""JupyterLab as `companion lab` opens it: the welcome notebook, and both tiles by its proxy."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from companion.lab import WELCOME
from companion.resources import CHECKOUT
from tests.browser.conftest import Visiting

SLOW = 120_000
"""Milliseconds: a tile starts a server that imports gigabytes of libraries."""


@pytest.fixture(scope="module")
def lab(own_place: Path) -> Iterator[str]:
    """The address of a JupyterLab that stands under a path of its own, as on a shared machine."""
    (own_place / WELCOME).parent.mkdir(parents=True)
    shutil.copy(CHECKOUT / WELCOME, own_place / WELCOME)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = [
        "--no-browser",
        "--allow-root",
        f"--ServerApp.port={port}",
        "--ServerApp.base_url=/course/",
        "--IdentityProvider.token=",
    ]
    folders = {f"JUPYTER_{name}_DIR": str(own_place / name) for name in ("CONFIG", "RUNTIME")}
    process = subprocess.Popen(
        [sys.executable, "-m", "companion.cli", "lab", *options],
        env=os.environ | folders,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}/course/"
    _wait_for(url + "api", process)
    yield url
    process.terminate()
    process.wait(20)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + SLOW / 1000
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(url).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError(f"no answer from {url}: {process.poll()}")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page of a browser that was never here."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_it_opens_the_welcome_notebook_and_asks_nobody_for_news(lab: str, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(lab)
    expect(page.get_by_role("tab", name="01_welcome.ipynb")).to_be_visible(timeout=SLOW)
    page.locator(".jp-NotebookPanel").wait_for(timeout=SLOW)
    expect(page.get_by_text("Jupyter news")).to_have_count(0)
    strangers = [url for url in asked if not url.startswith((lab, "data:", "blob:"))]
    assert strangers == []


def test_the_launcher_has_both_tiles_with_their_pictures(lab: str, page: Page) -> None:
    page.goto(f"{lab}lab?reset")
    for title in ("Companion", "Runs and traces"):
        tile = page.locator(".jp-LauncherCard").filter(has_text=title)
        expect(tile).to_be_visible(timeout=SLOW)
        picture = tile.locator("img")
        assert picture.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 0


def test_the_page_works_under_the_proxys_path(lab: str, visit: Visiting) -> None:
    httpx.get(f"{lab}companion-demo/", timeout=SLOW / 1000)  # the first request starts it
    seen = visit(f"{lab}companion-demo/")
    seen.say("Hello, who are you?")
    expect(seen.truths).to_have_count(1, timeout=SLOW)  # this server is cold
    assert seen.replies.last.inner_text().strip()
    assert all(url.startswith((lab, "data:", "blob:")) for url in seen.requests)


def test_runs_and_traces_show_under_the_proxys_path(lab: str, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{lab}companion-mlflow/#/experiments", timeout=SLOW)
    expect(page.get_by_role("link", name="companion", exact=True)).to_be_visible(timeout=SLOW)
    strangers = [url for url in asked if not url.startswith((lab, "data:", "blob:"))]
    assert strangers == []
