"""The plain fallback: ask the models in order until one gives a whole answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from companion.chat.base import ChatModel
from companion.errors import ConfigError, EverythingFailed, IncompleteAnswer, ModelError
from companion.types import Attempt, Capabilities, ChatRequest, Chunk, End, Language, Restart, Text


class Fallback:
    """A `ChatModel` over several: what fails is reported as an `Attempt` with its error.

    When a model fails after it began to speak, a `Restart` withdraws its words before the next one
    starts. Raises EverythingFailed, naming every cause, when none is left.
    """

    def __init__(self, models: Sequence[ChatModel], name: str = "fallback") -> None:
        if not models:
            raise ConfigError("A fallback needs at least one model")
        self.name = name
        self._models = tuple(models)

    @property
    def languages(self) -> frozenset[Language]:
        return frozenset[Language]().union(*(model.languages for model in self._models))

    @property
    def capabilities(self) -> Capabilities:
        """What each of them can do, so that any may answer; the context of the first."""
        each = [model.capabilities for model in self._models]
        return Capabilities(
            streaming=all(one.streaming for one in each),
            system_prompt=all(one.system_prompt for one in each),
            prefill=all(one.prefill for one in each),
            json_schema=all(one.json_schema for one in each),
            tools=all(one.tools for one in each),
            vision=all(one.vision for one in each),
            context=each[0].context,
            local=all(one.local for one in each),
        )

    def load(self) -> None:
        """Load the first one: the others may never be asked, and memory is short."""
        self._models[0].load()

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        failures: list[tuple[str, str]] = []
        for model in self._models:
            spoke = False
            try:
                async with aclosing(_whole(model, request)) as answer:
                    async for chunk in answer:
                        spoke = spoke or isinstance(chunk, Text)
                        yield _explained(chunk, failures)
                return
            except ModelError as error:
                failures.append((model.name, str(error)))
                if spoke:
                    yield Restart(f"{model.name} broke off")
                yield Attempt(model.name, "tried", error=str(error))
        raise EverythingFailed(failures)


async def _whole(model: ChatModel, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
    """The model's answer, which must say something and reach its `End`."""
    spoke = ended = False
    async with aclosing(model.stream(request)) as answer:
        async for chunk in answer:
            spoke = spoke or (isinstance(chunk, Text) and bool(chunk.text.strip()))
            ended = isinstance(chunk, End)
            if ended and not spoke:
                raise IncompleteAnswer("The answer was empty", where=model.name)
            yield chunk
    if not ended:
        raise IncompleteAnswer("The answer broke off without its end", where=model.name)


def _explained(chunk: Chunk, failures: list[tuple[str, str]]) -> Chunk:
    """Add to a starting attempt why this model was asked."""
    if not isinstance(chunk, Attempt) or chunk.error:
        return chunk
    failed = ", ".join(model for model, _ in failures)
    why = f"{failed} could not answer" if failures else "first choice"
    return replace(chunk, reason=f"{why}; {chunk.reason}")
