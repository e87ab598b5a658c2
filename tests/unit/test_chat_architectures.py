"""Networks of many kinds, with random weights: together as alone, token for token."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from companion.chat.batch import Batch
from companion.chat.engine import Engine
from companion.chat.jobs import Finished, Job
from companion.chat.sampling import Chooser
from companion.chat.service import Service
from companion.types import ChatRequest, End
from tests.unit.test_chat_engine import Heard
from tests.unit.test_chat_local import ask, model_of

SIZES = {
    "vocab_size": 300,
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 96,
    "max_position_embeddings": 128,
    "pad_token_id": 0,
    "eos_token_id": 1,
}
LATENT = {"q_lora_rank": 16, "kv_lora_rank": 16, "qk_rope_head_dim": 8, "qk_nope_head_dim": 8}
EXPERTS = {"n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
DEEPSEEK = LATENT | EXPERTS | {"v_head_dim": 16, "n_group": 1, "topk_group": 1}

KINDS: dict[str, tuple[dict[str, int], bool]] = {
    "gpt2": ({"n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 128}, True),
    "mixtral": ({"num_local_experts": 4}, True),
    "qwen3": ({"head_dim": 16}, True),
    "gemma3_text": ({"sliding_window": 8, "head_dim": 16}, False),
    "bloom": ({"n_layer": 2, "n_head": 4}, False),
    "deepseek_v3": (DEEPSEEK, False),
}
"""What each is called, its own sizes, and whether several are answered at once."""


def network_of(kind: str) -> Any:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(0)
    config = AutoConfig.for_model(kind, **SIZES | KINDS[kind][0])
    network: Any = AutoModelForCausalLM.from_config(config)
    network.generation_config.eos_token_id = None
    return network.eval()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_answers_several_as_transformers_answers_one(kind: str) -> None:
    import torch

    network = network_of(kind)
    batch = Batch(network, slots=3, longest=128, kept_bytes=10**7)
    assert batch.plain == KINDS[kind][1]
    engine = Engine(Service(kind, batch))
    prompts = [[5 + (7 * at + n * 13) % 280 for at in range(4 + 9 * n)] for n in range(4)]
    jobs = []
    for number, ids in enumerate(prompts):
        heard, chooser = Heard(), Chooser(network, ChatRequest((), temperature=0), len(ids))
        jobs.append((Job(list(ids), 9 + number, frozenset(), chooser, heard), heard))
        engine.submit(jobs[-1][0])
    for (job, heard), ids in zip(jobs, prompts, strict=True):
        assert heard.last == Finished("length")
        whole = network.generate(
            torch.tensor([ids]),
            attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            max_new_tokens=job.limit,
            do_sample=False,
        )
        assert job.tokens == whole[0].tolist()


def test_what_cannot_be_counted_is_loaded_all_the_same_and_says_so(
    tiny_folder: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny_folder, tmp_path / "model")
    network_of("deepseek_v3").save_pretrained(folder)
    chunks = ask(model_of(folder), "hi", temperature=0, max_tokens=4)
    assert "could not be counted" in chunks[0].reason  # type: ignore[union-attr]
    assert isinstance(chunks[-1], End)
