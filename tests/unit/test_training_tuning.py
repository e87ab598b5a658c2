"""Teaching beside frozen weights, with real networks of a few thousand weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from companion.config import load
from companion.errors import ConfigError
from companion.resources import packaged
from companion.training import persona, tuning
from companion.training.dataset import IGNORED, encode
from companion.training.recipe import TrainingError
from companion.training.tokenizer import load_tokenizer

TALKS = [
    [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "how are you?"},
    ],
    [
        {"role": "user", "content": "hello there, hello"},
        {"role": "assistant", "content": "bonjour"},
        {"role": "user", "content": "va ?"},
        {"role": "assistant", "content": "there"},
    ],
]


def test_only_what_the_assistant_says_is_learnt_as_in_all_other_training() -> None:
    tokenizer = load_tokenizer(packaged("data/companion-tiny"))
    for one in persona.dialogues("storyteller", "training", 5):
        ids, labels = tuning.encoded(one.messages(), tokenizer)
        other = encode(one.turns, one.system, tokenizer)
        assert ids == other.ids
        assert [label != IGNORED for label in labels] == other.spoken


def test_shorter_conversations_are_filled_up_and_the_filling_is_nothing(tiny_folder: Path) -> None:
    tokenizer, network = tuning.load(tiny_folder)
    talks = [tuning.encoded(talk, tokenizer) for talk in TALKS]
    batch = tuning.padded(talks, tokenizer)
    lengths = [len(ids) for ids, _ in talks]
    assert batch["attention_mask"].sum(dim=1).tolist() == lengths
    assert batch["labels"][batch["attention_mask"] == 0].unique().tolist() == [IGNORED]
    short = lengths.index(min(lengths))
    alone = network(input_ids=torch.tensor([talks[short][0]])).logits[0]
    together = network(**{k: v for k, v in batch.items() if k != "labels"}).logits[short]
    assert torch.allclose(alone, together[: len(alone)], atol=1e-4)


def test_only_the_pairs_learn_and_what_they_learnt_can_be_merged(
    tiny_folder: Path, tmp_path: Path
) -> None:
    tokenizer, network = tuning.load(tiny_folder)
    frozen = {name: weight.clone() for name, weight in network.named_parameters()}
    before = tuning.foreseen(network, tokenizer, TALKS)
    adapted = tuning.beside(network, rank=4, alpha=8)
    losses = tuning.teach(adapted, tokenizer, TALKS, steps=30, rate=1e-2, rows=2)
    beside = tuning.foreseen(adapted, tokenizer, TALKS)
    assert losses[-1] < losses[0]
    assert beside.bits_per_byte < before.bits_per_byte
    assert beside.perplexity < before.perplexity
    for name, weight in adapted.base_model.model.named_parameters():
        if "lora" not in name:
            assert torch.equal(weight, frozen[name.replace(".base_layer", "")])
    adapted.save_pretrained(tmp_path / "adapter")
    _, loaded = tuning.again(tiny_folder, tmp_path / "adapter")
    assert tuning.foreseen(loaded, tokenizer, TALKS) == beside
    folder = tuning.merged(adapted, tokenizer, tmp_path / "merged")
    assert {file.suffix for file in folder.iterdir()} <= {".json", ".safetensors", ".jinja"}
    merged = tuning.foreseen(tuning.load(folder)[1], tokenizer, TALKS)
    assert merged.bits_per_byte == pytest.approx(beside.bits_per_byte, abs=1e-4)


@pytest.mark.filterwarnings("error:.*autograd kernel was not registered:UserWarning")
def test_weights_in_four_bits_learn_beside_and_are_not_merged(
    tiny_folder: Path, tmp_path: Path
) -> None:
    pytest.importorskip("bitsandbytes")
    tokenizer, network = tuning.load(tiny_folder, four_bits=True)
    before = tuning.foreseen(network, tokenizer, TALKS)
    adapted = tuning.beside(network, rank=4, alpha=8)
    tuning.teach(adapted, tokenizer, TALKS, steps=30, rate=1e-2, rows=2)
    assert tuning.foreseen(adapted, tokenizer, TALKS).bits_per_byte < before.bits_per_byte
    writes = {name: weight for name, weight in adapted.named_parameters() if "lora_B" in name}
    assert len(writes) == 14
    assert [name for name, weight in writes.items() if not weight.any()] == []  # all have learnt
    with pytest.raises(TrainingError, match="four bits"):
        tuning.merged(adapted, tokenizer, tmp_path)


def test_the_base_is_the_one_of_the_settings() -> None:
    assert tuning.base_folder(load()) == packaged("data/companion-tiny")
    assert load("colab-t4").tuning.base != "companion-tiny"


def test_a_base_that_is_not_here_is_not_downloaded() -> None:
    with pytest.raises(TrainingError, match="hf download nobody/nothing"):
        tuning.base_folder(load(tuning={"base": "nobody/nothing"}))
    with pytest.raises(ConfigError, match="rank"):
        load(tuning={"rank": 0})


def test_a_modelfile_names_weights_and_voice(tmp_path: Path) -> None:
    file = tuning.modelfile(tmp_path, "nour", "You are Nour.")
    lines = file.read_text(encoding="utf-8").splitlines()
    assert "FROM ." in lines
    assert 'SYSTEM """You are Nour."""' in lines
    with pytest.raises(TrainingError, match="three quotes"):
        tuning.modelfile(tmp_path, "nour", 'a """ b')
