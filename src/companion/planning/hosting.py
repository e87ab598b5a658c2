"""What machines cost a month: rented by the hour or the month, on spot, or one's own.

Bills are in US dollars. A month is a twelfth of a year of 365 days: 730 hours.
"""

from __future__ import annotations

import math
from datetime import date

from companion.errors import ConfigError
from companion.planning.bills import Bill, Term
from companion.planning.interruptions import HOURS, stretches
from companion.planning.prices import Assumptions, Offer, assumptions, line, machine, offer, rate
from companion.sections.assumptions import Assumption, Machine


def hosted(
    gpu: str,
    hours: float = HOURS,
    spot: bool = False,
    machines: int = 1,
    disk_gb: float = 0.0,
    told: Assumptions | None = None,
) -> Bill:
    """So many rented machines for `hours` of use a month each; `disk_gb` are rented all month.

    `gpu` is the key or name of an offer, and `spot` takes the price that may end at any moment:
    what interruptions cost is a line of its own. What is let by the month costs all of it.
    Raises ConfigError for an unknown offer, one without spot, no hours or more than a month's.
    """
    told, chosen = told or assumptions(), offer(gpu)
    _check_hours(hours)
    if machines < 1:
        raise ConfigError(f"{machines} machines serve nobody", repair="Give 1 or more.")
    terms = [_rent(chosen, hours, machines, spot)]
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


def _spot(chosen: Offer) -> float:
    if chosen.spot_usd is None:
        raise ConfigError(
            f"{chosen.described} has no price for spot", repair="Take it on demand, or another."
        )
    return chosen.spot_usd


def _interruptions(chosen: Offer, hours: float, machines: int, told: Assumptions) -> Term:
    """What is paid for while a machine that was taken back is replaced, and work done again."""
    row, usd = told["spot-interrupted"], _spot(chosen)
    lost, low, high = (machines * hours * (one - 1) for one in stretches(told))
    return Term(
        "Hours lost to interruptions",
        usd,
        "USD/hour",
        lost,
        count=f"{row.value:.0%} of machines taken back a month, {lost / machines:.3g} hours each",
        low=usd * low,
        high=usd * high,
        source=row.source,
        date=str(row.date),
    )


def own_machine(
    hardware: str,
    hours: float = HOURS,
    years: float | None = None,
    kwh_price: float | None = None,
    told: Assumptions | None = None,
) -> Bill:
    """Hardware that is bought: its price over `years`, and the electricity of `hours` a month.

    `kwh_price` is in US dollars a kWh. What is not given is taken from the assumptions, with its
    ends. Watts are those of full load, so real bills are lower; of a card, the computer around it
    is counted in electricity and not in price.
    Raises ConfigError for unknown hardware, no hours, no years, or a price below zero.
    """
    told, bought = told or assumptions(), machine(hardware)
    _check_hours(hours)
    life = _given(told["machine-life"], years, "years")
    power = _given(told["electricity"], kwh_price, "USD/kWh")
    terms = [
        _share(bought, life, told),
        _electricity(bought.name, bought.watts, hours, power, told),
    ]
    if bought.kind == "card":
        rest = told["rest-of-machine"]
        terms.append(_electricity(rest.what, rest.value, hours, power, told, rest.ends))
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
    term = _electricity(rest.what, rest.value, hours, told["electricity"], told, rest.ends)
    return Bill((term,))


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
    )


def _electricity(
    whose: str,
    watts: float,
    hours: float,
    power: Assumption,
    told: Assumptions,
    ends: tuple[float, float] | None = None,
) -> Term:
    """Electricity of a month; `ends` are those of the watts."""
    dollars = rate(power.unit[:3], told)
    least, most = ends or (watts, watts)
    euros = f" x {dollars.value:g} USD/EUR" if dollars.value != 1 else ""
    return Term(
        f"Electricity: {whose}",
        power.value,
        power.unit,
        watts / 1000 * hours * dollars.value,
        count=f"{watts:g} W x {hours:g} hours / 1000{euros}",
        low=power.ends[0] * dollars.ends[0] * least / 1000 * hours,
        high=power.ends[1] * dollars.ends[1] * most / 1000 * hours,
        source=power.source,
        date=str(power.date),
    )


def _check_hours(hours: float) -> None:
    if not 0 < hours <= HOURS:
        raise ConfigError(
            f"{hours:g} hours a month cannot be paid for",
            repair=f"Give more than 0, and at most {HOURS}, which are a whole month.",
        )
