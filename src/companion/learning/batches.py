"""The same requests answered in four ways, with a clock beside them.

Prompts are made-up tokens and nobody ends before its time: only how the work is shared out differs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from companion.errors import ModelError
from companion.learning.queueing import Cost, Request, Served

if TYPE_CHECKING:
    from companion.chat.batch import Batch
    from companion.chat.engine import Engine

SIZE = 8
"""Requests of a static batch, and places in the engine."""


def mixed(count: int = 16) -> list[Request]:
    """Requests that come together: prompts of 10 to 100 tokens, 4 to 64 to be said, well mixed."""
    return [Request(0.0, 10 + 37 * n % 91, 4 + 23 * n % 61) for n in range(count)]


def prompt(number: int, length: int) -> list[int]:
    """Tokens that no other request begins with."""
    return [100 + (7 * place + number) % 3000 for place in range(length)]


def network(folder: Path) -> Any:
    """The model in this folder, in memory, in float32. Raises ModelUnavailable."""
    from companion.chat.loading import load
    from companion.chat.precision import Choice
    from companion.resources import choose_device

    _, loaded = load(folder, Choice("float32", "", 512, SIZE, 0), choose_device())
    loaded.generation_config.eos_token_id = None  # each says as many tokens as it is asked for
    return loaded


def engine(loaded: Any, slots: int = SIZE) -> Engine:
    """The companion's engine around it, which keeps nothing of earlier prompts."""
    from companion.chat.engine import Engine
    from companion.chat.service import Service

    return Engine(Service("measured", _batch(loaded, slots)), queue=1000)


def _batch(loaded: Any, slots: int) -> Batch:
    from companion.chat.batch import Batch

    return Batch(loaded, slots, loaded.config.max_position_embeddings, kept_bytes=0)


def one_by_one(loaded: Any, requests: Sequence[Request]) -> list[Served]:
    """transformers' `generate`, first come, first served."""
    return static(loaded, requests, size=1)


def static(loaded: Any, requests: Sequence[Request], size: int = SIZE) -> list[Served]:
    """`generate` in batches: padded to the longest prompt, and on until the longest answer ends."""
    began, served = time.perf_counter(), list[Served]()
    for start in range(0, len(requests), size):
        batch = requests[start : start + size]
        _generate(loaded, batch, start)
        done = time.perf_counter() - began
        served += [Served(one, done, done) for one in batch]  # it hands out nothing before
    return served


def _generate(loaded: Any, batch: Sequence[Request], start: int) -> None:
    import torch

    longest = max(one.read for one in batch)
    rows, there = [], []
    for number, one in enumerate(batch, start):
        padding = [0] * (longest - one.read)
        rows.append(padding + prompt(number, one.read))
        there.append(padding + [1] * one.read)
    ids, mask = (torch.tensor(one, device=loaded.device) for one in (rows, there))
    said = max(one.said for one in batch)
    with torch.inference_mode():
        loaded.generate(ids, attention_mask=mask, max_new_tokens=said, do_sample=False)


def continuous(serving: Engine, loaded: Any, requests: Sequence[Request]) -> list[Served]:
    """Each is given to the engine when its time comes. Raises ModelError where one fails."""
    from companion.chat.jobs import Finished, News, Token

    began, over = time.perf_counter(), threading.Semaphore(0)
    times: list[list[float]] = [[] for _ in requests]
    failed = list[ModelError]()

    def listener(number: int) -> Any:
        def tell(news: News) -> None:
            if isinstance(news, Token):
                times[number].append(time.perf_counter() - began)
            elif isinstance(news, Finished | ModelError):
                failed.extend([news] if isinstance(news, ModelError) else [])
                over.release()

        return tell

    jobs = [_job(loaded, one, number, listener(number)) for number, one in enumerate(requests)]
    began = time.perf_counter()
    for job, one in zip(jobs, requests, strict=True):
        time.sleep(max(0.0, one.at - (time.perf_counter() - began)))
        serving.submit(job)
    for _ in jobs:
        over.acquire()
    if failed:
        raise failed[0]
    return [Served(one, said[0], said[-1]) for one, said in zip(requests, times, strict=True)]


def _job(loaded: Any, one: Request, number: int, tell: Any) -> Any:
    from companion.chat.jobs import Job
    from companion.chat.sampling import Chooser
    from companion.types import ChatRequest

    likeliest = Chooser(loaded, ChatRequest((), temperature=0), one.read)
    return Job(prompt(number, one.read), one.said, frozenset(), likeliest, tell)


def paged(loaded: Any, requests: Sequence[Request]) -> list[Served]:
    """transformers' own continuous batching, in memory that is bounded here.

    Its thread may die, and then all requests count as finished. Raises ModelError where one has.
    """
    from transformers import ContinuousBatchingConfig, GenerationConfig

    room = ContinuousBatchingConfig(page_size=128, num_blocks=64, max_batch_tokens=512)
    config = GenerationConfig(do_sample=False, eos_token_id=-1, pad_token_id=0)
    options = {"generation_config": config, "continuous_batching_config": room}
    done = dict[str, float]()
    with _quiet(), loaded.continuous_batching_context_manager(**options) as manager:
        began = time.perf_counter()
        for number, one in enumerate(requests):
            ids = prompt(number, one.read)
            manager.add_request(ids, request_id=str(number), max_new_tokens=one.said)
        while len(done) < len(requests):
            result = manager.get_result(timeout=1)
            if result is None and manager.is_running():
                continue
            if result is None or result.error is not None:
                why = "its thread has ended" if result is None else result.error
                raise ModelError(f"Continuous batching of transformers failed: {why}")
            if result.is_finished():
                done[result.request_id] = time.perf_counter() - began
    ends = [done[str(number)] for number in range(len(requests))]
    return [Served(one, end, end) for one, end in zip(requests, ends, strict=True)]


@contextmanager
def _quiet() -> Iterator[None]:
    """It warns once for each request that nothing ends an answer before its time."""
    from transformers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)


def cost(loaded: Any, slots: int = SIZE, rounds: int = 5) -> Cost:
    """Measure what reading and saying take: medians of rounds in which all sizes take turns."""
    import numpy as np
    import torch

    lengths, spoken = (16, 64, 128, 256), [_spoken(loaded, n) for n in range(1, slots + 1)]
    with torch.inference_mode():
        for batch in spoken:
            _step(batch)  # the first pass is slower than all others
        reads = [[_reading(loaded, one) for one in lengths] for _ in range(rounds)]
        steps = [[_step(batch) for batch in spoken] for _ in range(4 * rounds)]
    token, base = np.polyfit(lengths, np.median(reads, axis=0), 1)
    spread = tuple(float(one) for one in np.median(steps, axis=0))
    return Cost(max(0.0, float(base)), max(0.0, float(token)), spread)


def _reading(loaded: Any, length: int) -> float:
    """Seconds for a prompt of that length."""
    batch, began = _batch(loaded, 1), time.perf_counter()
    batch.read(batch.begin(prompt(0, length)))
    return time.perf_counter() - began


def _spoken(loaded: Any, rows: int) -> Batch:
    """So many conversations whose prompts have been read."""
    import torch

    batch = _batch(loaded, rows)
    with torch.inference_mode():
        for number in range(rows):
            lane = batch.begin(prompt(number, 64))
            batch.read(lane)
            batch.join(lane)
    return batch


def _step(batch: Batch) -> float:
    """Seconds for one token of each."""
    began = time.perf_counter()
    batch.step([100] * len(batch.slots.lengths)).argmax(-1).tolist()
    return time.perf_counter() - began
