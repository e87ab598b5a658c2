"""Whether memory grows while one talks on: hundreds of spoken turns in one page, one conversation.

    python -m tests.benchmarks.many_turns [TURNS]

The page as anybody gets it, in Chromium; the server is a process of its own. Each message is sound
that goes over the page's own line as from the button, faster than it could be spoken: it is heard,
answered, kept, traced and said aloud, until the next one interrupts. Memory is that of the server
with its worker for speech, and of the page's scripts after a collection of garbage. What the server
keeps of what it has read grows to its limit first, so growth is the slope of a line through what
was seen in the second half, with its standard error: it is told as growth where it is more than
twice that. The figures are kept as an MLflow run named `bench many turns`.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from base64 import b64encode
from contextlib import suppress

import psutil
from playwright.sync_api import CDPSession, Error, Page, sync_playwright

from companion.speech.sounds import RATE, resampled
from companion.types import Audio
from tests.benchmarks.reporting import report
from tests.benchmarks.voice_latency import QUESTIONS, server
from tests.browser.conftest import QUIET, chromium
from tests.browser.microphone import FAKE, say

LOOKS = 20
"""How often memory is looked at; half of it tells of growth."""

PATIENCE = 60.0
"""Seconds for one answer."""

COUNT = """() => {
  window.answered = 0;
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...address) {
      super(...address);
      this.addEventListener('message', ({data}) => {
        if (typeof data !== 'string') return;
        if (['done', 'misheard'].includes(JSON.parse(data).kind)) window.answered++;
      });
    }
  };
}"""

TALK = """([sound, most]) => {
  const line = window.stage.channel();
  const bytes = Uint8Array.from(atob(sound), (one) => one.charCodeAt(0));
  line.send('talk', {on: true});
  for (let at = 0; at < bytes.length; at += most) line.sound(bytes.slice(at, at + most).buffer);
  line.send('talk', {on: false, tapped: false});
}"""


def heard(text: str) -> str:
    """The text as sound, as the page's microphone gives it."""
    return b64encode(resampled(Audio(say(text), 22_050), RATE).pcm).decode()


def server_megabytes() -> float:
    """What the server and its worker take; `say` has a worker in this process too."""
    [own] = [one for one in psutil.Process().children() if "demo" in one.cmdline()]
    return sum(one.memory_info().rss for one in (own, *own.children())) / 1e6


def page_megabytes(tools: CDPSession) -> float:
    """What the page's scripts hold."""
    tools.send("HeapProfiler.collectGarbage")
    return float(tools.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def measured(url: str, turns: int) -> dict[str, float]:
    """The figures by name; megabytes, and kilobytes a turn in the second half."""
    sounds = [heard(text) for text in QUESTIONS]
    looks: list[tuple[int, float, float]] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*QUIET, *FAKE])
        page = browser.new_page(locale="en-GB")
        tools = page.context.new_cdp_session(page)
        page.add_init_script(f"({COUNT})()")
        page.goto(url)
        page.wait_for_function("window.stage?.state.tied", timeout=60_000)
        page.locator("#stage .voice").click()
        began = time.perf_counter()
        for turn in range(1, turns + 1):
            _talk(page, sounds[turn % len(sounds)])
            if turn % max(1, turns // LOOKS) == 0:
                looks.append((turn, server_megabytes(), page_megabytes(tools)))
        seconds = time.perf_counter() - began
        browser.close()
    return {"turns": float(turns), "seconds_a_turn": seconds / turns, **_grown(looks)}


def _talk(page: Page, sound: str) -> None:
    """Say it, and wait for the answer; say it again when the page lost its server meanwhile."""
    for _ in range(3):
        page.wait_for_function("window.stage?.state.tied", timeout=PATIENCE * 1e3)
        before = page.evaluate("window.answered")
        with suppress(Error):  # a page that finds its server again loads itself anew
            page.evaluate(TALK, [sound, 2**15])
            page.wait_for_function(f"window.answered > {before}", timeout=PATIENCE * 1e3)
            return
    raise SystemExit("The page does not answer any more")


def _grown(looks: list[tuple[int, float, float]]) -> dict[str, float]:
    figures = {f"server_mb_after_{turn}": megabytes for turn, megabytes, _ in looks[::4]}
    figures |= {f"page_mb_after_{turn}": megabytes for turn, _, megabytes in looks[::4]}
    late = looks[len(looks) // 2 :]
    for name, column in (("server", 1), ("page", 2)):
        slope, error = slope_of([(one[0], 1e3 * one[column]) for one in late])
        figures |= {f"{name}_kb_a_turn": slope, f"{name}_kb_a_turn_error": error}
    return figures


def slope_of(points: list[tuple[float, float]]) -> tuple[float, float]:
    """The slope of the line through the points (least squares), and its standard error."""
    across, up = zip(*points, strict=True)
    slope, start = statistics.linear_regression(across, up)
    missed = sum((y - start - slope * x) ** 2 for x, y in points)
    spread = sum((x - statistics.fmean(across)) ** 2 for x in across)
    return slope, math.sqrt(missed / (len(points) - 2) / spread)


def verdict(figures: dict[str, float], name: str) -> str:
    """Whether that memory grows, as far as the looks can tell."""
    slope, error = figures[f"{name}_kb_a_turn"], figures[f"{name}_kb_a_turn_error"]
    told = "grows" if slope > 2 * error else "is flat, as far as can be told"
    return f"The {name} {told}: {slope:.0f} ± {error:.0f} kB a turn"


def main(arguments: list[str]) -> int:
    """Measure, record and print."""
    turns = int(arguments[0]) if arguments else 300
    with server() as url:
        figures = measured(url, turns)
        report("bench many turns", "companion-tiny", figures, f"{turns} turns")
    print(*(verdict(figures, name) for name in ("server", "page")), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
