"""Bills are what they print: each line a product, each total their sum, and none below zero."""

from __future__ import annotations

import dataclasses
import math
import random
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import pytest

from companion.errors import ConfigError
from companion.learning.course.cost_budget_and_privacy import MonthsToPayBack
from companion.learning.display import table
from companion.planning.bands import band, moved
from companion.planning.bills import Bill, Term
from companion.planning.claims import check, check_all, claims, rows
from companion.planning.interruptions import SPOT, stretches
from companion.planning.money import (
    HOURS,
    Usage,
    break_even,
    commercial,
    hosted,
    hours_for,
    months_to_pay_back,
    own_machine,
    users_to_pay_back,
)
from companion.planning.prices import Assumptions, assumptions, llm_price, machines, offers
from companion.planning.recomputed import RECOMPUTED
from companion.planning.savings import savings

LINE = re.compile(r": ([\d.,e+-]+) \S.*? = ([\d.,]+) USD \[.+, \d{4}-\d\d-\d\d(?:; .+)?\]$")
TIMES = re.compile(r" x ([\d.,e+-]+)(?: \(|$)")
TOTAL = re.compile(r"^Total: ([\d.,]+) USD a month(?:, from ([\d.,]+) to ([\d.,]+))?$")


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def by_hand(line: str) -> tuple[Decimal, Decimal]:
    """What a line says it comes to, and the product of its own two figures, to the cent."""
    found = LINE.search(line)
    assert found, line
    amount, says = number(found[1]), number(found[2])
    times = TIMES.search(line[: found.start(2) - 3].split(" = ")[0])
    product = amount * (number(times[1]) if times else 1)
    return says, product.quantize(Decimal("0.01"), ROUND_HALF_UP)


def check_by_hand(bill: Bill) -> None:
    """Read what is printed as a reader would, with nothing but the paper."""
    *lines, last = bill.lines()
    says = [by_hand(line) for line in lines]
    assert [one for one, _ in says] == [other for _, other in says]
    total = TOTAL.match(last)
    assert total, last
    assert number(total[1]) == sum(one for one, _ in says)
    assert number(total[1]) == Decimal(f"{bill.total:.2f}")
    assert 0 <= bill.low <= bill.total <= bill.high


def some_usage(chance: random.Random) -> Usage:
    return Usage(
        chance.choice([1, 7, 1000, 123_456]),
        chance.uniform(0, 60),
        chance.uniform(0, 5000),
        chance.uniform(0, 900),
        speech_seconds=chance.choice([0, chance.uniform(0, 400)]),
        listening_seconds=chance.choice([0, chance.uniform(0, 400)]),
        images=chance.choice([0, chance.uniform(0, 5)]),
        video_seconds=chance.choice([0, chance.uniform(0, 20)]),
    )


@pytest.mark.parametrize(
    ("amount", "times", "dollars"),
    [(1.005, 1, 1.01), (2.5, 0.01, 0.03), (0.1, 3, 0.3), (1 / 3, 3, 1.0), (0.0049, 1, 0.0)],
)
def test_half_a_cent_is_a_cent(amount: float, times: float, dollars: float) -> None:
    assert Term("a", amount, "USD", times, source="s", date="d").total == dollars


def test_a_bill_of_services_by_hand() -> None:
    bill = commercial(Usage(12, 10, 400, 100), "gpt")
    price = llm_price("gpt")
    turns = 12 * 10 * 365 / 12
    read, written = (
        round(turns * n / 1e6 * p, 2) for n, p in ((400, price.input), (100, price.output))
    )
    assert [term.total for term in bill.terms] == [read, written] == [2.92, 3.65]
    assert bill.total == 6.57
    check_by_hand(bill)


def test_any_bill_of_services_adds_up_and_is_never_negative() -> None:
    chance = random.Random(20)
    for _ in range(200):
        bill = commercial(some_usage(chance), chance.choice(["gpt", "gpt-luna", "claude-opus"]))
        check_by_hand(bill)
        assert all(term.source and term.date for term in bill.terms)


def test_more_of_anything_never_costs_less() -> None:
    chance = random.Random(21)
    for _ in range(60):
        usage = some_usage(chance)
        for one in dataclasses.fields(usage):
            more = dataclasses.replace(usage, **{one.name: 2 * getattr(usage, one.name)})
            assert commercial(more).total >= commercial(usage).total, one.name


def test_a_plan_for_voices_has_characters_to_spare_and_then_has_none() -> None:
    little, much = (commercial(Usage(1, 0, 0, 0, speech_seconds=s)).terms[2:] for s in (60, 7200))
    assert [term.total for term in little] == [330, 0]
    beyond = 7200 * 365 / 12 * 16 / 1e6 - 2
    assert [term.total for term in much] == [330, round(beyond * 180, 2)]


def test_rent_by_hand() -> None:
    bill = hosted("g5.xlarge", 100, machines=3, disk_gb=50)
    assert [term.total for term in bill.terms] == [303.00, 4.00]
    assert hosted("vps", 1).total == hosted("vps").total == 6
    assert (hosted("vps").low, hosted("vps").high) == (5, 7)
    assert str(hosted("g5.xlarge")).startswith(
        "AWS g5.xlarge (1 x A10G, 24 GB): 1.01 USD/hour x 730 (1 x 730 hours) = 737.30 USD "
        "[Full Stack Deep Learning, cloud-gpus.csv (MIT), 2025-03-07]"
    )


def test_a_bill_is_a_table_too() -> None:
    bill = own_machine("rtx-4070", 100)
    *each, last = bill.rows()
    assert [row["USD"] for row in each] == [f"{term.total:,.2f}" for term in bill.terms]
    assert last["USD"] == f"{bill.total:,.2f}"
    assert last["source"] == f"{bill.low:,.2f} to {bill.high:,.2f} USD"
    assert {tuple(row) for row in each} == {tuple(last)}
    assert str(table(bill.rows())).count("\n") == len(each) + 1


def test_spot_pays_for_what_is_lost() -> None:
    told = assumptions()
    often = moved(told, "spot-interrupted", 0.99)
    bill = hosted("g5.xlarge", machines=10, spot=True, told=often)
    lost = 10 * HOURS * (stretches(often)[0] - 1)
    assert bill.terms[1].total == round(0.30 * lost, 2)
    fleet = hosted("g5.xlarge", machines=1000, spot=True)
    ends = [round(1000 * HOURS * (end - 1) * 0.30, 2) for end in stretches()[1:]]
    assert list(fleet.terms[1].ends) == ends
    assert 0 < ends[0] < fleet.terms[1].total < ends[1]
    assert (
        hosted("g5.xlarge", machines=10, spot=True).total
        < bill.total
        < hosted("g5.xlarge").total * 10
    )
    check_by_hand(bill)


def test_every_offer_makes_a_bill_that_adds_up() -> None:
    chance = random.Random(22)
    for one in offers():
        hours = chance.uniform(0.1, 730)
        bill = hosted(one.key, hours, spot=bool(one.spot_usd), disk_gb=chance.uniform(0, 900))
        check_by_hand(bill)
        assert hosted(one.key, 730, machines=2).total >= hosted(one.key, hours).total


def test_a_machine_of_ones_own_by_hand() -> None:
    bill = own_machine("jetson-orin-nano", 100, years=2, kwh_price=0.20)
    assert [term.total for term in bill.terms] == [round(249 / 24, 2), round(0.025 * 100 * 0.2, 2)]
    assert (bill.upfront, bill.running) == (249, 0.5)
    assert bill.low == bill.total == bill.high
    assert "given by you" in str(bill)


def test_a_card_that_waits_draws_little() -> None:
    always, often, never = (
        own_machine("rtx-4090", 100, years=3, kwh_price=0.20, busy=n) for n in (1, 0.25, 0)
    )
    assert [term.total for term in always.terms[1:]] == [9.00, 2.00]
    assert [term.total for term in often.terms[1:]] == [2.25, 0.30, 2.00]
    assert never.total < often.total < always.total
    for bill in (always, often, never):
        check_by_hand(bill)


def test_what_is_not_given_is_assumed_with_its_ends() -> None:
    told = assumptions()
    euro, power, watts = (told[name] for name in ("usd-for-eur", "electricity", "rest-of-machine"))
    bill = own_machine("rtx-4070", 200)
    card = 600 * euro.value / 36
    electricity = 0.2 * 200 * power.value * euro.value
    rest = watts.value / 1000 * 200 * power.value * euro.value
    assert [term.total for term in bill.terms] == [round(n, 2) for n in (card, electricity, rest)]
    most = 600 * euro.ends[1] / 24 + (200 + watts.ends[1]) / 5 * power.ends[1] * euro.ends[1]
    assert bill.high == pytest.approx(most, abs=0.02)
    check_by_hand(bill)


@pytest.mark.parametrize("hardware", list(machines()))
def test_every_machine_costs_more_the_more_it_runs(hardware: str) -> None:
    bills = [own_machine(hardware, hours) for hours in (1, 50, 300, 730)]
    for less, more in pairwise(bills):
        check_by_hand(more)
        assert less.total < more.total
        assert less.upfront == more.upfront


def test_where_local_beats_the_cloud() -> None:
    own, cloud = own_machine("rtx-4070", 100, kwh_price=0.25), hosted("g5.xlarge", 100)
    months = break_even(own, cloud)
    assert months is not None
    assert months == pytest.approx(own.upfront / (101.00 - 7.50))
    spent = [own.upfront + n * own.running - n * cloud.total for n in (months - 0.1, months + 0.1)]
    assert spent[0] > 0 > spent[1]
    assert break_even(own_machine("rtx-4090"), hosted("vps")) is None


def test_so_many_users_make_a_machine_worth_it() -> None:
    usage, own = Usage(1, 20, 400, 100), own_machine("rtx-4090")
    users = users_to_pay_back(own, usage, "gpt")
    assert users is not None
    for count, dearer in ((users, True), (users - 1, False)):
        services = commercial(dataclasses.replace(usage, users=count), "gpt")
        assert (services.total >= own.total) == dearer
    assert users_to_pay_back(own, Usage(1, 0, 0, 0)) is None


def test_a_promise_of_a_year_takes_off_half_and_spot_more() -> None:
    kept, lent = hosted("g5.xlarge", 100, reserved=True), hosted("g5.xlarge", spot=True)
    assert kept.total == round(1.01 * 730 * 0.5, 2)
    assert [kept.low, kept.high] == pytest.approx([1.01 * 730 * 0.4, 1.01 * 730 * 0.6], abs=0.01)
    assert lent.total < kept.low < kept.high < hosted("g5.xlarge").total
    assert "documents (alternatives)" in str(kept)
    check_by_hand(kept)


def test_every_figure_of_a_line_says_who_gave_it() -> None:
    told = assumptions()
    bill = str(own_machine("rtx-4070", 100))
    for name in ("machine-life", "electricity", "rest-of-machine", "usd-for-eur"):
        assert f"{told[name].source}, {told[name].date}" in bill
    spot = str(hosted("g5.xlarge", spot=True))
    assert all(told[name].source in spot for name in SPOT)


def test_the_course_teaches_the_same_sum() -> None:
    exercise = MonthsToPayBack()
    assert exercise.reference() is months_to_pay_back
    paid = [months_to_pay_back(*case) for case in exercise.cases()]
    assert paid == [12, 12.5, math.inf, math.inf]


def test_a_budget_buys_hours_whose_bill_is_the_budget() -> None:
    for spot in (False, True):
        hours = hours_for(20, "g5.xlarge", spot)
        assert hosted("g5.xlarge", hours, spot).total == pytest.approx(20, abs=0.02)
    assert hours_for(5000, "g5.xlarge") == HOURS


# Bands


def test_a_band_is_that_of_the_corners() -> None:
    def result(told: Assumptions) -> float:
        return told["patience"].value * told["turn-every"].value - told["machine-life"].value

    found = band(result)
    assert (found.value, found.low, found.high) == (117, 1 * 30 - 5, 5 * 120 - 2)
    assert [one.name for one in found.swings] == ["patience", "turn-every", "machine-life"]
    assert (found.swings[0].at_low, found.swings[0].at_high) == (57, 297)
    up, down = math.sqrt(180**2 + 120**2 + 1), math.sqrt(60**2 + 60**2 + 2**2)
    assert list(found.likely) == pytest.approx([117 - down, 117 + up])


def test_savings_are_the_bills_apart() -> None:
    usage = Usage(1000, 20, 400, 100, speech_seconds=60)
    found = savings(usage)
    assert found.a_year.value == pytest.approx(
        12 * (found.services.total - found.open_source.total)
    )
    assert found.a_year.low < found.a_year.value < found.a_year.high
    assert found.a_year.low <= found.a_year.likely[0] <= found.a_year.likely[1] <= found.a_year.high
    for bill in (found.services, found.open_source):
        check_by_hand(bill)
        assert str(bill) in str(found)


def test_people_as_assumed_are_part_of_the_band() -> None:
    known, assumed = savings(Usage.assumed(1000)), savings(1000)
    assert known.a_year.value == assumed.a_year.value
    assert "spoken-a-day" in [one.name for one in assumed.a_year.swings]
    assert "spoken-a-day" not in [one.name for one in known.a_year.swings]
    assert assumed.a_year.low < known.a_year.low
    assert assumed.a_year.high > known.a_year.high


# The documents' claims

FOUND = {
    "services-1000": "agrees in part",
    "voice-1000": "does not agree",
    "saving-1000": "does not agree",
    "saving-1000-today": "agrees in part",
    "phase-1": "does not agree",
    "phase-2": "does not agree",
    "users-1000": "agrees in part",
    "users-1000-ollama": "does not agree",
    "ram-1000": "agrees",
    "disk-1000": "agrees",
    "mvp-gpus": "agrees",
    "growth-gpus": "agrees",
    "v100": "agrees",
    "spot": "agrees",
    "developer-100": "agrees in part",
    "tests-500": "agrees in part",
    "developer-year": "agrees in part",
    "developer-before-after": "agrees in part",
    "cut": "agrees in part",
    "local-request": "does not agree",
    "payback": "agrees in part",
    "score": "agrees",
    "creation-time": "agrees in part",
    "model-share": "agrees in part",
    "search-time": "agrees in part",
    "pipeline-time": "agrees in part",
    "faster": "does not agree",
}


def test_the_documents_claims_agree_or_not() -> None:
    found = check_all()
    assert {one.name: one.verdict for one in found} == FOUND
    for one in found:
        assert one.result.low <= one.result.high
        assert one.verdict in str(one)
        assert one.claim.source in str(one)


def test_the_claims_are_a_table() -> None:
    told = {row["claim"]: row for row in rows()}
    assert len(told) == len(claims())
    year = told["local models save a developer this a year"]
    assert (year["said"], year["found"]) == ("1,800 to 3,600 USD/year", "1,080 to 2,160 USD/year")
    assert year["verdict"] == "agrees in part"


def test_a_claim_has_parts_or_is_worked_out() -> None:
    assert {name for name, one in claims().items() if not one.parts} == set(RECOMPUTED)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("developer-year", 12 * (15 + 75), 12 * (30 + 150)),
        ("developer-before-after", 12 * (200 - 50), 12 * (500 - 100)),
        ("developer-100", 100 * 30 * 0.01, 100 * 30 * 0.10),
        ("tests-500", 500 * 30 * 0.01, 500 * 30 * 0.10),
        ("saving-1000", 60_000 - 2_400 * 1.1741, 60_000 - 2_400 * 1.0411),
        ("phase-2", 3 * 0.5 * 730 / 1.1741, 3 * 0.5 * 730 / 1.0411),
        ("creation-time", 14.5, 32.5),
        ("score", 85, 85),
    ],
)
def test_claims_by_hand(name: str, low: float, high: float) -> None:
    found = check(name).result
    assert [found.low, found.high] == pytest.approx([low, high])


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (10, 20, "agrees"),
        (9.1, 20.9, "agrees"),
        (5, 12, "agrees in part"),
        (5, 30, "agrees in part"),
        (1, 8, "does not agree"),
        (22, 30, "does not agree"),
    ],
)
def test_what_agreeing_means(low: float, high: float, verdict: str) -> None:
    said = check("score")
    claim = said.claim.model_copy(update={"low": 10, "high": 20})
    found = dataclasses.replace(said.result, low=low, high=high)
    assert dataclasses.replace(said, claim=claim, result=found).verdict == verdict


# What cannot be


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: Usage(-1, 1, 1, 1), "-1 users cannot be planned for"),
        (lambda: Usage(0, 1, 1, 1), "0 users"),
        (lambda: Usage(1, -2, 1, 1), "turns_per_day is -2"),
        (lambda: Usage(1, 1, 1, math.nan), "answer_tokens is nan"),
        (lambda: Usage(1, 1, 1, 1, images=-0.5), "images is -0.5"),
        (lambda: commercial(Usage(1, 1, 1, 1), "ollama"), "There is no price for 'ollama'"),
        (lambda: hosted("g5.xlarge", 0), "0 hours a month"),
        (lambda: hosted("g5.xlarge", 731), "at most 730"),
        (lambda: hosted("g5.xlarge", machines=0), "0 machines"),
        (lambda: hosted("g5.xlarge", spot=True, reserved=True), "both spot and reserved"),
        (lambda: hosted("vps", reserved=True), "is rented by the month"),
        (lambda: hosted("lambda-1x-h100-80gb", spot=True), "has no price for spot"),
        (lambda: own_machine("rtx-3060", 0), "0 hours a month"),
        (lambda: own_machine("rtx-3060", years=0), "0 years cannot be"),
        (lambda: own_machine("rtx-3060", kwh_price=-1), "-1 USD/kWh cannot be"),
        (lambda: own_machine("rtx-3060", busy=1.5), "1.5 is no share"),
        (lambda: hours_for(0, "g5.xlarge"), "A budget of 0 US dollars rents nothing"),
        (lambda: hours_for(-5, "g5.xlarge"), "A budget of -5"),
        (lambda: hours_for(5, "vps"), "is rented by the month"),
        (lambda: break_even(hosted("vps"), hosted("vps")), "Nothing was bought"),
        (lambda: Term("a", -1, "USD", source="s", date="d"), "a: amount is -1"),
        (lambda: Term("a", 1, "USD", source="", date="d"), "no source or no date"),
        (lambda: Term("a", 1, "USD", source="s", date=""), "no source or no date"),
        (lambda: Bill(()) + Bill((), "year"), "do not add up"),
        (lambda: check("free-lunch"), "no claim named 'free-lunch'"),
    ],
)
def test_what_cannot_be_is_refused(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ask()
