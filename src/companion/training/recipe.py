"""What companion-tiny is made of: its shape, its mixture of corpora, and how it is taught."""

from __future__ import annotations

from dataclasses import dataclass, field

from companion.errors import CompanionError


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
    """

    until: float
    row: int
    companion_only: bool
    shares: dict[str, float]


READING = Phase(
    until=0.6,
    row=256,
    companion_only=False,
    shares={
        "self_dialogue_corpus": 0.28,
        "synthetic_persona_chat": 0.20,
        "topical_chat": 0.10,
        "grammar_en": 0.25,
        "grammar_fr": 0.08,
        "instruction_data": 0.03,
        "taskmaster4_coffee": 0.03,
        "chatterbot_corpus": 0.03,
    },
)
ANSWERING = Phase(
    until=1.0,
    row=512,
    companion_only=True,
    shares={
        "grammar_en": 0.34,
        "synthetic_persona_chat": 0.24,
        "self_dialogue_corpus": 0.14,
        "topical_chat": 0.06,
        "grammar_fr": 0.12,
        "instruction_data": 0.04,
        "taskmaster4_coffee": 0.03,
        "chatterbot_corpus": 0.03,
    },
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the network is taught. The run ends after `steps`, or else after `minutes`."""

    shape: Shape = field(default_factory=Shape)
    phases: tuple[Phase, ...] = (READING, ANSWERING)
    minutes: float = 20.0
    steps: int | None = None
    batch_tokens: int = 2048
    matrix_rate: float = 5e-3  # of Muon, for the matrices inside the blocks
    vector_rate: float = 3e-3  # of AdamW, for embeddings and norms
    warmup: float = 0.03
    weight_decay: float = 0.1
    clip_norm: float = 1.0
    seed: int = 0
    checkpoint_minutes: float = 5.0

    def phase_at(self, progress: float) -> Phase:
        """The phase in which this part (0 to 1) of the training falls."""
        return next((one for one in self.phases if progress < one.until), self.phases[-1])
