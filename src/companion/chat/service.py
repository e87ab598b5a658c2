"""Answering several at once: who is being read, who is being answered, and who has failed.

Requests join and leave between two tokens. What goes wrong costs one answer where it can: memory
that runs out costs what is kept of earlier turns, then whoever came last, and the others finish.
"""

from __future__ import annotations

from contextlib import suppress

import torch

from companion.chat.batch import Batch, Lane
from companion.chat.jobs import Job
from companion.chat.mending import out_of_memory
from companion.errors import ModelBusy, ModelError, ModelUnavailable


class Service:
    """The jobs that have a place. For the one thread that answers."""

    def __init__(self, name: str, batch: Batch) -> None:
        self.name, self.batch = name, batch
        self._reading: tuple[Job, Lane | None] | None = None
        self._speaking: list[Job] = []  # in the order of the batch's rows

    @property
    def jobs(self) -> list[Job]:
        """All who have a place."""
        return [*self._speaking, *([self._reading[0]] if self._reading else [])]

    @property
    def free(self) -> bool:
        """Whether another may come: prompts are read one after another."""
        return not self._reading and len(self._speaking) < self.batch.most

    def take(self, job: Job) -> None:
        """Give this one a place: its prompt is read next."""
        self._reading = job, None

    def let_go(self) -> None:
        """Give back the places of those who have left."""
        if self._reading and self._reading[0].left.is_set():
            self._reading = None
        for row in reversed(range(len(self._speaking))):
            if self._speaking[row].left.is_set():
                self._leave(row)

    def clear(self) -> list[Job]:
        """Forget everything; who had a place until now."""
        jobs, self._reading, self._speaking = self.jobs, None, []
        with suppress(RuntimeError, MemoryError):  # they must hear of it in any case
            self.batch.clear()
        return jobs

    def read(self) -> int:
        """Read a part of the prompt under way, and say its first token at its end; tokens read."""
        if not self._reading:
            return 0
        job, lane = self._reading
        try:
            lane = lane or self.batch.begin(list(job.tokens))
            before = lane.read
            scores = self.batch.read(lane)
            self._reading = job, lane
            if scores is not None:
                self.batch.join(lane)
                self._reading = None
                self._speaking.append(job)
                self._say(len(self._speaking) - 1, scores)
        except Exception as error:  # what one prompt breaks is its own
            self._reading = job, None  # half of its cache may be written
            if not (out_of_memory(error) and self.batch.prefixes.forget()):
                self._reading = None
                job.tell(self._told(error))
            return 1
        return lane.read - before

    def say(self) -> None:
        """One token for everybody. After a failure, the next call tries again with who is left."""
        if not self._speaking:
            return
        try:
            scores = self.batch.step([job.tokens[-1] for job in self._speaking])
        except Exception as error:
            self._relieve(error)
            return
        likeliest = scores.argmax(-1).tolist()
        for row in reversed(range(len(self._speaking))):  # who leaves is followed by the last
            self._say(row, scores[row], likeliest[row])

    def _say(self, row: int, scores: torch.Tensor, likeliest: int | None = None) -> None:
        """Choose this one's next token; `scores` has shape (vocabulary,)."""
        job = self._speaking[row]
        try:
            token = job.chooser(job.tokens, scores, likeliest)
        except Exception as error:
            self._drop(row, error)
            return
        if not job.say(token):
            self._leave(row)

    def _relieve(self, error: Exception) -> None:
        """A step of all failed: what is not memory fails all of them."""
        if not out_of_memory(error):
            for row in reversed(range(len(self._speaking))):
                self._drop(row, error)
        elif not self.batch.prefixes.forget():
            self._drop(len(self._speaking) - 1, error)

    def _leave(self, row: int) -> None:
        """The answer is over; it is kept for the next turn, where there is memory."""
        with suppress(RuntimeError, MemoryError):
            self.batch.keep(row, self._speaking[row].tokens)
        self._free(row)

    def _drop(self, row: int, error: Exception) -> None:
        job = self._speaking[row]
        self._free(row)
        job.tell(self._told(error))

    def _free(self, row: int) -> None:
        """As in the batch, the last one moves to the place that is free now."""
        self.batch.leave(row)
        self._speaking[row] = self._speaking[-1]
        self._speaking.pop()

    def _told(self, error: Exception) -> ModelError:
        others = len(self.jobs)
        if not out_of_memory(error):
            return ModelError(f"Generation failed: {error}", where=self.name)
        what = "Memory ran out in the middle of the answer"
        if others:
            return ModelBusy(
                f"{what}: {others} more are being answered", where=self.name, repair="Ask again."
            )
        return ModelUnavailable(
            what, where=self.name, repair="Choose a smaller precision, context or model."
        )
