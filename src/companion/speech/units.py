"""Tables for `figures.py`: months, money, measures and signs, in English and French."""

# ruff: noqa: RUF001 - signs and what they are called
from __future__ import annotations

from typing import NamedTuple

from companion.types import Language


class Unit(NamedTuple):
    """What is counted: one of it, many of it, and its gender in French."""

    one: str
    many: str
    feminine: bool = False


def _unit(words: str, feminine: bool = False) -> Unit:
    """From "mile", "foot/feet" or "kilomètre* par heure", where the star is the plural's s."""
    if "/" in words:
        one, many = words.split("/")
        return Unit(one, many, feminine)
    many = words.replace("*", "s") if "*" in words else f"{words}s"
    return Unit(words.replace("*", ""), many, feminine)


MONTHS: dict[Language, tuple[str, ...]] = {
    "en": (
        *("January", "February", "March", "April", "May", "June", "July", "August"),
        *("September", "October", "November", "December"),
    ),
    "fr": (
        *("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août"),
        *("septembre", "octobre", "novembre", "décembre"),
    ),
}

EURO = Unit("euro", "euros")
MONEY: dict[Language, dict[str, Unit]] = {
    "en": {
        **dict.fromkeys(("$", "US$", "USD"), _unit("dollar")),
        **dict.fromkeys(("€", "EUR"), EURO),
        **dict.fromkeys(("£", "GBP"), _unit("pound")),
    },
    "fr": {
        **dict.fromkeys(("$", "US$", "USD"), _unit("dollar")),
        **dict.fromkeys(("€", "EUR"), EURO),
        **dict.fromkeys(("£", "GBP"), _unit("livre", feminine=True)),
    },
}
PENCE = _unit("penny/pence")
COINS: dict[Language, dict[str, Unit]] = {
    "en": {mark: PENCE if mark in "£GBP" else _unit("cent") for mark in MONEY["en"]},
    "fr": {
        mark: PENCE if mark in "£GBP" else _unit("centime" if mark in "€EUR" else "cent")
        for mark in MONEY["fr"]
    },
}

UNITS: dict[Language, dict[str, Unit]] = {
    "en": {
        "%": _unit("percent/percent"),
        "km/h": _unit("kilometre* per hour"),
        "m/s": _unit("metre* per second"),
        "mph": _unit("mile* per hour"),
        "km": _unit("kilometre"),
        "m": _unit("metre"),
        "cm": _unit("centimetre"),
        "mm": _unit("millimetre"),
        "m²": _unit("square metre"),
        "km²": _unit("square kilometre"),
        "mi": _unit("mile"),
        "ft": _unit("foot/feet"),
        "lb": _unit("pound"),
        "lbs": _unit("pound"),
        "oz": _unit("ounce"),
        "kg": _unit("kilogram"),
        "g": _unit("gram"),
        "mg": _unit("milligram"),
        "l": _unit("litre"),
        "L": _unit("litre"),
        "ml": _unit("millilitre"),
        "mL": _unit("millilitre"),
        "°C": _unit("degree* Celsius"),
        "°F": _unit("degree* Fahrenheit"),
        "°": _unit("degree"),
        "kB": _unit("kilobyte"),
        "KB": _unit("kilobyte"),
        "MB": _unit("megabyte"),
        "GB": _unit("gigabyte"),
        "TB": _unit("terabyte"),
        "Hz": _unit("hertz/hertz"),
        "kHz": _unit("kilohertz/kilohertz"),
        "MHz": _unit("megahertz/megahertz"),
        "GHz": _unit("gigahertz/gigahertz"),
        "W": _unit("watt"),
        "kW": _unit("kilowatt"),
        "kWh": _unit("kilowatt-hour"),
        "ms": _unit("millisecond"),
        "s": _unit("second"),
        "sec": _unit("second"),
        "min": _unit("minute"),
        "h": _unit("hour"),
        "hrs": _unit("hour"),
    },
    "fr": {
        "%": _unit("pour cent/pour cent"),
        "km/h": _unit("kilomètre* par heure"),
        "km / h": _unit("kilomètre* par heure"),
        "m/s": _unit("mètre* par seconde"),
        "km": _unit("kilomètre"),
        "m": _unit("mètre"),
        "cm": _unit("centimètre"),
        "mm": _unit("millimètre"),
        "m²": _unit("mètre* carré*"),
        "km²": _unit("kilomètre* carré*"),
        "kg": _unit("kilogramme"),
        "g": _unit("gramme"),
        "mg": _unit("milligramme"),
        "l": _unit("litre"),
        "L": _unit("litre"),
        "ml": _unit("millilitre"),
        "mL": _unit("millilitre"),
        "°C": _unit("degré* Celsius"),
        "°F": _unit("degré* Fahrenheit"),
        "°": _unit("degré"),
        "ko": _unit("kilo-octet"),
        "Ko": _unit("kilo-octet"),
        "Mo": _unit("méga-octet"),
        "Go": _unit("giga-octet"),
        "To": _unit("téra-octet"),
        "Hz": _unit("hertz/hertz"),
        "kHz": _unit("kilohertz/kilohertz"),
        "MHz": _unit("mégahertz/mégahertz"),
        "GHz": _unit("gigahertz/gigahertz"),
        "W": _unit("watt"),
        "kW": _unit("kilowatt"),
        "kWh": _unit("kilowatt*-heure*"),
        "ms": _unit("milliseconde", feminine=True),
        "s": _unit("seconde", feminine=True),
        "min": _unit("minute", feminine=True),
    },
}

SIGNS: dict[Language, dict[str, str]] = {
    "en": {
        "&": "and",
        "+": "plus",
        "=": "equals",
        "×": "times",
        "÷": "divided by",
        "%": "percent",
        "@": "at",
        "°": "degrees",
        "$": "dollars",
        "€": "euros",
        "£": "pounds",
        "½": "one half",
        "¼": "one quarter",
        "¾": "three quarters",
        "²": "squared",
        "³": "cubed",
        "k": "thousand",
        "m": "million",
    },
    "fr": {
        "&": "et",
        "+": "plus",
        "=": "égale",
        "×": "fois",
        "÷": "divisé par",
        "%": "pour cent",
        "@": "arobase",
        "°": "degrés",
        "$": "dollars",
        "€": "euros",
        "£": "livres",
        "½": "un demi",
        "¼": "un quart",
        "¾": "trois quarts",
        "²": "au carré",
        "³": "au cube",
        "k": "mille",
        "m": "million",
    },
}
"""What a sign is called; the letters are those behind an amount of money, as in 3 M€."""

HELP = r"988|911|999|112|111|119|143|15|17|18|3114|3919|3020|3018|116 1\d\d|116 000"
"""Short numbers of help lines and of emergency services; they must be understood at once."""
