"""The memory of conversations under way: keys and values of all who are being answered.

transformers' own cache puts every new token behind the whole conversation by copying both, and
keeps a batch together until its last one has finished. Here each conversation has a row that it
writes on at its own place, rows come and go, and what is kept is bounded by rows and tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import torch
from transformers.cache_utils import Cache, DynamicCache, DynamicLayer

Pair: TypeAlias = tuple[torch.Tensor, torch.Tensor]
States: TypeAlias = list[Pair]
"""Keys and values of one conversation, layer by layer, each of shape (1, heads, tokens, size)."""

GRAIN = 128
"""Rows are lengthened by so many tokens at once, at least."""


class Slots(Cache):
    """Keys and values of up to `most` conversations, the first rows of every layer's tensors.

    Memory is taken when it is needed, and never more than `most` rows of `longest` tokens.
    """

    def __init__(self, layers: int, most: int, longest: int) -> None:
        self.most, self.longest = most, longest
        self.lengths: list[int] = []
        super().__init__(layers=[_Layer(self) for _ in range(layers)])

    @property
    def rows(self) -> int:
        """How many conversations are in it."""
        return len(self.lengths)

    @property
    def span(self) -> int:
        """Tokens of the longest of them."""
        return max(self.lengths, default=0)

    @property
    def bytes(self) -> int:
        """Memory taken, used or not."""
        return sum(layer.bytes for layer in self._mine())

    def join(self, cache: DynamicCache) -> None:
        """Take in the conversation that this cache holds, as the last row."""
        layers: list[Any] = cache.layers
        states: States = [(layer.keys, layer.values) for layer in layers]
        tokens = int(states[0][0].shape[-2])
        for layer, (keys, values) in zip(self._mine(), states, strict=True):
            layer.reserve(self.rows + 1, tokens + 1, (keys, values))
            layer.keys[self.rows, :, :tokens] = keys[0]
            layer.values[self.rows, :, :tokens] = values[0]
        self.lengths.append(tokens)

    def copy(self, row: int) -> States:
        """What the row holds, in memory of its own."""
        end = self.lengths[row]
        return [
            (
                layer.keys[row : row + 1, :, :end].clone(),
                layer.values[row : row + 1, :, :end].clone(),
            )
            for layer in self._mine()
        ]

    def leave(self, row: int) -> None:
        """Give the row back; the last one moves to its place."""
        last, end = self.rows - 1, self.lengths[-1]
        for layer in self._mine() if row != last else ():
            layer.keys[row, :, :end] = layer.keys[last, :, :end]
            layer.values[row, :, :end] = layer.values[last, :, :end]
        self.lengths[row] = end
        self.lengths.pop()

    def begin_step(self, device: torch.device) -> torch.Tensor:
        """Make room for one more token in each row; the positions they get, of shape (rows,)."""
        self.at = torch.tensor(self.lengths, device=device)
        for layer in self._mine():
            layer.reserve(self.rows, self.span + 1)
        return self.at

    def end_step(self) -> None:
        """The tokens of this step are kept. Without it, the next step writes over them."""
        self.lengths = [length + 1 for length in self.lengths]

    def _mine(self) -> Sequence[_Layer]:
        layers: Any = self.layers
        return layers  # type: ignore[no-any-return]


class _Layer(DynamicLayer):
    """One layer's keys and values, of shape (rows, heads, tokens, size)."""

    keys: torch.Tensor
    values: torch.Tensor

    def __init__(self, slots: Slots) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._slots = slots

    @property
    def bytes(self) -> int:
        if not self.is_initialized:
            return 0
        return sum(one.numel() * one.element_size() for one in (self.keys, self.values))

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write each row's new token at its own place, and give what attention looks at."""
        rows, end = self._slots.rows, self._slots.span + 1
        if rows == 1:
            self.keys[0, :, end - 1] = key_states[0, :, 0]
            self.values[0, :, end - 1] = value_states[0, :, 0]
        else:
            each = torch.arange(rows, device=self.keys.device)
            self.keys[each, :, self._slots.at] = key_states[:, :, 0]
            self.values[each, :, self._slots.at] = value_states[:, :, 0]
        return self.keys[:rows, :, :end], self.values[:rows, :, :end]

    def get_seq_length(self) -> int:
        return self._slots.span

    def reserve(self, rows: int, tokens: int, like: Pair | None = None) -> None:
        """Have memory for so many rows and tokens; `like` says of which shape and format."""
        have = (*self.keys.shape[:3:2],) if self.is_initialized else (0, 0)
        if rows <= have[0] and tokens <= have[1]:
            return
        most, longest = self._slots.most, max(self._slots.longest, tokens)
        rows = min(most, max(rows, 2 * have[0])) if rows > have[0] else have[0]
        grown = max(tokens + GRAIN, have[1] * 3 // 2) if tokens > have[1] else have[1]
        old = (self.keys, self.values) if self.is_initialized else None
        pair = [_larger(one, rows, min(grown, longest)) for one in like or old or ()]
        for new, kept in zip(pair, old or (), strict=False):
            new[: have[0], :, : have[1]] = kept
        (self.keys, self.values), self.is_initialized = pair, True


def _larger(like: torch.Tensor, rows: int, tokens: int) -> torch.Tensor:
    """Zeros, because what is masked still counts: nothing times not-a-number is not nothing."""
    return like.new_zeros((rows, like.shape[1], tokens, like.shape[3]))
