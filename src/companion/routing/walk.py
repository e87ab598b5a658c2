"""Falling back, whatever is asked for: options in order, one deadline, a breaker for each provider.

Nothing here knows of chat: words, speech and pictures are asked for in the same way.

    walk = Walk(options, health)
    while trial := await walk.next():
        with trial:
            return await ask(trial.option, trial.limit)
    raise walk.everything_failed()
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Literal, Protocol, TypeVar

from companion.errors import CompanionError, EverythingFailed, ModelUnavailable
from companion.routing.health import Breaker, Gate, Health
from companion.routing.judging import FAILURES, Judgement, judged

MOMENT = (0.05, 0.15)
"""Seconds before the same option is asked again; drawn, so that many callers come apart."""

TRIES = 2
"""How often one option is asked for one answer, at most."""


class Option(Protocol):
    """What can be asked; options of one `provider` fail together."""

    @property
    def name(self) -> str:
        """Its name, for reasons and errors."""
        ...

    @property
    def provider(self) -> str:
        """What it shares its health with, such as the address of a server."""
        ...


T = TypeVar("T", bound=Option)
R = TypeVar("R")
Outcome = Literal["answered", "failed", "left"]


@dataclass(frozen=True, slots=True)
class Failure:
    """An option that did not answer: it was "tried", or it was "passed over".

    `error` is what it failed with, or rests for; None where a rule left it out.
    """

    name: str
    how: Literal["tried", "passed over"]
    cause: str
    error: CompanionError | None = None


class Trial(Generic[T]):
    """One option that is asked: the `with` block around the asking tells how it went.

    `limit` is the seconds within which it has to begin. A failure that another option may mend ends
    the block quietly, and stands in `error`.
    """

    def __init__(
        self, walk: Walk[T], option: T, breaker: Breaker, gate: Gate, limit: float
    ) -> None:
        self.option, self.limit = option, limit
        self.outcome: Outcome = "left"
        self.error: CompanionError | None = None
        self._walk, self._breaker, self._gate = walk, breaker, gate
        self._silent_since = walk.clock()

    def heard(self, first: bool = False) -> None:
        """Something came. What follows it is a new silence."""
        self._silent_since = self._walk.clock()
        if first:
            self._breaker.spoke(self._gate)

    def __enter__(self) -> Trial[T]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is None:
            self.outcome = "answered"
            self._breaker.succeeded(self._gate)
        elif isinstance(error, FAILURES):
            self.outcome, self.error = "failed", error
            return self._failed(error)
        else:  # the caller left, or a mistake of ours: neither tells anything about the provider
            self._breaker.left(self._gate)
        self._walk.observe(self)
        return False

    def _failed(self, error: CompanionError) -> bool:
        judgement = self._walk.judge(error)
        if judgement.busy:
            self._breaker.paused(self._gate, judgement.pause)
        elif judgement.healthy:
            self._breaker.succeeded(self._gate)
        else:
            self._breaker.failed(self._gate)
        self._walk.observe(self)
        self._walk.learn(self.option, error, judgement, self._walk.clock() - self._silent_since)
        return judgement.falls_over


class Walk(Generic[T]):
    """One caller's way through the options.

    `unfit` says why an option may not be asked, "" where it may. `left` is the deadline: seconds of
    silence that the caller still bears, all attempts together; while an answer flows, none pass.
    """

    def __init__(
        self,
        options: Sequence[T],
        health: Health,
        *,
        unfit: Callable[[T], str] = lambda option: "",
        judge: Callable[[CompanionError], Judgement] = judged,
        observe: Callable[[Trial[T]], None] = lambda trial: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.judge, self.observe, self.clock = judge, observe, health.clock
        self.failures: list[Failure] = []
        self.left = health.rules.deadline_seconds
        self._rules, self._health = health.rules, health
        self._unfit, self._sleep = unfit, sleep
        self._queue, self._late = deque(options), list[T]()
        self._tries = Counter[str]()

    async def next(self) -> Trial[T] | None:
        """The next option that may be asked, or None when there is none.

        It waits only for an option that asked for a short pause, and for one that is busy when
        nobody else is left who could answer sooner.
        """
        while self._queue:
            if trial := await self._admitted(self._queue.popleft()):
                return trial
        while self._late:
            option = min(self._late, key=self._wait)
            if (wait := self._wait(option)) >= self.left:
                return None
            if wait:
                await self._rest(wait)
                continue
            self._late.remove(option)
            if trial := await self._admitted(option, nobody_else=True):
                return trial
        return None

    def learn(self, option: T, error: CompanionError, judgement: Judgement, waited: float) -> None:
        """An attempt failed after so many seconds of silence: who is asked next?"""
        self.failures.append(Failure(option.name, "tried", str(error), error))
        self.left -= waited
        if self._tries[option.name] >= TRIES:
            return
        worth_it = judgement.pause is not None and judgement.pause <= self._rules.patience_seconds
        if judgement.again or worth_it:
            self._queue.appendleft(option)
        elif judgement.busy:
            self._late.append(option)

    def everything_failed(self) -> EverythingFailed:
        """The error that lists every attempt with its cause, and who was not asked at all."""
        tried = {failure.name for failure in self.failures if failure.how == "tried"}
        told = [one for one in self.failures if one.how == "tried" or one.name not in tried]
        errors = [failure.error for failure in told if failure.error]
        return EverythingFailed([(failure.name, failure.cause) for failure in told], errors)

    async def _admitted(self, option: T, nobody_else: bool = False) -> Trial[T] | None:
        if cause := self._unfit(option) or self._too_late():
            self._pass_over(option, cause)
            return None
        if self._tries[option.name]:
            await self._rest(random.uniform(*MOMENT))
        breaker = self._health.of(option.provider)
        gate = breaker.enter(nobody_else)
        if gate.asked and gate.wait <= min(self._rules.patience_seconds, self.left):
            await self._rest(gate.wait)
            gate = breaker.enter(nobody_else)
        if gate.wait:
            self._late.append(option)
            self._pass_over(option, gate.why, ModelUnavailable(gate.why, where=option.name))
            return None
        self._tries[option.name] += 1
        return Trial(self, option, breaker, gate, self._limit())

    def _limit(self) -> float:
        """Half of what is left while others stand behind, so that the last one gets its turn."""
        others = any(not self._unfit(option) for option in self._queue)
        return min(self._rules.first_token_seconds, self.left / 2 if others else self.left)

    def _too_late(self) -> str:
        over = self.left <= 0
        return f"the deadline of {self._rules.deadline_seconds:g} s has passed" if over else ""

    def _pass_over(self, option: T, cause: str, error: CompanionError | None = None) -> None:
        self.failures.append(Failure(option.name, "passed over", cause, error))

    def _wait(self, option: T) -> float:
        return self._health.of(option.provider).wait(nobody_else=True)

    async def _rest(self, seconds: float) -> None:
        self.left -= seconds
        await self._sleep(seconds + 0.001)  # a timer may be early by less than that


async def first_answer(walk: Walk[T], ask: Callable[[T], Awaitable[R]]) -> R:
    """The answer of the first option that gives one, for what comes in one piece.

    Raises what `ask` raises where no other option can mend it, else EverythingFailed.
    """
    while trial := await walk.next():
        with trial:
            try:
                async with asyncio.timeout(trial.limit):
                    return await ask(trial.option)
            except TimeoutError:
                raise too_slow(trial.option.name, trial.limit) from None
    raise walk.everything_failed()


def too_slow(name: str, seconds: float) -> ModelUnavailable:
    """The error of an option that did not begin in time."""
    return ModelUnavailable(f"No answer within {seconds:.3g} s", where=name)
