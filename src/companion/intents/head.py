"""Small neural networks on top of fixed vectors: one hidden layer, trained in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from companion.errors import MissingExtra

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from companion.embeddings import Vectors

HIDDEN = 512
EPOCHS = 12
BATCH = 256
LEARNING_RATE = 3e-3
SMOOTHING = 0.1
"""Aim at 0.9 and never at 1: a network that need not be certain keeps its certainty for what it
knows, and what is out of scope stays visibly lower."""


def network(inputs: int, outputs: int) -> Any:
    """The network without training; dropout keeps it from relying on single numbers."""
    try:
        from torch.nn import Dropout, Linear, ReLU, Sequential
    except ImportError:
        raise MissingExtra("torch", "local") from None
    return Sequential(
        Dropout(0.15), Linear(inputs, HIDDEN), ReLU(), Dropout(0.3), Linear(HIDDEN, outputs)
    )


def train_head(features: Vectors, classes: npt.NDArray[np.int64], seed: int = 0) -> Any:
    """A trained network; `features` of shape (texts, inputs), `classes` from 0 up, one a text.

    The caller's random numbers are left as they were.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = network(features.shape[1], int(classes.max()) + 1)
        _fit(net, torch.from_numpy(features), torch.from_numpy(classes))
    return net.eval()


def probabilities(nets: Sequence[Any], features: Vectors) -> Vectors:
    """The mean of what the networks answer, of shape (texts, outputs); each row sums to 1.

    Networks that began differently err differently, and a mean errs less than any of them.
    """
    import torch

    with torch.inference_mode():
        inputs = torch.from_numpy(features)
        chances: Vectors = torch.stack([net(inputs).softmax(1) for net in nets]).mean(0).numpy()
    return chances


def _fit(net: Any, features: Any, classes: Any) -> None:
    """One cycle of the learning rate, up and down again (Smith 2018, arXiv 1803.09820)."""
    import torch

    loss = torch.nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
    optimiser = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE, weight_decay=1e-4)
    steps = EPOCHS * -(-len(features) // BATCH)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=steps)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(features)).split(BATCH):
            optimiser.zero_grad()
            loss(net(features[batch]), classes[batch]).backward()
            optimiser.step()
            rate.step()
