"""How long a message waits where so many can be answered at a time: the queue M/M/c.

Messages come at random times (Poisson), answers take times that are exponential, and whoever finds
all places taken waits in one line, first come, first served. The chance to wait is Erlang's C
formula (A. K. Erlang, 1917; L. Kleinrock, "Queueing Systems", volume 1, 1975, section 3.5). Real
answers vary less in length than exponential ones, so that real waits are shorter.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from companion.errors import ConfigError

MOST_PLACES = 1_000_000
"""A load of more places than this is not planned for."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Messages that come `per_second`, answers of `seconds` on average, and so many `places`.

    Raises ConfigError for no messages, no time, no place, or more messages than can be answered.
    """

    per_second: float
    seconds: float
    places: int

    def __post_init__(self) -> None:
        _check(self.per_second, self.seconds)
        if self.places < 1 or self.load >= self.places:
            raise ConfigError(
                f"{self.places} places are too few for a load of {self.load:.4g}",
                repair=f"Give {math.floor(self.load) + 1} places or more.",
            )

    @property
    def load(self) -> float:
        """Places that would be taken on average if there were enough of them, in erlangs."""
        return self.per_second * self.seconds

    @property
    def busy(self) -> float:
        """The share of the places that is taken."""
        return self.load / self.places

    @property
    def must_wait(self) -> float:
        """The chance that a message finds all places taken: Erlang C."""
        return erlang_c(self.load, self.places)

    @property
    def mean_wait(self) -> float:
        """Seconds that a message waits, on average."""
        return self.must_wait / self._spare

    def late(self, patience: float) -> float:
        """The share of messages that wait longer than so many seconds."""
        return self.must_wait * math.exp(-self._spare * patience)

    def wait_of(self, share: float) -> float:
        """Seconds within which that share of messages, below 1, has its turn."""
        if not 0 <= share < 1:
            raise ConfigError(f"{share:g} is no share below 1", repair="Give 0.95, for example.")
        return max(0.0, math.log(self.must_wait / (1 - share)) / self._spare)

    @property
    def _spare(self) -> float:
        """Messages a second that could be answered besides those that come."""
        return (self.places - self.load) / self.seconds


def erlang_b(load: float, places: int) -> float:
    """The chance that all places are taken, where nobody waits; by its stable recursion."""
    taken = 1.0
    for place in range(1, places + 1):
        taken = load * taken / (place + load * taken)
    return taken


def erlang_c(load: float, places: int) -> float:
    """The chance to wait; 1 where the load is as much as the places or more."""
    return _waits(erlang_b(load, places), load, places)


def smallest(per_second: float, seconds: float, patience: float, late: float) -> Queue:
    """The queue with the fewest places in which at most that share waits longer than `patience`.

    Raises ConfigError for no messages, no time, a share that is not between 0 and 1, and a load
    without measure.
    """
    _check(per_second, seconds)
    if not (0 < late < 1 and patience >= 0):
        raise ConfigError(
            f"At most {late:g} may wait longer than {patience:g} seconds: that cannot be planned",
            repair="Give a share between 0 and 1, and 0 seconds or more.",
        )
    load = per_second * seconds
    if load >= MOST_PLACES:
        raise ConfigError(f"More than {MOST_PLACES:,} places are needed", repair="Plan for fewer.")
    return next(
        Queue(per_second, seconds, places)
        for places, waits in _each(load)
        if places > load and waits * math.exp(-(places - load) / seconds * patience) <= late
    )


def _each(load: float) -> Iterator[tuple[int, float]]:
    """The chance to wait with one place, with two… each from the one before."""
    taken = 1.0
    for places in count(1):
        taken = load * taken / (places + load * taken)
        yield places, _waits(taken, load, places)


def _waits(all_taken: float, load: float, places: int) -> float:
    busy = load / places
    return all_taken / (1 - busy * (1 - all_taken)) if busy < 1 else 1.0


def _check(per_second: float, seconds: float) -> None:
    if not (per_second > 0 and seconds > 0 and math.isfinite(per_second * seconds)):
        raise ConfigError(
            f"{per_second:g} messages a second, answered in {seconds:g} seconds, are no load",
            repair="Give more than 0 of both.",
        )
