"""Chromium with a wav file for a microphone, and the sounds that such files hold."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator

from companion.speech import Espeak
from tests.browser.conftest import QUIET, Visit, Visiting, chromium, visiting

FAKE = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)
RATE = 22_050


def say(text: str) -> bytes:
    """The text in the voice that the built-in recogniser understands best, at 22,050 Hz."""

    async def spoken() -> bytes:
        return b"".join([part.audio.pcm async for part in Espeak().stream(text, "en")])

    with ThreadPoolExecutor(1) as apart:  # Playwright has this thread's loop
        return apart.submit(asyncio.run, spoken()).result()


def silence(seconds: float) -> bytes:
    """Nothing, at 22,050 Hz."""
    return bytes(2 * round(seconds * RATE))


def save(path: Path, pcm: bytes, rate: int = RATE, channels: int = 1) -> Path:
    """A wav file of that sound, the same on each channel."""
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        frames = (pcm[at : at + 2] * channels for at in range(0, len(pcm), 2))
        file.writeframes(b"".join(frames))
    return path


@contextmanager
def hearing(browser: Browser, wav: Path | None, *flags: str) -> Iterator[Visiting]:
    """Visits in a Chromium whose microphone plays that file once; None is a machine without one."""
    device = (*FAKE, f"--use-file-for-fake-audio-capture={wav}%noloop") if wav else flags
    other = browser.browser_type.launch(executable_path=chromium(), args=[*QUIET, *device])
    try:
        with visiting(other) as opened:
            yield opened
    finally:
        other.close()


def part(page: Visit, name: str) -> Locator:
    """A part of the stage by its class."""
    return page.page.locator(f"#stage .{name}")


def tied(visit: Visiting, url: str, **how: object) -> Visit:
    """A page whose voice channel is open."""
    page = visit(url, **{"permissions": ["microphone"], **how})
    page.page.wait_for_function("window.stage?.state.tied")
    return page


def wait_for(page: Visit, script: str) -> None:
    """Wait until that is true in the page."""
    page.page.wait_for_function(script, timeout=60_000)


def spoken_turn(page: Visit, turns: int) -> None:
    """Wait until that many turns are answered and said to their end."""
    wait_for(page, "!window.stage.player()?.playing()")
    page.done(turns)


def position(page: Visit) -> float:
    """How many seconds of its reply the page has played."""
    seconds: float = page.page.evaluate("window.stage.player()?.position() ?? 0")
    return seconds
