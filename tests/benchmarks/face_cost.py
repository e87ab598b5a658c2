"""What a face takes in the browser: how late mouths are, what idling costs, how large it is.

    python -m tests.benchmarks.face_cost [SENTENCES]

Real speech of the embedded voice is played in a real Chromium without a GPU, on the clock of the
page. A mouth counts as seen when the frame after the one that drew it begins, which is later than
it is on the screen. Idling is the time of all the browser's processes, beside those of a page where
the same picture stands still. The figures are kept as an MLflow run named `bench face`.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from companion.avatar import joined, rig
from companion.images import portrait
from companion.speech import Espeak
from companion.types import Viseme
from tests.benchmarks.reporting import report

SENTENCES = (
    "Hello, I am your companion, and I am glad that you are here.",
    "What would you like to talk about this evening?",
    "My favourite film has five very happy elephants in it.",
    "Would you believe that the moon moves away from us every year?",
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SIDE = 380
"""Pixels of the face on the page."""


def visemes(sentences: int) -> tuple[Viseme, ...]:
    """What the embedded voice shows for so many sentences."""
    text = " ".join(SENTENCES[number % len(SENTENCES)] for number in range(sentences))

    async def spoken() -> tuple[Viseme, ...]:
        return joined([part async for part in Espeak().stream(text, "en")]).visemes

    return asyncio.run(spoken())


@contextmanager
def browsing() -> Iterator[Browser]:
    """Chromium."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        yield playwright.chromium.launch(executable_path=path, args=arguments)


def page(browser: Browser, moving: bool) -> Page:
    """A face, which moves or stands still."""
    opened = browser.new_page(viewport={"width": 600, "height": 600})
    opened.set_content(f'<div id="face" style="width: {SIDE}px">{portrait("Ada")}</div>')
    if moving:
        opened.evaluate(
            rig() + "const now = () => performance.now() / 1000;"
            "Object.assign(window, {now, face: createFace(document.querySelector('#face'), now)});"
        )
    return opened


def onsets(browser: Browser, told: tuple[Viseme, ...]) -> dict[str, float]:
    """How far what is seen is from what was told, in milliseconds."""
    shown = page(browser, moving=True)
    plan = [{"shape": one.shape, "at": one.start + 0.5} for one in told]
    shown.evaluate(
        "plan => { const from = now(); face.play(plan.map(({shape, at}) => "
        "({shape, at: from + at}))); }",
        plan,
    )
    shown.wait_for_timeout(1000 * (told[-1].start + 1.5))
    seen = shown.evaluate("face.painted")
    shown.close()
    errors = sorted(1000 * abs(one["painted"] - one["at"]) for one in seen)
    return {
        "mouths_told": len(told),
        "mouths_seen": len(seen),
        "onset_p50_ms": statistics.median(errors),
        "onset_p95_ms": errors[int(0.95 * len(errors))],
        "onset_worst_ms": errors[-1],
    }


def idle_share(browser: Browser, moving: bool, seconds: float = 20) -> float:
    """The share of one core that the browser takes while nothing is said, in per cent."""
    shown = page(browser, moving)
    shown.wait_for_timeout(1500)
    before, began = _browser_seconds(), time.perf_counter()
    shown.wait_for_timeout(1000 * seconds)
    share = (_browser_seconds() - before) / (time.perf_counter() - began)
    shown.close()
    return 100 * share


def _browser_seconds() -> float:
    """Processor seconds of everything that this process started and that is a browser."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        if "chrom" in process.name():
            times = process.cpu_times()
            total += times.user + times.system
    return total


def measured(sentences: int) -> dict[str, float]:
    """The figures by name; milliseconds, per cent of one core, bytes."""
    drawn = [portrait(seed) for seed in range(100)]
    began = time.perf_counter()
    for seed in range(100):
        portrait(seed)
    figures = {"portrait_ms": 10 * (time.perf_counter() - began)}
    figures |= {"portrait_bytes_largest": max(len(one.encode()) for one in drawn)}
    told = visemes(sentences)  # before the browser, which has an event loop of its own
    with browsing() as browser:
        figures |= onsets(browser, told)
        figures["idle_still_percent"] = idle_share(browser, moving=False)
        figures["idle_face_percent"] = idle_share(browser, moving=True)
    return figures


def main(arguments: list[str]) -> int:
    """Measure, record and print."""
    sentences = int(arguments[0]) if arguments else 8
    report("bench face", "portrait of Ada", measured(sentences), f"{sentences} sentences")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
