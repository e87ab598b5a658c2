"""A model in training says its turn: transformers' own generation, and nothing of the stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedTokenizerFast

Messages = Sequence[Mapping[str, str]]


class Said(NamedTuple):
    """One reply, and whether the model ended it itself."""

    text: str
    ended: bool


def reply(
    model: Any,
    tokenizer: PreTrainedTokenizerFast,
    messages: Messages,
    tokens: int = 80,
    guidance: float = 1.0,
) -> Said:
    """The model's next turn in a conversation, sampled as its generation config says.

    With `guidance` above 1 it is led away from what it would say had nothing been asked.
    """
    import torch

    prompt = _prompt(model, tokenizer, messages)
    output = model.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        guidance_scale=guidance,
        negative_prompt_ids=_prompt(model, tokenizer, _unasked(messages)),
        max_new_tokens=tokens,
    )
    said = output[0, prompt.shape[1] :].tolist()
    text = str(tokenizer.decode(said, skip_special_tokens=True)).strip()
    return Said(text, tokenizer.eos_token_id in said)


def _prompt(model: Any, tokenizer: PreTrainedTokenizerFast, messages: Messages) -> Tensor:
    """The chat template filled: token ids of shape (1, tokens)."""
    import torch

    ids = tokenizer.apply_chat_template(
        list(map(dict, messages)), add_generation_prompt=True, return_dict=False
    )
    return torch.tensor([ids], device=model.device)


def _unasked(messages: Messages) -> Messages:
    """The same companion with nothing asked of it: what a guided model keeps away from."""
    system = [message for message in messages if message["role"] == "system"]
    return [*system, {"role": "user", "content": ""}]


def conversation(
    model: Any,
    tokenizer: PreTrainedTokenizerFast,
    system: str,
    asked: Sequence[str],
    guidance: float = 1.0,
) -> list[Said]:
    """The replies to these turns of a user, each after all that was said before."""
    messages, replies = [{"role": "system", "content": system}], []
    for question in asked:
        messages.append({"role": "user", "content": question})
        replies.append(reply(model, tokenizer, messages, guidance=guidance))
        messages.append({"role": "assistant", "content": replies[-1].text})
    return replies
