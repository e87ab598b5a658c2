"""A `ChatModel` made of several, whose answer survives the failure of each of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from itertools import islice

from companion.config import Routing
from companion.errors import (
    CompanionError,
    ConfigError,
    ContextTooLong,
    EverythingFailed,
    RequestRefused,
)
from companion.routing.bookkeeping import Books
from companion.routing.candidates import Candidate
from companion.routing.continuing import Said, answer, fitting
from companion.routing.health import Health
from companion.routing.judging import Judgement, judged
from companion.routing.walk import Trial, Walk
from companion.types import Attempt, Capabilities, ChatRequest, Chunk, End, Language, Restart, Text

KEPT_IN = "local_only: nothing is sent off this machine"


class Router:
    """Asks its candidates in order until one gives a whole answer.

    Who fails, or is passed over, is told as an `Attempt` with its error. When a model breaks off,
    one that can goes on right behind its last word; where none can, a `Restart` withdraws what was
    said. `judging` says which errors fall over. Raises those that do not, and EverythingFailed,
    which names every attempt with its cause, when nobody is left.

    Any number of threads and event loops may use one router. Routers that share `health` spare each
    other the providers that are down; `books` records attempts and keeps the budget of `agent`.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        rules: Routing | None = None,
        *,
        name: str = "router",
        agent: str = "",
        health: Health | None = None,
        books: Books | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if not candidates:
            raise ConfigError("A router needs at least one candidate")
        self.name, self.agent = name, agent
        self.rules = rules or Routing()
        self.candidates = tuple(candidates)
        anywhere = self.rules.privacy == "allow_cloud"  # else no other is even in the list
        self._allowed = [one for one in self.candidates if anywhere or one.local]
        self._health = health or Health(self.rules)
        self._books = books or Books()
        self._sleep = sleep
        self._loaded = set[str]()

    @property
    def languages(self) -> frozenset[Language]:
        return frozenset[Language]().union(*(one.model.languages for one in self.candidates))

    @property
    def capabilities(self) -> Capabilities:
        """What each of them can do, so that any may answer; the context of the first."""
        each = [one.model.capabilities for one in self.candidates]
        return Capabilities(
            streaming=all(one.streaming for one in each),
            system_prompt=all(one.system_prompt for one in each),
            prefill=all(one.prefill for one in each),
            json_schema=all(one.json_schema for one in each),
            tools=all(one.tools for one in each),
            vision=all(one.vision for one in each),
            context=each[0].context,
            local=all(one.local for one in self._allowed),
        )

    def load(self) -> None:
        """Load the first one: the others may never be asked, and memory is short."""
        for first in self._allowed[:1]:
            first.model.load()

    def stays_here(self, request: ChatRequest) -> bool:
        """Whether nothing of the request may leave this machine."""
        return request.private or self.rules.privacy == "local_only"

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        call = _Call(self, request)
        allowed = [one for one in self._allowed if one.local or not request.private]
        walk = Walk(
            allowed,
            self._health,
            unfit=call.unfit,
            judge=call.judge,
            observe=call.observe,
            sleep=self._sleep,
        )
        while trial := await walk.next():
            with trial:
                for news in call.news(walk):
                    yield news
                async with aclosing(call.ask(trial, walk)) as chunks:
                    async for chunk in chunks:
                        yield chunk
            if call.end:  # told when all is written down: whoever has it may leave
                yield call.end
                return
            for news in call.news(walk):
                yield news
        kept = [(one.name, KEPT_IN) for one in self.candidates if one not in allowed]
        failed = walk.everything_failed()
        raise EverythingFailed(failed.attempts + kept, failed.errors)

    async def ready(self, one: Candidate) -> None:
        """Load what the candidate needs, once: that is work, not the silence of a dead server."""
        if one.name not in self._loaded:
            await asyncio.to_thread(one.model.load)
            self._loaded.add(one.name)


class _Call:
    """One request on its way: what was said, what was learnt, and what is to be told."""

    def __init__(self, router: Router, request: ChatRequest) -> None:
        self.end: End | None = None
        self._said = Said(request)
        self._router = router
        self._page = router._books.page(router.agent, router.rules.budget)
        self._told = 0
        self._goes_on = False  # whether the attempt under way began with what was said
        self._no_prefill: set[str] = set()  # who refused such a beginning
        self._asking: Candidate | None = None
        self._too_small: int | None = None  # a context that does not hold the conversation

    def unfit(self, one: Candidate) -> str:
        """Why this candidate may not be asked, "" where it may."""
        if self._too_small and one.context is not None and one.context <= self._too_small:
            return f"its context of {one.context} tokens is not larger"
        return self._page.overdrawn(one)

    def judge(self, error: CompanionError) -> Judgement:
        """A refused beginning is ours to take back, so the same model is asked for all of it."""
        if self._goes_on and isinstance(error, RequestRefused) and self._asking:
            self._no_prefill.add(self._asking.name)
            return Judgement(again=True, healthy=True)
        return judged(error)

    def observe(self, trial: Trial[Candidate]) -> None:
        """An attempt is over: write it down, and learn how much context is too small."""
        if isinstance(trial.error, ContextTooLong):
            self._too_small = trial.error.limit or trial.option.context
        self._page.close(trial.outcome, trial.error)

    def news(self, walk: Walk[Candidate]) -> Iterator[Attempt]:
        """The failures that the listener has not heard of yet."""
        for failure in islice(walk.failures, self._told, None):
            self._told += 1
            yield Attempt(failure.name, failure.how, error=failure.cause)

    async def ask(
        self, trial: Trial[Candidate], walk: Walk[Candidate]
    ) -> AsyncGenerator[Chunk, None]:
        """Let this candidate answer, or go on with the answer; `end` holds how it ended."""
        one = self._asking = trial.option
        self._goes_on = self._can_go_on(one)
        if self._said.text and not self._goes_on:
            self._said.withdraw()
            yield Restart(f"{one.name} starts again")
        request = self._said.rest() if self._goes_on else self._said.whole()
        why = self._why(one, walk)
        self._page.open(one, why)
        await self._router.ready(one)
        stall = self._router.rules.stall_seconds
        fits = fitting(request, one.context)
        brief = fits is not request
        async with aclosing(answer(one.model, fits, trial.limit, stall)) as chunks:
            async for chunk in chunks:
                if isinstance(chunk, End):
                    self.end, self._page.usage = chunk, chunk.usage
                    return
                if isinstance(chunk, Text):
                    trial.heard(first=self._page.word())
                    self._said.hear(chunk.text)
                yield _explained(chunk, why, brief)

    def _can_go_on(self, one: Candidate) -> bool:
        able = one.model.capabilities.prefill and one.name not in self._no_prefill
        return able and bool(self._said.text.strip())

    def _why(self, one: Candidate, walk: Walk[Candidate]) -> str:
        """Why it is this one's turn, after whom, and whether it begins or goes on."""
        if not walk.failures:
            return one.reason or "first choice"
        tried = [f.name for f in walk.failures if f.how == "tried" and f.name != one.name]
        passed = [f.name for f in walk.failures if f.name not in (*tried, one.name)]
        then = "; ".join(
            f"{', '.join(dict.fromkeys(names))} {what}"
            for names, what in ((tried, "could not answer"), (passed, "was passed over"))
            if names
        )
        goes_on = "it goes on from the last word" if self._goes_on else ""
        return ", ".join(filter(None, [then or "it is asked again", goes_on, one.reason]))


def _explained(chunk: Chunk, why: str, brief: bool) -> Chunk:
    """Add to a starting attempt why this model was asked, and whether it got the brief prompt."""
    if not isinstance(chunk, Attempt) or chunk.error:
        return chunk
    return replace(chunk, reason=f"{why}; {chunk.reason}", brief=brief)
