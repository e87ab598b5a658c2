"""The local model: what fits, what repeats, what stops, and what is refused."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from itertools import pairwise, takewhile
from pathlib import Path

import pytest

from companion.chat.generation import Generator
from companion.chat.local import LocalModel
from companion.config import TransformersModel
from companion.errors import ContextTooLong, ModelError, ModelUnavailable
from companion.resources import packaged
from companion.types import Attempt, ChatRequest, Chunk, End, Message, Role, Text


def model_of(path: Path | str) -> LocalModel:
    languages = frozenset({"en"})
    return LocalModel(
        "m",
        TransformersModel.model_validate(
            {"kind": "transformers", "path": str(path), "languages": languages}
        ),
    )


def ask(model: LocalModel, *said: str, **options: object) -> list[Chunk]:
    messages = [Message("system", "You are Lia.")]
    for number, text in enumerate(said):
        messages.append(Message("assistant" if number % 2 else "user", text))
    request = ChatRequest(tuple(messages), **({"max_tokens": 10} | options))  # type: ignore[arg-type]

    async def collect() -> list[Chunk]:
        return [chunk async for chunk in model.stream(request)]

    return asyncio.run(collect())


def text_of(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, Text))


def test_a_seed_repeats_the_answer_and_another_seed_changes_it(tiny_folder: Path) -> None:
    model = model_of(tiny_folder)
    one, again, other = (text_of(ask(model, "hi", seed=seed, temperature=1)) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_a_seed_leaves_the_random_state_of_the_caller_alone(tiny_folder: Path) -> None:
    import torch

    state = torch.random.get_rng_state()
    ask(model_of(tiny_folder), "hi", seed=1)
    assert torch.equal(state, torch.random.get_rng_state())


def test_temperature_zero_is_greedy(tiny_folder: Path) -> None:
    model = model_of(tiny_folder)
    assert text_of(ask(model, "hi", temperature=0)) == text_of(ask(model, "hi", temperature=0))


def test_the_answer_stops_at_max_tokens_and_says_so(tiny_folder: Path) -> None:
    end = ask(model_of(tiny_folder), "hi", max_tokens=5, temperature=0)[-1]
    assert isinstance(end, End)
    assert end.finish_reason == "length"
    assert end.usage.completion_tokens == 5
    assert end.usage.cost == 0


def test_a_limit_beyond_the_context_still_leaves_room_for_what_was_said(tiny_folder: Path) -> None:
    model = model_of(tiny_folder)
    context = model.capabilities.context
    assert context is not None
    end = ask(model, "hi", max_tokens=10 * context, temperature=0)[-1]
    assert isinstance(end, End)
    read, written = end.usage.prompt_tokens, end.usage.completion_tokens
    assert read is not None
    assert written is not None
    assert read + written <= context
    assert (end.finish_reason == "length") == (read + written == context)


def test_old_messages_are_left_out_when_the_context_is_full_and_it_says_so(
    tiny_folder: Path,
) -> None:
    said = [f"message number {number}" for number in range(21)]
    attempt = ask(model_of(tiny_folder), *said)[0]
    assert isinstance(attempt, Attempt)
    assert "reads only the last" in attempt.reason


def test_turn_after_turn_begins_with_what_was_read_for_the_one_before() -> None:
    roles: tuple[Role, Role] = ("user", "assistant")
    history = [Message(roles[one % 2], f"Hello for the {one}th time") for one in range(201)]
    generator = model_of(packaged("data/companion-tiny"))._generator()
    prompts = [generator.prompt(history[: turn + 1], 64).ids for turn in range(100, 201, 2)]
    shared = [
        len(list(takewhile(lambda both: both[0] == both[1], zip(one, other, strict=False))))
        for one, other in pairwise(prompts)
    ]
    whole = [length > 0.9 * len(one) for length, one in zip(shared, prompts[:-1], strict=True)]
    assert sum(whole) >= 0.7 * len(whole)
    assert min(map(len, prompts)) > 0.6 * max(map(len, prompts))


def test_a_long_conversation_is_cut_after_a_few_looks_and_without_a_warning(
    tiny_folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    roles: tuple[Role, Role] = ("user", "assistant")
    history = [Message(roles[one % 2], "Hello again") for one in range(601)]
    generator = model_of(tiny_folder)._generator()
    looks = list[int]()

    def encode(messages: Sequence[Message], prefill: str) -> list[int]:
        looks.append(len(messages))
        return Generator._encode(generator, messages, prefill)

    monkeypatch.setattr(generator, "_encode", encode)
    prompt = generator.prompt(history, 8)
    assert len(looks) < 15, "each look encodes the conversation"
    read = int(prompt.note.split()[-2])
    assert len(prompt.ids) + 8 <= generator.context < 8 + len(encode(history[-read - 1 :], ""))
    assert "Token indices" not in capfd.readouterr().err


def test_a_message_longer_than_the_context_is_refused_with_the_numbers(tiny_folder: Path) -> None:
    with pytest.raises(ModelError, match=r"needs \d+ tokens and there is room for 118"):
        ask(model_of(tiny_folder), "word " * 200)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"no such model folder .*nowhere"):
        ask(model_of(tmp_path / "nowhere"), "hi")


def test_a_missing_packaged_model_is_named() -> None:
    with pytest.raises(ModelUnavailable, match=r"no such model folder.*Install the package again"):
        ask(model_of("package:data/nothing"), "hi")


def test_a_folder_without_safetensors_is_refused(tiny_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_folder, tmp_path / "copy")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelUnavailable, match=r"no config.json with"):
        ask(model_of(folder), "hi")


@pytest.mark.parametrize("keep_bytes", [0, 100, 20_000])
def test_corrupt_safetensors_are_refused_with_what_to_do(
    tiny_folder: Path, tmp_path: Path, keep_bytes: int
) -> None:
    folder = shutil.copytree(tiny_folder, tmp_path / "copy")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:keep_bytes])
    with pytest.raises(ModelUnavailable, match=r"cannot be loaded.*download or train"):
        ask(model_of(folder), "hi")


def test_a_broken_config_is_refused(tiny_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_folder, tmp_path / "copy")
    (folder / "config.json").write_text("{not json")
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        ask(model_of(folder), "hi")


def test_the_answer_goes_on_behind_a_beginning(tiny_folder: Path) -> None:
    model = model_of(tiny_folder)
    whole = ask(model, "hi", temperature=0)
    begun = ask(model, "hi", temperature=0, prefill="hello there,  ")
    assert isinstance(whole[-1], End)
    assert isinstance(begun[-1], End)
    plain, longer = whole[-1].usage.prompt_tokens, begun[-1].usage.prompt_tokens
    assert plain is not None
    assert longer is not None
    assert longer > plain
    assert not text_of(begun).startswith((" ", "hello"))


def test_the_space_before_the_first_new_word_is_kept_behind_a_beginning() -> None:
    """Llama 2's kind of tokenizer drops the space of the first word that it decodes."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    from companion.chat.generation import Pieces

    words = Tokenizer(models.WordLevel({"▁hello": 0, "▁there": 1, "?": 2}, unk_token="?"))
    words.pre_tokenizer = pre_tokenizers.Metaspace()
    words.decoder = decoders.Metaspace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words)

    assert Pieces(tokenizer, before=[0]).hear(1) == " there"
    assert Pieces(tokenizer).hear(1) == "there"


def test_its_context_is_known_before_it_is_loaded(tiny_folder: Path, tmp_path: Path) -> None:
    assert model_of(tiny_folder).capabilities.context == 128
    assert model_of(tmp_path / "nowhere").capabilities.context is None


def test_what_does_not_fit_tells_how_long_the_context_is(tiny_folder: Path) -> None:
    with pytest.raises(ContextTooLong) as told:
        ask(model_of(tiny_folder), "word " * 200)
    assert told.value.limit == 128
