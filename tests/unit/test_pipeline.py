"""One turn as a stream of events: their order, their numbers, and what is never an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from companion.config import load
from companion.errors import EverythingFailed, IncompleteAnswer, InputError, ModelError
from companion.pipeline import Companion, mind
from companion.routing import Candidate, Router
from companion.types import (
    Attempt,
    Capabilities,
    ChatRequest,
    Chunk,
    Degraded,
    End,
    Heard,
    Language,
    Message,
    Routed,
    Text,
    TextDelta,
    TurnDone,
    TurnEvent,
    Usage,
    Withdrawn,
)


class Ticking:
    """A clock that goes on by one second each time it is read."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


class Playing:
    """A model that plays chunks and keeps the request; an error among them is raised."""

    languages: frozenset[Language] = frozenset({"en"})
    capabilities = Capabilities()
    name = "playing"

    def __init__(self, *chunks: Chunk | ModelError) -> None:
        self.chunks = chunks
        self.request: ChatRequest | None = None
        self.closed = False

    def load(self) -> None:
        """Nothing to load."""

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        self.request = request
        try:
            for chunk in self.chunks:
                if isinstance(chunk, ModelError):
                    raise chunk
                yield chunk
        finally:
            self.closed = True


HELLO = (
    Attempt("playing", "why not."),
    Text("Hel"),
    Text("lo"),
    End("playing", "stop", Usage(5, 3)),
)


def turn(companion: Companion, text: str = "hi", **options: object) -> list[TurnEvent]:
    async def collect() -> list[TurnEvent]:
        return [event async for event in companion.turn(text, **options)]  # type: ignore[arg-type]

    return asyncio.run(collect())


def test_a_turn_is_heard_routed_said_and_done() -> None:
    events = turn(Companion(load(), Playing(*HELLO)))
    assert events[:2] == [Heard("hi", "en"), Routed("playing", "why not.")]
    assert events[2:4] == [TextDelta("Hel"), TextDelta("lo")]
    assert isinstance(events[4], TurnDone)
    assert events[4].text == "Hello"


def test_its_numbers_come_from_the_clock_and_the_usage() -> None:
    done = turn(Companion(load(), Playing(*HELLO), clock=Ticking()))[-1]
    assert isinstance(done, TurnDone)
    # the clock is read at the start (1), at the first word (2) and at the end (3)
    assert done.first_token_seconds == 1
    assert done.total_seconds == 2
    assert done.tokens_per_second == 2
    assert done.usage == Usage(5, 3)


@pytest.mark.parametrize("tokens", [None, 1])
def test_speed_is_not_told_where_it_cannot_be_known(tokens: int | None) -> None:
    end = End("playing", "stop", Usage(None, tokens))
    done = turn(Companion(load(), Playing(*HELLO[:-1], end)))[-1]
    assert isinstance(done, TurnDone)
    assert done.tokens_per_second is None


def test_the_model_gets_persona_history_message_and_settings() -> None:
    model = Playing(*HELLO)
    history = (Message("user", "a"), Message("assistant", "b"))
    companion = Companion(load(chat={"seed": 3, "max_tokens": 9}), model)
    turn(companion, "c", history=history, language="fr")
    assert model.request is not None
    system, *rest = model.request.messages
    assert system.content.startswith("Tu es Lia")
    assert rest == [*history, Message("user", "c")]
    assert (model.request.seed, model.request.max_tokens) == (3, 9)


def test_a_failed_model_and_withdrawn_words_are_told_and_do_not_stay_in_the_text() -> None:
    cut = Playing(Attempt("cut", "x."), Text("Half a"), ModelError("broke"))
    whole = Playing(*HELLO)
    events = turn(Companion(load(), Router([Candidate(cut), Candidate(whole)])))
    assert any(isinstance(event, Withdrawn) for event in events)
    done = events[-1]
    assert isinstance(done, TurnDone)
    assert done.text == "Hello"
    assert done.degraded == (Degraded("playing", "broke."),)


def test_a_language_the_model_has_hardly_learnt_is_told() -> None:
    settings = load(models={"playing": {"kind": "scripted", "languages": ["en"]}})
    english = turn(Companion(settings, Playing(*HELLO)), language="en")
    french = turn(Companion(settings, Playing(*HELLO)), language="fr")
    assert not any(isinstance(event, Degraded) for event in english)
    assert Degraded("playing", "it has hardly learnt French") in french


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("x" * 100_000, r"100,000 characters; at most 8,000"),
    ],
)
def test_a_message_that_cannot_be_used_is_refused_before_any_model(text: str, words: str) -> None:
    model = Playing(*HELLO)
    with pytest.raises(InputError, match=words):
        turn(Companion(load(), model), text)
    assert model.request is None


def test_an_answer_without_its_end_is_no_answer() -> None:
    with pytest.raises(IncompleteAnswer):
        turn(Companion(load(), Playing(*HELLO[:-1])))


def test_an_error_is_raised_and_never_said() -> None:
    companion = Companion(load(), Router([Candidate(Playing(ModelError("secret cause")))]))

    async def collect() -> None:
        async for event in companion.turn("hi"):
            heard.append(event)

    heard: list[TurnEvent] = []
    with pytest.raises(EverythingFailed, match="secret cause"):
        asyncio.run(collect())
    assert not any(isinstance(event, TextDelta) for event in heard)


def test_leaving_the_turn_closes_the_model() -> None:
    model = Playing(*HELLO)

    async def leave() -> None:
        stream = Companion(load(), model).turn("hi")
        async for event in stream:
            if isinstance(event, TextDelta):
                break
        await stream.aclose()

    asyncio.run(leave())
    assert model.closed


def test_the_configured_mind_asks_its_models_in_order() -> None:
    settings = load(
        chat={"models": ["gone", "scripted"]},
        models={"gone": {"kind": "transformers", "path": "/no/such/folder", "languages": ["en"]}},
    )
    done = turn(Companion(settings, mind(settings)), "hello")[-1]
    assert isinstance(done, TurnDone)
    assert done.model == "scripted"
    assert done.reason.startswith("gone could not answer")
    assert "no such model folder" in done.degraded[0].why
