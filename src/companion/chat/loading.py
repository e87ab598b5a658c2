"""From a folder to a network in memory: only safetensors, from this disk, no code of others."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
from transformers.utils.logging import disable_progress_bar

from companion.chat.mending import explained
from companion.chat.peak import PART
from companion.chat.precision import Choice, packable
from companion.errors import ModelUnavailable
from companion.planning.precisions import BLOCK, SCALES
from companion.resources import Device, usual_threads

TROUBLES = (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError, MemoryError)
"""What transformers, torch and bitsandbytes raise for weights that they cannot load."""


SMALL = 50_000_000
"""Weights up to which one thread of the processor computes: a second one makes no token sooner, and
where others work too, as a browser does, everything waits until both have had their turn."""


def use_threads(network: Any) -> None:
    """Say for the thread that asks, as torch does, with how many threads it computes."""
    small = network.num_parameters() <= SMALL
    torch.set_num_threads(1 if small else usual_threads())


def load(folder: Path, choice: Choice, device: Device) -> tuple[Any, Any]:
    """Tokenizer and network. Raises ModelUnavailable, with what mends it."""
    usual_threads()
    try:
        disable_progress_bar()  # it would stand in the middle of a conversation
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        network = _network(folder, choice, device)
    except TROUBLES as error:
        what, repair = explained(error)
        raise ModelUnavailable(
            f"The model cannot be loaded: {what}", where=str(folder), repair=repair
        ) from error
    return tokenizer, network.eval()


def _network(folder: Path, choice: Choice, device: Device) -> Any:
    options: dict[str, Any] = {"local_files_only": True, "use_safetensors": True}
    if choice.format not in ("int8", "nf4"):
        dtype = getattr(torch, choice.format)
        network: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **options)
        return network.to(device.name)
    logging.getLogger("bitsandbytes").setLevel(
        logging.ERROR
    )  # it tells of every cast, layer by layer
    wide = torch.float16 if device.dtype == "float16" else torch.bfloat16
    with _frugal():
        network = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=wide,
            quantization_config=_quantization(folder, choice, wide),
            device_map={"": device.name},
            **options,
        )
        if choice.format == "nf4":
            _pack_ends(network, choice, wide)
    return network


@contextmanager
def _frugal() -> Iterator[None]:
    """What is freed while weights are made narrow goes back to the system at once.

    glibc would keep it for this process: of 300 million weights in NF4, up to 800 MB, where they
    take 160. Afterwards, large pieces are kept again, as they are by itself. Other systems'
    libraries have no such function.
    """
    _keep(pieces=2**20, free=2**17)
    try:
        yield
    finally:
        _keep(pieces=2**25, free=2**26)
        give_back()


def give_back() -> None:
    """Let the system have what this process has freed, where glibc would keep it."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _keep(pieces: int, free: int) -> None:
    """Let glibc keep freed pieces up to that size, and so many free bytes (mallopt(3))."""
    mmap_threshold, trim_threshold = -3, -1
    with suppress(AttributeError, OSError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(mmap_threshold, pieces)
        library.mallopt(trim_threshold, free)


def _quantization(folder: Path, choice: Choice, wide: torch.dtype) -> Any:
    """bitsandbytes; what is left in 16 bits is named, head and embeddings are seen to later."""
    from transformers import BitsAndBytesConfig

    if choice.format == "int8":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=wide,
        llm_int8_skip_modules=["lm_head", *_ragged(folder)],
    )


def _ragged(folder: Path) -> list[str]:
    """Layers that the kernel for processors cannot have."""
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    with torch.device("meta"):
        network = AutoModelForCausalLM.from_config(config)
    linear = [(name, one) for name, one in network.named_modules() if type(one) is torch.nn.Linear]
    return [name for name, one in linear if not packable(*one.weight.shape)]


def _pack_ends(network: Any, choice: Choice, wide: torch.dtype) -> None:
    """The head in four bits, because every token reads all of it; embeddings only for want of room.

    The embedded model's perplexity on held-out text rises by 2 % for the head, and by less than 1 %
    for the embeddings (`tests/benchmarks/local_engine.py`, quality).
    """
    head, table = network.get_output_embeddings(), network.get_input_embeddings()
    if head is not None and packable(*head.weight.shape):
        network.set_output_embeddings(_packed_head(head, wide))
    if choice.packs_embeddings:
        network.set_input_embeddings(_packed_table(table))


def _packed_head(head: Any, wide: torch.dtype) -> Any:
    bits = _bitsandbytes()
    packed = bits.nn.Linear4bit(
        head.in_features,
        head.out_features,
        head.bias is not None,
        compute_dtype=wide,
        quant_type="nf4",
        device="meta",
    )
    packed.weight, packed.bias = _packed(head.weight.data, packed, double=True), head.bias
    return packed


def _packed_table(table: Any) -> Any:
    own = table.weight.data
    packed = _bitsandbytes().nn.EmbeddingNF4(*own.shape, dtype=own.dtype, device="meta")
    packed.weight = _packed(own, packed, double=False)
    return packed


def _packed(weights: torch.Tensor, module: Any, double: bool) -> Any:
    """What bitsandbytes makes of the matrix, number for number, and made by parts.

    It works in float32, with several copies: of a large head, they take more than all layers do.
    """
    bits = _bitsandbytes()
    rows = max(1, PART // weights.shape[1])
    told: dict[str, Any] = {"blocksize": BLOCK, "quant_type": "nf4"}
    done = [bits.functional.quantize_4bit(part, **told) for part in weights.split(rows)]
    scales, offset, above = torch.cat([state.absmax for _, state in done]), None, None
    if double:
        offset = scales.mean()
        scales, above = bits.functional.quantize_blockwise(scales - offset, blocksize=SCALES)
    state = bits.functional.QuantState(
        absmax=scales,
        shape=weights.shape,
        code=done[0][1].code,
        dtype=weights.dtype,
        offset=offset,
        state2=above,
        **told,
    )
    codes = torch.cat([one for one, _ in done])
    kept = {"quant_state": state, "bnb_quantized": True, "module": module}
    told |= {"compress_statistics": double, "requires_grad": False}
    return bits.nn.Params4bit(codes, **kept, **told)


def _bitsandbytes() -> Any:
    """The library, which has hardly any types."""
    import bitsandbytes

    return bitsandbytes
