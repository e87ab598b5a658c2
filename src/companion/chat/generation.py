"""Token by token with transformers: the only module of the chat room that imports torch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from tokenizers.decoders import DecodeStream
from transformers import AutoModelForCausalLM, AutoTokenizer, StoppingCriteria
from transformers.generation.streamers import BaseStreamer
from transformers.utils.logging import disable_progress_bar

from companion.errors import ContextTooLong, ModelUnavailable
from companion.resources import Device
from companion.types import ChatRequest, End, FinishReason, Message, Usage

BEHIND = 8
"""Tokens before the first new one that its decoding may depend on."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Token ids of shape (1, length), and what had to be left out to make them fit.

    `begun`: they end with the beginning of the answer.
    """

    ids: torch.Tensor
    note: str
    begun: bool


class Generator:
    """One causal language model with its tokenizer, in memory on one device."""

    def __init__(self, name: str, folder: Path, device: Device) -> None:
        """Raises ModelUnavailable for a folder without weights, or with broken ones."""
        self.name, self.device = name, device
        self._lock = threading.Lock()
        self._tokenizer, self._model = _loaded(folder, device)
        self.context: int = self._model.config.max_position_embeddings

    def prompt(self, messages: Sequence[Message], max_tokens: int, prefill: str = "") -> Prompt:
        """The chat template filled with the system message and as much recent history as fits.

        `prefill`, the beginning of the answer, stands behind it, and the answer goes on from there.
        `max_tokens` are kept free for it, or half of the context where they would be more; a longer
        answer ends with the context. Raises ContextTooLong when even the last message alone is too
        long.
        """
        system, rest = _split(messages)
        room = self.context - min(max_tokens, self.context // 2)
        for start in range(len(rest)):
            ids = self._encode([*system, *rest[start:]], prefill)
            if ids.shape[1] <= room:
                note = f"It reads only the last {len(rest) - start} messages." if start else ""
                return Prompt(ids, note, bool(prefill))
        raise ContextTooLong(
            f"The message needs {ids.shape[1]} tokens and there is room for {room}",
            where=self.name,
            repair="Send a shorter message or choose a model with a longer context.",
            limit=self.context,
        )

    def generate(
        self,
        prompt: Prompt,
        request: ChatRequest,
        emit: Callable[[str], None],
        stop: threading.Event,
    ) -> End:
        """Hand the answer to `emit` piece by piece, until its end, its limit, or `stop`."""
        streamer = _Pieces(self._tokenizer, emit, prompt.begun)
        ids = prompt.ids.to(self._model.device)
        with self._lock, torch.inference_mode(), _seeded(request.seed):
            self._model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=min(request.max_tokens, self.context - ids.shape[1]),
                streamer=streamer,
                stopping_criteria=[_Stopped(stop)],
                **_sampling(request),
            )
        finish: FinishReason = "stop" if streamer.last_id in self._end_ids() else "length"
        return End(self.name, finish, Usage(ids.shape[1], streamer.count))

    def _encode(self, messages: Sequence[Message], prefill: str) -> torch.Tensor:
        turns = [{"role": message.role, "content": message.content} for message in messages]
        text = self._tokenizer.apply_chat_template(
            turns, tokenize=False, add_generation_prompt=True
        )
        ids: torch.Tensor = self._tokenizer(
            text + prefill, add_special_tokens=False, return_tensors="pt"
        ).input_ids
        return ids

    def _end_ids(self) -> set[int]:
        ids = self._model.generation_config.eos_token_id
        return set(ids) if isinstance(ids, list) else {ids}


def _loaded(folder: Path, device: Device) -> tuple[Any, Any]:
    """Tokenizer and model; from safetensors only, from this disk only, running no remote code."""
    if not any(folder.glob("*.safetensors")) or not (folder / "config.json").is_file():
        raise ModelUnavailable(
            "The folder holds no config.json with *.safetensors",
            where=str(folder),
            repair="Download or train the model again, in safetensors.",
        )
    try:
        disable_progress_bar()  # it would stand in the middle of a conversation
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model: Any = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=getattr(torch, device.dtype),
            local_files_only=True,
            use_safetensors=True,
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        first_line = str(error).strip().splitlines()[0]
        raise ModelUnavailable(
            f"The model cannot be loaded: {first_line}",
            where=str(folder),
            repair="The files may be broken or incomplete: download or train the model again.",
        ) from error
    return tokenizer, model.to(device.name).eval()


def _split(messages: Sequence[Message]) -> tuple[list[Message], list[Message]]:
    system = [message for message in messages if message.role == "system"]
    return system, [message for message in messages if message.role != "system"]


def _sampling(request: ChatRequest) -> dict[str, Any]:
    """What was asked for; the rest stands in the model's own generation_config.json."""
    if request.temperature == 0:
        return {"do_sample": False}
    asked = {"temperature": request.temperature, "top_p": request.top_p}
    given = {name: value for name, value in asked.items() if value is not None}
    return {"do_sample": True, **given} if given else {}


@contextmanager
def _seeded(seed: int | None) -> Iterator[None]:
    """A random state of its own for a repeatable answer, which leaves the caller's untouched."""
    with torch.random.fork_rng(enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(seed)
        yield


class _Stopped(StoppingCriteria):
    """Ends generation as soon as the listener has gone."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def __call__(self, input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> torch.Tensor:
        return torch.full((input_ids.shape[0],), self._stop.is_set(), device=input_ids.device)


class _Pieces(BaseStreamer):
    """Decodes token ids as they come; a piece may wait for the rest of its UTF-8 character."""

    def __init__(self, tokenizer: Any, emit: Callable[[str], None], begun: bool) -> None:
        self._tokenizer = tokenizer.backend_tokenizer
        self._decoder = DecodeStream(skip_special_tokens=True)
        self._emit, self._begun = emit, begun
        self._prompt_seen = False
        self.count, self.last_id = 0, -1

    def put(self, value: torch.Tensor) -> None:
        if not self._prompt_seen:  # transformers hands over the prompt first
            self._prompt_seen = True
            for number in value.flatten()[-BEHIND:].tolist() if self._begun else []:
                self._decoder.step(self._tokenizer, number)  # else the first space would be lost
            return
        self.last_id = int(value.flatten()[-1])
        self.count += 1
        if piece := self._decoder.step(self._tokenizer, self.last_id):
            self._emit(piece)

    def end(self) -> None:
        """Nothing waits: the last id is the end token, or the answer was cut off."""
