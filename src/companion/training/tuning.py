"""Teach a model that others trained something new: LoRA beside frozen weights, and QLoRA.

It works with any causal model of transformers that has a chat template: companion-tiny here, an
instruct model of a few thousand million weights on a free GPU.
"""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from companion.config import Settings, TransformersModel
from companion.errors import MissingExtra
from companion.resources import PACKAGE, choose_device, cpu_flags
from companion.training.dataset import IGNORED
from companion.training.recipe import TrainingError

if TYPE_CHECKING:
    from torch import Tensor

Messages = Sequence[dict[str, str]]

MODELFILE = '''# Made for Ollama. In this folder: ollama create {name} && ollama run {name}
FROM {weights}
SYSTEM """{system}"""
PARAMETER temperature {temperature:g}
PARAMETER top_p {top_p:g}
'''


@dataclass(frozen=True, slots=True)
class Foreseen:
    """How well replies are foreseen: bits per byte of them, and perplexity per token."""

    bits_per_byte: float
    perplexity: float


def base_folder(settings: Settings) -> Path:
    """Where the base of the settings lies on this disk; nothing is downloaded.

    Raises TrainingError where it is not there, with the command that fetches it.
    """
    name = settings.tuning.base
    model = settings.models.get(name)
    if isinstance(model, TransformersModel):
        shipped = model.path.removeprefix("package:")
        return PACKAGE / shipped if shipped != model.path else Path(model.path).expanduser()
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (OSError, ValueError) as error:
        raise TrainingError(
            "The model to teach is not on this disk",
            where=f"tuning.base: {name}",
            repair=f"Fetch it once with: hf download {name}. Or name a folder of models.yaml.",
        ) from error


def load(folder: Path, *, four_bits: bool = False) -> tuple[Any, Any]:
    """(tokenizer, network) on the best device here; its weights in NF4 with `four_bits`.

    Raises MissingExtra where that needs bitsandbytes and it is not installed.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    device = choose_device()
    dtype = getattr(torch, device.dtype)
    options: dict[str, Any] = {"local_files_only": True, "use_safetensors": True, "dtype": dtype}
    if four_bits:
        options |= {"quantization_config": _nf4(dtype), "device_map": {"": device.name}}
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    network: Any = AutoModelForCausalLM.from_pretrained(folder, **options)
    return tokenizer, _teachable(network) if four_bits else network.to(device.name)


def beside(network: Any, rank: int, alpha: int) -> Any:
    """The network with a pair of thin matrices beside each linear layer; only they are trained.

    Raises MissingExtra without peft.
    """
    peft = _peft()
    if getattr(network, "is_loaded_in_4bit", False):
        network = peft.prepare_model_for_kbit_training(network, use_gradient_checkpointing=False)
    wish = {"r": rank, "lora_alpha": alpha, "target_modules": "all-linear"}
    with warnings.catch_warnings():  # it asks transformers in words that will change one day
        warnings.simplefilter("ignore", FutureWarning)
        return peft.get_peft_model(network, peft.LoraConfig(**wish, task_type="CAUSAL_LM"))


def encoded(messages: Messages, tokenizer: Any) -> tuple[list[int], list[int]]:
    """(token ids, labels) of a conversation; only what the assistant says is a label."""
    ids = _templated(messages, tokenizer)
    labels = [IGNORED] * len(ids)
    for at, message in enumerate(messages):
        if message["role"] == "assistant":
            begin = len(_templated(messages[:at], tokenizer, begins=True))
            end = len(_templated(messages[: at + 1], tokenizer))
            labels[begin:end] = ids[begin:end]
    return ids, labels


def teach(
    network: Any,
    tokenizer: Any,
    talks: Sequence[Messages],
    *,
    steps: int,
    rate: float = 2e-3,
    rows: int = 4,
    seed: int = 0,
) -> list[float]:
    """Train what can be trained of the network on these conversations; the loss of each step.

    The rate falls to zero along a line. On a GPU without bfloat16 the loss is scaled.
    """
    import torch

    chance = random.Random(seed)
    known = [encoded(talk, tokenizer) for talk in talks]
    optimizer = torch.optim.AdamW([one for one in network.parameters() if one.requires_grad], rate)
    scaled = _narrow(network) is torch.float16
    scaler = torch.amp.GradScaler(network.device.type, enabled=scaled)
    losses = []
    network.train()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate * (1 - step / steps)
        batch = padded(chance.sample(known, min(rows, len(known))), tokenizer)
        loss = _loss(network, batch, _narrow(network))
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        losses.append(float(loss.detach()))
    network.eval()
    return losses


def padded(talks: Sequence[tuple[list[int], list[int]]], tokenizer: Any) -> dict[str, Tensor]:
    """Conversations as rows of one length: ids, mask and labels, each of shape (rows, longest)."""
    import torch

    longest = max(len(ids) for ids, _ in talks)
    filler = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    short = [longest - len(ids) for ids, _ in talks]
    rows = list(zip(talks, short, strict=True))
    return {
        "input_ids": torch.tensor([ids + [filler] * gap for (ids, _), gap in rows]),
        "attention_mask": torch.tensor([[1] * len(ids) + [0] * gap for (ids, _), gap in rows]),
        "labels": torch.tensor([labels + [IGNORED] * gap for (_, labels), gap in rows]),
    }


def foreseen(network: Any, tokenizer: Any, talks: Sequence[Messages]) -> Foreseen:
    """How well the network foresees what the assistant says in these conversations."""
    import torch

    nats, tokens, size = 0.0, 0, 0
    for talk in talks:
        batch = padded([encoded(talk, tokenizer)], tokenizer)
        spoken = int((batch["labels"][:, 1:] != IGNORED).sum())
        with torch.no_grad():
            nats += float(_loss(network, batch)) * spoken
        tokens += spoken
        size += sum(len(one["content"].encode()) for one in talk if one["role"] == "assistant")
    return Foreseen(nats / math.log(2) / max(size, 1), math.exp(nats / max(tokens, 1)))


def merged(network: Any, tokenizer: Any, folder: Path) -> Path:
    """Save the network with its pairs added into its weights, as safetensors; returns `folder`.

    It is an ordinary model then: `models.yaml` may name it. Not for weights in four bits: load the
    base as it was, and the adapter beside it, with `again`. Raises TrainingError otherwise.
    """
    if getattr(network, "is_loaded_in_4bit", False):
        raise TrainingError(
            "Weights in four bits cannot hold what was added without losing some of it",
            where=str(folder),
            repair="Save the adapter, load the base with `again`, and merge that.",
        )
    whole = network.merge_and_unload()
    whole.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def again(folder: Path, adapter: Path) -> tuple[Any, Any]:
    """(tokenizer, network): the base in `folder`, unquantised, and beside it a saved adapter."""
    tokenizer, network = load(folder)
    return tokenizer, _peft().PeftModel.from_pretrained(network, str(adapter)).eval()


def modelfile(folder: Path, name: str, system: str) -> Path:
    """Write the Modelfile by which Ollama takes over the model in `folder`; returns its path.

    Ollama reads safetensors of the architectures that it knows; of others llama.cpp makes a GGUF
    file, which `FROM` then names. Raises TrainingError for a system prompt that would end early.
    """
    if '"""' in system:
        raise TrainingError(
            "A Modelfile ends its system prompt at three quotes",
            where=str(folder),
            repair="Write the prompt without them.",
        )
    text = MODELFILE.format(name=name, weights=".", system=system, temperature=0.4, top_p=0.9)
    file = folder / "Modelfile"
    file.write_text(text, encoding="utf-8")
    return file


def _loss(network: Any, batch: dict[str, Tensor], narrow: Any = None) -> Any:
    """Mean nats a token over the labels of a batch, multiplied in the `narrow` format if given."""
    import torch

    there = {name: one.to(network.device) for name, one in batch.items()}
    kind = network.device.type
    with torch.autocast(kind, narrow or torch.bfloat16, enabled=narrow is not None):
        return network(**there, use_cache=False).loss


def _narrow(network: Any) -> Any:
    """The format of 16 bits that this device multiplies faster than float32; None for none."""
    import torch

    if network.device.type == "cuda":
        return getattr(torch, choose_device().dtype)
    return torch.bfloat16 if "avx512_bf16" in cpu_flags() else None


def _templated(messages: Messages, tokenizer: Any, *, begins: bool = False) -> list[int]:
    ids: list[int] = tokenizer.apply_chat_template(
        list(messages), add_generation_prompt=begins, return_dict=False
    )
    return ids


def _peft() -> Any:
    """The library, of which only a part has types."""
    try:
        return import_module("peft")
    except ImportError:
        raise MissingExtra("peft", "tuning") from None


def _nf4(dtype: Any) -> Any:
    if find_spec("bitsandbytes") is None:
        raise MissingExtra("bitsandbytes", "quantized")
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )


def _teachable(network: Any) -> Any:
    """The network without bitsandbytes' quick way on processors, through which nothing learns.

    The first answer would put the weights in order for a kernel that has no backward pass, for
    good; a later training would learn nothing in the layers before it, and hardly say so.
    """
    for one in network.modules():
        if hasattr(one, "support_avx512bf16_for_cpu"):
            one.support_avx512bf16_for_cpu = False
    return network
