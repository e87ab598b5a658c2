"""One thread for each local model: it answers all who ask, together, first come, first served.

transformers' own manager of continuous batches was looked at first: unless it is told otherwise, it
takes most of the memory there is, and it hands out what a thread that died has left as if it were
whole. Here, memory is bounded, and whoever asked hears of every failure. Which of them is faster is
measured by `tests/benchmarks/local_engine.py`, and by the notebook on batching.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

import torch

from companion.chat.batch import PART
from companion.chat.jobs import Job
from companion.chat.loading import give_back, use_threads
from companion.errors import ModelBusy, ModelUnavailable

if TYPE_CHECKING:
    from companion.chat.service import Service

QUEUE = 32
"""So many may wait; whoever comes then is told at once that the model is busy."""


class Engine:
    """The thread, and the line of those who wait. `submit` may be called from any thread.

    The thread lives while there is work, so that nothing of it outlasts the last answer.
    """

    def __init__(self, service: Service, queue: int = QUEUE) -> None:
        self._service, self._queue = service, queue
        self._lock = threading.Lock()
        self._waiting = deque[Job]()
        self._thread: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        """Whether somebody works on what was submitted."""
        thread = self._thread
        return thread is not None and thread.is_alive()

    def submit(self, job: Job) -> None:
        """Have it answered. Raises ModelBusy where too many wait already."""
        name = self._service.name
        with self._lock:
            if len(self._waiting) >= self._queue:
                what = f"It is busy: {len(self._waiting)} wait already"
                raise ModelBusy(what, where=name, repair="Ask again in a while.")
            if not self.alive:
                self._thread = threading.Thread(target=self._run, name=f"answering with {name}")
                self._thread.start()
            self._waiting.append(job)

    def _run(self) -> None:
        cause: BaseException | None = None
        try:
            use_threads(self._service.batch.network)
            with torch.inference_mode():
                while self._round():
                    pass
        except BaseException as error:  # whatever it was, those who listen must hear of it
            cause = error
        if cause is not None:
            self._bury(cause)
        give_back()  # else glibc keeps what answer after answer has freed in pieces

    def _bury(self, cause: BaseException) -> None:
        """The thread dies: nobody may go on waiting for it. The next request starts another."""
        with self._lock:
            jobs = [*self._service.clear(), *self._waiting]
            self._waiting.clear()
            self._thread = None
        why = str(cause) or type(cause).__name__
        what = f"The thread that generates has died: {why}"
        for job in jobs:
            job.tell(ModelUnavailable(what, where=self._service.name, repair="Ask again."))

    def _round(self) -> bool:
        """Let go who has left, read prompts, say a token each; False when nobody is there."""
        service, read = self._service, 0
        service.let_go()
        while read < PART and (self._admit() or not service.free):
            if not (now := service.read()):
                break
            read += now
        self._tell_places()
        service.say()
        with self._lock:
            if service.jobs or self._waiting:
                return True
            self._thread = None  # under the lock: who comes now starts another
            return False

    def _admit(self) -> bool:
        """Give the first who waits and is still there a place, if one is free."""
        with self._lock:
            while self._waiting and self._service.free:
                job = self._waiting.popleft()
                if not job.left.is_set():
                    self._service.take(job)
                    return True
        return False

    def _tell_places(self) -> None:
        """Who waits because all places are taken hears how many are ahead."""
        with self._lock:
            waiting = [job for job in self._waiting if not job.left.is_set()]
        answered = len(self._service.jobs)
        for number, job in enumerate(waiting if not self._service.free else ()):
            job.wait(number + answered)
