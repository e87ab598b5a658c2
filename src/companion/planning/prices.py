"""What things cost, each with its source and date: models by the token, machines by the hour.

Prices of models are those of `configs/models.yaml`, which took them from genai-prices. Prices of
machines with GPUs are a table of Full Stack Deep Learning's (MIT), shipped in `data/prices`, and
what `configs/catalogue/rentals.yaml` adds. All is in US dollars unless a name says otherwise.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from companion.config import HttpModel, load
from companion.errors import ConfigError
from companion.planning.bills import Term
from companion.planning.tables import read_table, while_settings_stand
from companion.resources import configs, packaged
from companion.sections import Price
from companion.sections.assumptions import Assumption, Machine, Rental

TABLE = "Full Stack Deep Learning, cloud-gpus.csv (MIT)"
TABLE_DATE = "2025-03-07"
"""The day on which the table was last changed; a single row may be older."""

Assumptions = dict[str, Assumption]


@dataclass(frozen=True, slots=True)
class Offer:
    """A machine for rent. `gpu_gb` is the memory of one of its `gpus`, in GB of 10^9 bytes.

    `usd` is the price per hour or per month, between `low` and `high`; `spot_usd` the price while
    nobody pays more, None where it is not offered.
    """

    key: str
    provider: str
    name: str
    gpu: str
    gpus: int
    gpu_gb: float
    ram_gb: float | None
    usd: float
    low: float
    high: float
    per: str
    spot_usd: float | None
    source: str
    date: str

    @property
    def described(self) -> str:
        """What one gets, in a few words."""
        gpus = f"{self.gpus} x {self.gpu}, {self.gpu_gb:g} GB" if self.gpus else "no GPU"
        return f"{self.provider} {self.name or self.gpu} ({gpus})"


def assumptions() -> Assumptions:
    """What costs are worked out with, by name, from `configs/catalogue/assumptions.yaml`."""
    return dict(read_table("catalogue/assumptions", Assumption))


def machines() -> dict[str, Machine]:
    """Hardware to buy, by name, from `configs/catalogue/machines.yaml`."""
    return dict(read_table("catalogue/machines", Machine))


def machine(name: str) -> Machine:
    """The hardware of that name; raises ConfigError where there is none."""
    found = machines()
    if name.lower() not in found:
        raise _unknown(f"There is no price to buy {name!r}", name, found, "machines")
    return found[name.lower()]


def offers() -> tuple[Offer, ...]:
    """All machines for rent that have a price here, as they stand in the tables."""
    return (*_cloud(), *_rentals())


def offer(name: str) -> Offer:
    """The machine of that key ("aws-g5.xlarge") or of that name, which may fit one only.

    Raises ConfigError where there is none, or several of that name.
    """
    wanted = name.lower()
    known = {one.key: one for one in offers()}
    if wanted in known:
        return known[wanted]
    named = [one.key for one in known.values() if one.name.lower() == wanted]
    if len(named) == 1:
        return known[named[0]]
    if named:
        repair = f"Say which: {', '.join(named)}."
        raise ConfigError(f"Several machines are named {name!r}", repair=repair)
    raise _unknown(f"There is no price to rent {name!r}", name, known, "rentals")


def cheapest(gpu_gb: float, spot: bool = False) -> Offer:
    """The offer with the lowest price by the hour of those with one GPU of that memory or more.

    Raises ConfigError where none has so much.
    """
    able = [one for one in offers() if one.gpus == 1 and one.gpu_gb >= gpu_gb and one.per == "hour"]
    if spot:
        able = [one for one in able if one.spot_usd is not None]
    if not able:
        raise ConfigError(
            f"No offer has a GPU with {gpu_gb:g} GB",
            repair="Take a smaller model, or several GPUs.",
        )
    return min(able, key=lambda one: (one.spot_usd if spot and one.spot_usd else one.usd, one.key))


def llm_price(model: str) -> Price:
    """US dollars per million tokens of that model of `models.yaml`.

    Raises ConfigError for a model that has no name or no price there.
    """
    priced = _priced()
    if model not in priced:
        where = str(configs() / "models.yaml")
        raise ConfigError(
            f"There is no price for {model!r}",
            where=where,
            repair=f"Use one of: {', '.join(priced)}.",
        )
    price = priced[model]
    return price if price.source else price.model_copy(update={"source": "configs/models.yaml"})


def rate(currency: str, told: Assumptions | None = None) -> Assumption:
    """US dollars for one of that currency. Raises ConfigError for one that is not known."""
    told = told or assumptions()
    if currency == "USD":
        same = {"what": "US dollars", "value": 1, "low": 1, "high": 1, "source": "by definition"}
        return told["usd-for-eur"].model_copy(update=same)
    if currency == "EUR":
        return told["usd-for-eur"]
    raise ConfigError(
        f"The currency {currency!r} is not known", repair="Use USD or EUR, in capital letters."
    )


def line(what: str, told: Assumptions, name: str, times: float, count: str) -> Term:
    """A line of a bill: so many times the assumption of that name, with its ends."""
    one = told[name]
    low, high = (end * times for end in one.ends)
    return Term(
        what,
        one.value,
        one.unit,
        times,
        count=count,
        low=low,
        high=high,
        source=one.source,
        date=str(one.date),
    )


def cited(what: str, row: Assumption | Machine) -> str:
    """Who gave a figure, and when, for the end of a line."""
    return f"{what}: {row.source}, {row.date}"


def convert(amount: float, currency: str, to: str = "USD") -> float:
    """An amount in another currency. Raises ConfigError for a currency that is not known."""
    return amount * rate(currency).value / rate(to).value


@while_settings_stand
def _priced() -> dict[str, Price]:
    return {
        name: one.price
        for name, one in load().models.items()
        if isinstance(one, HttpModel) and one.price
    }


@cache
def _cloud() -> tuple[Offer, ...]:
    """The packaged table; machines without a name of their own are told by GPU and number."""
    file = packaged("data/prices/cloud_gpus.csv")
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    keys = _keys(rows)
    return tuple(_offer(row, key) for row, key in zip(rows, keys, strict=True))


def _keys(rows: Sequence[dict[str, str]]) -> list[str]:
    """A name for each row that no other has."""
    plain = [_key(row["provider"], row["name"] or _gpus(row)) for row in rows]
    fuller = [
        _key(row["provider"], row["name"], _gpus(row)) if plain.count(key) > 1 else key
        for row, key in zip(rows, plain, strict=True)
    ]
    return [
        f"{key}-{row['vcpus']}cpu-{row['usd_hour']}" if fuller.count(key) > 1 else key
        for row, key in zip(rows, fuller, strict=True)
    ]


def _key(*parts: str) -> str:
    return "-".join(part.lower().replace(" ", "-") for part in parts if part)


def _gpus(row: dict[str, str]) -> str:
    return f"{row['gpus']}x {row['gpu']} {row['gpu_gb']}gb"


def _offer(row: dict[str, str], key: str) -> Offer:
    price = float(row["usd_hour"])
    return Offer(
        key,
        row["provider"],
        row["name"],
        row["gpu"],
        int(row["gpus"]),
        float(row["gpu_gb"]),
        float(row["ram_gb"]) if row["ram_gb"] else None,
        price,
        price,
        price,
        "hour",
        float(row["spot_usd_hour"]) if row["spot_usd_hour"] else None,
        TABLE,
        TABLE_DATE,
    )


def _rentals() -> Iterable[Offer]:
    for key, one in read_table("catalogue/rentals", Rental).items():
        low = one.price if one.low is None else one.low
        high = one.price if one.high is None else one.high
        usd = [convert(amount, one.currency) for amount in (one.price, low, high)]
        provider, _, name = one.name.partition(" ")
        gpus = 1 if one.gpu else 0
        told = (*usd, one.per, None, one.source, str(one.date))
        yield Offer(key, provider, name, one.gpu, gpus, one.gpu_gb, None, *told)


def _unknown(what: str, name: str, known: Iterable[str], file: str) -> ConfigError:
    names = list(known)
    near = difflib.get_close_matches(name.lower(), names, n=3, cutoff=0.4)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Use one of: {', '.join(names[:12])}."
    return ConfigError(what, where=str(configs() / "catalogue" / f"{file}.yaml"), repair=hint)
