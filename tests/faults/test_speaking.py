"""A voice whose process is killed, hangs, or is not there; and who speaks then."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest

from companion.errors import MissingExtra, SpeechError
from companion.routing.speaking import Voices, voices
from companion.sections.speaking import Speaking
from companion.speech import Espeak, espeak
from companion.speech.espeak_process import WORKER, EspeakProcess, Request
from companion.types import Audio, Degraded, Language, Speech, SpokenWord
from tests.contract.test_synthesizers import SAID, heard, onsets

HELLO = Request("Hello there.", "en-us", 165, 50)


@pytest.fixture
def process() -> Iterator[EspeakProcess]:
    process = EspeakProcess()
    yield process
    process.close()


def _killed_within(process: EspeakProcess, moments: int) -> list[Speech]:
    """What is said of a text while the worker is killed after so many stretches, each time."""

    async def say() -> list[Speech]:
        said = []
        async with aclosing(Espeak(process=process).stream(SAID["en"], "en")) as stretches:
            async for speech in stretches:
                said.append(speech)
                if len(said) <= moments and process.pid:
                    os.kill(process.pid, signal.SIGKILL)
        return said

    return asyncio.run(say())


def test_a_worker_that_is_killed_in_the_middle_is_replaced_and_goes_on(
    process: EspeakProcess,
) -> None:
    whole = heard(Espeak(process=process))
    rescued = _killed_within(process, moments=1)
    assert [word for word, _ in onsets(rescued)[0]] == SAID["en"].split()
    assert len(rescued) == len(whole)
    assert sum(len(one.audio.pcm) for one in rescued) == pytest.approx(
        sum(len(one.audio.pcm) for one in whole), rel=0.02
    )


def test_a_worker_that_is_killed_between_texts_is_replaced(process: EspeakProcess) -> None:
    for _ in range(3):
        assert heard(Espeak(process=process), "Hello.")
        assert process.pid
        os.kill(process.pid, signal.SIGKILL)
    assert heard(Espeak(process=process), "Hello.")


def test_a_worker_that_dies_twice_within_one_text_is_an_error(process: EspeakProcess) -> None:
    def kill(frame: object) -> bool:
        assert process.pid
        os.kill(process.pid, signal.SIGKILL)
        return True

    with pytest.raises(SpeechError, match="ended 2 times within one text"):
        process.speak(Request(SAID["en"], "en-us", 165, 50), kill)
    process.speak(HELLO, lambda frame: True)


@pytest.fixture
def hanging(process: EspeakProcess, monkeypatch: pytest.MonkeyPatch) -> EspeakProcess:
    """A worker that is stopped, and whose first silence counts as endless after a moment.

    The next one has all the time that a busy machine needs to start it.
    """
    process.speak(HELLO, lambda frame: True)
    assert process.pid
    os.kill(process.pid, signal.SIGSTOP)
    kill = process.kill

    def kill_and_wait_longer() -> None:
        monkeypatch.setattr(espeak, "STUCK", 60)
        kill()

    monkeypatch.setattr(espeak, "STUCK", 0.3)
    monkeypatch.setattr(process, "kill", kill_and_wait_longer)
    return process


def test_a_worker_that_hangs_is_ended_and_replaced(hanging: EspeakProcess) -> None:
    stopped = hanging.pid
    assert onsets(heard(Espeak(process=hanging), "Hello there."))[0][-1][0] == "there."
    assert hanging.pid != stopped


def test_whoever_leaves_a_worker_that_hangs_keeps_nobody_waiting(hanging: EspeakProcess) -> None:
    async def leave_and_ask_again() -> list[Speech]:
        voice = Espeak(process=hanging)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), aclosing(voice.stream("First.", "en")) as first:
                await anext(first)
        return [speech async for speech in voice.stream("Second.", "en")]

    assert asyncio.run(leave_and_ask_again())


def test_the_worker_ends_with_whoever_started_it() -> None:
    code = (
        "from companion.speech.espeak_process import *\n"
        "process = EspeakProcess()\n"
        "process.speak(Request('Hello.', 'en', 165, 50), lambda frame: True)\n"
        "print(process.pid, flush=True)\n"
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    parent = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert parent.returncode == -signal.SIGKILL
    _gone(int(parent.stdout))


def test_the_worker_ends_when_nobody_holds_it_any_more() -> None:
    process = EspeakProcess()
    process.speak(HELLO, lambda frame: True)
    pid = process.pid
    assert pid
    del process
    _gone(pid)


def _gone(pid: int) -> None:
    """Wait for the end of a process."""
    deadline = time.monotonic() + 30
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_idle_worker_costs_nothing(process: EspeakProcess) -> None:
    process.speak(HELLO, lambda frame: True)
    worker = psutil.Process(process.pid)
    before = worker.cpu_times().user + worker.cpu_times().system
    time.sleep(0.3)
    after = worker.cpu_times().user + worker.cpu_times().system
    assert after - before <= 0.01  # one tick of the clock by which this is counted
    assert worker.status() == psutil.STATUS_SLEEPING


def test_the_library_is_never_in_our_process(process: EspeakProcess) -> None:
    process.speak(HELLO, lambda frame: True)
    assert "espeakng_loader" not in sys.modules
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("only Linux tells what a process has loaded")
    assert "espeak" not in maps.read_text()
    assert "espeak" in Path(f"/proc/{process.pid}/maps").read_text()


def test_the_worker_knows_nothing_of_the_companion() -> None:
    code = "import runpy, sys; sys.stdin.close(); runpy.run_path(sys.argv[1]); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-P", "-c", code, str(WORKER)], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "ctypes" in loaded
    assert not [name for name in loaded if name.startswith("companion")]


def test_without_the_extra_it_says_which_to_install(
    process: EspeakProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "companion.speech.espeak_process.find_spec",
        lambda name: None if name == "espeakng_loader" else found(name),
    )
    with pytest.raises(MissingExtra, match=r"companion-lab\[voice\]"):
        Espeak(process=process).load()
    with pytest.raises(MissingExtra):
        heard(Espeak(process=process))


@pytest.mark.parametrize("voice", ["en-us+nobody", "xx", "+nobody", "../../secret", "en;rm", ""])
def test_a_voice_that_is_not_there_is_an_error(process: EspeakProcess, voice: str) -> None:
    """An unknown language leaves the language of the text as it is."""
    one = Espeak(voice=voice, process=process)
    if voice in ("xx", ""):
        assert heard(one, "Hello.")
        return
    with pytest.raises(SpeechError):
        heard(one, "Hello.")
    assert heard(Espeak(process=process), "Hello.")


class Broken:
    """Says three stretches of a real voice and breaks off; what a failing service would do."""

    name = provider = "broken"
    languages: frozenset[Language] = frozenset({"en"})

    def load(self) -> None:
        """There is nothing to load."""

    async def stream(self, text: str, language: Language) -> AsyncGenerator[Speech, None]:
        for word in text.split()[:3]:
            yield Speech(Audio(bytes(4410), 22_050), (SpokenWord(word, 0.0),))
        raise SpeechError("The line is dead")


def _told(one: Voices, text: str, language: Language = "en") -> list[Speech | Degraded]:
    async def listen() -> list[Speech | Degraded]:
        return [told async for told in one.stream(text, language)]

    return asyncio.run(listen())


def test_a_voice_that_breaks_off_is_followed_from_its_last_word() -> None:
    told = _told(Voices([Broken(), Espeak()]), SAID["en"])
    words = [word for word, _ in onsets([one for one in told if isinstance(one, Speech)])[0]]
    said = SAID["en"].split()
    assert words == [*said[:3], *said[2:]]
    assert [one for one in told if isinstance(one, Degraded)] == [
        Degraded("broken", "The line is dead.")
    ]


def test_where_nobody_can_speak_the_turn_is_told_and_goes_on() -> None:
    told = _told(Voices([Broken()]), "Bonjour.", "fr")
    assert told[-1] == Degraded("voice", "broken: it does not speak fr")
    assert _told(voices(Speaking(synthesizers=())), "Hello.") == [
        Degraded("voice", "no synthesizer is configured")
    ]


def test_without_the_extra_nobody_speaks_and_nothing_is_raised(
    monkeypatch: pytest.MonkeyPatch, process: EspeakProcess
) -> None:
    monkeypatch.setattr("companion.speech.espeak_process.find_spec", lambda name: None)
    silent = Voices([Espeak(process=process)])
    silent.load()
    for _ in range(4):  # by then the breaker is open
        told = _told(silent, "Hello.")
        assert [one.what for one in told if isinstance(one, Degraded)][-1] == "voice"
        assert not [one for one in told if isinstance(one, Speech)]
