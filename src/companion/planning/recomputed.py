"""Those claims of the documents that need prices, speeds or assumptions to be worked out again."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace

from companion.planning.bands import band
from companion.planning.bills import Bill, Term
from companion.planning.capacity import fewest_and_most, needed
from companion.planning.hosting import hosted
from companion.planning.money import DAYS, MILLION, Usage, commercial, months_to_pay_back
from companion.planning.prices import (
    Assumptions,
    assumptions,
    line,
    machine,
    offer,
    offers,
    rate,
)
from companion.planning.savings import savings

USERS = 1000


@dataclass(frozen=True, slots=True)
class Result:
    """What came out, from `low` to `high`, and the lines that say how."""

    low: float
    high: float
    how: tuple[str, ...]


def _services(told: Assumptions) -> Bill:
    """The document's three prices: all tokens at one price, the plan for voices, and no films."""
    usage = Usage.assumed(USERS, told)
    tokens = usage.turns * (usage.prompt_tokens + usage.answer_tokens) / MILLION
    count = (
        f"{USERS:,} users x {usage.turns_per_day:g} turns x 365/12 days x "
        f"{usage.prompt_tokens + usage.answer_tokens:g} tokens, in millions"
    )
    words = line("Tokens of GPT-4", told, "gpt-4", tokens, count)
    return Bill((words, line("Voices, plan Scale", told, "speech-plan", 1, "")))


def _services_1000() -> Result:
    told = assumptions()
    found, bill = band(lambda told: _services(told).total, told), _services(told)
    price, plan = told["gpt-4"], told["speech-plan"]
    least = (5000 - plan.value) / price.value * MILLION / USERS / DAYS
    holds = f"The claim holds from {least:,.0f} tokens of each user a day on, films left out."
    return Result(found.low, found.high, (*bill.lines(), f"At the assumptions: {found}", holds))


def _voice_1000() -> Result:
    def spoken(told: Assumptions) -> Bill:
        usage = Usage(USERS, 0, 0, 0, speech_seconds=told["spoken-a-day"].value)
        return Bill(commercial(usage, told=told).terms[2:])

    told = assumptions()
    found = band(lambda told: spoken(told).total, told)
    seconds = told["speech-included"].value * MILLION / told["speech-pace"].value / USERS / DAYS
    enough = f"The plan is enough for {seconds:.1f} seconds of each user a day."
    return Result(found.low, found.high, (*spoken(told).lines(), enough))


def _saving_1000() -> Result:
    """From the document's own two figures."""
    euros = rate("EUR")
    low, high = (12 * (5000 - 200 * end) for end in reversed(euros.ends))
    how = f"12 x (5,000 USD - 200 EUR x {euros.ends[0]:g} to {euros.ends[1]:g} USD/EUR)"
    return Result(low, high, (f"{how} [{euros.source}, {euros.date}]",))


def _saving_1000_today() -> Result:
    """With the voices, and without, against the rented cards that the busiest hour needs."""
    usage = Usage.assumed(USERS)
    words = replace(usage, speech_seconds=0)
    whole = savings(USERS)
    how = (
        *whole.lines(),
        "Without voices, at the assumptions:",
        f"  against gpt-luna: {savings(words).a_year.value:,.0f}",
        f"  against gpt: {savings(words, 'gpt').a_year.value:,.0f}",
    )
    return Result(whole.a_year.low, whole.a_year.high, how)


def _rented(machines: int) -> Callable[[], Result]:
    """So many of the documents' rented RTX 4090 all month, in euros; and of their RTX 3090."""

    def result() -> Result:
        bill, euros = hosted("runpod-rtx-4090", machines=machines), rate("EUR")
        low, high = (bill.total / end for end in reversed(euros.ends))
        told = f"/ {euros.ends[0]:g} to {euros.ends[1]:g} USD/EUR [{euros.source}, {euros.date}]"
        other = hosted("vast-rtx-3090", machines=machines).total
        instead = " to ".join(f"{other / end:,.0f}" for end in reversed(euros.ends))
        cheaper = f"With the documents' RTX 3090 at 0.3 USD an hour: {instead} EUR"
        return Result(low, high, (*bill.lines(), told, cheaper))

    return result


def _gpus(who: int | Usage, speed: str) -> Callable[[], Result]:
    def result() -> Result:
        fewest, most = fewest_and_most(who, speed)
        usual = needed(who, speed)
        return Result(fewest, most, (*list(usual.lines())[:8], f"{usual.gpus} at the assumptions"))

    return result


def _memory(what: str) -> Callable[[], Result]:
    def result() -> Result:
        capacity = needed(USERS, "rtx-4090")
        shares = capacity.ram if what == "ram" else capacity.disk
        total = sum(share.gigabytes for share in shares)
        return Result(total, total, tuple(map(str, shares)))

    return result


def _v100() -> Result:
    one = offer("p3.2xlarge")
    return Result(
        one.usd, one.usd, (f"{one.described}: {one.usd:g} USD/hour [{one.source}, {one.date}]",)
    )


def _spot() -> Result:
    cheaper = [
        100 * (1 - one.spot_usd / one.usd)
        for one in offers()
        if one.provider == "AWS" and one.spot_usd is not None
    ]
    middle = statistics.median(cheaper)
    one = offer("g5.xlarge")
    how = (
        f"{len(cheaper)} instances of Amazon's with both prices, {middle:.1f} in the middle",
        f"g5.xlarge: {one.spot_usd:g} USD/hour instead of {one.usd:g} [{one.source}, {one.date}]",
    )
    return Result(min(cheaper), max(cheaper), how)


def _local_request() -> Result:
    """Electricity of a request of 2 to 40 seconds."""
    told, card = assumptions(), machine("rtx-3090")
    watts = card.watts + told["rest-of-machine"].value
    each = watts / 1000 / 3600 * told["electricity"].value * told["usd-for-eur"].value
    how = (
        f"{watts:g} W / 1000 / 3600 x {told['electricity'].value:g} EUR/kWh x "
        f"{told['usd-for-eur'].value:g} USD/EUR = {each:.3g} USD a second"
    )
    return Result(2 * each, 40 * each, (how,))


def _payback() -> Result:
    """The card and its memory, paid by what bills before and after leave, less the electricity."""
    told, card = assumptions(), machine("rtx-4070")
    dollars, hours = told["usd-for-eur"].value, 8 * 30
    what, day = "RTX 4070 and 32 GB of RAM, 600 + 150", str(card.date)
    bought = Term(what, 750, "EUR", dollars, source=card.source, date=day)
    watts = card.watts + told["rest-of-machine"].value
    count = f"{watts:g} W x 8 hours on 30 days / 1000 x {dollars:g} USD/EUR"
    power = line("Electricity", told, "electricity", watts / 1000 * hours * dollars, count)
    low, high = (months_to_pay_back(bought.total, saved, power.total) for saved in (400, 150))
    how = (str(bought), str(power), "against 400 USD a month saved at most, and 150 at least")
    return Result(low, high, how)


RECOMPUTED: dict[str, Callable[[], Result]] = {
    "services-1000": _services_1000,
    "voice-1000": _voice_1000,
    "saving-1000": _saving_1000,
    "saving-1000-today": _saving_1000_today,
    "phase-1": _rented(1),
    "phase-2": _rented(3),
    "users-1000": _gpus(USERS, "rtx-4090"),
    "users-1000-ollama": _gpus(USERS, "rtx-3090"),
    "ram-1000": _memory("ram"),
    "disk-1000": _memory("disk"),
    "mvp-gpus": lambda: _gpus(Usage.assumed(USERS), "rtx-4090")(),
    "growth-gpus": lambda: _gpus(Usage.assumed(10 * USERS), "rtx-4090")(),
    "v100": _v100,
    "spot": _spot,
    "local-request": _local_request,
    "payback": _payback,
}
"""How each claim without parts is worked out again."""
