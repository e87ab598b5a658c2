"""What companion-tiny is made of: its shape, its mixture of corpora, and how it is taught."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from companion.errors import CompanionError

GUIDANCE = 1.6
"""How far companion-tiny is led away from what it would say had nothing been asked, in the settings
that the product comes with and therefore in its exams. Chosen by trying both exams."""

Precision: TypeAlias = Literal["auto", "float32", "bfloat16"]


class TrainingError(CompanionError):
    """Training cannot start, go on, or keep what it has done."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Size of the Llama network. Wide and shallow trains faster per token on two CPU cores."""

    vocabulary: int = 4096
    width: int = 320
    layers: int = 4
    heads: int = 5
    feed_forward: int = 864
    context: int = 512


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the training: until which part of it, on rows how long, and taught by what.

    `shares` is each corpus's part of the tokens. With `companion_only` the loss counts the
    companion's words alone; without it everybody's, because all of it is language to learn from.
    `echo` is the part of the batches that are random tokens, said again after `periods` tokens
    (least and most): nothing but copying foretells them. `batch_part` is the part of the recipe's
    batch that a step takes; where little is to be learnt in many steps, small ones are enough.
    """

    until: float
    row: int
    companion_only: bool
    shares: dict[str, float]
    echo: float = 0.0
    periods: tuple[int, int] = (16, 128)
    batch_part: float = 1.0


# To look back and copy ("induction heads", Olsson et al., 2022) is what a name, a topic and any use
# of what was said stand on, and a model this small does not find it in conversations. So it first
# learns to copy over one fixed distance, which is quick, and then the distance becomes ever less
# certain, until only looking for what was said before can tell.
_SPREADS = ((0.03, 0), (0.04, 1), (0.05, 2), (0.065, 4), (0.08, 8), (0.10, 16))
COPYING = tuple(
    Phase(
        until=until,
        row=64,
        companion_only=False,
        shares={},
        echo=1.0,
        periods=(24 - spread, 24 + spread),
        batch_part=0.5,
    )
    for until, spread in _SPREADS
)
READING = Phase(
    until=0.56,
    row=256,
    companion_only=False,
    echo=0.04,
    shares={
        "self_dialogue_corpus": 0.22,
        "synthetic_persona_chat": 0.10,
        "topical_chat": 0.08,
        "translations": 0.12,
        "grammar_en": 0.27,
        "grammar_fr": 0.13,
        "instruction_data": 0.03,
        "taskmaster4_coffee": 0.03,
        "chatterbot_corpus": 0.02,
    },
)
ANSWERING = Phase(
    until=1.0,
    row=512,
    companion_only=True,
    shares={
        "grammar_en": 0.26,
        "answers_en": 0.24,
        "grammar_fr": 0.12,
        "answers_fr": 0.12,
        "synthetic_persona_chat": 0.08,
        "self_dialogue_corpus": 0.08,
        "topical_chat": 0.02,
        "translations": 0.02,
        "instruction_data": 0.02,
        "taskmaster4_coffee": 0.02,
        "chatterbot_corpus": 0.02,
    },
)

# A model that can copy already goes on with people's talk, which is long, and then answers again.
GOING_ON = (
    Phase(
        until=0.4,
        row=256,
        companion_only=False,
        echo=0.03,
        shares={
            "self_dialogue_corpus": 0.33,
            "translations": 0.32,
            "topical_chat": 0.14,
            "synthetic_persona_chat": 0.12,
            "taskmaster4_coffee": 0.04,
            "instruction_data": 0.03,
            "chatterbot_corpus": 0.02,
        },
    ),
    ANSWERING,
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the network is taught. The run ends after `steps`, or else after `minutes`."""

    shape: Shape = field(default_factory=Shape)
    phases: tuple[Phase, ...] = (*COPYING, READING, ANSWERING)
    minutes: float = 20.0
    steps: int | None = None
    batch_tokens: int = 4096
    packed: bool = True  # conversations back to back in each row; else one a row, padded
    precision: Precision = "auto"
    optimizer: Literal["muon", "adamw"] = "muon"
    compiled: bool = False  # torch.compile: a minute to begin with, then half the time a step
    matrix_rate: float = 5e-3  # of Muon, for the matrices inside the blocks
    vector_rate: float = 3e-3  # of AdamW, for embeddings and norms
    warmup: float = 0.005
    weight_decay: float = 0.1
    clip_norm: float = 1.0
    kept: float = 0.0  # how much of the weights it began with is mixed into the finished ones
    seed: int = 0
    checkpoint_minutes: float = 5.0

    def phase_at(self, progress: float) -> Phase:
        """The phase in which this part (0 to 1) of the training falls."""
        return next((one for one in self.phases if progress < one.until), self.phases[-1])


def usual(going_on: bool = False) -> Recipe:
    """What is done when nothing else is asked for, with a fresh model or one that knows to copy."""
    return Recipe(phases=GOING_ON) if going_on else Recipe()
