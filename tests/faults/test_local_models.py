"""Weights that are broken, requests that are none, and memory that runs out in the middle."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from companion.chat.jobs import Finished
from companion.chat.local import LocalModel
from companion.chat.mending import explained, out_of_memory
from companion.config import TransformersModel
from companion.errors import ModelBusy, ModelUnavailable, RequestRefused
from companion.types import End
from tests.unit.test_chat_engine import generator_of, job, together
from tests.unit.test_chat_engine import request as asked
from tests.unit.test_chat_local import ask, model_of


@pytest.fixture
def copy(tiny_folder: Path, tmp_path: Path) -> Path:
    """A folder to break."""
    return shutil.copytree(tiny_folder, tmp_path / "copy")


@pytest.fixture
def shards(copy: Path) -> Path:
    """The same weights in several files."""
    from transformers import LlamaForCausalLM

    network = LlamaForCausalLM.from_pretrained(copy)
    (copy / "model.safetensors").unlink()
    network.save_pretrained(copy, max_shard_size="40KB")
    assert len(list(copy.glob("*.safetensors"))) > 1
    return copy


def change(folder: Path, **keys: object) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | keys))


def refusal(folder: Path) -> ModelUnavailable:
    with pytest.raises(ModelUnavailable) as told:
        ask(model_of(folder), "hi")
    return told.value


@pytest.mark.parametrize("name", ["model.safetensors", "model.gguf"])
def test_gguf_is_told_from_safetensors_by_what_is_in_it(copy: Path, name: str) -> None:
    (copy / "model.safetensors").unlink()
    (copy / name).write_bytes(b"GGUF\x03\x00\x00\x00" + bytes(4000))
    told = refusal(copy)
    assert "are GGUF" in told.what
    assert f"llama-server -m {name}" in told.repair


def test_shards_load_as_one_file_does(shards: Path) -> None:
    assert isinstance(ask(model_of(shards), "hi", temperature=0)[-1], End)


def test_a_truncated_shard_is_named_with_its_bytes(shards: Path) -> None:
    shard = sorted(shards.glob("*.safetensors"))[-1]
    whole = shard.stat().st_size
    shard.write_bytes(shard.read_bytes()[:-7])
    told = refusal(shards)
    assert f"ends after {whole - 7:,} of {whole:,} bytes" in told.what
    assert shard.name in told.where


def test_a_shard_that_is_not_there_is_named(shards: Path) -> None:
    shard = sorted(shards.glob("*.safetensors"))[0]
    shard.unlink()
    told = refusal(shards)
    assert "not there" in told.what
    assert shard.name in told.where


@pytest.mark.parametrize("start", [b"", b"\x00" * 8, b"\xff" * 30, b"\x04" + bytes(7) + b"null"])
def test_what_is_no_safetensors_at_all_is_refused(copy: Path, start: bytes) -> None:
    (copy / "model.safetensors").write_bytes(start)
    assert "no header of safetensors" in refusal(copy).what


@pytest.mark.parametrize("kind", ["companion9", None, "mamba9"])
def test_an_unknown_architecture_is_named(copy: Path, kind: str | None) -> None:
    change(copy, model_type=kind)
    told = refusal(copy)
    assert "architecture is not known" in told.what
    assert "llama" in told.repair


def test_code_that_comes_with_a_model_is_not_run(copy: Path) -> None:
    """The folder's module would leave a file behind if it were imported."""
    mark = copy / "was_run"
    (copy / "modeling_own.py").write_text(f"open({str(mark)!r}, 'w')\nclass Own: ...\n")
    auto = {"AutoConfig": "modeling_own.Own", "AutoModelForCausalLM": "modeling_own.Own"}
    change(copy, model_type="own", auto_map=auto)
    refusal(copy)
    assert not mark.exists()


def test_weights_of_another_shape_are_refused(copy: Path) -> None:
    change(copy, intermediate_size=96)
    assert "cannot be loaded" in refusal(copy).what


def test_a_context_beyond_the_models_own_is_refused_with_both_numbers(tiny_folder: Path) -> None:
    told = {"kind": "transformers", "path": str(tiny_folder), "languages": ["en"], "context": 4096}
    model = LocalModel("m", TransformersModel.model_validate(told))
    with pytest.raises(ModelUnavailable, match="context is 128 tokens, and the settings say 4096"):
        ask(model, "hi")


def test_a_shorter_context_of_the_settings_is_kept_to(tiny_folder: Path) -> None:
    told = {"kind": "transformers", "path": str(tiny_folder), "languages": ["en"], "context": 64}
    model = LocalModel("m", TransformersModel.model_validate(told))
    end = ask(model, "hi", max_tokens=500, temperature=0)[-1]
    assert isinstance(end, End)
    assert (end.usage.prompt_tokens or 0) + (end.usage.completion_tokens or 0) <= 64


@pytest.mark.parametrize("tokens", [0, -1])
def test_an_answer_of_no_tokens_is_refused(tiny_folder: Path, tokens: int) -> None:
    with pytest.raises(RequestRefused, match="says nothing"):
        ask(model_of(tiny_folder), "hi", max_tokens=tokens)


def test_a_million_tokens_end_with_the_context(tiny_folder: Path) -> None:
    end = ask(model_of(tiny_folder), "hi", max_tokens=10**6, temperature=0)[-1]
    assert isinstance(end, End)
    assert (end.usage.prompt_tokens or 0) + (end.usage.completion_tokens or 0) <= 128


def runs_out(most: int, error: type[Exception], whole: Any) -> Any:
    """A step for which there is memory for so many at once."""

    def step(tokens: Sequence[int]) -> Any:
        if len(tokens) > most:
            raise error("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return whole(tokens)

    return step


@pytest.mark.parametrize("error", [MemoryError, RuntimeError, "torch"])
def test_when_memory_runs_out_in_the_middle_of_a_batch_the_others_finish(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch, error: Any
) -> None:
    import torch

    kind = torch.OutOfMemoryError if error == "torch" else error
    model = model_of(tiny_folder)
    generator = generator_of(model)
    alone = [together(model, [asked(text, 20)])[0] for text in ("hi", "hello", "who")]
    batch = generator.engine._service.batch
    monkeypatch.setattr(batch, "step", runs_out(2, kind, batch.step))
    answers = asyncio.run(_all(model, ("hi", "hello", "who")))
    [failed] = [answer for answer in answers if isinstance(answer, Exception)]
    assert isinstance(failed, ModelBusy)
    assert "Memory ran out" in str(failed)
    finished = [answer == whole for answer, whole in zip(answers, alone, strict=True)]
    assert finished.count(True) == 2


async def _all(model: LocalModel, texts: Sequence[str]) -> list[Any]:
    async def one(text: str) -> Any:
        return [chunk async for chunk in model.stream(asked(text, 20))]

    return await asyncio.gather(*(one(text) for text in texts), return_exceptions=True)


def test_when_memory_runs_out_for_one_alone_it_is_told_so_and_the_next_is_asked(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = model_of(tiny_folder)
    batch = generator_of(model).engine._service.batch
    with monkeypatch.context() as patched:
        patched.setattr(batch, "step", runs_out(0, MemoryError, batch.step))
        with pytest.raises(ModelUnavailable, match="Memory ran out"):
            ask(model, "hi")
    assert isinstance(ask(model, "hi")[-1], End)


def test_a_prompt_for_which_there_is_no_memory_fails_alone(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = generator_of(model_of(tiny_folder))
    batch = generator.engine._service.batch
    read = batch.read

    def too_long(lane: Any) -> Any:
        if len(lane.tokens) > 20:
            raise MemoryError
        return read(lane)

    monkeypatch.setattr(batch, "read", too_long)
    (short, told), (long, long_told) = job(generator, "hi"), job(generator, "hello " * 12)
    for one in (long, short):
        generator.engine.submit(one)
    assert told.last == Finished("length")
    assert isinstance(long_told.last, ModelUnavailable | ModelBusy)


def test_what_is_kept_of_earlier_turns_is_given_up_before_anyone_fails(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = model_of(tiny_folder)
    ask(model, "hi")
    engine = generator_of(model).engine
    while engine.alive:  # who listened was told before it is kept
        time.sleep(0.01)
    batch = engine._service.batch
    assert batch.prefixes.bytes > 0
    step = batch.step

    def while_kept(tokens: Sequence[int]) -> Any:
        if batch.prefixes.bytes:
            raise MemoryError
        return step(tokens)

    monkeypatch.setattr(batch, "step", while_kept)
    assert isinstance(ask(model, "hi")[-1], End)


@pytest.mark.parametrize(
    ("said", "meant", "mends"),
    [
        ("CUDA error: no kernel image is available for execution", "this GPU", "CUDA_VISIBLE"),
        ("The NVIDIA driver on your system is too old: driver version is insufficient", "driver",
         "Update the driver"),
        ("Using `bitsandbytes` 4-bit quantization requires bitsandbytes: `pip", "missing",
         "pip install"),
        ("libcudart.so.12: cannot open shared object file", "CUDA libraries", "pip install"),
        ("shape '[320, 13]' is invalid for input of size 4320", "no kernel for the shapes",
         "precision"),
        ("DefaultCPUAllocator: can't allocate memory: you tried to allocate", "memory", "nf4"),
        ("The repository contains custom code; set trust_remote_code=True", "code of its own",
         "architecture"),
    ],
)  # fmt: skip
def test_misleading_errors_are_translated_with_what_mends_them(
    said: str, meant: str, mends: str
) -> None:
    what, repair = explained(RuntimeError(said))
    assert meant in what
    assert mends in repair


def test_not_every_error_is_one_of_memory() -> None:
    assert out_of_memory(MemoryError())
    assert not out_of_memory(ValueError("you are out of memory"))
    assert not out_of_memory(RuntimeError("shapes do not match"))
