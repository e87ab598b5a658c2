"""The forward passes: reading prompts, and one token for all who are being answered at once."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer

from companion.chat.prefixes import Prefixes
from companion.chat.slots import Slots

PART = 512
"""Tokens of a prompt that are read at once: nobody who is being answered waits for longer."""


@dataclass(eq=False)
class Lane:
    """A prompt that is being read: its tokens, and the cache of the first `read` of them."""

    tokens: Sequence[int]
    cache: DynamicCache
    read: int

    @property
    def rest(self) -> int:
        """Tokens still to be read."""
        return len(self.tokens) - self.read


class Batch:
    """One network and the conversations it is in. Not for several threads.

    Networks whose layers forget, or keep anything but keys and values of one size, answer one
    conversation at a time, with transformers' own cache for them, and read every prompt whole.
    """

    def __init__(self, network: Any, slots: int, longest: int, kept_bytes: int) -> None:
        self.network, self.device = network, network.device
        self._takes = inspect.signature(network.forward).parameters
        self.plain = _plain(network)
        self.most = slots if self.plain else 1
        self._longest, self._alone = longest, DynamicCache(config=network.config)
        self.prefixes = Prefixes(kept_bytes)
        self.clear()

    def clear(self) -> None:
        """Forget all conversations."""
        layers = DynamicCache(config=self.network.config).layers
        self.slots = Slots(len(layers), self.most, self._longest)
        self.prefixes.forget()

    def begin(self, tokens: Sequence[int]) -> Lane:
        """A lane for this prompt, with as much of it as was read before."""
        if self.plain:
            return Lane(tokens, *self.prefixes.longest(tokens))
        return Lane(tokens, DynamicCache(config=self.network.config), 0)

    def read(self, lane: Lane) -> torch.Tensor | None:
        """Read a part; at the prompt's end, the scores of what follows, of shape (vocabulary,)."""
        end = lane.read + min(PART, lane.rest)
        ids = torch.tensor([lane.tokens[lane.read : end]], device=self.device)
        at = torch.arange(lane.read, end, device=self.device)[None]
        scores = self._forward(ids, at, lane.cache, None)
        lane.read = end
        return scores[0] if not lane.rest else None

    def join(self, lane: Lane) -> None:
        """The prompt is read: its conversation takes the last row."""
        if self.plain:
            self.slots.join(lane.cache)
        else:
            self._alone = lane.cache
            self.slots.lengths.append(lane.read)

    def step(self, tokens: Sequence[int]) -> torch.Tensor:
        """Read each row's last token; the scores of what follows, of shape (rows, vocabulary).

        A step that fails has changed nothing and may be taken again.
        """
        ids = torch.tensor(tokens, device=self.device)[:, None]
        if self.plain:
            at = self.slots.begin_step(self.device)
            scores = self._forward(ids, at[:, None], self.slots, self._mask(at))
        else:
            at = torch.tensor([self.slots.lengths], device=self.device)
            scores = self._forward(ids, at, self._alone, None)
        self.slots.end_step()
        return scores

    def keep(self, row: int, said: Sequence[int]) -> None:
        """Remember the conversation in this row, whose tokens are `said`, for its next turn."""
        if self.plain and self.prefixes.most:
            self.prefixes.keep(said[: self.slots.lengths[row]], self.slots.copy(row))

    def leave(self, row: int) -> None:
        """Let go of the conversation in this row; the last one moves there."""
        if self.plain:
            self.slots.leave(row)
        else:
            self._alone = DynamicCache(config=self.network.config)
            self.slots.lengths.clear()

    def _mask(self, at: torch.Tensor) -> torch.Tensor | None:
        """Which tokens of each row there are, of shape (rows, 1, 1, tokens); None where all."""
        if min(self.slots.lengths) == self.slots.span:
            return None
        there = torch.arange(self.slots.span + 1, device=self.device) <= at[:, None]
        if self.network.config._attn_implementation == "sdpa":
            return there[:, None, None, :]
        least = torch.finfo(self.network.dtype).min
        wide = torch.zeros(there.shape, dtype=self.network.dtype, device=self.device)
        return wide.masked_fill(~there, least)[:, None, None, :]

    def _forward(
        self, ids: torch.Tensor, at: torch.Tensor, cache: Any, mask: torch.Tensor | None
    ) -> torch.Tensor:
        """The scores behind the last token of each row."""
        wishes = {"position_ids": at if self.plain else None, "logits_to_keep": 1}
        known = {name: wish for name, wish in wishes.items() if name in self._takes}
        output = self.network(
            input_ids=ids, attention_mask=mask, past_key_values=cache, use_cache=True, **known
        )
        scores: torch.Tensor = output.logits[:, -1]
        return scores


def _plain(network: Any) -> bool:
    """Whether rows of different lengths can go through it together: told by its own cache.

    Latent attention (`kv_lora_rank`) has plain layers, and is computed in another way.
    """
    layers: list[Any] = DynamicCache(config=network.config).layers
    latent = hasattr(network.config.get_text_config(decoder=True), "kv_lora_rank")
    places = "position_ids" in inspect.signature(network.forward).parameters
    return places and not latent and all(type(layer) is DynamicLayer for layer in layers)
