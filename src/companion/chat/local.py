"""A model of this machine, loaded by transformers from a folder of safetensors."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from companion.chat.jobs import Finished, Job, News, Place
from companion.chat.prefill import Seam
from companion.config import Hardware, TransformersModel
from companion.errors import MissingExtra, ModelError, ModelUnavailable
from companion.resources import PACKAGE, Device, choose_device
from companion.types import (
    Attempt,
    Capabilities,
    ChatRequest,
    Chunk,
    End,
    Language,
    Text,
    Usage,
    Waiting,
)

if TYPE_CHECKING:
    from companion.chat.engine import Engine
    from companion.chat.generation import Generator, Prompt, Wishes

GIGABYTE = 10**9

WATCH = 1.0
"""Seconds of silence after which a listener looks whether the thread is still there."""


class LocalModel:
    """A `ChatModel` that loads its weights at the first answer and keeps them.

    One thread answers several at once. Who finds all places taken hears how many are ahead.
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

    @property
    def capabilities(self) -> Capabilities:
        """The context is the model's own, unless the settings say otherwise, or memory is short."""
        told, loaded = self._settings.capabilities, self._loaded
        context = loaded.context if loaded else told.context or self._positions
        return replace(told, context=context)

    def load(self) -> None:
        self._generator()

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        """Raises ModelUnavailable when the folder cannot be loaded, ContextTooLong when the message
        does not fit the model's context, ModelBusy when too many wait, ModelError when generation
        fails."""
        seam = Seam(request.prefill)
        heard = asyncio.Queue[News]()
        tell = _threadsafe(heard)
        generator, prompt, job = await asyncio.to_thread(self._begun, request, seam, tell)
        yield Attempt(self.name, f"{generator.reason} {prompt.note}".strip())
        generator.engine.submit(job)
        try:
            pieces = generator.pieces(prompt)
            while not isinstance(news := await _next(heard, generator.engine), Finished):
                if isinstance(news, ModelError):
                    raise news
                if isinstance(news, Place):
                    yield Waiting(self.name, news.ahead)
                elif text := seam.join(pieces.hear(news.id)):
                    yield Text(text)
            yield End(self.name, news.reason, Usage(len(prompt.ids), job.said))
        finally:  # also when the listener leaves in the middle: its place is given back
            job.left.set()

    def _begun(
        self, request: ChatRequest, seam: Seam, tell: Callable[[News], None]
    ) -> tuple[Generator, Prompt, Job]:
        """The model in memory, what it is to read, and the answer that it is to give."""
        generator = self._generator()
        prompt = generator.prompt(request.messages, request.max_tokens, seam.sent)
        return generator, prompt, generator.job(prompt, request, tell)

    def _generator(self) -> Generator:
        """The weights in memory, loaded once."""
        with self._loading:
            if self._loaded is None:
                try:
                    from companion.chat.generation import Generator, Wishes
                except ModuleNotFoundError as error:
                    raise MissingExtra(error.name or "transformers", "local") from None
                folder, device = self.folder(), self._device()
                self._loaded = Generator(self.name, folder, device, self._wishes(Wishes))
            return self._loaded

    def _device(self) -> Device:
        own = self._hardware
        return choose_device(own.gpu, own.visible_devices, own.gpu_memory_fraction)

    def _wishes(self, wishes: type[Wishes]) -> Wishes:
        """What the settings say of how it is loaded."""
        told, share = self._hardware.memory_gb, self._hardware.gpu_memory_fraction or 1
        most = None if told is None else told * share * GIGABYTE
        own = self._settings
        return wishes(own.precision, own.context, most, own.guidance)

    @cached_property
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


def _threadsafe(heard: asyncio.Queue[News]) -> Callable[[News], None]:
    """A function that another thread may call to tell this event loop something."""
    loop = asyncio.get_running_loop()

    def tell(news: News) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody listens any more
            loop.call_soon_threadsafe(heard.put_nowait, news)

    return tell


async def _next(heard: asyncio.Queue[News], engine: Engine) -> News:
    """What the thread tells next. Raises ModelUnavailable when it is gone without a word."""
    while heard.empty():
        try:
            async with asyncio.timeout(WATCH):
                return await heard.get()
        except TimeoutError:
            if heard.empty() and not engine.alive:
                raise ModelUnavailable("The thread that generates is gone") from None
    return heard.get_nowait()
