"""One turn, from what the user said to the last word of the answer, as a stream of events.

The page, the notebooks, the command line and the tracer are listeners on this one stream. Errors
are exceptions, never text: an error is not spoken, not shown as the companion's words, not kept.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from companion.chat import ChatModel
from companion.config import AUTO, Settings
from companion.errors import IncompleteAnswer, InputError, JournalError
from companion.personas import Told, told
from companion.safety import guard, honest
from companion.safety import load as load_safety
from companion.types import (
    Attempt,
    ChatRequest,
    Chunk,
    Degraded,
    End,
    Heard,
    Language,
    Message,
    Recalled,
    Restart,
    Routed,
    Text,
    TextDelta,
    TurnDone,
    TurnEvent,
    Usage,
    Waiting,
    Withdrawn,
)

if TYPE_CHECKING:
    from companion.memory import Fact, Memory
    from companion.routing import Books, ByTask, Router

RULES = "rules"
"""Who answers where no model is asked."""
WRITTEN = "Written beforehand; No model was asked."


def mind(
    settings: Settings, agent: str | None = None, books: Books | None = None
) -> Router | ByTask:
    """The stack of models that answers, read from top to bottom.

    `agent`, else that of the settings, is whose models are asked before those of `chat`; with
    "auto", each message is given to the agent whose work it is. Where `chat.discover` says so, this
    machine is searched first. Attempts are written into `books`; None is the ledger of this
    project. Raises ConfigError for an unknown agent.
    """
    from companion.routing import Books, ByTask, Ledger, Router, candidates, choose

    if settings.chat.discover:
        from companion.routing.discovering import discover

        settings = discover(settings).settings
    books, agent = books or Books(Ledger()), agent or settings.whose
    if agent == AUTO:
        return ByTask(settings, books)
    if agent is None:
        return Router(candidates(settings), settings.routing, books=books)
    choice = choose(settings, agent, books.ledger)
    return Router(choice.candidates, choice.rules, agent=agent, books=books)


class Companion:
    """Takes turns. It keeps no history: whoever shows the conversation owns it."""

    def __init__(
        self,
        settings: Settings,
        model: ChatModel | None = None,
        clock: Callable[[], float] = time.perf_counter,
        agent: str | None = None,
    ) -> None:
        self.settings = settings
        self.model = model or mind(settings, agent)
        self._clock = clock

    async def turn(
        self,
        text: str,
        history: Sequence[Message] = (),
        language: Language | None = None,
        memory: Memory | None = None,
        conversation: str = "",
        private: bool | None = None,
    ) -> AsyncGenerator[TurnEvent, None]:
        """Answer `text`, said after `history`. Closing the stream interrupts the answer.

        What no model is asked is answered first, by rule. `memory` is the user's: what is known is
        recalled, and what the user asks to be forgotten is forgotten, there and in the memory's
        `conversation`; whoever shows the turn keeps it. `private`: nothing of it may leave this
        machine; None is what `stays_here` says. Raises InputError for an empty or far too long
        message, ModelError when nothing answered, JournalError when nothing was forgotten.
        """
        language = language or self.settings.language
        self.check(text)
        tally = self.tally(language)
        yield Heard(text, language)
        country = self.settings.safety.country
        if reply := guard(text, history, language, name=self._name, country=country):
            for event in (reply, *tally.written(reply.text)):
                yield event
            return
        if memory:
            from companion.memory import forget

            done = await asyncio.to_thread(forget, memory, text, history, language, conversation)
            if done:
                for event in (*filter(None, [done.forgotten]), *tally.written(done.text)):
                    yield event
                return
        if private is None:
            private = await asyncio.to_thread(self.stays_here, text, history, language)
        facts: list[Fact] = []
        try:
            if memory:
                facts = await asyncio.to_thread(_known, memory, private)
        except JournalError as error:
            yield tally.degrade("memory", str(error))
        request, known = self._request(text, history, language, facts)
        request = replace(request, private=private)
        recalled = known.recalled
        if recalled:
            yield Recalled(recalled)
        stream = honest(self.model.stream(request), language, self._name)
        async with aclosing(stream) as chunks:
            async for chunk in chunks:
                if known.recalled_briefly != recalled and _briefly(chunk):
                    recalled = known.recalled_briefly
                    yield Recalled(recalled)
                for event in tally.hear(chunk):
                    yield event
        if not tally.complete:
            raise IncompleteAnswer("The answer broke off without its end", where=self.model.name)

    def stays_here(
        self, text: str, history: Sequence[Message] = (), language: Language | None = None
    ) -> bool:
        """Whether `text` is said under `local_only`, so that nothing of it leaves this machine."""
        from companion.routing import ByTask, Router

        if not isinstance(self.model, Router | ByTask):
            return self.settings.routing.privacy == "local_only"
        said = (*history, Message("user", text))
        return self.model.stays_here(ChatRequest(said, language or self.settings.language))

    def tally(self, language: Language) -> Tally:
        """What turns the chunks of one answer into the events of a turn that begins now."""
        return Tally(self._clock, self._languages, language, started=self._clock())

    def warm_up(self) -> None:
        """Load what the first answer would wait for. Raises ModelError when it cannot be loaded."""
        load_safety()
        self.model.load()

    def check(self, text: str) -> None:
        """Raises InputError for what no turn can begin with: nothing, or far too much."""
        limit = self.settings.chat.max_message_characters
        if not text.strip():
            raise InputError("The message is empty", repair="Write something first.")
        if len(text) > limit:
            raise InputError(
                f"The message has {len(text):,} characters; at most {limit:,} are read",
                where="chat.max_message_characters",
                repair="Send a shorter one, or several.",
            )

    def _request(
        self, text: str, history: Sequence[Message], language: Language, facts: Sequence[Fact]
    ) -> tuple[ChatRequest, Told]:
        """What the model is asked, and what of memory is in it."""
        chat, context = self.settings.chat, self.model.capabilities.context
        recall = self.settings.memory.recall_tokens
        known = told(self.settings.persona, facts, text, language, context, recall)
        request = ChatRequest(
            messages=(Message("system", known.prompt), *history, Message("user", text)),
            language=language,
            max_tokens=chat.max_tokens,
            temperature=chat.temperature,
            top_p=chat.top_p,
            seed=chat.seed,
            brief=known.brief,
            companion=self._name,
        )
        return request, known

    @property
    def _name(self) -> str:
        return self.settings.persona.name

    def _languages(self, chunk: Chunk) -> frozenset[Language]:
        """What the model that is about to answer speaks."""
        known = isinstance(chunk, Attempt) and self.settings.models.get(chunk.model)
        return known.languages if known else frozenset({"en", "fr"})


def _known(memory: Memory, private: bool) -> list[Fact]:
    """The facts that stand; what was learnt under `local_only` is told there alone."""
    return [fact for fact in memory.facts.current() if private or not fact.private]


def _briefly(chunk: Chunk) -> bool:
    """Whether a model with the brief prompt is about to answer."""
    return isinstance(chunk, Attempt) and chunk.brief and not chunk.error


@dataclass
class Tally:
    """Turns chunks into events and keeps count of what the answer took.

    `complete` once the answer's end was heard. `languages` tells what a model speaks.
    """

    clock: Callable[[], float]
    languages: Callable[[Chunk], frozenset[Language]]
    language: Language
    started: float
    text: str = ""
    reason: str = ""
    first: float | None = None
    since: float | None = None  # the first words of the model that ends the answer
    complete: bool = False
    degraded: list[Degraded] = field(default_factory=list)

    def hear(self, chunk: Chunk) -> list[TurnEvent]:
        """The events that this chunk means, the last of them `TurnDone`."""
        match chunk:
            case Text(text):
                self.since = self.since or self.clock()
                self.first = self.first or self.since
                self.text += text
                return [TextDelta(text)]
            case Attempt(model, reason, None):
                self.reason, self.since = reason, None
                return [Routed(model, reason), *self._language_gap(model, self.languages(chunk))]
            case Attempt(model, _, error):
                return [self.degrade(model, str(error))]
            case Waiting():
                return [chunk]
            case Restart(reason):
                self.text, self.first = "", None
                return [Withdrawn(reason)]
            case End():
                self.complete = True
                return [self._done(chunk)]

    def written(self, text: str) -> Iterator[TurnEvent]:
        """The events of an answer that no model gave."""
        self.reason = WRITTEN
        yield from self.hear(Text(text))
        yield from self.hear(End(RULES, "stop", Usage(0, 0)))

    def degrade(self, what: str, why: str) -> Degraded:
        """Something is weaker in this turn, which its end tells again."""
        self.degraded.append(Degraded(what, why))
        return self.degraded[-1]

    def _language_gap(self, model: str, languages: frozenset[Language]) -> list[TurnEvent]:
        if self.language in languages:
            return []
        spoken = {"en": "English", "fr": "French"}[self.language]
        return [self.degrade(model, f"it has hardly learnt {spoken}")]

    def _done(self, end: End) -> TurnDone:
        now, tokens = self.clock(), end.usage.completion_tokens
        first, since = self.first or now, self.since or now
        counted = tokens is not None and tokens > 1 and now > since
        return TurnDone(
            text=self.text,
            model=end.model,
            reason=self.reason,
            finish_reason=end.finish_reason,
            usage=end.usage,
            first_token_seconds=first - self.started,
            total_seconds=now - self.started,
            tokens_per_second=(tokens - 1) / (now - since) if counted and tokens else None,
            degraded=tuple(self.degraded),
        )
