"""A `ChatModel` that gives each request to the agent whose work it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from functools import cache

from companion.config import Settings
from companion.routing.bookkeeping import Books
from companion.routing.candidates import Candidate
from companion.routing.choosing import choose
from companion.routing.health import Health
from companion.routing.router import Router
from companion.routing.tasks import Task, Tasks
from companion.types import Attempt, Capabilities, ChatRequest, Chunk, Language

PATIENCE = 3.0  # seconds that a first message waits for the classifier of intents


class ByTask:
    """The latest message that gives a sign chooses the agent; without any, it is `otherwise`.

    What was said to an agent that is local_only stays on this machine for the whole conversation,
    whoever answers next.
    """

    name = "by task"

    def __init__(self, settings: Settings, books: Books, tasks: Tasks | None = None) -> None:
        self._settings, self._books = settings, books
        self._tasks = tasks or Tasks(settings.agents)
        self._health = Health(settings.routing)
        self._router = cache(self._built)
        self._usual = self._router(settings.routing.otherwise, private=False)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Whom the agent asks that is asked when nothing says otherwise."""
        return self._usual.candidates

    @property
    def languages(self) -> frozenset[Language]:
        return self._usual.languages

    @property
    def capabilities(self) -> Capabilities:
        """Those of the same agent."""
        return self._usual.capabilities

    def load(self) -> None:
        """Load what the first answer would wait for, and the classifier of intents."""
        self._usual.load()
        self._tasks.load()

    def stays_here(self, request: ChatRequest) -> bool:
        """Whether nothing of the request may leave this machine, as a router says it."""
        task, private = self._chosen(request)
        return self._router(task.agent, private=private).stays_here(request)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        task, private = await asyncio.to_thread(self._chosen, request)
        async with aclosing(self._router(task.agent, private=private).stream(request)) as chunks:
            async for chunk in chunks:
                yield _explained(chunk, task)

    def _chosen(self, request: ChatRequest) -> tuple[Task, bool]:
        """Whose work the conversation is by now, and whether any of it must stay here."""
        self._tasks.load(PATIENCE)
        said = [one.content for one in request.messages if one.role == "user"]
        found = [task for text in said if (task := self._tasks.of(text, request.language))]
        agents = self._settings.agents
        private = any(agents[task.agent].privacy == "local_only" for task in found)
        return (found[-1] if found else self._otherwise()), private or request.private

    def _otherwise(self) -> Task:
        why = self._tasks.missing or "no sign of another agent's work"
        return Task(self._settings.routing.otherwise, why)

    def _built(self, agent: str, *, private: bool) -> Router:
        """The router of this agent, under the stricter of both privacies."""
        settings = self._settings
        if private:
            rules = settings.routing.model_copy(update={"privacy": "local_only"})
            settings = settings.model_copy(update={"routing": rules})
        choice = choose(settings, agent, self._books.ledger)
        return Router(
            choice.candidates, choice.rules, agent=agent, books=self._books, health=self._health
        )


def _explained(chunk: Chunk, task: Task) -> Chunk:
    """Add to a starting attempt why this agent was chosen."""
    if not isinstance(chunk, Attempt) or chunk.error:
        return chunk
    return replace(chunk, reason=f"{task.why}; {chunk.reason}")
