"""What a model costs in one number format: bytes, seconds, and how well it foresees.

Each trial is made in a process of its own: memory that was allocated and freed before would hide
what a model takes. `python -m companion.training.rungs TRIALS` is that process.
"""

from __future__ import annotations

import gc
import json
import math
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from companion.resources import packaged
from companion.training.footprint import size
from companion.training.recipe import TrainingError

if TYPE_CHECKING:
    from torch import Tensor, nn

PLAIN = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16", "int8": "int8"}
"""Rungs that are one number format of `companion.chat.precision`."""

RUNGS = (*PLAIN, "nf4", "nf4-dq", "nf4-head", "nf4-all", "nf4-unpacked")
"""`nf4` leaves embeddings and head in 16 bits, `nf4-dq` has double quantisation as well, `nf4-head`
is what a companion loads, with its head in four bits, `nf4-all` has packed embeddings, too.
`nf4-unpacked` is `nf4-head` without the kernel that multiplies packed weights on processors."""

HELD_OUT = ("self_dialogue_corpus", "synthetic_persona_chat")
"""The corpora whose held-out conversations are foreseen."""

Measured = dict[str, float]


@dataclass(frozen=True, slots=True)
class Trial:
    """A model in a folder, on one rung; how it is asked: rows at once, tokens read and written.

    Times are the best of so many `rounds`: others may want the processor as well.
    `conversations` of each corpus are foreseen, 0 for a model that never learnt anything.
    """

    folder: str
    rung: str
    batches: tuple[int, ...] = (1, 4, 16)
    read: int = 64
    written: int = 16
    rounds: int = 1
    conversations: int = 0


def measured(trials: Sequence[Trial]) -> list[Measured]:
    """Make the trials, all in one new process, and return what each has found.

    `stored` and `weights` in bytes, before and after a first pass, for which they may be packed
    otherwise; `peak` in bytes beyond what the process had before; `load` and `first_token` in
    seconds; `tokens_per_second.N` for N rows; `bits_per_byte` and `perplexity` where there is
    something to foresee. Raises TrainingError when the process fails.
    """
    told = json.dumps([asdict(trial) for trial in trials])
    command = [sys.executable, "-m", __name__, told]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no reason told"])[-1]
        raise TrainingError(
            f"The trial failed: {why}",
            where=", ".join(f"{trial.folder} in {trial.rung}" for trial in trials),
            repair="For int8 and nf4, run: pip install 'companion-lab[quantized,tuning]'",
        )
    found: list[Measured] = json.loads(done.stdout.splitlines()[-1])
    return found


def random_model(folder: Path, seed: int, layers: int, width: int, vocabulary: int) -> Path:
    """A Llama that never learnt anything, in bfloat16, to see what size alone costs."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=width * 11 // 4,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        max_position_embeddings=1024,
    )
    network: Any = LlamaForCausalLM(config)
    network.to(torch.bfloat16).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(packaged("data/companion-tiny") / name, folder)
    return folder


def weight_bytes(model: nn.Module) -> int:
    """Bytes of everything that is kept of the weights, scales and levels included."""
    tensors = [*model.parameters(), *model.buffers()]
    for module in model.modules():
        for kept in (getattr(module, "weight", None), getattr(module, "state", None)):
            tensors += _beside(kept)
    return size(tensors)


def _beside(kept: Any) -> Iterator[Tensor]:
    """The tensors that bitsandbytes keeps beside packed weights."""
    import torch

    state = getattr(kept, "quant_state", None)
    holders = (kept, state, getattr(state, "state2", None))
    for name in ("CB", "SCB", "absmax", "code", "offset"):
        for holder in holders:
            if isinstance(one := getattr(holder, name, None), torch.Tensor):
                yield one


# ---- in the process of its own -------------------------------------------------------------------


def _measure(trial: Trial) -> Measured:
    import torch

    _ready(trial)
    before = _from_here()
    began = time.perf_counter()
    with _kernel(trial.rung):
        model = _loaded(Path(trial.folder), trial.rung)
    found = {"load": time.perf_counter() - began, "stored": float(weight_bytes(model))}
    with torch.inference_mode():
        _answers(model, 1, trial.read, 1)  # the first pass brings weights into their last form
        found["weights"] = float(weight_bytes(model))
        for rows in trial.batches:
            firsts, rests = zip(
                *(_answers(model, rows, trial.read, trial.written) for _ in range(trial.rounds)),
                strict=True,
            )
            found.setdefault("first_token", min(firsts))
            found[f"tokens_per_second.{rows}"] = rows * trial.written / min(rests)
        found["peak"] = float(_peak() - before)
        found |= _foreseen(model, trial) if trial.conversations else {}
    return found


def _ready(trial: Trial) -> None:
    """Bring in the code of the network, and no weights, so that neither is measured with them."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    with torch.device("meta"):
        AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(trial.folder))
    if trial.rung not in PLAIN or trial.rung == "int8":
        import bitsandbytes  # noqa: F401
    gc.collect()


def _loaded(folder: Path, rung: str) -> Any:
    from companion.chat.loading import load
    from companion.chat.precision import Choice
    from companion.resources import choose_device

    if rung in ("nf4", "nf4-dq"):
        return _as_transformers_does(folder, double=rung == "nf4-dq")
    name: Any = PLAIN.get(rung, "nf4")
    choice = Choice(name, "", 512, 1, 0, packs_embeddings=rung == "nf4-all")
    return load(folder, choice, choose_device())[1]


def _as_transformers_does(folder: Path, double: bool) -> Any:
    """NF4 with embeddings and head in 16 bits, and what the kernel cannot pack as well."""
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    from companion.resources import choose_device

    device = choose_device()
    wide = torch.float16 if device.dtype == "float16" else torch.bfloat16
    told = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=double,
        bnb_4bit_compute_dtype=wide,
        llm_int8_skip_modules=["lm_head", *_unpackable(folder)],
    )
    options: dict[str, Any] = {"quantization_config": told, "device_map": {"": device.name}}
    return AutoModelForCausalLM.from_pretrained(folder, dtype=wide, **options).eval()


def _unpackable(folder: Path) -> list[str]:
    """Layers whose sizes are no whole blocks, which the kernel for processors cannot have."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    from companion.chat.precision import packable

    with torch.device("meta"):
        network = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder))
    linear = [(name, one) for name, one in network.named_modules() if type(one) is torch.nn.Linear]
    return [name for name, one in linear if not packable(*one.weight.shape)]


@contextmanager
def _kernel(rung: str) -> Iterator[None]:
    """Inside the block, bitsandbytes finds no kernel for packed weights, where the rung says so."""
    if rung != "nf4-unpacked":
        yield
        return
    from bitsandbytes import nn as layers

    modules: Any = layers.modules  # it has hardly any types
    found = modules.has_avx512bf16
    modules.has_avx512bf16 = lambda: False
    try:
        yield
    finally:
        modules.has_avx512bf16 = found


def _answers(model: Any, rows: int, read: int, written: int) -> tuple[float, float]:
    """Seconds until each of so many rows has its first token, and for `written` more of each."""
    import torch

    ids = torch.arange(rows * read, device=model.device).view(rows, read) % 1000 + 100
    began = time.perf_counter()
    output = model(input_ids=ids, use_cache=True, logits_to_keep=1)
    likeliest = output.logits[:, -1].argmax(-1).tolist()  # on a GPU, this waits until it is known
    first = time.perf_counter()
    for _ in range(written):
        ids = torch.tensor(likeliest, device=model.device)[:, None]
        output = model(input_ids=ids, past_key_values=output.past_key_values, use_cache=True)
        likeliest = output.logits[:, -1].argmax(-1).tolist()
    return first - began, time.perf_counter() - first


def _foreseen(model: Any, trial: Trial) -> Measured:
    """How much held-out conversations surprise it: bits a byte, and perplexity a token."""
    from transformers import AutoTokenizer

    from companion.training.corpora import load
    from companion.training.evaluation import Network, held_out_scores

    tokenizer: Any = AutoTokenizer.from_pretrained(trial.folder)
    corpora = [load(packaged(f"data/corpora/{name}.jsonl.xz")) for name in HELD_OUT]
    scores = held_out_scores(Network(model), tokenizer, corpora, 512, trial.conversations).values()
    bits = sum(score.bits_per_byte for score in scores) / len(scores)
    loss = sum(score.loss for score in scores) / len(scores)
    return {"bits_per_byte": bits, "perplexity": math.exp(loss)}


def _from_here() -> int:
    """Resident bytes now, from which on the peak is counted where Linux lets us begin anew.

    What imports have freed is given back before: loading would do so, and seem to take that less.
    """
    import psutil

    from companion.chat.loading import give_back

    gc.collect()
    give_back()
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return int(psutil.Process().memory_info().rss)


def _peak() -> int:
    """The most resident bytes since then; where nobody tells, those of now."""
    import psutil

    status = Path("/proc/self/status")
    if not status.exists():
        return int(psutil.Process().memory_info().rss)
    (line,) = [one for one in status.read_text().splitlines() if one.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    told = [Trial(**trial) for trial in json.loads(sys.argv[1])]
    print(json.dumps([_measure(trial) for trial in told]))
