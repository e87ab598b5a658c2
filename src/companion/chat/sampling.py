"""Which token comes next: chosen for each answer as transformers' own `generate` would."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from companion.types import ChatRequest


class Chooser:
    """Chooses the tokens of one answer, by what was asked and by generation_config.json.

    It has a random state of its own: neighbours in a batch do not change the answer, and the
    caller's state is left alone.
    """

    def __init__(self, network: Any, request: ChatRequest, prompt_tokens: int) -> None:
        device = network.device
        config, _ = network._prepare_generation_config(None, **_asked(request))
        network._prepare_special_tokens(config, device=device)
        self._samples = bool(config.do_sample)
        self._weigh = network._get_logits_processor(
            generation_config=config, input_ids_seq_length=prompt_tokens, device=device
        )
        self._chance = torch.Generator(device)
        if request.seed is None:
            self._chance.seed()
        else:
            self._chance.manual_seed(request.seed)

    def __call__(
        self, said: Sequence[int], scores: torch.Tensor, likeliest: int | None = None
    ) -> int:
        """The next token behind `said`; `scores` are logits of shape (vocabulary,).

        `likeliest` is the highest of them, where the caller knows it.
        """
        if not self._samples and not self._weigh:
            return int(scores.argmax()) if likeliest is None else likeliest
        ids = torch.tensor([said], device=scores.device)
        weighed = self._weigh(ids, scores[None].float())
        if not self._samples:
            return int(weighed.argmax())
        likely = torch.softmax(weighed, -1)
        return int(torch.multinomial(likely, 1, generator=self._chance))


def guided(asked: torch.Tensor, unasked: torch.Tensor, guidance: float) -> torch.Tensor:
    """Scores of shape (vocabulary,), led away from what would be said had nothing been asked.

    Classifier-free guidance: Sanchez et al., Stay on Topic (2023), arXiv:2306.17806, equation 7.
    """
    told, untold = (torch.log_softmax(scores.float(), -1) for scores in (asked, unasked))
    return untold + guidance * (told - untold)


def _asked(request: ChatRequest) -> dict[str, Any]:
    """What was asked for; the rest stands in the model's own generation_config.json."""
    if request.temperature == 0:
        return {"do_sample": False}
    asked = {"temperature": request.temperature, "top_p": request.top_p}
    given = {name: value for name, value in asked.items() if value is not None}
    return {"do_sample": True, **given} if given else {}
