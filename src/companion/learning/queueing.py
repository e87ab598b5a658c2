"""A queue in front of a model, played through with measured times, in no time at all.

Nothing here asks a model. What a step takes was measured before (`companion.learning.batches`),
when people come is drawn, and who is answered when follows from both. So an hour of traffic is a
matter of milliseconds, and no neighbour on the machine spoils it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

PART = 512
"""Tokens of prompts that the engine reads before it says the next token for everybody."""


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody comes at that second, with a prompt of so many tokens, and wants so many said."""

    at: float
    read: int
    said: int


@dataclass(frozen=True, slots=True)
class Served:
    """When a request had its first token, and its last; in seconds on the clock of `at`."""

    request: Request
    first: float
    done: float

    @property
    def waited(self) -> float:
        """Seconds until the first token."""
        return self.first - self.request.at

    @property
    def took(self) -> float:
        """Seconds until the last one."""
        return self.done - self.request.at


@dataclass(frozen=True, slots=True)
class Cost:
    """What a model takes here: a pass, each token of a prompt more, and a step for 1, 2, … rows."""

    read_pass: float
    read_token: float
    steps: tuple[float, ...]

    def read(self, tokens: int) -> float:
        """Seconds for reading so many tokens in one pass."""
        return self.read_pass + self.read_token * tokens

    def step(self, rows: int) -> float:
        """Seconds for one more token of each of so many rows."""
        return self.steps[rows - 1]


def people(count: int, a_second: float, seed: int) -> list[Request]:
    """So many requests, of 10 to 100 tokens, with 4 to 64 to be said, that know of no other.

    They come at random, `a_second` of them on average (a Poisson process).
    """
    chance, now, found = random.Random(seed), 0.0, list[Request]()
    for _ in range(count):
        now += chance.expovariate(a_second)
        found.append(Request(now, chance.randint(10, 100), chance.randint(4, 64)))
    return found


def padded(requests: Sequence[Request], cost: Cost, size: int) -> list[Served]:
    """In batches of at most `size`: who is there when the last one ended, and nobody comes between.

    All prompts are as long as the longest, and all answers go on until the longest has ended. A
    size of 1 is one by one.
    """
    waiting, now, served = list(requests), 0.0, list[Served]()
    while waiting:
        now = max(now, waiting[0].at)
        batch = [one for one in waiting[:size] if one.at <= now]
        del waiting[: len(batch)]
        first = now + cost.read(len(batch) * max(one.read for one in batch))
        now = first + (max(one.said for one in batch) - 1) * cost.step(len(batch))
        served += [Served(one, first, now) for one in batch]
    return served


def continuous(requests: Sequence[Request], cost: Cost, slots: int) -> list[Served]:
    """As the companion's engine does it: who comes is read between two steps, who is done goes."""
    waiting, now = list(requests), 0.0
    speaking, served = list[tuple[Request, float, int]](), list[Served]()
    while waiting or speaking:
        now = now if speaking else max(now, waiting[0].at)
        read = 0
        while waiting and waiting[0].at <= now and len(speaking) < slots and read < PART:
            one = waiting.pop(0)
            read, now = read + one.read, now + cost.read(one.read)
            if one.said > 1:
                speaking.append((one, now, 1))
            else:  # it has all that it wanted
                served.append(Served(one, now, now))
        if speaking:
            now += cost.step(len(speaking))
            speaking = [(one, first, said + 1) for one, first, said in speaking]
        served += [Served(one, first, now) for one, first, said in speaking if said >= one.said]
        speaking = [row for row in speaking if row[2] < row[0].said]
    return sorted(served, key=lambda one: one.request.at)


def a_second(served: Sequence[Served]) -> float:
    """Tokens said a second, from the first arrival to the last token."""
    begin = min(one.request.at for one in served)
    return sum(one.request.said for one in served) / (max(one.done for one in served) - begin)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
