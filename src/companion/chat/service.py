"""Answering several at once: who is being read, who is being answered, and who has failed.

Requests join and leave between two tokens. What goes wrong costs one answer where it can: memory
that runs out costs what is kept of earlier turns, then whoever came last, and the others finish.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

import torch

from companion.chat.batch import Batch, Lane
from companion.chat.jobs import Job
from companion.chat.mending import out_of_memory
from companion.chat.sampling import guided
from companion.errors import ModelBusy, ModelError, ModelUnavailable


@dataclass(eq=False)
class Reader:
    """Who is read: the prompts that were begun, and the scores behind those that are read."""

    job: Job
    lanes: list[Lane] = field(default_factory=list)
    scores: list[torch.Tensor] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.prompts = self.job.prompts


@dataclass(eq=False)
class Speaker:
    """Who is answered, in which rows of the batch: a guided answer has one more."""

    job: Job
    rows: list[int]


class Service:
    """The jobs that have a place. For the one thread that answers.

    Each takes so many `rows` of the batch.
    """

    def __init__(self, name: str, batch: Batch, rows: int = 1) -> None:
        self.name, self.batch, self._rows = name, batch, rows
        self._reader: Reader | None = None
        self._speakers: list[Speaker] = []

    @property
    def jobs(self) -> list[Job]:
        """All who have a place."""
        reading = [self._reader.job] if self._reader else []
        return [speaker.job for speaker in self._speakers] + reading

    @property
    def free(self) -> bool:
        """Whether another may come: prompts are read one after another."""
        return not self._reader and len(self._speakers) < self.batch.most // self._rows

    def take(self, job: Job) -> None:
        """Give this one a place: its prompt is read next."""
        self._reader = Reader(job)

    def let_go(self) -> None:
        """Give back the places of those who have left."""
        if self._reader and self._reader.job.left.is_set():
            self._reader = None
        for speaker in [one for one in self._speakers if one.job.left.is_set()]:
            self._leave(speaker)

    def clear(self) -> list[Job]:
        """Forget everything; who had a place until now."""
        jobs, self._reader, self._speakers = self.jobs, None, []
        with suppress(RuntimeError, MemoryError):  # they must hear of it in any case
            self.batch.clear()
        return jobs

    def read(self) -> int:
        """Read a part of the prompt under way, and say its first token at its end; tokens read."""
        if not (reader := self._reader):
            return 0
        try:
            read = self._read_on(reader)
            if len(reader.scores) == len(reader.prompts):
                self._begin(reader)
        except Exception as error:  # what one prompt breaks is its own
            self._reader = Reader(reader.job)  # half of its cache may be written
            if not (out_of_memory(error) and self.batch.prefixes.forget()):
                self._reader = None
                reader.job.tell(self._told(error))
            return 1
        return read

    def _read_on(self, reader: Reader) -> int:
        """A part of the first prompt that is not read; how many tokens that were."""
        lanes, scores = reader.lanes, reader.scores
        if len(lanes) == len(scores):
            lanes.append(self.batch.begin(reader.prompts[len(lanes)]))
        before = lanes[-1].read
        if (found := self.batch.read(lanes[-1])) is not None:
            scores.append(found)
        return lanes[-1].read - before

    def _begin(self, reader: Reader) -> None:
        """All is read: the answer begins."""
        speaker = Speaker(reader.job, [])
        try:
            for row, lane in enumerate(reader.lanes, len(self.batch.slots.lengths)):
                self.batch.join(lane)
                speaker.rows.append(row)
        except Exception:
            for row in reversed(speaker.rows):  # a row without a speaker would belong to nobody
                self.batch.leave(row)
            raise
        self._reader = None
        self._speakers.append(speaker)
        self._say(speaker, torch.stack(reader.scores))

    def say(self) -> None:
        """One token for everybody. After a failure, the next call tries again with who is left."""
        if not self._speakers:
            return
        said = {row: one.job.tokens[-1] for one in self._speakers for row in one.rows}
        try:
            scores = self.batch.step([said[row] for row in range(len(said))])
        except Exception as error:
            self._relieve(error)
            return
        likeliest = scores.argmax(-1).tolist()
        heard = [(one, scores[one.rows], likeliest[one.rows[0]]) for one in self._speakers]
        for speaker, mine, most in heard:
            self._say(speaker, mine, most)

    def _say(self, speaker: Speaker, scores: torch.Tensor, likeliest: int | None = None) -> None:
        """Choose this one's next token; `scores` has shape (rows, vocabulary)."""
        job, own = speaker.job, scores[0]
        try:
            if len(scores) > 1:
                own, likeliest = guided(own, scores[1], job.guidance), None
            token = job.chooser(job.tokens, own, likeliest)
        except Exception as error:
            self._drop(speaker, error)
            return
        if not job.say(token):
            self._leave(speaker)

    def _relieve(self, error: Exception) -> None:
        """A step of all failed: what is not memory fails all of them."""
        if not out_of_memory(error):
            for speaker in list(self._speakers):
                self._drop(speaker, error)
        elif not self.batch.prefixes.forget():
            self._drop(self._speakers[-1], error)

    def _leave(self, speaker: Speaker) -> None:
        """The answer is over; it is kept for the next turn, where there is memory."""
        with suppress(RuntimeError, MemoryError):
            self.batch.keep(speaker.rows[0], speaker.job.tokens)
        self._free(speaker)

    def _drop(self, speaker: Speaker, error: Exception) -> None:
        self._free(speaker)
        speaker.job.tell(self._told(error))

    def _free(self, speaker: Speaker) -> None:
        """As in the batch, the last row moves to the place that is free now."""
        self._speakers.remove(speaker)
        for row in sorted(speaker.rows, reverse=True):
            self.batch.leave(row)
            last = len(self.batch.slots.lengths)
            for one in self._speakers:
                one.rows = [row if its == last else its for its in one.rows]

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
