"""How soon a spoken message is answered aloud, and how soon the page is silent when one speaks.

    python -m tests.benchmarks.voice_latency [TURNS]

The page as anybody gets it, in a Chromium whose microphone is a wav file; the server is a process
of its own. Everything is timed in the page: the end of speech by the microphone's own frames as
they are sent, the first sound by what reaches the loudspeaker, with the output's latency. The wav
holds the message every twelve seconds; then sentences that fall into the answers; then sounds that
only tell of listening. The figures are kept as an MLflow run named `bench voice`.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import httpx
from playwright.sync_api import Page, sync_playwright

from tests.benchmarks.reporting import report
from tests.browser.conftest import QUIET, chromium
from tests.browser.microphone import FAKE, save, say, silence

QUESTIONS = (
    "what is your name?",
    "tell me a story about the sea",
    "how are you today?",
    "do you like music?",
    "I had a long day",
    "what can you do?",
)
LONG, WAIT = "are you a real person?", "I have another question for you"
"""What is answered at length, whatever the model is, and what falls into the answer."""

# eSpeak NG spells "mhm" out, letter by letter, so that it is no such sound: "uh-huh" stands for it.
LISTENING = ("Uh-huh.", "Okay.", "Yes.", "I see.", "Really?", "Right.")

APART = 12.0
"""Seconds from one message to the next: an answer of the embedded model is said in less."""

INTO = 3.0
"""Seconds from the end of a message to the sound that falls into its answer."""

LOUD = 0.01
"""Of full scale: what the microphone or the loudspeaker has to be above to be heard."""

Moment: TypeAlias = tuple[str, float]
"""What happened in the page, and the millisecond at which it did."""

WATCH = """(LOUD) => {
  window.moments = [];
  const note = (what, at = performance.now()) => window.moments.push([what, at]);
  const Plain = window.WebSocket;
  let loud = false;
  window.WebSocket = class extends Plain {
    constructor(...address) {
      super(...address);
      this.addEventListener('message', ({data}) => {
        if (typeof data === 'string') note(kind(JSON.parse(data)));
      });
    }
    send(data) {
      if (typeof data !== 'string') {
        const frame = new Int16Array(data);
        const power = frame.reduce((sum, one) => sum + (one / 32768) ** 2, 0) / frame.length;
        const now = Math.sqrt(power) > LOUD;
        if (now) note('voice');
      }
      super.send(data);
    }
  };
  const kind = (facts) => facts.kind === 'ear' ? `ear ${facts.hears}` : facts.kind;
}"""

TAP = """async (LOUD) => {
  const {output} = window.stage.player(), {context} = output;
  const code = `registerProcessor('tap', class extends AudioWorkletProcessor {
    process([[channel]]) {
      const loud = Boolean(channel?.some((sample) => Math.abs(sample) > ${LOUD}));
      this.still = loud ? 0 : (this.still ?? 99) + 1;
      const sounds = this.still < 75; // a fifth of a second without sound is a silence
      const at = currentTime - this.still * 128 / sampleRate;
      if (sounds !== this.sounds) this.port.postMessage([sounds, at]);
      this.sounds = sounds;
      return true;
    }
  })`;
  const url = URL.createObjectURL(new Blob([code], {type: 'text/javascript'}));
  await context.audioWorklet.addModule(url);
  const tap = new AudioWorkletNode(context, 'tap', {numberOfOutputs: 0});
  tap.port.onmessage = ({data: [sounds, at]}) => {
    const ago = (context.currentTime - at - (context.outputLatency || 0)) * 1000;
    window.moments.push([sounds ? 'sound' : 'silence', performance.now() - ago]);
  };
  output.connect(tap);
}"""


@contextmanager
def server() -> Iterator[str]:
    """The page, served by a process of its own from a place of its own; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "import sys; from companion.cli import main; sys.exit(main())"]
    with TemporaryDirectory() as home:
        process = subprocess.Popen(
            [*command, "demo", "--port", str(port)],
            env=os.environ | {"COMPANION_HOME": home},
            stdout=subprocess.DEVNULL,
        )
        try:
            yield _awaited(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.wait()


def _awaited(url: str) -> str:
    """The address, once the page answers and its models have had time to load."""
    for _ in range(240):
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.5)
        else:
            time.sleep(10)
            return url
    raise SystemExit(f"nothing answers at {url}")


LAGS = """() => window.stage.face.painted
  .filter(({at}) => at >= 0)
  .map(({at, painted}) => Math.abs(painted - at) * 1000)"""


def listened(url: str, sounds: bytes, seconds: float) -> tuple[list[Moment], list[float]]:
    """What happens in the page while its microphone hears these sounds.

    Also by how many milliseconds the mouth was late or early, for each shape that was painted.
    """
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        wav = save(Path(folder) / "said.wav", sounds + silence(60))
        flags = [*QUIET, *FAKE, f"--use-file-for-fake-audio-capture={wav}%noloop"]
        browser = playwright.chromium.launch(executable_path=chromium(), args=flags)
        page = browser.new_context(permissions=["microphone"], locale="en-GB").new_page()
        page.add_init_script(f"({WATCH})({LOUD})")
        page.goto(url)
        page.wait_for_function("window.stage?.state.tied", timeout=60_000)
        moments = _heard(page, seconds)
        lags: list[float] = page.evaluate(LAGS)
        browser.close()
        return moments, lags


def _heard(page: Page, seconds: float) -> list[Moment]:
    page.locator("#stage .open").click()
    page.wait_for_function("window.stage.microphone.isOpen()")
    page.evaluate(TAP, LOUD)
    page.wait_for_timeout(seconds * 1000)
    found: list[Any] = page.evaluate("window.moments")
    return sorted(((what, at) for what, at in found), key=lambda moment: moment[1])


# ---- what the moments say ------------------------------------------------------------------------

STAGES = ("ear understanding", "turn", "sentence", "speech", "sound")
NAMES = ("end_of_turn", "words", "first_sentence", "voice", "loudspeaker")


def answers(moments: list[Moment]) -> list[list[float]]:
    """For each message that was answered, the milliseconds of each stage since the one before."""
    found = []
    for index, (what, at) in enumerate(moments):
        if what != "ear understanding":
            continue
        silent = [time for kind, time in moments[:index] if kind == "voice"]
        marks = [max(silent), at]
        for stage in STAGES[1:]:
            marks.append(_next(moments, stage, marks[-1]))
        if marks[-1] < _next(moments, "voice", at):
            found.append([after - before for before, after in pairwise(marks)])
    return found


def interruptions(moments: list[Moment]) -> tuple[list[float], int]:
    """From the user's first sound to silence, in milliseconds, and how many were missed."""
    taken, missed = [], 0
    for onset in _onsets(moments):
        if not _sounding(moments, onset):
            continue
        told = _next(moments, "pause", onset)
        if told - onset < 1_000:
            taken.append(_next(moments, "silence", told - 50) - onset)
        else:
            missed += 1
    return taken, missed


def false_stops(moments: list[Moment]) -> tuple[int, int]:
    """How many sounds of listening fell into an answer, and how many of them ended it."""
    fell = [onset for onset in _onsets(moments) if _sounding(moments, onset)]
    ended = [onset for onset in fell if _next(moments, "hush", onset) - onset < INTO * 1000]
    return len(fell), len(ended)


def _onsets(moments: list[Moment]) -> list[float]:
    """When the user begins to speak: half a second after nothing was heard."""
    voices = [at for what, at in moments if what == "voice"]
    return [at for before, at in zip([-1e9, *voices], voices, strict=False) if at - before > 500]


def _sounding(moments: list[Moment], at: float) -> bool:
    """Whether the companion was being heard then."""
    before = [what for what, when in moments if when <= at and what in ("sound", "silence")]
    return bool(before) and before[-1] == "sound"


def _next(moments: list[Moment], kind: str, since: float) -> float:
    return next((at for what, at in moments if what == kind and at >= since), float("inf"))


def quantiles(values: list[float]) -> tuple[float, float]:
    """The median and the 95th percentile; not a number where nothing was measured."""
    if not values:
        return float("nan"), float("nan")
    ranked = sorted(values)
    return statistics.median(ranked), ranked[min(len(ranked) - 1, round(0.95 * len(ranked)))]


# ---- the three measurements ----------------------------------------------------------------------


def measured(url: str, turns: int) -> dict[str, float]:
    """The figures by name, in milliseconds and counts."""
    asked = [say(QUESTIONS[number % len(QUESTIONS)]) for number in range(turns)]
    moments, lags = _played(url, asked, APART)
    found = answers(moments)
    figures = {"turns": float(len(found))}
    figures["mouth_p50_ms"], figures["mouth_p95_ms"] = quantiles(lags)
    for number, name in enumerate(NAMES):
        values = [stages[number] for stages in found]
        figures[f"{name}_p50_ms"], figures[f"{name}_p95_ms"] = quantiles(values)
    total = quantiles([sum(stages) for stages in found])
    figures["end_of_speech_to_sound_p50_ms"], figures["end_of_speech_to_sound_p95_ms"] = total
    stops, missed = interruptions(_played(url, [_into(WAIT)] * turns, APART)[0])
    figures |= {"interruptions": float(len(stops)), "interruptions_missed": float(missed)}
    figures["stop_p50_ms"], figures["stop_p95_ms"] = quantiles(stops)
    sounds = [_into(LISTENING[number % len(LISTENING)]) for number in range(turns)]
    fell, ended = false_stops(_played(url, sounds, APART)[0])
    return figures | {"sounds_of_listening": float(fell), "false_stops": float(ended)}


def _into(text: str) -> bytes:
    """Something is asked that has a long answer, and this falls into it."""
    return say(LONG) + silence(INTO) + say(text)


def _played(url: str, sounds: list[bytes], apart: float) -> tuple[list[Moment], list[float]]:
    said = b"".join(sound + silence(apart) for sound in sounds)
    return listened(url, silence(2) + said, 4 + len(said) / 2 / 22_050)


def main(arguments: list[str]) -> int:
    """Measure, record and print."""
    turns = int(arguments[0]) if arguments else 30
    with server() as url:
        report("bench voice", "companion-tiny", measured(url, turns), f"{turns} turns")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
