"""Whose work a message is: told by a word that gives it away, else by its intent."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

from companion.config import Agent
from companion.errors import CompanionError
from companion.types import Language

if TYPE_CHECKING:
    from companion.intents import Prediction

REMEMBERED = 1000  # messages whose intent is kept: a conversation is sent whole with every turn


class Task(NamedTuple):
    """The agent whose work a message is, and what says so."""

    agent: str
    why: str


class Classifier(Protocol):
    """What finds the intent of an English text."""

    def predict(self, text: str) -> Prediction: ...


def _ready() -> Classifier:
    from companion.intents import ready_beside

    return ready_beside()


class Tasks:
    """Knows the signs and the intents of each agent.

    `train` gives the classifier of intents, which may take minutes the first time. It is loaded
    beside whatever else is done; until it is there, signs alone decide, and `missing` says why.
    """

    def __init__(
        self, agents: Mapping[str, Agent], train: Callable[[], Classifier] = _ready
    ) -> None:
        self.missing = "the classifier of intents is still being loaded"
        self._signs = {name: _any_of(one.signs) for name, one in agents.items() if one.signs}
        self._owners = {intent: name for name, one in agents.items() for intent in one.intents}
        self._train = train
        self._predict: Callable[[str], Prediction] | None = None
        self._loading = threading.Thread(target=self._load, daemon=True)
        self._starting, self._since = threading.Lock(), 0.0

    def load(self, wait: float | None = None) -> None:
        """Load the classifier, once, and wait for it, None: until it is there.

        `wait` counts the seconds since loading began, so that who asks again does not wait again.
        """
        with self._starting:
            if self._loading.ident is None:
                self._since = time.monotonic()
                self._loading.start()
        left = None if wait is None else max(0.0, self._since + wait - time.monotonic())
        self._loading.join(left)

    def of(self, text: str, language: Language) -> Task | None:
        """Whose work this is; None where nothing says so."""
        for agent, sign in self._signs.items():
            if found := sign.search(text):
                return Task(agent, f"it says “{found[0]}”")
        if language != "en" or self._predict is None or not text.strip():
            return None  # what was learnt from English says nothing of French
        intent, confidence = self._predict(text)
        agent = self._owners.get(intent or "", "")
        return Task(agent, f"its intent is {intent} ({confidence:.0%})") if agent else None

    def _load(self) -> None:
        try:
            self._predict = lru_cache(REMEMBERED)(self._train().predict)
            self.missing = ""
        except CompanionError as error:
            self.missing = f"there is no classifier of intents: {error}"


def _any_of(signs: tuple[str, ...]) -> re.Pattern[str]:
    """Finds one of these words or phrases as a whole, in capitals or not."""
    longest_first = sorted(signs, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
