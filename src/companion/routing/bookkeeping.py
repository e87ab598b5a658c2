"""Writing attempts down while they happen, and keeping to a budget."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from datetime import datetime

from companion.config import Budget
from companion.errors import CompanionError, TrackingError
from companion.routing.candidates import Candidate
from companion.routing.ledger import Entry, Ledger
from companion.types import Usage

log = logging.getLogger(__name__)


class Books:
    """What is written into the ledger, if there is one. A ledger that fails never harms an answer.

    But it stops the spending: while attempts cannot be written down, a budget counts as spent.
    `now` gives the time of day on this machine: attempts are dated by it, days and months counted.
    """

    def __init__(
        self, ledger: Ledger | None = None, now: Callable[[], datetime] = datetime.now
    ) -> None:
        self.ledger, self.now = ledger, now
        self.unwritten = ""  # why the last attempt is not in the ledger

    def page(self, agent: str, budget: Budget) -> Page:
        """Where the attempts of one request are written."""
        return Page(self, agent, budget)

    def write(self, entry: Entry) -> None:
        """Keep one attempt, or say once why it cannot be kept."""
        if self.ledger is None:
            return
        try:
            self.ledger.record(entry)
            self.unwritten = ""
        except TrackingError as error:
            if not self.unwritten:
                log.warning("%s", error)
            self.unwritten = str(error)

    def overdrawn(self, agent: str, budget: Budget) -> str:
        """Which budget is spent, "" while none is.

        Answers that are still being given are not counted, so that together they may go a little
        beyond it.
        """
        if self.ledger is None or self.unwritten:
            return f"a budget is set, and spending is not recorded. {self.unwritten}".strip()
        today = self.now().replace(hour=0, minute=0, second=0, microsecond=0)
        day, month = today.timestamp(), today.replace(day=1).timestamp()
        limits = (
            ("of the day", budget.daily, day, None),
            ("of the month", budget.monthly, month, None),
            (f"of {agent} for the day", budget.agents.get(agent), day, agent),
        )
        try:
            for whose, limit, since, one in limits:
                if limit is not None and self.ledger.spent(since, one) >= limit:
                    return f"the budget {whose}, ${limit:g}, is spent"
        except TrackingError as error:
            return f"a budget is set, and the ledger cannot be read. {error}"
        return ""


class Page:
    """The attempts of one request, as they happen."""

    def __init__(self, books: Books, agent: str, budget: Budget) -> None:
        self.usage: Usage | None = None
        self._books, self._agent, self._budget = books, agent, budget
        self._call = secrets.token_hex(8)
        self._overdrawn: str | None = None  # not looked up yet
        self._asked: tuple[Candidate, str] | None = None
        self._at = self._began = 0.0
        self._first: float | None = None

    def open(self, candidate: Candidate, reason: str) -> None:
        """An attempt begins."""
        self._asked, self.usage, self._first = (candidate, reason), None, None
        self._at, self._began = self._books.now().timestamp(), time.perf_counter()

    def word(self) -> bool:
        """A piece of text came; True for the first of the attempt."""
        if self._first is not None:
            return False
        self._first = time.perf_counter() - self._began
        return True

    def close(self, outcome: str, error: CompanionError | None) -> None:
        """The attempt is over. Only an answer is billed."""
        if self._asked is None:
            return  # it was left before it began
        one, reason = self._asked
        used = self.usage if outcome == "answered" else None
        self._asked = None
        self._books.write(
            Entry(
                at=self._at,
                call=self._call,
                agent=self._agent,
                model=one.name,
                local=one.local,
                reason=reason,
                outcome=outcome,
                cause=_cause(error) if error else "",
                prompt_tokens=used.prompt_tokens if used else None,
                completion_tokens=used.completion_tokens if used else None,
                cost=used.cost if used else None,
                price_date=str(one.price.date) if one.price else "",
                first_token_seconds=self._first,
                seconds=time.perf_counter() - self._began,
            )
        )

    def overdrawn(self, one: Candidate) -> str:
        """Why this candidate costs more than may be spent, "" where it does not."""
        budget, price = self._budget, one.price
        limited = (budget.daily, budget.monthly, budget.agents.get(self._agent)) != (None,) * 3
        if not limited or one.local or (price and price.input == price.output == 0):
            return ""
        if price is None:
            return "a budget is set, and its price is not known"
        if self._overdrawn is None:
            self._overdrawn = self._books.overdrawn(self._agent, budget)
        return self._overdrawn


def _cause(error: CompanionError) -> str:
    """The kind of error and its HTTP status: its words may quote what was said."""
    status = getattr(error, "status", None)
    return f"{type(error).__name__} {status}" if status else type(error).__name__
