"""A 5-gram model with interpolated Kneser-Ney smoothing: what counting alone can foresee.

Kneser and Ney (1995); the interpolated form and its discount are those of Chen and Goodman (1999).
It reads the same tokens as the network, so that both are measured in the same bits per byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from companion.training.recipe import TrainingError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Keys = npt.NDArray[np.uint64]
    Counts = npt.NDArray[np.float64]

ORDER = 5


@dataclass(frozen=True, slots=True)
class _Level:
    """The n-grams of one order as sorted keys, and what follows each of their contexts."""

    grams: Keys
    counts: Counts
    contexts: Keys
    totals: Counts
    kinds: Counts
    discount: float


class KneserNey:
    """Counts of every n-gram up to `order`, and the probabilities that follow from them."""

    def __init__(
        self, sequences: Iterable[Sequence[int]], vocabulary: int, order: int = ORDER
    ) -> None:
        """Raises TrainingError when `order` tokens of this vocabulary do not fit into 64 bits."""
        self.vocabulary, self.bits = vocabulary, (vocabulary - 1).bit_length()
        self.order = order
        if self.bits * order > 64:
            raise TrainingError(
                f"A vocabulary of {vocabulary} is too large for {order}-grams packed into 64 bits",
                repair=f"Use one of at most {2 ** (64 // order)} tokens.",
            )
        self.levels = self._levels(list(sequences))

    def surprise(self, sequence: Sequence[int]) -> Counts:
        """Nats of each token of the sequence after the first, of shape (length - 1,)."""
        import numpy as np

        nats: Counts = -np.log(self.chances(self._packed([sequence])[1:], self.order))
        return nats

    def chances(self, keys: Keys, order: int) -> Counts:
        """How likely the last token of each packed n-gram is behind the others in it."""
        import numpy as np

        chance = np.full(len(keys), 1 / self.vocabulary)
        for length, level in enumerate(self.levels[:order], 1):
            chance = _interpolated(level, keys & self._mask(length), self.bits, chance)
        return chance

    def shared(self, contexts: Keys, order: int) -> Counts:
        """What n-grams of this order leave to shorter ones, behind each packed context."""
        import numpy as np

        level = self.levels[order - 1]
        total = _found(level.contexts, level.totals, contexts)
        left = level.discount * _found(level.contexts, level.kinds, contexts)
        share: Counts = np.where(total > 0, left / np.maximum(total, 1), 1.0)
        return share

    def _packed(self, sequences: Sequence[Sequence[int]]) -> Keys:
        """For each token, it and the `order - 1` before it in one number; nothing before is 0."""
        import numpy as np

        rows = []
        for sequence in sequences:
            ids = np.asarray(sequence, np.uint64)
            key = ids.copy()
            for back in range(1, self.order):
                key[back:] |= ids[:-back] << np.uint64(self.bits * back)
            rows.append(key)
        return np.concatenate(rows)

    def _mask(self, order: int) -> np.uint64:
        import numpy as np

        return np.uint64((1 << (self.bits * order)) - 1)

    def _levels(self, sequences: Sequence[Sequence[int]]) -> list[_Level]:
        """From single tokens up. Below the top, a count is of different tokens in front."""
        import numpy as np

        keys = self._packed(sequences)
        grams, counts = np.unique(keys, return_counts=True)
        levels = [_level(grams, counts, self.bits)]
        for order in range(self.order - 1, 0, -1):
            longer = np.unique(keys & self._mask(order + 1))
            grams, counts = np.unique(longer & self._mask(order), return_counts=True)
            levels.append(_level(grams, counts, self.bits))
        return levels[::-1]


def _level(grams: Keys, counts: npt.NDArray[np.int64], bits: int) -> _Level:
    """Group the n-grams by context: all but their last token."""
    import numpy as np

    once, twice = (counts == 1).sum(), (counts == 2).sum()
    contexts, starts, kinds = np.unique(
        grams >> np.uint64(bits), return_index=True, return_counts=True
    )
    totals = np.add.reduceat(counts, starts).astype(np.float64)
    discount = float(once / max(once + 2 * twice, 1))
    return _Level(
        grams, counts.astype(np.float64), contexts, totals, kinds.astype(np.float64), discount
    )


def _interpolated(level: _Level, keys: Keys, bits: int, lower: Counts) -> Counts:
    """This order's discounted chance plus what the discount leaves, shared out as `lower` says."""
    import numpy as np

    count = _found(level.grams, level.counts, keys)
    context = keys >> np.uint64(bits)
    total = _found(level.contexts, level.totals, context)
    kinds = _found(level.contexts, level.kinds, context)
    kept = np.maximum(count - level.discount, 0) + level.discount * kinds * lower
    chance: Counts = np.where(total > 0, kept / np.maximum(total, 1), lower)
    return chance


def _found(keys: Keys, values: Counts, wanted: Keys) -> Counts:
    """The value of each wanted key, 0 where there is none."""
    import numpy as np

    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: Counts = np.where(keys[at] == wanted, values[at], 0.0)
    return found
