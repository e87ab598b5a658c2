"""How well a model foresees conversations that it was not trained on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from companion.training.corpora import Conversation, Corpus
from companion.training.dataset import IGNORED, encode

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast


@dataclass(frozen=True, slots=True)
class Score:
    """Held-out result of one corpus: `loss` in nats a token, bits per UTF-8 byte of the turns."""

    conversations: int
    loss: float
    bits_per_byte: float


def held_out_scores(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    corpora: Sequence[Corpus],
    most: int = 100,
) -> dict[str, Score]:
    """A score per corpus over the first `most` held-out conversations of each.

    Everything said after the system prompt is counted, by both sides, with its end marks; role
    marks are not. What goes beyond the model's context is left out, text and bytes alike.
    """
    scores = {}
    for corpus in corpora:
        held_out = corpus.split()[1][:most]
        if held_out:
            scores[corpus.name] = _score(model, tokenizer, held_out)
    return scores


def _score(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, held_out: Sequence[Conversation]
) -> Score:
    """Loss and bits per byte of these conversations, one at a time."""
    nats, tokens, size = 0.0, 0, 0
    for conversation in held_out:
        turns = _that_fit(conversation, tokenizer, model.config.max_position_embeddings)
        if not turns:
            continue
        lost, counted = _surprise(model, tokenizer, turns, conversation.system)
        nats, tokens = nats + lost, tokens + counted
        size += sum(len(turn.encode()) for turn in turns)
    return Score(len(held_out), nats / max(tokens, 1), nats / math.log(2) / max(size, 1))


def _that_fit(
    conversation: Conversation, tokenizer: PreTrainedTokenizerFast, context: int
) -> tuple[str, ...]:
    """As many of the first turns as the context holds."""
    turns = conversation.turns
    while turns and len(encode(turns, conversation.system, tokenizer).ids) > context:
        turns = turns[:-1]
    return turns


def _surprise(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, turns: Sequence[str], system: str
) -> tuple[float, int]:
    """(nats in sum, tokens counted) over the words and end marks of the turns."""
    import torch

    ids = torch.tensor([encode(turns, system, tokenizer).ids], device=model.device)
    before = len(encode((), system, tokenizer).ids)
    labels = ids.clone()
    labels[:, :before] = IGNORED
    marks = [id for id in tokenizer.all_special_ids if id != tokenizer.eos_token_id]
    labels[torch.isin(ids, torch.tensor(marks, device=model.device))] = IGNORED
    with torch.no_grad():
        logits = model(input_ids=ids).logits[0, :-1].float()
    losses = torch.nn.functional.cross_entropy(
        logits, labels[0, 1:], ignore_index=IGNORED, reduction="sum"
    )
    return float(losses), int((labels[0, 1:] != IGNORED).sum())
