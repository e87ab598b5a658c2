"""A model in memory with its tokenizer: from messages to tokens, and from tokens to text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers.decoders import DecodeStream
from transformers import CONFIG_MAPPING

from companion.chat.batch import Batch
from companion.chat.engine import Engine
from companion.chat.jobs import Job, News
from companion.chat.loading import load
from companion.chat.precision import LEAST, Choice, Wish, choose, look, uncounted
from companion.chat.sampling import Chooser
from companion.chat.service import Service
from companion.chat.weights import check
from companion.errors import ConfigError, ContextTooLong, ModelUnavailable, RequestRefused
from companion.planning import dissect
from companion.resources import Device
from companion.types import ChatRequest, Message

BEHIND = 8
"""Tokens before the first new one that its decoding may depend on."""

SLOTS = 8
"""So many are answered at once."""

KEPT = 256_000_000
"""Bytes, at most, of earlier conversations that are kept for their next turns."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the settings say of how a model is loaded and led: tokens, bytes, number format."""

    precision: Wish = "auto"
    context: int | None = None
    memory_bytes: float | None = None
    guidance: float = 1.0


@dataclass(frozen=True, slots=True)
class Prompt:
    """Token ids, and what had to be left out to make them fit.

    `begun`: they end with the beginning of the answer. `unasked` are the token ids of a prompt in
    which nothing was asked, where the model is guided away from it.
    """

    ids: list[int]
    note: str
    begun: bool
    unasked: list[int]


class Generator:
    """One causal language model with its tokenizer, in memory on one device, and its `engine`.

    `reason` says where and how it runs, and why so.
    """

    def __init__(self, name: str, folder: Path, device: Device, wish: Wishes | None = None) -> None:
        """Raises ModelUnavailable for weights that are missing, broken, or too large for here."""
        wish = wish or Wishes()
        choice, self._guidance = _choice(name, folder, device, wish), wish.guidance
        self.name, self.context, self.reason = name, choice.context, choice.reason
        self._tokenizer, self._model = load(folder, choice, device)
        self._encoder = self._tokenizer.backend_tokenizer  # no warning of what is cut afterwards
        self._encoder.no_truncation()
        self._encoder.no_padding()
        self.engine = Engine(self._service(choice))

    def prompt(self, messages: Sequence[Message], max_tokens: int, prefill: str = "") -> Prompt:
        """The chat template filled with the system message and as much recent history as fits.

        `prefill`, the beginning of the answer, stands behind it, and the answer goes on from there.
        `max_tokens` are kept free for it, or half of the context where they would be more; a longer
        answer ends with the context. Raises ContextTooLong when even the last message alone is too
        long, RequestRefused for an answer of no tokens.
        """
        if max_tokens < 1:
            raise RequestRefused(
                f"An answer of {max_tokens} tokens says nothing",
                where="max_tokens",
                repair="Give 1 or more.",
            )
        system, rest = _split(messages)
        room = self.context - min(max_tokens, self.context // 2)

        def behind(start: int) -> list[int]:
            return self._encode([*system, *rest[start:]], prefill)

        start, last = 0, len(rest) - 1
        if len(ids := behind(start)) > room and last:  # mostly all of it fits: one look is enough
            start = bisect_left(range(last), True, 1, key=lambda at: len(behind(at)) <= room)
            start = in_steps(start, len(rest))
            ids = behind(start)
        if len(ids) > room:
            raise ContextTooLong(
                f"The message needs {len(ids)} tokens and there is room for {room}",
                where=self.name,
                repair="Send a shorter message or choose a model with a longer context.",
                limit=self.context,
            )
        note = f"It reads only the last {len(rest) - start} messages." if start else ""
        guided = self._guidance != 1
        unasked = self._encode([*system, Message("user", "")], prefill) if guided else []
        return Prompt(ids, note, bool(prefill), unasked)

    def job(self, prompt: Prompt, request: ChatRequest, tell: Callable[[News], None]) -> Job:
        """The answer to this prompt, to be given to the engine: until its end, or its limit."""
        return Job(
            tokens=list(prompt.ids),
            limit=min(request.max_tokens, self.context - len(prompt.ids)),
            ends=self._ends(),
            chooser=Chooser(self._model, request, len(prompt.ids)),
            tell=tell,
            unasked=prompt.unasked,
            guidance=self._guidance,
        )

    def pieces(self, prompt: Prompt) -> Pieces:
        """What turns the answer's tokens into text."""
        return Pieces(self._tokenizer, prompt.ids[-BEHIND:] if prompt.begun else ())

    def _service(self, choice: Choice) -> Service:
        rows, kept = _rows(self._guidance), min(KEPT, choice.spare // 2)
        batch = Batch(self._model, max(rows, choice.slots), self.context, kept)
        if batch.most < rows:
            raise ModelUnavailable(
                "This kind of network has one conversation at a time, and cannot be guided",
                where=f"models.{self.name}.guidance",
                repair="Leave guidance out.",
            )
        return Service(self.name, batch, rows)

    def _encode(self, messages: Sequence[Message], prefill: str) -> list[int]:
        turns = [{"role": message.role, "content": message.content} for message in messages]
        text = self._tokenizer.apply_chat_template(
            turns, tokenize=False, add_generation_prompt=True
        )
        ids: list[int] = self._encoder.encode(text + prefill, add_special_tokens=False).ids
        return ids

    def _ends(self) -> frozenset[int]:
        """The tokens that end an answer."""
        told = self._model.generation_config.eos_token_id
        return frozenset(told if isinstance(told, list) else [] if told is None else [told])


class Pieces:
    """Decodes token ids as they come; a piece may wait for the rest of its UTF-8 character."""

    def __init__(self, tokenizer: Any, before: Sequence[int] = ()) -> None:
        """`before` are the last tokens of what the answer goes on from, where it does."""
        self._tokenizer = tokenizer.backend_tokenizer
        self._decoder = DecodeStream(skip_special_tokens=True)
        for number in before:
            self._decoder.step(self._tokenizer, number)  # else the first space would be lost

    def hear(self, token: int) -> str:
        """The text that can be said now."""
        return self._decoder.step(self._tokenizer, token) or ""


def in_steps(start: int, messages: int) -> int:
    """Where a history begins, of which only the messages from `start` on fit: a little later, so
    that the next turns begin there too, and what was read for one is not read again for the next.

    At most a third of what fits is given up.

    >>> [in_steps(start, start + 12) for start in (1, 3, 5, 7)]
    [4, 4, 8, 8]
    """
    step = 1 << max(0, ((messages - start) // 3).bit_length() - 1)
    return -(-start // step) * step


def _split(messages: Sequence[Message]) -> tuple[list[Message], list[Message]]:
    system = [message for message in messages if message.role == "system"]
    return system, [message for message in messages if message.role != "system"]


def _choice(name: str, folder: Path, device: Device, wish: Wishes) -> Choice:
    """How it is loaded, by what it takes and what there is."""
    told, machine = check(folder), look(device, wish.memory_bytes)
    try:
        model = dissect(told, name, str(folder / "config.json"))
    except ConfigError as error:
        if told.get("model_type") in CONFIG_MAPPING:  # transformers may load it all the same
            longest = wish.context or int(told.get("max_position_embeddings") or LEAST)
            return uncounted(machine, longest, wish.precision)
        what = f"The model cannot be loaded: {error.what}"
        raise ModelUnavailable(what, where=error.where, repair=error.repair) from None
    if wish.context and wish.context > model.longest:
        raise ModelUnavailable(
            f"Its context is {model.longest} tokens, and the settings say {wish.context}",
            where=f"models.{name}.context",
            repair=f"Write {model.longest} or fewer.",
            limit=model.longest,
        )
    slots = SLOTS * _rows(wish.guidance)
    return choose(model, machine, slots, wish.context, wish.precision)


def _rows(guidance: float) -> int:
    """How many rows of a batch an answer takes: a guided one has one more, in which nothing was
    asked."""
    return 1 if guidance == 1 else 2
