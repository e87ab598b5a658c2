"""Conversations that were read before: what a new prompt has in common with one is not read again.

A system prompt and a history come back with every turn, a little longer. Their keys and values are
those of the turn before, so only what was said since has to be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer

from companion.chat.slots import States

MANY = 16
"""So many conversations at most: one that has outgrown the model's context leaves another behind
with every turn, since its beginning is cut off, and little of what it leaves is ever read again."""


@dataclass(eq=False)
class _Kept:
    """Tokens of shape (length,), and their states."""

    tokens: torch.Tensor
    states: States

    @property
    def bytes(self) -> int:
        return sum(one.numel() * one.element_size() for pair in self.states for one in pair)


class Prefixes:
    """The conversations that were used last: `MANY`, of at most `most` bytes together."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: list[_Kept] = []  # the one used last stands last

    @property
    def bytes(self) -> int:
        """Memory taken."""
        return sum(one.bytes for one in self._kept)

    def longest(self, tokens: Sequence[int]) -> tuple[DynamicCache, int]:
        """A cache that begins with what these tokens share with one that is kept, and how many.

        At least one token is left to be read: what comes next is not kept, only what was.
        """
        told = torch.tensor(tokens[:-1])
        shared = [(_shared(one.tokens, told), one) for one in self._kept]
        length, best = max(shared, key=lambda pair: pair[0], default=(0, None))
        cache = DynamicCache()
        if best is None or not length:
            return cache, 0
        self._kept.remove(best)
        self._kept.append(best)
        cache.layers = [
            _begun(keys[:, :, :length], values[:, :, :length]) for keys, values in best.states
        ]
        return cache, length

    def keep(self, tokens: Sequence[int], states: States) -> None:
        """Keep a conversation; earlier ones that it goes on from are forgotten, then the oldest."""
        new = _Kept(torch.tensor(tokens), states)
        self._kept = [
            one for one in self._kept if _shared(one.tokens, new.tokens) < len(one.tokens)
        ]
        self._kept.append(new)
        while self._kept and (self.bytes > self.most or len(self._kept) > MANY):
            self._kept.pop(0)

    def forget(self) -> bool:
        """Give all memory back; whether there was any."""
        had, self._kept = bool(self._kept), []
        return had


def _begun(keys: torch.Tensor, values: torch.Tensor) -> DynamicLayer:
    """A layer of a cache that looks at what is kept; what is added to it is written elsewhere."""
    layer = DynamicLayer()
    layer.lazy_initialization(keys, values)
    layer.keys, layer.values = keys, values
    return layer


def _shared(one: torch.Tensor, other: torch.Tensor) -> int:
    """How many tokens both begin with."""
    length = min(len(one), len(other))
    differs = (one[:length] != other[:length]).nonzero()
    return int(differs[0]) if len(differs) else length
