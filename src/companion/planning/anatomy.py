"""A model without its weights: each tensor's shape, and what its cache keeps of a conversation.

transformers builds the model on torch's meta device, where tensors have shapes and no memory, so
that the largest model is counted within seconds, by the code that would run it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from companion.errors import ConfigError, MissingExtra

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel

Kind: TypeAlias = Literal["matrix", "stack", "embedding", "tied", "head", "small"]

SHORT = 32
"""Rows shorter than this are kernels of a convolution, which nobody quantises."""

NOT_SHAPES = ("auto_map", "quantization_config")
"""Keys of config.json that bring code along, or the precision of one copy."""

KNOWN = "llama, mistral, mixtral, phi, qwen2, qwen3, qwen3_moe, qwen3_5_text"


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of weights. A `tied` embedding also serves as the head.

    A `matrix` is the weight of a linear layer, which bitsandbytes replaces; a `stack` of experts or
    a router's table is not one, and stays as it is.
    """

    name: str
    shape: tuple[int, ...]
    kind: Kind

    @property
    def size(self) -> int:
        """How many weights it holds."""
        return math.prod(self.shape)

    @property
    def rows(self) -> int:
        """How many rows, over all experts where it holds several."""
        return self.size // self.shape[-1]


@dataclass(frozen=True, slots=True)
class Cache:
    """What one conversation leaves behind, counted in numbers, not bytes.

    `per_token` is for each token, and `windows` the same for layers that forget: numbers and how
    many tokens they keep. `state` does not grow: (in the model's format, always in float32).
    """

    per_token: int
    windows: tuple[tuple[int, int], ...] = ()
    state: tuple[int, int] = (0, 0)

    def size(self, tokens: int, number_bytes: int) -> int:
        """Bytes for a conversation of so many tokens, at so many bytes a number."""
        seen = self.per_token * tokens + self.state[0]
        seen += sum(numbers * min(tokens, kept) for numbers, kept in self.windows)
        return seen * number_bytes + self.state[1] * 4


@dataclass(frozen=True, slots=True)
class Anatomy:
    """All that a plan needs to know about a model; `longest` is its context in tokens.

    `width` is how many numbers a token takes at once where the network is widest.
    """

    name: str
    kind: str
    tensors: tuple[Tensor, ...]
    cache: Cache
    longest: int
    layers: int
    experts: int
    vocabulary: int
    width: int
    without: str = ""

    @property
    def size(self) -> int:
        """How many weights it has."""
        return sum(tensor.size for tensor in self.tensors)


def dissect(told: Mapping[str, Any], name: str, where: str, without: str = "") -> Anatomy:
    """The anatomy of the model that this config.json describes. Needs transformers.

    Raises ConfigError for an architecture that is unknown here or whose cache cannot be counted.
    """
    config = _config(told, where)
    model = _on_meta(config, where)
    text = config.get_text_config(decoder=True)
    try:
        return Anatomy(
            name=name,
            kind=text.model_type,
            tensors=tuple(_tensors(model)),
            cache=_cache(text, where),
            longest=int(text.max_position_embeddings),
            layers=text.num_hidden_layers,
            experts=_experts(text),
            vocabulary=text.vocab_size,
            width=_width(text),
            without=without,
        )
    except AttributeError as error:  # a network of another kind has sizes of other names
        raise _uncounted(config, _first_line(error), where) from None


def _config(told: Mapping[str, Any], where: str) -> PreTrainedConfig:
    """The typed config; code that comes with a model is not run."""
    try:
        from transformers import AutoConfig
    except ImportError:
        raise MissingExtra("transformers", "local") from None
    options = {key: value for key, value in told.items() if key not in NOT_SHAPES}
    try:
        config: PreTrainedConfig = AutoConfig.for_model(**options)
    except Exception as error:  # whatever a hostile config.json makes transformers raise
        kind = told.get("model_type")
        known = kind is not None and "Unrecognized model" not in str(error)
        what = f"The sizes of this {kind} do not hold" if known else _unknown(kind)
        raise ConfigError(
            f"{what}: {_first_line(error)}" if known else what,
            where=where,
            repair="Correct its config.json." if known else f"Known are, among others, {KNOWN}.",
        ) from None
    return config


def _unknown(kind: object) -> str:
    told = "no model_type" if kind is None else f"the model_type {kind!r}"
    return f"The architecture is not known here: config.json has {told}"


def _on_meta(config: PreTrainedConfig, where: str) -> PreTrainedModel:
    import torch
    from transformers import AutoModelForCausalLM

    try:
        with torch.device("meta"):
            model: PreTrainedModel = AutoModelForCausalLM.from_config(config)
    except Exception as error:  # sizes that do not go together fail wherever they meet
        raise ConfigError(
            f"This {config.model_type} cannot be built as a model that writes text: "
            f"{_first_line(error)}",
            where=where,
            repair="Give the config.json of a causal language model.",
        ) from None
    return model


def _tensors(model: PreTrainedModel) -> Iterator[Tensor]:
    """Each tensor once: a head that is tied is its embedding."""
    from torch.nn import Linear
    from transformers.pytorch_utils import Conv1D

    read, written = model.get_input_embeddings(), model.get_output_embeddings()
    embedding, head = id(read.weight), id(written.weight)
    linear = {id(one.weight) for one in model.modules() if type(one) in (Linear, Conv1D)}
    for name, weights in model.named_parameters():
        kind: Kind = "matrix" if id(weights) in linear else "stack"
        if id(weights) == embedding:
            kind = "tied" if embedding == head else "embedding"
        elif id(weights) == head:
            kind = "head"
        elif weights.ndim < 2 or weights.shape[-1] < SHORT:
            kind = "small"
        yield Tensor(name, tuple(weights.shape), kind)


def _cache(config: PreTrainedConfig, where: str) -> Cache:
    """What transformers' own cache for this config would hold, layer by layer."""
    from transformers import DynamicCache

    layers: list[Any] = DynamicCache(config=config).layers
    kinds = [type(layer).__name__ for layer in layers]
    numbers = 2 * _key_heads(config) * _head_dim(config)
    unknown = set(kinds) - {"DynamicLayer", "DynamicSlidingWindowLayer", "LinearAttentionLayer"}
    linear = kinds.count("LinearAttentionLayer")
    if unknown or hasattr(config, "kv_lora_rank") or (linear and not any(_delta(config))):
        raise _uncounted(config, "its cache is not made of keys and values of one size", where)
    windows = [one.sliding_window - 1 for one in layers if getattr(one, "is_sliding", False)]
    state = _delta(config) if linear else (0, 0)
    return Cache(
        per_token=numbers * kinds.count("DynamicLayer"),
        windows=tuple((numbers, window) for window in windows),
        state=(state[0] * linear, state[1] * linear),
    )


def _uncounted(config: PreTrainedConfig, why: str, where: str) -> ConfigError:
    return ConfigError(
        f"A conversation with {config.model_type} cannot be counted: {why}",
        where=where,
        repair=f"Give a model of another architecture: {KNOWN}.",
    )


def _first_line(error: Exception) -> str:
    """The beginning of what a library says; some list every architecture they know."""
    return next(iter(str(error).splitlines()), type(error).__name__)[:160]


def _delta(config: PreTrainedConfig) -> tuple[int, int]:
    """The state of one Gated DeltaNet layer: its convolution's, and what it recalls by."""
    if not hasattr(config, "linear_num_value_heads"):
        return 0, 0
    keys = config.linear_num_key_heads * config.linear_key_head_dim
    values = config.linear_num_value_heads * config.linear_value_head_dim
    convolution = (2 * keys + values) * config.linear_conv_kernel_dim
    return convolution, values * config.linear_key_head_dim


def _key_heads(config: PreTrainedConfig) -> int:
    return int(getattr(config, "num_key_value_heads", None) or config.num_attention_heads)


def _head_dim(config: PreTrainedConfig) -> int:
    told = getattr(config, "head_dim", None)
    return int(told or config.hidden_size // config.num_attention_heads)


def _experts(config: PreTrainedConfig) -> int:
    told = getattr(config, "num_local_experts", None) or getattr(config, "num_experts", None)
    return int(told or 1)


def _width(config: PreTrainedConfig) -> int:
    """A token inside a feed-forward layer: four copies of it, and three of its inner size.

    As measured in transformers: what came, what attention added, what the norm made of it, and the
    sum; gate, value and product. Experts have copies of their own.
    """
    hidden = config.hidden_size
    inner = getattr(config, "intermediate_size", None) or getattr(config, "n_inner", None)
    if _experts(config) == 1:
        return int(4 * hidden + 3 * (inner or 4 * hidden))
    each = getattr(config, "moe_intermediate_size", None) or inner
    return int(4 * hidden + config.num_experts_per_tok * 3 * (each + hidden))
