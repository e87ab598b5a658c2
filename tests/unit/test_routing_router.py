"""The router: order, reasons, going on, withdrawn words, and one error that lists every cause."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence

import pytest

from companion.config import Routing, load
from companion.errors import ConfigError, ContentFiltered, EverythingFailed, ModelError
from companion.pipeline import mind
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


class Going(Playing):
    """One that goes on behind a beginning, and keeps what it was asked."""

    capabilities = Capabilities(prefill=True)

    def __init__(self, name: str, *texts: str, error: str = "", end: bool = True) -> None:
        super().__init__(name, *texts, error=error, end=end)
        self.requests: list[ChatRequest] = []

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        self.requests.append(request)
        async for chunk in super().stream(request):
            yield chunk


def text_of(chunks: list[Chunk]) -> str:
    """The text that stands in the end."""
    text = ""
    for chunk in chunks:
        text = "" if isinstance(chunk, Restart) else text
        text += chunk.text if isinstance(chunk, Text) else ""
    return text


def test_what_was_said_is_kept_and_the_next_one_goes_on_from_its_last_letter() -> None:
    b, c = Going("b", " brown", " fo", error="cut"), Going("c", "x.")
    chunks = answer([Playing("a", "The", " quick", error="cut"), b, c])
    assert text_of(chunks) == "The quick brown fox."
    assert not any(isinstance(chunk, Restart) for chunk in chunks)
    assert [b.requests[0].prefill, c.requests[0].prefill] == ["The quick", "The quick brown fo"]
    assert [b.requests[0].max_tokens, c.requests[0].max_tokens] == [158, 156]
    reasons = [one.reason for one in chunks if isinstance(one, Attempt) and not one.error]
    assert reasons[1] == "a could not answer, it goes on from the last word; plays a part."


def test_one_that_cannot_go_on_starts_again_and_what_it_says_is_gone_on_with() -> None:
    c = Going("c", " two")
    chunks = answer([Playing("a", "zero", error="cut"), Playing("b", "one", error="cut"), c])
    assert text_of(chunks) == "one two"
    assert sum(isinstance(chunk, Restart) for chunk in chunks) == 1


def test_white_space_alone_is_nothing_to_go_on_from() -> None:
    b = Going("b", "hello")
    assert text_of(answer([Playing("a", "\n\n", error="cut"), b])) == "hello"
    assert b.requests[0].prefill == ""


def test_one_that_only_has_to_end_may_do_so() -> None:
    chunks = answer([Playing("a", "All said.", end=False), Going("b")])
    assert text_of(chunks) == "All said."
    assert isinstance(chunks[-1], End)


def test_a_content_filter_in_the_middle_is_asked_of_nobody_else() -> None:
    class Filtered(Playing):
        async def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
            yield Attempt(self.name, "plays a part.")
            yield Text("half a")
            raise ContentFiltered("kept back")

    other = Going("b", "never")
    with pytest.raises(ContentFiltered):
        answer([Filtered("a"), other])
    assert other.requests == []


def test_one_that_is_silent_is_left_for_the_next_before_and_in_its_answer() -> None:
    class Silent(Playing):
        async def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
            async for chunk in super().stream(request):
                yield chunk
            await asyncio.sleep(30)

    async def ask(first: Playing) -> list[Chunk]:
        rules = Routing(first_token_seconds=0.2, stall_seconds=0.2)
        router = Router([Candidate(first), Candidate(Going("b", " world"))], rules)
        return [chunk async for chunk in router.stream(REQUEST)]

    assert text_of(asyncio.run(ask(Silent("a", end=False)))) == " world"
    assert text_of(asyncio.run(ask(Silent("a", "hello", end=False)))) == "hello world"


def test_a_slow_listener_is_no_silence_of_the_model() -> None:
    async def listen() -> str:
        router = Router([Candidate(Playing("a", "one", "two"))], Routing(stall_seconds=0.05))
        chunks = []
        async for chunk in router.stream(REQUEST):
            await asyncio.sleep(0.1)
            chunks.append(chunk)
        return text_of(chunks)

    assert asyncio.run(listen()) == "onetwo"


def test_loading_is_work_and_no_silence() -> None:
    class Heavy(Playing):
        loads = 0

        def load(self) -> None:
            self.loads += 1
            time.sleep(0.4)

    async def ask(router: Router) -> str:
        return text_of([chunk async for chunk in router.stream(REQUEST)])

    heavy = Heavy("a", "hello")
    router = Router([Candidate(heavy)], Routing(first_token_seconds=0.2))
    assert [asyncio.run(ask(router)) for _ in range(2)] == ["hello"] * 2
    assert heavy.loads == 1


def test_one_that_rests_is_told_of_and_passed_over() -> None:
    router = Router([Candidate(Playing("a", error="down")), Candidate(Playing("b", "hello"))])

    async def ask() -> list[Chunk]:
        return [chunk async for chunk in router.stream(REQUEST)]

    for _ in range(2):
        asyncio.run(ask())
    first, second = asyncio.run(ask())[:2]
    assert first == Attempt("a", "passed over", error="it failed 2 times in a row")
    assert isinstance(second, Attempt)
    assert second.reason == "a was passed over; plays a part."


def test_the_settings_say_what_the_code_says() -> None:
    assert load().routing == Routing()


def test_the_mind_follows_the_settings() -> None:
    router = mind(load(routing={"privacy": "local_only", "stall_seconds": 3}))
    assert isinstance(router, Router)
    assert [one.name for one in router.candidates] == ["companion-tiny", "scripted"]
    assert (router.rules.stall_seconds, router.capabilities.local) == (3, True)
