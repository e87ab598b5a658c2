"""The training loop: plain torch, ends on time, can be interrupted and goes on where it stopped."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from companion import resources
from companion.training import checkpoint
from companion.training.corpora import Corpus
from companion.training.dataset import Mixture
from companion.training.optimizers import optimizers
from companion.training.recipe import Precision, Recipe, Shape, TrainingError

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

Report = Callable[[dict[str, float], int], None]  # (metrics, step)
LOG_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a training run did. `losses` are (step, training loss) every few seconds."""

    model: LlamaForCausalLM
    steps: int
    tokens: int
    seconds: float
    cpu_seconds: float
    losses: tuple[tuple[int, float], ...]
    device: str

    @property
    def tokens_per_second(self) -> float:
        """How fast it learnt, over the whole run."""
        return self.tokens / max(self.seconds, 1e-9)


def build_model(shape: Shape, tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """A fresh Llama of this shape with tied embeddings, float32."""
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    ends = {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    config = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        intermediate_size=shape.feed_forward,
        max_position_embeddings=shape.context,
        tie_word_embeddings=True,
        **ends,
    )
    model = LlamaForCausalLM(config)
    # No repetition penalty: it counts the prompt too, and so keeps the model from saying names.
    model.generation_config = GenerationConfig(do_sample=True, temperature=0.4, top_p=0.9, **ends)
    return model


def train(
    recipe: Recipe,
    corpora: Sequence[Corpus],
    tokenizer: PreTrainedTokenizerFast,
    kept_at: Path | None = None,
    report: Report | None = None,
    show: Callable[[str], None] = print,
    beginning: Path | None = None,
) -> Outcome:
    """Teach a fresh model, or the one in the checkpoint `kept_at`, until the recipe's end.

    With `beginning`, a model folder of this shape, its weights are what training begins with.

    Raises:
        TrainingError: the checkpoint is damaged or of another configuration, or cannot be written;
            the model to begin with is of another shape.
        CorpusError: there is nothing to train on.
    """
    mixture = Mixture(corpora, tokenizer, recipe.seed)
    run = _Run(recipe, mixture, kept_at, report, show, beginning)
    try:
        while run.progress() < 1:
            run.step()
    except KeyboardInterrupt:
        run.save()
        show("Interrupted; the same command goes on from here.")
        raise
    run.save()
    run.keep()
    return run.outcome()


@dataclass
class _Run:
    """One run under way: the network, its optimiser, and the counts that a checkpoint keeps."""

    recipe: Recipe
    mixture: Mixture
    kept_at: Path | None
    report: Report | None
    show: Callable[[str], None]
    beginning: Path | None = None
    steps: int = 0
    tokens: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    losses: list[tuple[int, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        import torch

        torch.manual_seed(self.recipe.seed)
        self.device = resources.choose_device()
        self.precision = _precision(self.device, self.recipe.precision)
        with torch.device(self.device.kind):
            self.model = build_model(self.recipe.shape, self.mixture.tokenizer)
        if self.beginning:
            _begin_with(self.beginning, self.model)
        self.optimizers = optimizers(self.model, self.recipe)
        compiled = self.recipe.compiled
        self.forward = torch.compile(self.model, dynamic=False) if compiled else self.model
        if self.kept_at and self.kept_at.exists():
            self._restore(self.kept_at)
        self.model.train()
        self._mark = self._logged = self._saved = time.perf_counter()
        self._cpu_mark = time.process_time()

    def progress(self) -> float:
        """How much of the training is done, 0 to 1, by steps or by the clock."""
        if self.recipe.steps is not None:
            return self.steps / max(self.recipe.steps, 1)
        return self.seconds / (self.recipe.minutes * 60)

    def step(self) -> None:
        """One batch: forward, backward, update; the clock counts only this work."""
        import torch

        progress = self.progress()
        phase = self.recipe.phase_at(progress)
        tokens = int(self.recipe.batch_tokens * phase.batch_part)
        ids, labels = self.mixture.batch(phase, tokens, self.recipe.packed)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = optimizer.defaults["lr"] * _schedule(progress, self.recipe.warmup)
        with torch.autocast(self.device.kind, torch.bfloat16, self.precision == "bfloat16"):
            loss = self.forward(
                input_ids=ids.to(self.device.kind),
                labels=labels.to(self.device.kind),
                use_cache=False,
            ).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip_norm)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        self._count(float(loss.detach()), int((ids != self.mixture.padding).sum()))

    def _count(self, loss: float, tokens: int) -> None:
        """Keep the counts; say how it goes and keep a checkpoint every now and then."""
        self.steps, self.tokens = self.steps + 1, self.tokens + tokens
        now, cpu = time.perf_counter(), time.process_time()
        self.seconds, self._mark = self.seconds + now - self._mark, now
        self.cpu_seconds, self._cpu_mark = self.cpu_seconds + cpu - self._cpu_mark, cpu
        pause = min(LOG_SECONDS, 3 * self.recipe.minutes)  # twenty times in a run of seconds
        if now - self._logged >= pause or self.progress() >= 1:
            self._logged = now
            self._log(loss)
        if self.kept_at and now - self._saved >= self.recipe.checkpoint_minutes * 60:
            self.save()

    def _log(self, loss: float) -> None:
        done, rate = self.progress(), self.tokens / self.seconds
        left = self.seconds / max(done, 1e-9) * max(1 - done, 0)
        self.losses.append((self.steps, loss))
        self.show(
            f"{done:4.0%}  step {self.steps}  loss {loss:.3f}  {rate:,.0f} tokens/s"
            f"  {int(left // 60)} min {int(left % 60):02d} s left"
        )
        if self.report:
            self.report(
                {"loss": loss, "tokens": self.tokens, "tokens_per_second": rate}, self.steps
            )

    def save(self) -> None:
        """Keep everything the run needs to go on."""
        if self.kept_at is None:
            return
        state = {
            "configuration": self._configuration(),
            "mixture": self.mixture.state(),
            "steps": self.steps,
            "tokens": self.tokens,
            "seconds": self.seconds,
            "cpu_seconds": self.cpu_seconds,
            "losses": self.losses,
        }
        checkpoint.save(self.kept_at, self.model, self.optimizers, state)
        self._saved = self._mark = time.perf_counter()

    def keep(self) -> None:
        """Mix the weights that it began with into the finished ones, as far as the recipe says.

        What is between the two often does better than either, on what only one of them was taught
        and on what neither was (WiSE-FT, Wortsman et al., arXiv:2109.01903).
        """
        if self.beginning and self.recipe.kept:
            before = _trained(self.beginning)
            mixed = {
                name: weight.lerp(before[name].to(weight), self.recipe.kept)
                for name, weight in self.model.state_dict().items()
            }
            self.model.load_state_dict(mixed)

    def _restore(self, path: Path) -> None:
        state = checkpoint.restore(path, self.model, self.optimizers, self._configuration())
        self.mixture.restore(state["mixture"])
        for name in ("steps", "tokens", "seconds", "cpu_seconds"):
            setattr(self, name, state[name])
        self.losses = [(step, loss) for step, loss in state["losses"]]
        self.show(f"Going on from step {self.steps} ({path.name}).")

    def _configuration(self) -> str:
        """What must be the same for a checkpoint to fit. Time and steps may be prolonged."""
        shape = asdict(self.recipe.shape)
        words = ", ".join(f"{name} {value}" for name, value in shape.items())
        spelling = self.mixture.tokenizer.backend_tokenizer.to_str().encode()
        words += f", tokenizer {hashlib.sha256(spelling).hexdigest()[:8]}"
        return f"{words}, seed {self.recipe.seed}, batch of {self.recipe.batch_tokens} tokens"

    def outcome(self) -> Outcome:
        return Outcome(
            self.model,
            self.steps,
            self.tokens,
            self.seconds,
            self.cpu_seconds,
            tuple(self.losses),
            f"{self.device.kind}, {self.precision}",
        )


def _begin_with(folder: Path, model: LlamaForCausalLM) -> None:
    """Give the model the weights of the one in `folder`."""
    try:
        model.load_state_dict(_trained(folder))
    except (OSError, RuntimeError, ValueError) as error:
        raise TrainingError(
            f"The model to begin with does not fit: {error}",
            where=str(folder),
            repair="Name the folder of a model that was trained here, with the same shape.",
        ) from error


def _trained(folder: Path) -> dict[str, Tensor]:
    """The weights of the model in `folder`, by name."""
    from transformers import AutoModelForCausalLM

    trained = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    weights: dict[str, Tensor] = trained.state_dict()
    return weights


def _schedule(progress: float, warmup: float) -> float:
    """Share of the learning rate: up in a line, down in a cosine to a twentieth."""
    if progress < warmup:
        return max(progress / warmup, 0.02)
    along = min((progress - warmup) / (1 - warmup), 1.0)
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * along))


def _precision(device: resources.Device, asked: Precision) -> Precision:
    """What was asked for, or bfloat16 where the processor multiplies it; else float32 is faster."""
    if asked != "auto":
        return asked
    if device.kind == "cpu":
        return "bfloat16" if "avx512_bf16" in resources.cpu_flags() else "float32"
    return "bfloat16" if device.dtype == "bfloat16" else "float32"
