"""What a client may ask for, and what it means to the mind.

The body is that of OpenAI's API reference, "Create chat completion". What would change the meaning
of the answer and cannot be done here (tools, pictures, several answers, JSON) is refused by name;
what only leans on it (penalties, the user's id) is left aside.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from companion.config import Settings
from companion.serving.refusals import Refused
from companion.types import ChatRequest, Message, Role

LARGEST_SEED = 2**63 - 1

Word = Annotated[str, Field(min_length=1)]


def _text(content: Any) -> Any:
    """A string, or the parts of one, which clients that could also send pictures write."""
    if not isinstance(content, list):
        return content
    if not all(isinstance(part, dict) and isinstance(part.get("text"), str) for part in content):
        raise ValueError("Only parts of type text can be read")
    return "".join(part["text"] for part in content)


def _words(stop: Any) -> Any:
    """One word or several, none of them empty."""
    return [stop] if isinstance(stop, str) else stop


def _nothing(value: Any) -> None:
    """Raises for what is really asked for: an empty list or object asks for nothing."""
    if value:
        raise ValueError("This cannot be done here: leave it out")


def _plain_text(form: Any) -> None:
    if form not in (None, {"type": "text"}):
        raise ValueError("Only text can be written: leave it out")


class _Part(BaseModel):
    """Numbers are numbers and not their names; what we do not know is left aside."""

    model_config = ConfigDict(strict=True, frozen=True)


class Said(_Part):
    """One message; `developer` is what OpenAI now calls `system`."""

    role: Literal["developer", "system", "user", "assistant"]
    content: Annotated[str, BeforeValidator(_text)]

    def message(self) -> Message:
        """The same, in the words that every room speaks."""
        role: Role = "system" if self.role == "developer" else self.role
        return Message(role, self.content)


class StreamOptions(_Part):
    """Whether an event with the usage ends the stream."""

    include_usage: bool | None = None


class Wish(_Part):
    """The body of a request, as far as it is understood here. None is "as usual"."""

    model: str
    messages: list[Said] = Field(min_length=1)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    seed: int | None = Field(default=None, ge=-LARGEST_SEED, le=LARGEST_SEED)
    stop: Annotated[list[Word] | None, BeforeValidator(_words)] = None
    n: Literal[1] | None = None
    tools: Annotated[None, BeforeValidator(_nothing)] = None
    functions: Annotated[None, BeforeValidator(_nothing)] = None
    logprobs: Annotated[None, BeforeValidator(_nothing)] = None
    response_format: Annotated[None, BeforeValidator(_plain_text)] = None

    @property
    def include_usage(self) -> bool:
        """Whether the client asked for an event with the usage."""
        return bool(self.stream_options and self.stream_options.include_usage)

    @property
    def own_persona(self) -> bool:
        """Whether the client says itself who answers."""
        return any(said.message().role == "system" for said in self.messages)

    def request(self, settings: Settings, *, prefill: bool) -> ChatRequest:
        """What the mind is asked. The persona stands in front unless the client brings its own.

        `prefill`: the mind goes on behind the beginning of an answer, if the last message is one.
        """
        messages = [said.message() for said in self.messages]
        begun = prefill and messages[-1].role == "assistant"
        beginning = messages.pop().content if begun else ""
        if not self.own_persona:
            messages.insert(0, Message("system", settings.persona.about[settings.language]))
        chat = settings.chat
        return ChatRequest(
            messages=tuple(messages),
            language=settings.language,
            max_tokens=self.max_completion_tokens or self.max_tokens or chat.max_tokens,
            temperature=chat.temperature if self.temperature is None else self.temperature,
            top_p=chat.top_p if self.top_p is None else self.top_p,
            seed=chat.seed if self.seed is None else self.seed,
            prefill=beginning,
        )


def understood(body: bytes) -> Wish:
    """The wish that a body holds. Raises Refused, which names the field, where there is none."""
    try:
        return Wish.model_validate_json(body)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in problem["loc"])
        what = problem["msg"].removeprefix("Value error, ")
        raise Refused(400, f"{field}: {what}." if field else f"{what}.", param=field) from None
