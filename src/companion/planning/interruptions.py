"""What it costs that a spot machine may be taken back at any moment.

Machines are taken back at a constant rate, so that the times between two interruptions are
exponential. Work is saved every `checkpoint` hours of it; what was done since then is done again,
on another machine that answers after `restart` hours, all of them paid. The mean in closed form is
that of saved work under such failures (J. T. Daly, "A higher order estimate of the optimum
checkpoint interval for restart dumps", 2006), with restarts that are not interrupted themselves.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from companion.errors import ConfigError
from companion.planning.prices import Assumptions, assumptions

HOURS = 730
"""Hours of a month: a twelfth of a year of 365 days."""


SPOT = ("spot-interrupted", "spot-restart", "spot-checkpoint")
"""The assumptions by which spot machines are counted."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """What became of `work` hours: how often it was interrupted, and the hours that were paid."""

    work: float
    interruptions: int
    redone: float
    restarting: float

    @property
    def paid(self) -> float:
        """Hours of all machines together."""
        return self.work + self.redone + self.restarting

    @property
    def available(self) -> float:
        """The share of the paid time in which a machine was there."""
        return 1 - self.restarting / self.paid


def hourly_rate(share_a_month: float) -> float:
    """Interruptions an hour, where that share of machines is taken back within a month.

    Raises ConfigError for a share below 0, or for 1 and more.
    """
    if not 0 <= share_a_month < 1:
        raise ConfigError(
            f"{share_a_month:g} is no share of machines that are taken back in a month",
            repair="Give 0 or more, and less than 1.",
        )
    return -math.log1p(-share_a_month) / HOURS


def stretch(rate: float, restart: float, checkpoint: float) -> float:
    """Hours that are paid for an hour of work, on average; 1 where nothing is ever interrupted.

    `rate` is in interruptions an hour, the others in hours. Raises ConfigError for a rate or a
    restart below zero, and for no time between two savings.
    """
    _check(rate, restart, checkpoint)
    if rate == 0:
        return 1.0
    return (1 / rate + restart) * math.expm1(rate * checkpoint) / checkpoint


def stretches(told: Assumptions | None = None) -> tuple[float, float, float]:
    """The stretch by the assumptions: as they are, all at their low ends, all at their high."""
    told = told or assumptions()
    rows = [told[name] for name in SPOT]
    ends = ([one.value for one in rows], *zip(*(one.ends for one in rows), strict=True))
    value, low, high = (
        stretch(hourly_rate(share), restart / 60, checkpoint / 60)
        for share, restart, checkpoint in ends
    )
    return value, low, high


def simulate(
    work: float, rate: float, restart: float, checkpoint: float, seed: int = 0
) -> Interrupted:
    """One course of `work` hours, by chance; the same for the same seed.

    Raises ConfigError for no work, a rate or a restart below zero, no time between two savings, and
    where so much is lost that the work is hardly ever done.
    """
    _check(rate, restart, checkpoint)
    if not (math.isfinite(work) and work > 0):
        raise ConfigError(f"{work:g} hours of work take no machine", repair="Give more than 0.")
    if rate * checkpoint > 10:
        raise ConfigError(
            "Work is interrupted long before it is saved",
            where=f"{rate:g} an hour, saved every {checkpoint:g} hours",
            repair="Save it more often.",
        )
    chance = random.Random(seed)
    saved = redone = 0.0
    interruptions = 0
    while saved < work:
        piece = min(checkpoint, work - saved)
        while (lasted := chance.expovariate(rate) if rate else math.inf) < piece:
            interruptions, redone = interruptions + 1, redone + lasted
        saved += piece
    return Interrupted(work, interruptions, redone, interruptions * restart)


def _check(rate: float, restart: float, checkpoint: float) -> None:
    if not (rate >= 0 and restart >= 0 and math.isfinite(rate + restart)):
        raise ConfigError(
            f"A rate of {rate:g} or a restart of {restart:g} hours cannot be",
            repair="Give 0 or more.",
        )
    if not (math.isfinite(checkpoint) and checkpoint > 0):
        raise ConfigError(
            f"Work cannot be saved every {checkpoint:g} hours", repair="Give more than 0."
        )
