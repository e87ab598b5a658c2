"""The ledger: every attempt on record, only answers billed, budgets kept, savings added up."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncGenerator
from datetime import date, datetime
from pathlib import Path

import pytest

from companion import tracking
from companion.config import Budget, Price, Routing
from companion.errors import EverythingFailed, ModelUnavailable, TrackingError
from companion.routing import Books, Candidate, Entry, Ledger, Router, export, savings
from companion.types import (
    Attempt,
    Capabilities,
    ChatRequest,
    Chunk,
    End,
    Language,
    Message,
    Text,
    Usage,
)

REQUEST = ChatRequest((Message("user", "a secret"),))
PRICE = Price(input=1, output=2, date=date(2026, 1, 2))
NOON = datetime(2026, 5, 17, 12)


class Costing:
    """A model that answers for a price, or fails after its first word."""

    languages: frozenset[Language] = frozenset({"en"})

    def __init__(
        self, name: str, cost: float | None = 0.0, local: bool = True, broken: bool = False
    ) -> None:
        self.name, self._cost, self._broken = name, cost, broken
        self.capabilities = Capabilities(local=local)
        self.asked = 0

    def load(self) -> None:
        """Nothing to load."""

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        self.asked += 1
        yield Attempt(self.name, "here")
        yield Text("another secret")
        if self._broken:
            raise ModelUnavailable("it broke at a secret", where="there", status=503)
        yield End(self.name, "stop", Usage(1000, 500, self._cost))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "deep" / "ledger.db")


def ask(
    ledger: Ledger | None, *candidates: Candidate, agent: str = "", budget: Budget | None = None
) -> str:
    """Who answered at noon, under this budget."""
    rules = Routing(budget=budget or Budget())
    books = Books(ledger, now=lambda: NOON)
    router = Router(candidates, rules, agent=agent, books=books)

    async def go() -> str:
        chunks = [chunk async for chunk in router.stream(REQUEST)]
        assert isinstance(chunks[-1], End)
        return chunks[-1].model

    return asyncio.run(go())


def entry(at: float = 0, agent: str = "", cost: float | None = 1.0, **more: object) -> Entry:
    known: dict[str, object] = {"prompt_tokens": 10, "completion_tokens": 5}
    values = {"call": "c", "model": "m", "local": False, "reason": "r", "outcome": "answered"}
    return Entry(at=at, agent=agent, cost=cost, **{**values, **known, **more})  # type: ignore[arg-type]


def test_every_attempt_is_on_record_and_only_the_answer_is_billed(ledger: Ledger) -> None:
    paid = Candidate(Costing("paid", 0.25, local=False), "for the code", PRICE)
    ask(ledger, Candidate(Costing("free", broken=True)), paid, agent="coder")
    failed, answered = ledger.entries()
    assert (failed.model, failed.outcome, failed.local) == ("free", "failed", True)
    assert failed.cause == "ModelUnavailable 503"
    assert (failed.prompt_tokens, failed.completion_tokens, failed.cost) == (None, None, None)
    assert (answered.model, answered.outcome, answered.local) == ("paid", "answered", False)
    assert answered.reason == "free could not answer, for the code"
    assert (answered.prompt_tokens, answered.completion_tokens, answered.cost) == (1000, 500, 0.25)
    assert (answered.price_date, failed.price_date) == ("2026-01-02", "")
    assert failed.call == answered.call
    assert failed.agent == answered.agent == "coder"
    assert 0 <= (answered.first_token_seconds or -1) <= (answered.seconds or -1) < 5
    assert ledger.spent() == 0.25


def test_nothing_that_was_said_is_on_record(ledger: Ledger) -> None:
    ask(ledger, Candidate(Costing("free", broken=True)), Candidate(Costing("paid")))
    assert len(ledger.entries()) == 2
    ledger.close()
    assert b"secret" not in ledger.path.read_bytes()


def test_who_has_the_end_may_leave_and_the_answer_is_on_record(ledger: Ledger) -> None:
    async def leave() -> None:
        stream = Router([Candidate(Costing("free"))], books=Books(ledger)).stream(REQUEST)
        async for chunk in stream:
            if isinstance(chunk, End):
                break
        await stream.aclose()

    asyncio.run(leave())
    assert [one.outcome for one in ledger.entries()] == ["answered"]


def test_sums_go_by_time_agent_and_outcome(ledger: Ledger) -> None:
    ledger.record(entry(at=10, agent="a", cost=1))
    ledger.record(entry(at=20, agent="b", cost=2))
    ledger.record(entry(at=30, agent="a", cost=None))
    ledger.record(entry(at=30, agent="a", cost=None, outcome="failed"))
    assert ledger.spent() == 3
    assert ledger.spent(since=20) == 2
    assert ledger.spent(agent="a") == 1
    [total] = ledger.totals(since=20)
    assert (total.answers, total.failures, total.cost, total.prompt_tokens) == (2, 1, 2, 30)


def test_threads_write_and_nothing_is_lost(ledger: Ledger) -> None:
    def write() -> None:
        for number in range(50):
            ledger.record(entry(at=number))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ledger.entries()) == 400
    with sqlite3.connect(ledger.path) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize(
    ("spent_on", "budget", "who"),
    [
        (NOON, Budget(daily=1), "free"),
        (NOON, Budget(daily=1.01), "paid"),
        (datetime(2026, 5, 16, 23, 59), Budget(daily=1), "paid"),
        (datetime(2026, 5, 1), Budget(monthly=1), "free"),
        (datetime(2026, 4, 30, 23, 59), Budget(monthly=1), "paid"),
        (NOON, Budget(agents={"coder": 1}), "free"),
        (NOON, Budget(agents={"writer": 1}), "paid"),
        (NOON, Budget(), "paid"),
    ],
)
def test_a_budget_that_is_spent_routes_to_what_is_local(
    ledger: Ledger, spent_on: datetime, budget: Budget, who: str
) -> None:
    ledger.record(entry(at=spent_on.timestamp(), agent="coder", cost=1))
    paid, free = Costing("paid", 0.25, local=False), Costing("free")
    both = Candidate(paid, price=PRICE), Candidate(free)
    assert ask(ledger, *both, agent="coder", budget=budget) == who
    assert paid.asked == (who == "paid")


def test_attempts_are_dated_by_the_clock_that_budgets_go_by(ledger: Ledger) -> None:
    paid = Candidate(Costing("paid", 0.75, local=False), price=PRICE)
    asked = [ask(ledger, paid, Candidate(Costing("free")), budget=Budget(daily=1)) for _ in "123"]
    assert asked == ["paid", "paid", "free"]
    assert {one.at for one in ledger.entries()} == {NOON.timestamp()}
    assert ledger.entries()[-1].reason == "paid was passed over", (
        "it was not asked, so it failed not"
    )


def test_the_budget_that_is_spent_is_told(ledger: Ledger) -> None:
    ledger.record(entry(at=NOON.timestamp(), cost=1))
    paid = Candidate(Costing("paid", local=False), price=PRICE)
    with pytest.raises(EverythingFailed, match=r"the budget of the day, \$1, is spent"):
        ask(ledger, paid, budget=Budget(daily=1.0))


def test_under_a_budget_no_unknown_price_is_paid(ledger: Ledger) -> None:
    unknown = Candidate(Costing("paid", None, local=False))
    assert ask(ledger, unknown, Candidate(Costing("free")), budget=Budget(daily=100)) == "free"
    assert ask(ledger, unknown, Candidate(Costing("free"))) == "paid"


def test_what_costs_nothing_needs_no_budget(ledger: Ledger) -> None:
    nothing = Price(input=0, output=0, date=date(2026, 1, 2))
    assert (
        ask(ledger, Candidate(Costing("gift", local=False), price=nothing), budget=Budget(daily=0))
        == "gift"
    )


def test_a_ledger_that_cannot_be_used_harms_no_answer_but_stops_the_spending(
    tmp_path: Path,
) -> None:
    (tmp_path / "ledger.db").write_bytes(b"this is no database, whatever its name says" * 50)
    broken = Ledger(tmp_path / "ledger.db")
    with pytest.raises(TrackingError, match="cannot be used"):
        broken.entries()
    paid, free = Candidate(Costing("paid", local=False), price=PRICE), Candidate(Costing("free"))
    assert ask(broken, paid, free) == "paid"
    assert ask(broken, paid, free, budget=Budget(daily=100)) == "free"
    assert ask(None, paid, free, budget=Budget(daily=100)) == "free"


def test_savings_compare_the_same_tokens_and_leave_out_what_is_not_known(ledger: Ledger) -> None:
    ledger.record(entry(cost=0.0, prompt_tokens=1_000_000, completion_tokens=500_000))
    ledger.record(entry(cost=0.5, prompt_tokens=1_000_000, completion_tokens=0))
    ledger.record(entry(cost=None))
    ledger.record(entry(cost=0.0, prompt_tokens=None))
    ledger.record(entry(cost=None, outcome="failed"))
    found = savings(ledger, PRICE)
    assert (found.spent, found.all_cloud, found.saved) == (0.5, 3.0, 2.5)
    assert (found.answers, found.uncounted) == (4, 2)
    assert found.reference.date == date(2026, 1, 2)


def test_totals_become_a_run(ledger: Ledger, store: Path) -> None:
    ask(ledger, Candidate(Costing("llama3.2:3b")))
    assert export(ledger, PRICE)
    figures = tracking.last_run("ledger")
    assert figures["llama3.2_3b/answers"] == 1
    assert figures["llama3.2_3b/completion_tokens"] == 500
    assert figures["saved"] == pytest.approx(0.002)
