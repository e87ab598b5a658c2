"""A model of this machine, loaded by transformers from a folder of safetensors."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from companion.chat.prefill import Seam
from companion.config import Hardware, TransformersModel
from companion.errors import MissingExtra, ModelError, ModelUnavailable
from companion.resources import PACKAGE, Device, choose_device
from companion.types import Attempt, Capabilities, ChatRequest, Chunk, End, Language, Text

if TYPE_CHECKING:
    from companion.chat.generation import Generator


class LocalModel:
    """A `ChatModel` that loads its weights at the first answer and keeps them.

    One answer is generated at a time; the others wait for their turn.
    """

    def __init__(
        self, name: str, settings: TransformersModel, hardware: Hardware | None = None
    ) -> None:
        self.name = name
        self._settings, self._hardware = settings, hardware or Hardware()
        self._loading = threading.Lock()
        self._loaded: Generator | None = None

    @property
    def languages(self) -> frozenset[Language]:
        return self._settings.languages

    @cached_property
    def capabilities(self) -> Capabilities:
        """The context is the model's own, unless the settings say otherwise."""
        told = self._settings.capabilities
        return told if told.context else replace(told, context=self._positions())

    def load(self) -> None:
        self._generator()

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        """Raises ModelUnavailable when the folder cannot be loaded, ContextTooLong when the message
        does not fit the model's context, ModelError when generation fails."""
        generator = await asyncio.to_thread(self._generator)
        seam = Seam(request.prefill)
        prompt = generator.prompt(request.messages, request.max_tokens, seam.sent)
        yield Attempt(self.name, f"{generator.device.reason} {prompt.note}".strip())
        pieces = asyncio.Queue[str | None]()
        stop = threading.Event()
        emit = _threadsafe(pieces)
        worker = asyncio.create_task(
            asyncio.to_thread(generator.generate, prompt, request, emit, stop)
        )
        worker.add_done_callback(lambda _: pieces.put_nowait(None))
        try:
            while (piece := await pieces.get()) is not None:
                if text := seam.join(piece):
                    yield Text(text)
            yield _end(worker, self.name)
        finally:  # also when the listener leaves in the middle: the thread must not go on alone
            stop.set()
            await asyncio.wait([worker])

    def _generator(self) -> Generator:
        """The weights in memory, loaded once."""
        with self._loading:
            if self._loaded is None:
                try:
                    from companion.chat.generation import Generator
                except ModuleNotFoundError as error:
                    raise MissingExtra(error.name or "transformers", "local") from None
                self._loaded = Generator(self.name, self.folder(), self._device())
            return self._loaded

    def _device(self) -> Device:
        own = self._hardware
        return choose_device(own.gpu, own.visible_devices, own.gpu_memory_fraction)

    def _positions(self) -> int | None:
        """The context in tokens that config.json names, where it does."""
        try:
            told = json.loads((self.folder() / "config.json").read_text(encoding="utf-8"))
            return int(told["max_position_embeddings"])
        except (ModelUnavailable, OSError, ValueError, KeyError, TypeError):
            return None  # its first answer will say what is wrong

    def folder(self) -> Path:
        """Where its weights are. Raises ModelUnavailable when there is no such place."""
        path = self._settings.path
        shipped = path.startswith("package:")
        folder = PACKAGE / path.removeprefix("package:") if shipped else Path(path).expanduser()
        if not folder.is_dir():
            raise ModelUnavailable(
                "There is no such model folder",
                where=f"{folder}, models.{self.name}.path",
                repair="Install the package again."
                if shipped
                else "Give a folder that holds config.json and model.safetensors.",
            )
        return folder


def _threadsafe(pieces: asyncio.Queue[str | None]) -> Callable[[str], None]:
    """A function that another thread may call to hand a piece to this event loop."""
    loop = asyncio.get_running_loop()

    def emit(piece: str) -> None:
        loop.call_soon_threadsafe(pieces.put_nowait, piece)

    return emit


def _end(worker: asyncio.Task[End], name: str) -> End:
    error = worker.exception()
    if error is None or isinstance(error, ModelError):
        return worker.result()
    raise ModelError(f"Generation failed: {error}", where=name) from error
