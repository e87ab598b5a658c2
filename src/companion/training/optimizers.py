"""What moves the weights: Muon and AdamW together, or AdamW alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from companion.training.recipe import Recipe

if TYPE_CHECKING:
    import torch
    from transformers import LlamaForCausalLM


def optimizers(model: LlamaForCausalLM, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the blocks and AdamW for the rest; or AdamW for all.

    Muon (Jordan et al., 2024) makes more of each token: it takes the gradient of a matrix as a
    whole, and gives all its directions the same weight.
    """
    import torch

    weights = list(model.named_parameters())
    matrices = [one for name, one in weights if one.ndim == 2 and "embed" not in name]
    rest = [one for name, one in weights if one.ndim != 2 or "embed" in name]
    if recipe.optimizer == "adamw":
        return [_adamw(rest + matrices, recipe)]
    muon = torch.optim.Muon(
        matrices,
        lr=recipe.matrix_rate,
        weight_decay=recipe.weight_decay,
        adjust_lr_fn="match_rms_adamw",
    )
    return [muon, _adamw(rest, recipe)]


def _adamw(weights: list[torch.nn.Parameter], recipe: Recipe) -> torch.optim.Optimizer:
    import torch

    rate = recipe.vector_rate
    return torch.optim.AdamW(weights, rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
