"""What our adapters send is what the published references allow, field by field.

The schemas below are written from those references, with the fields that a conversation can need:
OpenAI, "Create chat completion"; Ollama, docs/openapi.yaml, `ChatRequest`; Anthropic, "Create a
Message". A field that a reference does not know is an error, and so is one of a wrong type.
`test_ollama_reference.py` holds what Ollama is sent to its published document itself.
"""

from __future__ import annotations

import asyncio
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from companion.types import ChatRequest, Message
from tests.chat_server import ANTHROPIC, DIALECTS, OLLAMA, OPENAI, ChatServer, Dialect


def _object(required: str = "", **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1}


TEXT = {"type": "string", "minLength": 1}
COUNT = {"type": "integer", "minimum": 1}
WHOLE = {"type": "integer"}
TOP_P = {"type": "number", "minimum": 0, "maximum": 1}
STREAM = {"const": True}


def _message(*roles: str, **more: Any) -> dict[str, Any]:
    return _object("role content", role={"enum": list(roles)}, content=TEXT, **more)


SCHEMAS = {
    "openai": _object(
        "model messages",
        model=TEXT,
        messages=_array(_message("developer", "system", "user", "assistant")),
        max_tokens=COUNT,
        max_completion_tokens=COUNT,
        temperature={"type": "number", "minimum": 0, "maximum": 2},
        top_p=TOP_P,
        seed=WHOLE,
        stream=STREAM,
        stream_options=_object(include_usage={"type": "boolean"}),
    ),
    "ollama": _object(
        "model messages",
        model=TEXT,
        messages=_array(_message("system", "user", "assistant", "tool")),
        stream=STREAM,
        think={"enum": [True, False, "high", "medium", "low"]},
        keep_alive={"type": ["string", "number"]},
        options=_object(
            seed=WHOLE,
            temperature={"type": "number"},
            top_p={"type": "number"},
            num_ctx=COUNT,
            num_predict=COUNT,
            num_gpu=WHOLE,
            main_gpu=WHOLE,
        ),
    ),
    "anthropic": _object(
        "model messages max_tokens",
        model=TEXT,
        messages=_array(_message("user", "assistant")),
        max_tokens=COUNT,
        system=TEXT,
        temperature={"type": "number", "minimum": 0, "maximum": 1},
        top_p=TOP_P,
        stream=STREAM,
    ),
}

HELLO = (Message("system", "You are Lia."), Message("user", "hello"))
TALK = (*HELLO, Message("assistant", "Hi!"), Message("user", "how are you?"))
REQUESTS = {
    "plain": ChatRequest(HELLO),
    "a conversation": ChatRequest(TALK, max_tokens=1),
    "without system prompt": ChatRequest((Message("user", "hello"),)),
    "every setting": ChatRequest(TALK, temperature=2.0, top_p=0.5, seed=1),
    "greedy": ChatRequest(HELLO, temperature=0.0),
    "nucleus": ChatRequest(HELLO, top_p=1.0),
    "a beginning": ChatRequest(HELLO, prefill="Good morning, "),
}


def sent(dialect: Dialect, server: ChatServer, request: ChatRequest, **settings: Any) -> Any:
    """The body that the server received."""
    server.pieces = dialect.answer("Hello")
    model = dialect.model(server, **settings)

    async def ask() -> None:
        async for _ in model.stream(request):
            pass

    asyncio.run(ask())
    return server.requests[-1]


CAN_PREFILL = {"features": ["streaming", "system_prompt", "prefill"]}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())
@pytest.mark.parametrize("settings", [{}, CAN_PREFILL], ids=["as it comes", "with prefill"])
@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS.keys())
def test_every_request_is_one_that_the_reference_allows(
    dialect: Dialect, settings: dict[str, Any], request_: ChatRequest, chat_server: ChatServer
) -> None:
    jsonschema.validate(sent(dialect, chat_server, request_, **settings), SCHEMAS[dialect.kind])


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())
def test_openai_gets_what_the_types_say_that_it_generates_from_its_openapi_document(
    request_: ChatRequest, chat_server: ChatServer
) -> None:
    from openai.types.chat import ChatCompletionMessageParam
    from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
    from pydantic import TypeAdapter

    body = sent(OPENAI, chat_server, request_)
    TypeAdapter(CompletionCreateParamsStreaming).validate_python(body)
    TypeAdapter(list[ChatCompletionMessageParam]).validate_python(body["messages"])
    assert body.keys() <= CompletionCreateParamsStreaming.__annotations__.keys()


def test_openai_is_told_everything_in_its_words(chat_server: ChatServer) -> None:
    settings = {"max_tokens_key": "max_completion_tokens"}
    body = sent(OPENAI, chat_server, REQUESTS["every setting"], **settings)
    jsonschema.validate(body, SCHEMAS["openai"])
    assert body["messages"] == [{"role": m.role, "content": m.content} for m in TALK]
    assert (body["max_completion_tokens"], body["seed"], body["top_p"]) == (160, 1, 0.5)
    assert body["stream_options"] == {"include_usage": True}
    assert "stream_options" not in sent(
        OPENAI, chat_server, REQUESTS["plain"], stream_options=False
    )


def test_ollama_is_told_context_gpu_and_how_long_to_stay(chat_server: ChatServer) -> None:
    settings = {"context": 8192, "num_gpu": 99, "main_gpu": 1, "keep_alive": "10m", "think": False}
    body = sent(OLLAMA, chat_server, REQUESTS["every setting"], **settings)
    jsonschema.validate(body, SCHEMAS["ollama"])
    assert body["options"] == {
        "num_ctx": 8192,
        "num_gpu": 99,
        "main_gpu": 1,
        "num_predict": 160,
        "temperature": 2.0,
        "top_p": 0.5,
        "seed": 1,
    }
    assert (body["keep_alive"], body["think"]) == ("10m", False)


def test_anthropic_is_told_the_system_prompt_beside_the_messages(chat_server: ChatServer) -> None:
    body = sent(ANTHROPIC, chat_server, REQUESTS["every setting"])
    assert body["system"] == "You are Lia."
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]
    assert (body["temperature"], "top_p" in body, "seed" in body) == (1.0, False, False)
    assert chat_server.headers[-1]["anthropic-version"] == "2023-06-01"


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS.keys())
def test_a_beginning_is_the_last_message_without_its_last_space(
    dialect: Dialect, chat_server: ChatServer
) -> None:
    body = sent(dialect, chat_server, REQUESTS["a beginning"], **CAN_PREFILL)
    assert body["messages"][-1] == {"role": "assistant", "content": "Good morning,"}


@pytest.mark.parametrize("dialect", [OPENAI, ANTHROPIC], ids=lambda dialect: dialect.kind)
def test_a_model_that_cannot_go_on_is_not_sent_a_beginning(
    dialect: Dialect, chat_server: ChatServer
) -> None:
    body = sent(dialect, chat_server, REQUESTS["a beginning"])
    assert body["messages"][-1]["role"] == "user"


@pytest.mark.parametrize(
    ("style", "in_message", "in_body"),
    [
        ("last_message", {}, {}),
        ("continue_final_message", {}, {"continue_final_message": True}),
        ("prefix", {"prefix": True}, {}),
    ],
)
def test_servers_are_asked_to_go_on_in_their_own_words(
    style: str, in_message: dict[str, Any], in_body: dict[str, Any], chat_server: ChatServer
) -> None:
    settings = CAN_PREFILL | {"prefill_style": style}
    body = sent(OPENAI, chat_server, REQUESTS["a beginning"], **settings)
    last = {"role": "assistant", "content": "Good morning,"}
    assert body["messages"][-1] == last | in_message
    assert body.items() >= in_body.items()
    assert body.get("add_generation_prompt") is (False if in_body else None)


def test_the_space_between_the_beginning_and_what_is_new_is_said_once(
    chat_server: ChatServer,
) -> None:
    from companion.types import Text

    async def said(prefill: str) -> str:
        model = OPENAI.model(chat_server, **CAN_PREFILL)
        request = ChatRequest(HELLO, prefill=prefill)
        return "".join([c.text async for c in model.stream(request) if isinstance(c, Text)])

    chat_server.pieces = OPENAI.answer(" ", "there", " ", "you")
    assert asyncio.run(said("Hello ")) == "there you"
    assert asyncio.run(said("Hello")) == " there you"
