"""What machines cost a month: rented by the hour or the month, on spot, or one's own.

Bills are in US dollars. A month is a twelfth of a year of 365 days: 730 hours.
"""

from __future__ import annotations

import math
from datetime import date

from companion.errors import ConfigError
from companion.planning.bills import Bill, Term
from companion.planning.interruptions import HOURS, SPOT, stretches
from companion.planning.prices import (
    Assumptions,
    Offer,
    assumptions,
    cited,
    line,
    machine,
    offer,
    rate,
)
from companion.sections.assumptions import Assumption, Machine


def hosted(
    gpu: str,
    hours: float = HOURS,
    spot: bool = False,
    machines: int = 1,
    disk_gb: float = 0.0,
    told: Assumptions | None = None,
    reserved: bool = False,
) -> Bill:
    """So many rented machines for `hours` of use a month each; `disk_gb` are rented all month.

    `gpu` is the key or name of an offer, and `spot` takes the price that may end at any moment:
    what interruptions cost is a line of its own. What is `reserved` for a year is cheaper, and paid
    for every hour, used or not; what is let by the month costs all of it.
    Raises ConfigError for an unknown offer, one without spot, no hours or more than a month's.
    """
    told, chosen = told or assumptions(), offer(gpu)
    _check_hours(hours)
    if machines < 1:
        raise ConfigError(f"{machines} machines serve nobody", repair="Give 1 or more.")
    if spot and reserved:
        raise ConfigError("No machine is both spot and reserved", repair="Choose one of them.")
    terms = [
        _reserved(chosen, machines, told) if reserved else _rent(chosen, hours, machines, spot)
    ]
    if spot:
        terms.append(_interruptions(chosen, hours, machines, told))
    if disk_gb:
        terms.append(line("Disk", told, "storage", disk_gb, "GB"))
    return Bill(tuple(terms))


def _rent(chosen: Offer, hours: float, machines: int, spot: bool) -> Term:
    usd, times, count = (
        _spot(chosen) if spot else chosen.usd,
        float(machines),
        f"{machines} of them",
    )
    if chosen.per == "hour":
        times, count = machines * hours, f"{machines} x {hours:g} hours"
    low, high = (usd, usd) if spot else (chosen.low, chosen.high)
    return Term(
        f"{chosen.described}{', spot' if spot else ''}",
        usd,
        f"USD/{chosen.per}",
        times,
        count=count,
        low=low * times,
        high=high * times,
        source=chosen.source,
        date=chosen.date,
    )


def _reserved(chosen: Offer, machines: int, told: Assumptions) -> Term:
    """All hours of the month, at the price on demand less what a year's promise takes off."""
    if chosen.per != "hour":
        raise ConfigError(f"{chosen.described} is rented by the {chosen.per}")
    off, hours = told["reserved-discount"], machines * HOURS
    least, most = (chosen.usd * hours * (1 - end) for end in reversed(off.ends))
    return Term(
        f"{chosen.described}, reserved for a year",
        chosen.usd,
        "USD/hour",
        hours * (1 - off.value),
        count=f"{machines} x {HOURS} hours x (1 - {off.value:g})",
        low=least,
        high=most,
        source=chosen.source,
        date=chosen.date,
        also=(cited("less", off),),
    )


def _spot(chosen: Offer) -> float:
    if chosen.spot_usd is None:
        raise ConfigError(
            f"{chosen.described} has no price for spot", repair="Take it on demand, or another."
        )
    return chosen.spot_usd


def _interruptions(chosen: Offer, hours: float, machines: int, told: Assumptions) -> Term:
    """What is paid for while a machine that was taken back is replaced, and work done again."""
    usd, share = _spot(chosen), told["spot-interrupted"].value
    lost, low, high = (machines * hours * (one - 1) for one in stretches(told))
    return Term(
        "Hours lost to interruptions",
        usd,
        "USD/hour",
        lost,
        count=f"{share:.0%} of machines taken back a month, {lost / machines:.3g} hours each",
        low=usd * low,
        high=usd * high,
        source=chosen.source,
        date=chosen.date,
        also=tuple(cited(told[name].what, told[name]) for name in SPOT),
    )


def own_machine(
    hardware: str,
    hours: float = HOURS,
    years: float | None = None,
    kwh_price: float | None = None,
    told: Assumptions | None = None,
    busy: float = 1.0,
) -> Bill:
    """Hardware that is bought: its price over `years`, and the electricity of `hours` a month.

    `kwh_price` is in US dollars a kWh. What is not given is taken from the assumptions, with its
    ends. A card draws all its watts for the `busy` share of the hours and waits for the rest; the
    computer around it is counted in electricity and not in price.
    Raises ConfigError for unknown hardware, no hours, no years, a price below zero, or no share.
    """
    told, bought = told or assumptions(), machine(hardware)
    _check_hours(hours)
    if not 0 <= busy <= 1:
        raise ConfigError(f"{busy:g} is no share of the hours", repair="Give 0 to 1.")
    life = _given(told["machine-life"], years, "years")
    power = _given(told["electricity"], kwh_price, "USD/kWh")
    terms = [
        _share(bought, life, told),
        _electricity(bought, hours * (busy if bought.kind == "card" else 1), power, told),
    ]
    if bought.kind == "card":
        if busy < 1:
            terms.append(_electricity(told["idle-card"], hours * (1 - busy), power, told))
        rest = told["rest-of-machine"]
        terms.append(_electricity(rest, hours, power, told))
    return Bill(tuple(terms))


def electricity(hardware: str | None = None, hours: float = HOURS) -> Bill:
    """The same for a machine that one has: electricity alone; None is a computer without a GPU.

    Raises ConfigError for unknown hardware, no hours, or more than a month's.
    """
    if hardware is not None:
        whole = own_machine(hardware, hours)
        return Bill(tuple(term for term in whole.terms if not term.bought))
    told = assumptions()
    _check_hours(hours)
    rest = told["rest-of-machine"]
    return Bill((_electricity(rest, hours, told["electricity"], told),))


def _given(row: Assumption, value: float | None, unit: str) -> Assumption:
    """The assumption, or what the user knows instead, which has no ends."""
    if value is None:
        return row
    if not (math.isfinite(value) and value >= 0 and (value > 0 or unit != "years")):
        raise ConfigError(f"{value:g} {unit} cannot be", repair="Give more than 0.")
    known = {
        "value": value,
        "low": value,
        "high": value,
        "unit": unit,
        "source": "given by you",
        "date": date.today(),
    }
    return row.model_copy(update=known)


def _share(bought: Machine, life: Assumption, told: Assumptions) -> Term:
    """A month's share of the price."""
    dollars = rate(bought.currency, told)
    months = 12 * life.value
    euros = f"{dollars.value:g} USD/EUR / " if bought.currency == "EUR" else "1 / "
    low, high = dollars.ends[0] / life.ends[1] / 12, dollars.ends[1] / life.ends[0] / 12
    return Term(
        f"{bought.name}, a month of {life.value:g} years",
        bought.price,
        bought.currency,
        dollars.value / months,
        count=f"{euros}{months:g} months",
        low=bought.price * low,
        high=bought.price * high,
        bought=bought.price * dollars.value,
        source=bought.source,
        date=str(bought.date),
        also=(cited("years", life), *_exchange(bought.currency, dollars)),
    )


def _electricity(
    drawn: Machine | Assumption, hours: float, power: Assumption, told: Assumptions
) -> Term:
    """Electricity of a month: of hardware, or of watts that are assumed, with their ends."""
    dollars, watts = rate(power.unit[:3], told), _watts(drawn)
    least, most = drawn.ends if isinstance(drawn, Assumption) else (watts, watts)
    euros = f" x {dollars.value:g} USD/EUR" if dollars.value != 1 else ""
    return Term(
        f"Electricity: {drawn.what if isinstance(drawn, Assumption) else drawn.name}",
        power.value,
        power.unit,
        watts / 1000 * hours * dollars.value,
        count=f"{watts:g} W x {hours:g} hours / 1000{euros}",
        low=power.ends[0] * dollars.ends[0] * least / 1000 * hours,
        high=power.ends[1] * dollars.ends[1] * most / 1000 * hours,
        source=power.source,
        date=str(power.date),
        also=(cited("watts", drawn), *_exchange(power.unit, dollars)),
    )


def _watts(drawn: Machine | Assumption) -> float:
    return drawn.value if isinstance(drawn, Assumption) else drawn.watts


def _exchange(unit: str, dollars: Assumption) -> tuple[str, ...]:
    """Who gave the rate, where one was needed."""
    return (cited("USD/EUR", dollars),) if unit.startswith("EUR") else ()


def _check_hours(hours: float) -> None:
    if not 0 < hours <= HOURS:
        raise ConfigError(
            f"{hours:g} hours a month cannot be paid for",
            repair=f"Give more than 0, and at most {HOURS}, which are a whole month.",
        )
