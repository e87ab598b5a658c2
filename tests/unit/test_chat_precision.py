"""In which format a local model is loaded: what is chosen where, why, and that it is loaded so."""

from __future__ import annotations

import dataclasses
import math
import shutil
from pathlib import Path
from typing import Any

import pytest

from companion.chat import loading, precision
from companion.chat.local import LocalModel
from companion.chat.precision import Choice, Format, Machine, Wish, choose, look
from companion.config import Hardware, TransformersModel, load
from companion.errors import ConfigError, ModelUnavailable
from companion.planning import Anatomy, Room, find
from companion.planning.memory import GIGABYTE
from companion.resources import Device
from companion.types import Attempt, Chunk, End
from tests.unit.test_chat_local import ask

BIG = "deepseek-r1-distill-qwen-7b"
CPU = Device("cpu", "float32", 0, "No GPU found: 2 CPU cores in float32, exact.")
T4 = Device("cuda", "float16", 0, "Tesla T4 found: compute capability 7.5 lacks bfloat16.", 0)
ADA = Device("cuda", "bfloat16", 0, "RTX 4090 found: compute capability 8.9 has bfloat16.", 0)


@pytest.fixture(scope="module")
def large() -> Anatomy:
    return find(BIG)


def machine(device: Device, gigabytes: float, quantises: bool = True) -> Machine:
    kind = "gpu" if device.kind == "cuda" else "ram"
    room = Room(device.name, kind, gigabytes * GIGABYTE, f"{gigabytes:g} GB free now")
    return Machine(device, room, quantises)


@pytest.fixture
def processor(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets what the processor can do."""

    def has(*flags: str, kernel: bool = False) -> None:
        monkeypatch.setattr(precision, "cpu_flags", lambda: frozenset(flags))
        monkeypatch.setattr(precision, "fused", lambda: kernel)

    return has


@pytest.mark.parametrize(
    ("flags", "kernel", "gigabytes", "chosen"),
    [
        (("avx512_bf16",), True, 64, "nf4"),
        (("avx512_bf16",), False, 64, "int8"),
        (("amx_bf16",), False, 64, "int8"),
        (("avx2",), False, 64, "float32"),
        (("avx2",), False, 24, "bfloat16"),
        (("avx2",), False, 12, "int8"),
        (("avx2",), False, 8, "nf4"),
        ((), False, 64, "float32"),
    ],
)
def test_a_processor_takes_the_fastest_that_fits(
    large: Anatomy,
    processor: Any,
    flags: tuple[str, ...],
    kernel: bool,
    gigabytes: float,
    chosen: str,
) -> None:
    processor(*flags, kernel=kernel)
    choice = choose(large, machine(CPU, gigabytes), 8)
    assert choice.format == chosen
    assert choice.format in choice.reason
    assert choice.reason.endswith((".", "fit."))


@pytest.mark.parametrize(
    ("device", "gigabytes", "chosen"),
    [(ADA, 24, "bfloat16"), (T4, 24, "float16"), (T4, 15, "nf4"), (ADA, 8, "nf4")],
)
def test_a_gpu_takes_the_format_that_it_has_or_four_bits(
    large: Anatomy, device: Device, gigabytes: float, chosen: str
) -> None:
    choice = choose(large, machine(device, gigabytes), 8)
    assert choice.format == chosen
    assert device.reason in choice.reason


def test_without_bitsandbytes_nothing_is_quantised(large: Anatomy, processor: Any) -> None:
    processor("avx512_bf16")
    assert choose(large, machine(CPU, 64, quantises=False), 8).format == "bfloat16"
    with pytest.raises(ModelUnavailable, match=r"pip install 'companion-lab\[quantized"):
        choose(large, machine(CPU, 64, quantises=False), 8, wish="nf4")


def test_what_was_wished_for_is_taken_and_the_reason_says_so(
    large: Anatomy, processor: Any
) -> None:
    processor("avx512_bf16", kernel=True)
    choice = choose(large, machine(CPU, 64), 8, wish="float32")
    assert choice.format == "float32"
    assert "as the settings say" in choice.reason


def test_a_gpu_without_bfloat16_is_not_asked_for_it(large: Anatomy) -> None:
    with pytest.raises(ModelUnavailable, match="lacks bfloat16"):
        choose(large, machine(T4, 24), 8, wish="bfloat16")


def test_embeddings_are_packed_only_where_it_would_not_fit_otherwise(
    large: Anatomy, processor: Any
) -> None:
    processor("avx512_bf16", kernel=True)
    plain = choose(large, machine(CPU, 10), 8)
    assert (plain.format, plain.packs_embeddings) == ("nf4", False)
    tight = choose(large, machine(CPU, 9), 8)
    assert (tight.format, tight.packs_embeddings) == ("nf4", True)
    assert "loading nf4 with wide embeddings would take" in tight.reason


def test_what_fits_and_cannot_be_loaded_is_not_chosen(large: Anatomy, processor: Any) -> None:
    """On this GPU, its answers would fit: its head is there in 16 bits until it is packed."""
    answering = precision._plan(large, "nf4", True, 4096, machine(ADA, 6.2))
    assert answering.total < 6.2 * GIGABYTE
    with pytest.raises(ModelUnavailable, match=r"to be loaded, as its weights are made of wider"):
        choose(large, machine(ADA, 6.2), 8)
    processor("avx2")
    for gigabytes in (9.5, 24):  # of all that is chosen, the peak fits
        chosen = choose(large, machine(CPU, gigabytes), 8)
        planned = precision._plan(large, chosen.format, False, 4096, machine(CPU, gigabytes))
        load = precision._loading(planned, large, chosen.format, False, machine(CPU, gigabytes))
        assert max(planned.total, load.loading) <= gigabytes * GIGABYTE


def test_a_head_that_is_packed_by_parts_is_the_one_that_bitsandbytes_packs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import bitsandbytes
    import torch

    monkeypatch.setattr(loading, "PART", 64 * 40)
    torch.manual_seed(0)
    head = torch.nn.Linear(128, 320, bias=False, dtype=torch.bfloat16)
    untyped: Any = bitsandbytes.nn
    whole = untyped.Params4bit(head.weight.data.clone(), requires_grad=False, quant_type="nf4")
    ours, theirs = loading._packed_head(head, torch.bfloat16).weight, whole.to("cpu")
    assert torch.equal(ours.data, theirs.data)
    mine, other = ours.quant_state, theirs.quant_state
    assert torch.equal(mine.absmax, other.absmax)
    assert torch.equal(mine.state2.absmax, other.state2.absmax)
    assert torch.equal(mine.offset, other.offset)


def test_what_does_not_fit_is_refused_with_numbers_and_the_largest_that_would(
    large: Anatomy,
) -> None:
    with pytest.raises(ModelUnavailable) as told:
        choose(large, machine(ADA, 3.0), 8)
    assert "GB in nf4, its smallest here" in str(told.value)
    assert "3 GB free now" in str(told.value)
    assert "largest known here that would fit is" in told.value.repair
    assert large.name not in told.value.repair


def test_memory_bounds_the_context_then_how_many_are_answered_at_once(large: Anatomy) -> None:
    tight, roomy = (choose(large, machine(ADA, gigabytes), 8) for gigabytes in (17.5, 200))
    assert tight.context < large.longest
    assert "tokens of context" in tight.reason
    assert tight.slots < 8
    assert (roomy.context, roomy.slots) == (large.longest, 8)
    short = choose(large, machine(ADA, 17.5), 8, context=4096)
    assert short.context == 4096


def test_the_embedded_model_stays_exact(processor: Any) -> None:
    processor("avx512_bf16", kernel=True)
    choice = choose(find("companion-tiny"), machine(CPU, 8), 8)
    assert choice.format == "float32"
    assert choice.reason == CPU.reason, "the page knows how to say this in French"


def test_memory_that_nobody_knows_refuses_nothing(large: Anatomy) -> None:
    assert choose(large, look(dataclasses.replace(ADA, memory_bytes=0)), 8).format == "bfloat16"


@pytest.fixture(scope="module")
def folder(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama whose rows are whole blocks of NF4, but for those of one layer."""
    import torch
    from transformers import AutoConfig, LlamaForCausalLM

    place = shutil.copytree(tiny_folder, tmp_path_factory.mktemp("wide") / "model")
    config = AutoConfig.from_pretrained(tiny_folder)
    config.update({"hidden_size": 256, "intermediate_size": 480, "head_dim": 64})
    config.update({"num_attention_heads": 4, "num_key_value_heads": 4, "vocab_size": 320})
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(place)
    return place


def model_in(folder: Path, wish: Wish, memory_gb: float | None = None) -> LocalModel:
    told = {"kind": "transformers", "path": str(folder), "languages": ["en"], "precision": wish}
    return LocalModel("m", TransformersModel.model_validate(told), Hardware(memory_gb=memory_gb))


def logits_of(model: LocalModel) -> Any:
    import torch

    model.load()
    with torch.inference_mode():
        ids = torch.arange(5, 25)[None]
        return model._generator()._model(input_ids=ids).logits.float().flatten()


@pytest.mark.parametrize("name", ["float32", "bfloat16", "float16", "int8", "nf4"])
def test_each_format_loads_answers_and_says_nearly_the_same(folder: Path, name: Format) -> None:
    import torch

    model = model_in(folder, name)
    chunks: list[Chunk] = ask(model, "hi", temperature=0, max_tokens=8)
    assert isinstance(chunks[0], Attempt)
    assert name in chunks[0].reason
    assert isinstance(chunks[-1], End)
    exact = logits_of(model_in(folder, "float32"))
    assert torch.nn.functional.cosine_similarity(exact, logits_of(model), dim=0) > 0.97


@pytest.mark.parametrize("packs", [False, True])
def test_four_bits_take_what_was_planned(
    folder: Path, packs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Held to what is really there: each parameter and the scales beside it."""
    from companion.chat import generation

    choice: list[Choice] = []

    def noted(*arguments: Any) -> Choice:
        choice.append(dataclasses.replace(choose(*arguments), packs_embeddings=packs))
        return choice[-1]

    monkeypatch.setattr(generation, "choose", noted)
    network = generator_network(model_in(folder, "nf4"))
    linear = {type(one).__name__ for one in (network.lm_head, network.model.layers[0].mlp.up_proj)}
    assert linear == {"Linear4bit"}
    assert type(network.model.layers[0].mlp.down_proj).__name__ == "Linear", "480 is 7.5 blocks"
    assert type(network.model.embed_tokens).__name__ == ("EmbeddingNF4" if packs else "Embedding")
    model = find(str(folder))
    planned = sum(precision._packed(one, model, packs) for one in model.tensors)
    assert math.isclose(_taken(network), planned, rel_tol=0.05)


def generator_network(model: LocalModel) -> Any:
    model.load()
    return model._generator()._model


def _taken(network: Any) -> int:
    """Bytes of all parameters with what bitsandbytes keeps beside them."""
    total = 0
    for weights in network.parameters():
        total += weights.numel() * weights.element_size()
        state = getattr(weights, "quant_state", None)
        for scales in (state, getattr(state, "state2", None)):
            for part in (getattr(scales, "absmax", None), getattr(scales, "code", None)):
                total += 0 if part is None else part.numel() * part.element_size()
    return total


def test_memory_that_the_settings_tell_is_what_counts(
    large: Anatomy, processor: Any, folder: Path
) -> None:
    processor("avx2")
    with pytest.raises(ModelUnavailable, match="there are 1 GB by the settings"):
        choose(large, look(CPU, told_bytes=1e9), 8)
    model = model_in(folder, "auto", memory_gb=0)
    ends = [ask(model, "hi")[-1] for _ in range(2)]
    assert all(isinstance(end, End) for end in ends), "one as small as the embedded one always runs"
    assert model._generator().engine._service.batch.prefixes.most == 0


def test_a_precision_that_there_is_not_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"precision.*'auto'.*'nf4'"):
        load(models={"companion-tiny": {"precision": "int3"}})
