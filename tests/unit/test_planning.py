"""The memory planner against real loads, published sizes and sums by hand."""

from __future__ import annotations

import json
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    BitsAndBytesConfig,
    DynamicCache,
    PreTrainedModel,
)

from companion.config import HttpModel, load
from companion.errors import ConfigError
from companion.planning import (
    PRECISIONS,
    Anatomy,
    dissect,
    everything,
    find,
    fits,
    largest_context,
    largest_model,
    most_users,
    plan,
    room,
    rooms,
    widest,
)
from companion.planning.catalogue import _shapes
from companion.planning.precisions import _ggml_type
from companion.resources import packaged

SHAPES = _shapes()

LLAMA: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 512,
    "intermediate_size": 1536,
    "num_hidden_layers": 6,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "vocab_size": 32000,
    "max_position_embeddings": 1024,
    "tie_word_embeddings": False,
}
"""Some 50 million weights."""

SMALL = {**LLAMA, "hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 4}
OTHERS: dict[str, dict[str, Any]] = {
    "sliding": {**SMALL, "model_type": "mistral", "sliding_window": 16},
    "experts": {**SMALL, "model_type": "mixtral", "num_local_experts": 4},
    "fused heads": {**SMALL, "model_type": "phi", "num_key_value_heads": 8},
    "tied": {**SMALL, "tie_word_embeddings": True},
    "hybrid": {
        **SMALL,
        "model_type": "qwen3_5_text",
        "head_dim": 32,
        "linear_num_key_heads": 2,
        "linear_num_value_heads": 4,
        "linear_key_head_dim": 16,
        "linear_value_head_dim": 16,
    },
}


def anatomy(told: dict[str, Any]) -> Anatomy:
    return dissect(told, "a test", "here")


def random_model(told: dict[str, Any], dtype: torch.dtype = torch.float32) -> PreTrainedModel:
    """The model with random weights, really in memory."""
    config = AutoConfig.for_model(**told)
    model: PreTrainedModel = AutoModelForCausalLM.from_config(config, dtype=dtype)
    model.eval()
    return model


def weights_of(model: PreTrainedModel) -> int:
    """Bytes of all tensors of weights, with what bitsandbytes keeps beside them."""
    return sum(weights.nbytes + _beside(weights) for weights in model.parameters())


def _beside(weights: Any) -> int:
    if getattr(weights, "SCB", None) is not None:
        return int(weights.SCB.nbytes)
    state = getattr(weights, "quant_state", None)
    if state is None:
        return 0
    kept = [state.absmax, state.code]
    if state.nested:
        kept += [state.offset, state.state2.absmax]
    return sum(tensor.nbytes for tensor in kept)


@torch.inference_mode()
def cache_of(model: PreTrainedModel, tokens: int, users: int) -> int:
    """Bytes of the cache after a pass over so many tokens of so many conversations."""
    said = torch.randint(0, model.config.vocab_size, (users, tokens))
    cache = DynamicCache(config=model.config)
    model(said, past_key_values=cache, use_cache=True, logits_to_keep=1)
    return sum(tensor.nbytes for layer in cache.layers for tensor in _kept(layer))


def _kept(layer: Any) -> list[torch.Tensor]:
    if hasattr(layer, "recurrent_states"):
        return [*layer.conv_states.values(), *layer.recurrent_states.values()]
    return [layer.keys, layer.values]


# Against real loads.


@pytest.mark.parametrize(
    ("precision", "dtype"), [("fp32", torch.float32), ("fp16", torch.bfloat16)]
)
def test_companion_tiny_takes_what_was_planned(precision: str, dtype: torch.dtype) -> None:
    folder = packaged("data/companion-tiny")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, local_files_only=True)
    told = plan(find("companion-tiny"), PRECISIONS[precision], context=200, users=2)
    assert told.weights == pytest.approx(weights_of(model), rel=0.05)
    assert told.kv_cache == pytest.approx(cache_of(model, 200, 2), rel=0.05)


@pytest.mark.parametrize(
    ("precision", "dtype"), [("fp32", torch.float32), ("fp16", torch.bfloat16)]
)
def test_fifty_million_weights_take_what_was_planned(precision: str, dtype: torch.dtype) -> None:
    model = random_model(LLAMA, dtype)
    told = plan(anatomy(LLAMA), PRECISIONS[precision], context=300, users=3)
    assert 45e6 < told.model.size < 60e6
    assert told.weights == weights_of(model)
    assert told.kv_cache == cache_of(model, 300, 3)


@pytest.mark.parametrize("told", OTHERS.values(), ids=OTHERS.keys())
def test_so_do_other_architectures(told: dict[str, Any]) -> None:
    model = random_model(told)
    planned = plan(anatomy(told), PRECISIONS["fp32"], context=40, users=2)
    assert planned.weights == weights_of(model)
    assert planned.kv_cache == cache_of(model, 40, 2)


class Live(TorchDispatchMode):
    """Adds up the bytes of all tensors that are alive, and keeps the `peak`."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.peak = self._now = 0
        tensors = [*model.parameters(), *model.buffers()]
        self._seen = {tensor.untyped_storage()._cdata: 0 for tensor in tensors}

    def __torch_dispatch__(
        self, operation: Any, types: Any, arguments: Any = (), options: Any = None
    ) -> Any:
        made = operation(*arguments, **(options or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                self._add(tensor.untyped_storage())
        return made

    def _add(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        if key not in self._seen:
            self._seen[key] = storage.nbytes()
            self._now += storage.nbytes()
            self.peak = max(self.peak, self._now)
            weakref.finalize(storage, self._drop, key)

    def _drop(self, key: int) -> None:
        self._now -= self._seen.pop(key, 0)


@pytest.mark.parametrize("kind", ["llama", "sliding", "experts", "fused heads", "tied"])
@pytest.mark.parametrize(("name", "dtype"), [("fp32", torch.float32), ("fp16", torch.bfloat16)])
def test_reading_a_prompt_takes_about_what_was_planned(
    kind: str, name: str, dtype: torch.dtype
) -> None:
    told = OTHERS.get(kind, LLAMA)
    model, planned = random_model(told, dtype), plan(anatomy(told), PRECISIONS[name], 512, 1)
    live, cache = Live(model), DynamicCache(config=model.config)
    said = torch.zeros(1, 512, dtype=torch.long)
    with torch.inference_mode(), live:
        model(said, past_key_values=cache, logits_to_keep=1)
    assert planned.kv_cache + planned.activations == pytest.approx(live.peak, rel=0.15)


QUANTISED: dict[str, dict[str, Any]] = {
    "int8": {"load_in_8bit": True},
    "nf4": {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"},
    "nf4-dq": {
        "load_in_4bit": True,
        "bnb_4bit_quant_type": "nf4",
        "bnb_4bit_use_double_quant": True,
    },
}


@pytest.mark.parametrize("precision", QUANTISED)
@pytest.mark.parametrize("kind", ["llama", "experts", "tied"])
def test_bitsandbytes_loads_what_was_planned(kind: str, precision: str, tmp_path: Path) -> None:
    pytest.importorskip("bitsandbytes")
    told = OTHERS.get(kind, SMALL)
    random_model(told, torch.bfloat16).save_pretrained(tmp_path)
    model = AutoModelForCausalLM.from_pretrained(
        tmp_path,
        quantization_config=BitsAndBytesConfig(**QUANTISED[precision]),
        dtype=torch.bfloat16,
        device_map="cpu",
    )
    planned = PRECISIONS[precision].weights(find(str(tmp_path)))
    assert planned == pytest.approx(weights_of(model), rel=0.01)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU with 20 GB")
def test_seven_billion_random_weights_take_what_was_planned() -> None:
    told = SHAPES["llama2-7b"].config
    with torch.device("cuda"):
        model = random_model(told, torch.bfloat16)
    planned = plan(find("llama2-7b"), PRECISIONS["fp16"], context=2048, users=1)
    assert torch.cuda.memory_allocated() == pytest.approx(planned.weights, rel=0.05)
    cache = DynamicCache(config=model.config)
    said = torch.zeros(1, 2048, dtype=torch.long, device="cuda")
    with torch.inference_mode():
        model(said, past_key_values=cache, logits_to_keep=1)
    held = planned.weights + planned.kv_cache
    assert torch.cuda.memory_allocated() == pytest.approx(held, rel=0.05)


# Against what others publish, and sums by hand.


@pytest.mark.parametrize("name", SHAPES)
def test_it_counts_as_many_weights_as_the_maker_tells(name: str) -> None:
    assert find(name).size / 1e9 == pytest.approx(SHAPES[name].billions, rel=0.01)


def test_llama_2_13b_by_hand() -> None:
    model, width, inner, layers, words = find("Llama-2-13B"), 5120, 13824, 40, 32000
    layer = 4 * width * width + 3 * width * inner + 2 * width
    assert model.size == layers * layer + 2 * words * width + width
    cache = 2 * layers * width * 2  # keys and values, two bytes each
    assert plan(model, PRECISIONS["fp16"], 1000, 3).kv_cache == 3 * 1000 * cache


@pytest.mark.parametrize(
    ("name", "gigabytes"),
    [
        ("llama2-13b", 7.87),  # the table in Llama-2-13B-ggml's model card
        *((n, load().models[n].vram_gb) for n in ("deepseek-r1-7b", "deepseek-r1-8b")),
        *((n, load().models[n].vram_gb) for n in ("qwen-coder-32b", "qwen3-coder-30b")),
    ],
)
def test_q4_k_m_is_as_large_as_the_files_that_are_published(name: str, gigabytes: float) -> None:
    assert PRECISIONS["q4_k_m"].weights(find(name)) / 1e9 == pytest.approx(gigabytes, rel=0.05)


def test_llama_cpp_falls_back_where_a_row_is_no_multiple_of_its_block() -> None:
    model = find("companion-tiny")
    types = {tensor.name: _ggml_type(tensor, model) for tensor in model.tensors}
    assert types["model.embed_tokens.weight"] == "Q8_0"
    assert types["model.layers.0.self_attn.q_proj.weight"] == "Q5_0"
    assert types["model.norm.weight"] == "F32"


@pytest.mark.parametrize("name", ["Llama-2-13B", "Llama-3.1-8B", "DeepSeek-R1-Distill-Qwen-7B"])
def test_four_bits_with_embeddings_and_head_save_73_percent(name: str) -> None:
    model = find(name)
    everything_narrow = plan(model, PRECISIONS["nf4-dq-all"], 4096, 1)
    assert 0.73 <= everything_narrow.saved < 0.75
    assert everything_narrow.bits_per_weight == pytest.approx(4 + 8 / 64 + 32 / 64 / 256, abs=0.01)
    usual = plan(model, PRECISIONS["nf4-dq"], 4096, 1)
    wide = sum(t.size for t in model.tensors if t.kind in ("embedding", "head", "small"))
    assert usual.saved == pytest.approx(everything_narrow.saved * (1 - wide / model.size), abs=1e-3)


# What fits.


def test_one_more_would_not_fit() -> None:
    there, model = room("rtx-3060"), find("llama3.1-8b")
    told = widest(model, 4096, 1, there)
    assert told is not None
    tokens = largest_context(told, there.bytes_there)
    users = most_users(told, there.bytes_there)
    assert fits(plan(model, told.precision, tokens, 1), there)
    assert not fits(plan(model, told.precision, tokens + 1, 1), there)
    assert fits(plan(model, told.precision, 4096, users), there)
    assert not fits(plan(model, told.precision, 4096, users + 1), there)


def test_nothing_is_recommended_that_does_not_fit() -> None:
    for there in rooms():
        best = largest_model(4096, 1, there)
        assert best is not None
        assert fits(best, there)
        larger = [model for _, model in everything() if model.size > best.model.size]
        assert all(m.longest < 4096 or widest(m, 4096, 1, there) is None for m in larger)


def test_every_local_model_of_the_settings_with_a_size_has_a_shape() -> None:
    named = {*SHAPES, *(name for shape in SHAPES.values() for name in shape.also)}
    sized = {n for n, m in load().models.items() if isinstance(m, HttpModel) and m.vram_gb}
    assert sized <= named
    assert {name for shape in SHAPES.values() for name in shape.also} <= load().models.keys()


def test_every_profile_that_names_its_memory_is_a_room() -> None:
    assert {"ram-8gb", "colab-t4", "rtx-3060", "rtx-3090", "a10g", "h100", "h200"} <= {
        one.name for one in rooms()
    }
    assert room("rtx-3060").bytes_there == pytest.approx(12e9 * 0.9)
    assert room("here").bytes_there > 0


# Bad input.


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "holds no config.json"),
        ("{", "config.json cannot be read"),
        ("[]", "config.json cannot be read: it holds a list"),
        ("{}", "not known here: config.json has no model_type"),
        ({"model_type": "no-such"}, "not known here: config.json has the model_type 'no-such'"),
        ({"model_type": "t5"}, "cannot be built as a model that writes text"),
        ({**SMALL, "num_attention_heads": 0}, "sizes of this llama do not hold"),
        ({**SMALL, "hidden_size": "wide"}, "sizes of this llama do not hold"),
        ({**SMALL, "model_type": "deepseek_v3"}, "cannot be counted: its cache"),
        ({"model_type": "mamba", "num_hidden_layers": 1}, "cannot be counted"),
    ],
)
def test_a_folder_that_is_no_model_is_told_why(content: object, said: str, tmp_path: Path) -> None:
    if content is not None:
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / "config.json").write_text(text)
    with pytest.raises(ConfigError, match=said) as caught:
        find(str(tmp_path))
    assert str(tmp_path) in str(caught.value)
    assert caught.value.repair


@pytest.mark.parametrize(
    ("context", "users", "said"),
    [
        (4096, 0, "0 users"),
        (4096, -3, "-3 users"),
        (0, 1, "0 tokens"),
        (4097, 1, "a context of 4096 tokens, asked for were 4097"),
    ],
)
def test_impossible_conversations_are_refused(context: int, users: int, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        plan(find("llama2-7b"), PRECISIONS["fp16"], context, users)
    assert caught.value.repair
