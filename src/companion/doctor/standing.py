"""Servers on this machine that stand for models here and elsewhere, and what is heard of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from companion.breaking import ANSWER
from companion.chat import ChatModel
from companion.chat.openai_compatible import OpenAICompatible
from companion.config import Budget, OpenAIModel, Price, Routing, Settings
from companion.doctor.findings import Category, Check
from companion.errors import CompanionError, ConfigError, MissingExtra
from companion.learning.drill import Told, hear
from companion.pipeline import mind
from companion.routing import Candidate
from companion.types import Capabilities, ChatRequest, Chunk, Language, Message

T = TypeVar("T")

QUESTION = ChatRequest((Message("user", "Tell me of the harbour."),))


BEHIND_THEM = "Put companion-tiny and scripted at the end of chat.models"
"""What mends a profile that needs somebody else."""


class Wrong(Exception):
    """What was looked at is not as it should be."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """A `ChatModel` on a server of this machine that counts as one elsewhere, or as one here."""

    model: ChatModel
    local: bool

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def languages(self) -> frozenset[Language]:
        return self.model.languages

    @property
    def capabilities(self) -> Capabilities:
        return replace(self.model.capabilities, local=self.local)

    def load(self) -> None:
        self.model.load()

    def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        return self.model.stream(request)


def stand_in(name: str, url: str, *, local: bool, price: Price | None = None) -> Candidate:
    """The model of that name on the server at `url`, as if it were here (`local`) or elsewhere."""
    section = OpenAIModel(kind="openai", base_url=url, model=name, languages=frozenset({"en"}))
    return Candidate(StandIn(OpenAICompatible(name, section), local), price=price)


def permitted(settings: Settings) -> Routing:
    """The routing of the settings, with every model allowed."""
    allowed = {"privacy": "allow_cloud", "servers": True, "budget": Budget()}
    return settings.routing.model_copy(update=allowed)


def ask(model: ChatModel) -> Told:
    """What is heard of the model that is asked for the answer of all healthy stand-ins."""
    return hear(model, QUESTION)


def whole(told: Told) -> bool:
    """Whether it is the whole answer of a stand-in."""
    return told.error is None and told.text == ANSWER


def what(told: Told) -> str:
    """What came instead of that, in a few words."""
    if told.error:
        return f"{type(told.error).__name__} came: {told.error}"
    return f"{told.by} said {len(told.text)} of {len(ANSWER)} characters"


def run(work: Callable[[], Coroutine[None, None, T]]) -> T:
    """The result of the work in an event loop of its own, also where one runs, as in a notebook."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(lambda: asyncio.run(work())).result()


def who_is_asked(settings: Settings) -> tuple[Candidate, ...]:
    """Those that answer under these settings, in order; empty where nobody may."""
    try:
        return mind(settings).candidates
    except ConfigError:
        return ()


def examine(
    category: Category, name: str, look: Callable[..., str], *about: object, repair: str = ""
) -> Check:
    """What `look` found about that, or how it failed. A library's error is told by its kind."""
    try:
        return Check(category, name, "ok", look(*about))
    except MissingExtra as error:
        return Check(category, name, "missing", error.what, error.repair)
    except Wrong as error:
        return Check(category, name, "fail", str(error), repair)
    except CompanionError as error:
        fact = f"{error.what} ({error.where})" if error.where else error.what
        return Check(category, name, "fail", fact, error.repair or repair)
    except Exception as error:  # a broken library must not end the examination
        return Check(category, name, "fail", f"it broke with {type(error).__name__}", repair)


def listed(names: Sequence[str]) -> str:
    """Names in a row, each once."""
    return ", ".join(dict.fromkeys(names))
