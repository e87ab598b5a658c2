"""The router: order, reasons, going on, withdrawn words, and one error that lists every cause."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from companion.errors import ConfigError, EverythingFailed, ModelError
from companion.routing import Candidate, Router
from companion.types import (
    Attempt,
    Capabilities,
    ChatRequest,
    Chunk,
    End,
    Language,
    Message,
    Restart,
    Text,
    Usage,
)

REQUEST = ChatRequest((Message("user", "hello"),))


class Playing:
    """A model that plays given chunks, then fails if told to."""

    languages: frozenset[Language] = frozenset({"en"})
    capabilities = Capabilities()

    def __init__(self, name: str, *texts: str, error: str = "", end: bool = True) -> None:
        self.name, self._texts, self._error, self._end = name, texts, error, end

    def load(self) -> None:
        """Nothing to load."""

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        yield Attempt(self.name, "plays a part.")
        for text in self._texts:
            yield Text(text)
        if self._error:
            raise ModelError(self._error)
        if self._end:
            yield End(self.name, "stop", Usage(1, 1))


def answer(models: Sequence[Playing]) -> list[Chunk]:
    async def collect() -> list[Chunk]:
        router = Router([Candidate(model) for model in models])
        return [chunk async for chunk in router.stream(REQUEST)]

    return asyncio.run(collect())


def test_the_first_that_works_answers_and_the_second_is_not_asked() -> None:
    chunks = answer([Playing("a", "hello"), Playing("b", "never")])
    assert chunks[0] == Attempt("a", "first choice; plays a part.")
    assert [chunk.text for chunk in chunks if isinstance(chunk, Text)] == ["hello"]


def test_a_failure_before_the_first_word_needs_no_restart() -> None:
    chunks = answer([Playing("a", error="no power"), Playing("b", "hello")])
    assert not any(isinstance(chunk, Restart) for chunk in chunks)
    failed, then = [c for c in chunks if isinstance(c, Attempt)][1:]
    assert failed == Attempt("a", "tried", error="no power.")
    assert then.reason == "a could not answer; plays a part."


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(Playing("a", "half a", error="cut"), id="raises"),
        pytest.param(Playing("a", "half a", end=False), id="ends-without-end"),
    ],
)
def test_half_an_answer_is_withdrawn_before_the_next_begins(broken: Playing) -> None:
    chunks = answer([broken, Playing("b", "whole")])
    withdrawn = next(i for i, chunk in enumerate(chunks) if isinstance(chunk, Restart))
    later = [chunk.text for chunk in chunks[withdrawn:] if isinstance(chunk, Text)]
    assert later == ["whole"]
    assert isinstance(chunks[-1], End)
    assert chunks[-1].model == "b"


@pytest.mark.parametrize("empty", [Playing("a"), Playing("a", " ", "\n")])
def test_an_empty_answer_is_no_answer(empty: Playing) -> None:
    end = answer([empty, Playing("b", "hello")])[-1]
    assert isinstance(end, End)
    assert end.model == "b"


def test_when_everything_fails_every_cause_is_named() -> None:
    with pytest.raises(EverythingFailed, match=r"a: no power.*b: The answer was empty") as caught:
        answer([Playing("a", error="no power"), Playing("b")])
    assert [model for model, _ in caught.value.attempts] == ["a", "b"]


def test_a_mistake_in_our_own_code_is_not_hidden_by_falling_back() -> None:
    class Wrong(Playing):
        async def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
            raise ZeroDivisionError
            yield

    with pytest.raises(ZeroDivisionError):
        answer([Wrong("a"), Playing("b", "hello")])


def test_it_needs_a_model() -> None:
    with pytest.raises(ConfigError, match="at least one"):
        Router([])
