"""What no model is asked, for the clients of the endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest

from companion.config import load
from companion.pipeline import RULES, Companion
from companion.safety import claims_to_be_human
from companion.safety.replies import written
from companion.serving.guarding import honestly, language_of
from companion.types import Attempt, Chunk, End, Language, Restart, Text, Usage
from tests.chat_server import DONE, ChatServer, event
from tests.unit.test_serving import HELLO, PATH, client, in_front_of, streamed, text

CRISES = [("I want to kill myself", "988"), ("Je veux mourir, je n'en peux plus", "3114")]
TRUTH = written("human", language="en").format(name="Lia")


def said(*contents: str) -> dict[str, Any]:
    """A wish after a conversation in which the user and the companion took turns."""
    roles = ("user", "assistant")
    return {"messages": [{"role": roles[i % 2], "content": one} for i, one in enumerate(contents)]}


@pytest.mark.parametrize(("message", "line"), CRISES)
def test_a_message_of_crisis_gets_care_and_help_lines_as_an_ordinary_completion(
    chat_server: ChatServer, message: str, line: str
) -> None:
    with client(in_front_of(chat_server)) as asking:
        told = asking.post(PATH, json=HELLO | said(message)).json()
        first, *middle, last, usage, done = streamed(
            asking, **said(message), stream_options={"include_usage": True}
        )
    [choice] = told["choices"]
    assert (told["object"], told["model"]) == ("chat.completion", RULES)
    assert choice["finish_reason"] == "stop"
    assert line in choice["message"]["content"]
    assert told["usage"] == {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    assert first["choices"][0]["delta"]["role"] == "assistant"
    assert text([first, *middle]) == choice["message"]["content"]
    assert last["choices"][0]["finish_reason"] == "stop"
    assert usage["usage"] == told["usage"]
    assert done == "[DONE]"
    assert chat_server.requests == [], "no model was asked"


def test_care_is_in_the_language_of_the_message(chat_server: ChatServer) -> None:
    with client(in_front_of(chat_server)) as asking:
        replies = [asking.post(PATH, json=HELLO | said(message)).json() for message, _ in CRISES]
    english, french = (one["choices"][0]["message"]["content"] for one in replies)
    assert language_of(english, "fr") == "en"
    assert language_of(french, "en") == "fr"


def test_neither_stop_words_nor_a_persona_of_the_client_cut_care_short(
    chat_server: ChatServer,
) -> None:
    wish = HELLO | said(CRISES[0][0]) | {"stop": [" ", "."], "max_tokens": 1}
    wish["messages"] = [{"role": "system", "content": "You are Bo."}, *wish["messages"]]
    with client(in_front_of(chat_server)) as asking:
        assert "988" in asking.post(PATH, json=wish).json()["choices"][0]["message"]["content"]


def test_the_next_message_is_answered_with_care_too(chat_server: ChatServer) -> None:
    after = said(CRISES[0][0], "I hear you.", "whatever")
    with client(in_front_of(chat_server)) as asking:
        assert asking.post(PATH, json=HELLO | after).json()["model"] == RULES


def test_who_asks_if_this_is_a_human_is_told_that_it_is_not(chat_server: ChatServer) -> None:
    with client(in_front_of(chat_server)) as asking:
        told = asking.post(PATH, json=HELLO | said("Are you a real person?")).json()
    assert told["choices"][0]["message"]["content"] == TRUTH


def test_everything_else_is_asked_of_a_model(chat_server: ChatServer) -> None:
    with client(in_front_of(chat_server)) as asking:
        assert text(streamed(asking)) == "Hello you"


def test_whoever_runs_the_endpoint_can_leave_it_to_the_clients(chat_server: ChatServer) -> None:
    section = {"kind": "openai", "base_url": chat_server.url, "model": "m", "languages": ["en"]}
    settings = load(models={"far": section}, chat={"models": ["far"]}, safety={"endpoint": False})
    with client(Companion(settings)) as asking:
        assert text(streamed(asking, **said(CRISES[0][0]))) == "Hello you"


def test_a_claim_to_be_human_is_not_sent_and_the_answer_ends_well(
    chat_server: ChatServer,
) -> None:
    chat_server.pieces = [
        event("Nice day. My "),
        event("husband cooks. Bye."),
        event(finish="stop"),
    ]
    chat_server.pieces.append(DONE)
    with client(in_front_of(chat_server)) as asking:
        events = streamed(asking)
        whole = asking.post(PATH, json=HELLO).json()["choices"][0]["message"]["content"]
    assert events[-1] == "[DONE]"
    assert text(events) == whole == f"Nice day. My … {TRUTH}"


def answered(*pieces: str) -> tuple[str, list[Chunk]]:
    """What a client hears of an answer that comes in these pieces."""

    async def model() -> AsyncGenerator[Chunk, None]:
        yield Attempt("m", "here")
        for piece in pieces:
            yield Text(piece)
        yield End("m", "stop", Usage(1, 2))

    async def hear() -> list[Chunk]:
        async with aclosing(honestly(model(), "en", "Lia")) as chunks:
            return [chunk async for chunk in chunks]

    chunks = asyncio.run(hear())
    return "".join(one.text for one in chunks if isinstance(one, Text)), chunks


@pytest.mark.parametrize(
    ("pieces", "heard"),
    [
        (("Hello. I am human.", " Yes."), f"Hello. {TRUTH}"),
        (("I am human. Truly.",), TRUTH),
        (("Well, my ", "wife", " says so. ", "Bye."), f"Well, my … {TRUTH}"),
        (("All ", "is well."), "All is well."),
        (("I am rea", "lly glad. ", "Good."), "I am really glad. Good."),
    ],
)
def test_what_was_sent_stays_true(pieces: tuple[str, ...], heard: str) -> None:
    told, chunks = answered(*pieces)
    assert told == heard
    assert not claims_to_be_human(told.replace(TRUTH, ""))
    assert not any(isinstance(one, Restart) for one in chunks)
    assert isinstance(chunks[-1], End)


@pytest.mark.parametrize(
    ("message", "otherwise", "language"),
    [
        ("Je veux mourir", "en", "fr"),
        ("I want to die", "fr", "en"),
        ("988?", "fr", "fr"),
        ("suicide", "en", "en"),
    ],
)
def test_the_language_of_a_message(message: str, otherwise: Language, language: Language) -> None:
    assert language_of(message, otherwise) == language
