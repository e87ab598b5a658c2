"""However many turns there are, nothing grows: what they leave behind, and what waits."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, cast

import psutil
import pytest

from companion.app.conversation import Conversation
from companion.app.keeping import Keeper
from companion.app.line import MOST_UNSENT, Line
from companion.app.senses import Senses
from companion.app.talk import Visit
from companion.app.voice import MOST_UNHEARD
from companion.config import load
from companion.memory import Journal, new_token
from companion.pipeline import Companion
from companion.speech import Espeak
from companion.types import Audio, Language, Transcript
from tests.unit.test_app_voice import Page, tied, visit_of
from tests.voices import Humming, Telling

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

SAID = ("Hello", "My name is Ada.", "Do you like music?", "Tell me something", "Forget my name")


@pytest.fixture(autouse=True)
def tracked(store: Path) -> None:
    """Each turn is recorded for real, in the test's own store."""


def test_turns_leave_nothing_behind_them(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "memory.db")
    companion = Companion(load(chat={"models": ["scripted"]}))
    visit = Visit(companion, "en", Conversation(), Keeper(journal, new_token()))
    with tied(visit, Senses(Espeak(), Telling())) as page:
        talked(page)
        grown = [grows(page)]
        while grown[-1] and len(grown) < 4:  # pools of threads fill late, and what leaks goes on
            grown.append(grows(page))
    journal.close()
    assert Counter() in grown, grown


def talked(page: Page) -> None:
    """A conversation in which each reply is kept, traced and said aloud, and which is deleted."""
    assert page.client.portal
    for text in SAID:
        page.say(text)
        done = page.until("done")[-1]
        page.tell("ended", turn=done["turn"], seconds=99.0)
        while page.visit.answering or page.visit.speaking:
            time.sleep(0.01)
    page.client.portal.call(page.visit.delete, page.visit.conversation.id)


def grows(page: Page) -> Counter[str]:
    """What there is more of after another conversation than before it."""
    before = left(page)
    talked(page)
    return left(page) - before


def left(page: Page) -> Counter[str]:
    """What there is now: threads, open files, processes, tasks, unwritten traces, our objects."""
    import mlflow
    from mlflow.tracing.trace_manager import InMemoryTraceManager

    assert page.client.portal
    mlflow.flush_trace_async_logging()
    gc.collect()
    own, waiting = psutil.Process(), InMemoryTraceManager.get_instance()  # type: ignore[no-untyped-call]
    there = Counter(
        threads=threading.active_count(),
        files=own.num_fds(),
        processes=len(own.children(recursive=True)),
        tasks=page.client.portal.call(tasks),
        traces=len(waiting._traces),
    )
    kinds = (type(one) for one in gc.get_objects())
    there.update(f"{one.__module__}.{one.__name__}" for one in kinds if ours(one))
    return there


async def tasks() -> int:
    return len(asyncio.all_tasks())


def ours(kind: type) -> bool:
    return str(kind.__module__).startswith("companion.")


def test_a_page_that_takes_nothing_is_sent_only_so_much() -> None:
    line = Line(cast("WebSocket", None))  # nobody sends what is put into it
    for _ in range(40):
        line.send("speech", bytes(MOST_UNSENT // 20))
    waiting = [line._outgoing.get_nowait() for _ in range(line._outgoing.qsize())]
    assert MOST_UNSENT < sum(map(len, waiting)) < 1.2 * MOST_UNSENT


class Pondering(Telling):
    """An ear that is not done before it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.done = threading.Event()

    async def transcribe(self, audio: Audio, language: Language) -> Transcript:
        await asyncio.to_thread(self.done.wait, 10)
        return await super().transcribe(audio, language)


def test_what_a_microphone_hears_waits_for_a_slow_ear_only_so_long() -> None:
    visit, ear = visit_of(), Pondering()
    with tied(visit, Senses(Humming(), ear)) as page:
        page.tell("talk", on=True)
        page.socket.send_bytes(bytes(1024))
        page.tell("talk", on=False, tapped=False)
        page.until("ear")
        for _ in range(3 * MOST_UNHEARD):
            page.socket.send_bytes(bytes(1024))
        assert visit.voice
        assert page.client.portal
        page.client.portal.call(asyncio.sleep, 0.1)
        assert visit.voice._incoming.qsize() == MOST_UNHEARD
        ear.done.set()
        page.until("misheard")
