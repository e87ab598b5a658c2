"""`companion costs`: the month, the savings and the budgets, from a real ledger."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from companion import costs, tracking
from companion.cli import main
from companion.config import load
from companion.errors import ConfigError
from companion.routing import Entry, Ledger

NOON = datetime(2026, 5, 17, 12)


def answered(at: datetime, model: str, local: bool, cost: float | None) -> Entry:
    """A million tokens read and half a million written."""
    return Entry(
        at=at.timestamp(),
        call="c",
        agent="code",
        model=model,
        local=local,
        reason="r",
        outcome="answered",
        cost=cost,
        prompt_tokens=1_000_000,
        completion_tokens=500_000,
    )


@pytest.fixture
def ledger() -> Ledger:
    """One answer here and one elsewhere this month, one of unknown cost, and an older one."""
    ledger = Ledger()
    ledger.record(answered(NOON, "near", True, 0.0))
    ledger.record(answered(NOON.replace(day=3), "far", False, 7.5))
    ledger.record(answered(NOON, "guessed", False, None))
    ledger.record(answered(NOON.replace(month=4), "older", False, 100.0))
    return ledger


def test_the_month_its_savings_and_its_budgets(ledger: Ledger) -> None:
    budget = {"daily": 1, "monthly": 10, "agents": {"code": 2}}
    told = "\n".join(costs.report(load(routing={"budget": budget}), ledger, NOON, "openai"))
    rows = {line.split()[0]: line.split()[1:] for line in told.splitlines()[1:5]}
    assert rows["near"] == ["here", "1", "0", "1,000,000", "500,000", "0.0000"]
    assert rows["far"] == ["elsewhere", "1", "0", "1,000,000", "500,000", "7.5000"]
    assert "older" not in told
    assert "Spent 7.5000. With openai alone the same tokens cost 0.9000" in told
    assert "0.15 a million read and 0.6 a million written (2024-07-18). Saved -6.6000." in told
    assert "not known: 1 answers." in told
    assert "Budget of the month: 7.5000 of 10 spent." in told
    assert "Budget of the day: 0.0000 of 1 spent." in told
    assert "Budget of code for the day: 0.0000 of 2 spent." in told


def test_the_first_choice_of_the_agent_stands_for_the_cloud(ledger: Ledger) -> None:
    for agent in (None, "enterprise"):
        settings = load(agent=agent)
        model = settings.agents[agent or "general"].primary
        assert f"With {model} alone" in "\n".join(costs.report(settings, ledger, NOON))


@pytest.mark.parametrize("against", ["companion-tiny", "nobody"])
def test_a_model_without_a_price_is_no_comparison(ledger: Ledger, against: str) -> None:
    with pytest.raises(ConfigError, match=f"no price for '{against}'.*claude-sonnet"):
        list(costs.report(load(), ledger, NOON, against))


def test_nothing_on_record_makes_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["costs", "--record"]) == 0
    assert "No answer is on record yet" in capsys.readouterr().out
    assert not Ledger().path.exists()


def test_the_command_records_a_run(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Ledger().record(answered(datetime.now(), "near", True, 0.0))
    assert main(["costs", "--against", "openai", "--record"]) == 0
    assert "Recorded as the run costs, " in capsys.readouterr().out
    assert tracking.last_run("costs")["saved"] == pytest.approx(0.45)
