"""How many bytes a tensor takes in each number format, as the libraries that load it store it.

bitsandbytes keeps a scale beside the numbers of a block; llama.cpp's K-quants pack both together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from companion.planning.anatomy import Anatomy, Tensor

BLOCK = 64
"""bitsandbytes: weights that share one scale in NF4."""

SCALES = 256
"""Double quantisation: scales, each a byte then, that share one in float32."""

NF4_LEVELS = 16 * 4
"""The sixteen levels in float32, kept beside each tensor."""

PACKED = {
    "Q4_K": (256, 144),
    "Q5_K": (256, 176),
    "Q6_K": (256, 210),
    "Q5_0": (32, 22),
    "Q8_0": (32, 34),
    "F16": (1, 2),
    "F32": (1, 4),
}
"""ggml's types: weights of a block, and its bytes with scales (ggml-common.h)."""

NARROW = {"Q4_K": "Q5_0", "Q6_K": "Q8_0", "Q5_K": "F16", "Q8_0": "F16", "Q5_0": "F16"}
"""What llama.cpp falls back on where a row is no multiple of the block (llama-quant.cpp)."""

Bytes = Callable[[Tensor, Anatomy], int]


@dataclass(frozen=True, slots=True)
class Precision:
    """A number format: its bytes for a tensor, and for one number of the KV cache.

    `unpacks` says that a matrix is widened to 16 bits while it is multiplied.
    """

    name: str
    about: str
    stored: Bytes
    number_bytes: int = 2
    unpacks: bool = False

    def weights(self, model: Anatomy) -> int:
        """Bytes of all weights."""
        return sum(self.stored(tensor, model) for tensor in model.tensors)

    def keeps_wide(self, tensor: Tensor, model: Anatomy) -> bool:
        """Whether it leaves the tensor in 16 bits, or wider."""
        return self.stored(tensor, model) >= 2 * tensor.size


def _wide(number_bytes: int) -> Bytes:
    return lambda tensor, model: number_bytes * tensor.size


def _int8(tensor: Tensor, model: Anatomy) -> int:
    """A byte a weight, and a scale in float32 a row; what is no linear layer stays in 16 bits."""
    return tensor.size + 4 * tensor.rows if tensor.kind == "matrix" else 2 * tensor.size


def _nf4(*, double: bool, everything: bool) -> Bytes:
    """Four bits a weight, and the scales: float32, or a byte each and one float32 for 256 of them.

    transformers leaves embeddings, lm_head and stacked experts in 16 bits; `everything` has them in
    four, too.
    """

    def stored(tensor: Tensor, model: Anatomy) -> int:
        if tensor.kind == "small" or (tensor.kind != "matrix" and not everything):
            return 2 * tensor.size
        blocks = -(-tensor.size // BLOCK)
        scales = blocks + 4 * -(-blocks // SCALES) + 4 if double else 4 * blocks
        return -(-tensor.size // 2) + scales + NF4_LEVELS

    return stored


def _q4_k_m(tensor: Tensor, model: Anatomy) -> int:
    block, size = PACKED[_ggml_type(tensor, model)]
    return tensor.size // block * size


def _ggml_type(tensor: Tensor, model: Anatomy) -> str:
    """What `llama-quantize … Q4_K_M` makes of the tensor; norms, biases and routers stay exact."""
    if tensor.kind == "small" or tensor.name.endswith("mlp.gate.weight"):
        return "F32"
    wanted = _wanted(tensor, model)
    while tensor.shape[-1] % PACKED[wanted][0]:
        wanted = NARROW[wanted]
    return wanted


def _wanted(tensor: Tensor, model: Anatomy) -> str:
    if tensor.kind in ("head", "tied"):
        return "Q6_K" if tensor.shape[-1] % 256 == 0 else "Q8_0"
    parts = set(tensor.name.split("."))
    if model.experts == 8 and parts & {"k_proj", "v_proj"}:
        return "Q8_0"
    if model.experts == 8 and "o_proj" in parts:
        return "Q5_K"
    recalls = {"v_proj", "in_proj_qkv"} | ({"q_proj", "k_proj"} if model.kind == "phi" else set())
    sensitive = parts & (recalls | {"down_proj", "fc2"})
    return "Q6_K" if sensitive and _gets_more_bits(tensor, model.layers) else "Q4_K"


def _gets_more_bits(tensor: Tensor, layers: int) -> bool:
    """llama.cpp spends more bits on the first and last eighth, and each third layer between."""
    layer = next(int(part) for part in tensor.name.split(".") if part.isdecimal())
    edge = layers // 8
    return layer < edge or layer >= 7 * layers // 8 or (layer - edge) % 3 == 2


PRECISIONS = {
    one.name: one
    for one in (
        Precision("fp32", "float32", _wide(4), number_bytes=4),
        Precision("fp16", "float16 or bfloat16", _wide(2)),
        Precision("int8", "bitsandbytes; embeddings, lm_head and experts in 16 bits", _int8),
        Precision(
            "nf4",
            "bitsandbytes; embeddings, lm_head and experts in 16 bits",
            _nf4(double=False, everything=False),
            unpacks=True,
        ),
        Precision(
            "nf4-dq",
            "the same with double quantisation",
            _nf4(double=True, everything=False),
            unpacks=True,
        ),
        Precision(
            "nf4-dq-all",
            "every matrix in four bits, embeddings, lm_head and experts, too",
            _nf4(double=True, everything=True),
            unpacks=True,
        ),
        Precision("q4_k_m", "GGUF for llama.cpp, Ollama and LocalAI", _q4_k_m),
    )
}
"""By name, from the widest on."""
