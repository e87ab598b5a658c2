"""How well something foresees conversations that it was not trained on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from companion.training.corpora import Conversation, Corpus
from companion.training.dataset import encode, encode_all

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

    from companion.training.ngram import KneserNey


class Foresight(Protocol):
    """Whatever gives each next token a probability: a network, or counts of n-grams."""

    def surprise(self, sequence: Sequence[int]) -> npt.NDArray[np.float64]:
        """Nats of each token of the sequence after the first, of shape (length - 1,)."""
        ...


@dataclass(frozen=True, slots=True)
class Network:
    """A causal language model as a `Foresight`."""

    model: PreTrainedModel

    def surprise(self, sequence: Sequence[int]) -> npt.NDArray[np.float64]:
        """As promised by `Foresight`; the sequence must fit into the model's context."""
        import torch

        ids = torch.tensor([sequence], device=self.model.device)
        with torch.no_grad():
            logits = self.model(input_ids=ids).logits[0, :-1].float()
        losses = torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none")
        nats: npt.NDArray[np.float64] = losses.double().cpu().numpy()
        return nats


@dataclass(frozen=True, slots=True)
class Score:
    """Held-out result of one corpus: `loss` in nats a token, bits per UTF-8 byte of the turns."""

    conversations: int
    loss: float
    bits_per_byte: float


def held_out_scores(
    foresight: Foresight,
    tokenizer: PreTrainedTokenizerFast,
    corpora: Sequence[Corpus],
    context: int,
    most: int = 100,
) -> dict[str, Score]:
    """A score per corpus over the first `most` held-out conversations of each.

    Everything said after the system prompt is counted, by both sides, with its end marks; role
    marks are not. What goes beyond `context` tokens is left out, text and bytes alike.
    """
    scores = {}
    for corpus in corpora:
        held_out = corpus.split()[1][:most]
        if held_out:
            scores[corpus.name] = _score(foresight, tokenizer, held_out, context)
    return scores


def counted(corpora: Sequence[Corpus], tokenizer: PreTrainedTokenizerFast) -> KneserNey:
    """A 5-gram model of the training parts of these corpora."""
    from companion.training.ngram import KneserNey

    talks = [(one.turns, one.system) for corpus in corpora for one in corpus.split()[0]]
    return KneserNey((one.ids for one in encode_all(talks, tokenizer)), len(tokenizer))


def _score(
    foresight: Foresight,
    tokenizer: PreTrainedTokenizerFast,
    held_out: Sequence[Conversation],
    context: int,
) -> Score:
    """Loss and bits per byte of these conversations, one at a time."""
    nats, tokens, size = 0.0, 0, 0
    for conversation in held_out:
        turns = _that_fit(conversation, tokenizer, context)
        if turns:
            surprise = _of_words(foresight, tokenizer, turns, conversation.system)
            nats, tokens = nats + float(surprise.sum()), tokens + len(surprise)
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


def _of_words(
    foresight: Foresight, tokenizer: PreTrainedTokenizerFast, turns: Sequence[str], system: str
) -> npt.NDArray[Any]:
    """Nats of each word and end mark of the turns."""
    import numpy as np

    ids = encode(turns, system, tokenizer).ids
    before = len(encode((), system, tokenizer).ids)
    marks = [mark for mark in tokenizer.all_special_ids if mark != tokenizer.eos_token_id]
    words = ~np.isin(ids, marks) & (np.arange(len(ids)) >= before)
    surprise: npt.NDArray[Any] = foresight.surprise(ids)[words[1:]]
    return surprise
