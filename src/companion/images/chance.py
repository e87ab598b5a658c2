"""Chance that is the same on every machine and in every year: what a seed decides."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """Draws from a seed; each draw has a name, so that a new one leaves all others as they were.

    Not `random.Random`, whose way of choosing may differ from one Python to the next.
    """

    def __init__(self, seed: int | str) -> None:
        self._seed = str(seed)

    def share(self, name: str) -> float:
        """A number from 0 to 1, without 1."""
        text = f"{name}|{self._seed}".encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(text, digest_size=6).digest(), "big") / 2**48

    def pick(self, name: str, options: Sequence[T]) -> T:
        """One of them, each as likely as the others."""
        return options[int(self.share(name) * len(options))]

    def between(self, name: str, low: float, high: float) -> float:
        """A number from `low` to `high`."""
        return low + (high - low) * self.share(name)

    def often(self, name: str, probability: float) -> bool:
        """True that often."""
        return self.share(name) < probability
