"""Figures as a person reads them: numbers, money, dates, times, units, in English and French.

`in_words` goes through a list of rules, the most particular first: a date is read before its
numbers are. What a rule gives has no figures left, so that no later rule reads it again.
"""

# ruff: noqa: RUF001 - signs that stand before and between figures
from __future__ import annotations

import re
from functools import partial
from typing import Protocol

from companion.speech.counting import MOST, cardinal, figures, ordinal, year
from companion.speech.units import COINS, HELP, MONEY, MONTHS, SIGNS, UNITS, Unit
from companion.types import Language

NUMBER = (
    r"(?:\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d])(?:[.,]\d+)?"
    r"|\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:[.,]\d+)?)"
)
"""1200, 1 200, 1,200.50 or 3,50; which of point and comma stands for what is told by `_parts`."""


class Read(Protocol):
    """What a rule makes of its match."""

    def __call__(self, match: re.Match[str], language: Language) -> str: ...


def in_words(text: str, language: Language) -> str:
    """The text with its figures in words."""
    for pattern, read in RULES[language]:
        text = pattern.sub(partial(read, language=language), text)
    return text


def number(written: str, language: Language, feminine: bool = False) -> str:
    """A number in words, with what stands behind its point."""
    whole, decimals = _parts(written, language)
    long = (len(whole) > 1 and int(whole[0]) == 0) or len(whole) > MOST
    words = figures(whole, language) if long else cardinal(int(whole), language, feminine)
    if not decimals:
        return words
    if language == "en" or len(decimals) > 3:
        behind = figures(decimals, language)
    else:
        zeros = len(decimals) - len(decimals.lstrip("0"))
        rest = decimals.lstrip("0")
        behind = " ".join(["zéro"] * zeros + ([cardinal(int(rest), language)] if rest else []))
    return f"{words} {'point' if language == 'en' else 'virgule'} {behind}"


def _parts(written: str, language: Language) -> tuple[str, str]:
    """The whole number and the decimals; of two marks the last one is the decimal one."""
    written = re.sub(r"\s", "", written)
    english = language == "en" or "." in written or written.count(",") > 1
    if english and re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", written):
        written = written.replace(",", "")
    whole, _, decimals = written.replace(",", ".").partition(".")
    return whole, decimals


def _plain(match: re.Match[str], language: Language) -> str:
    """Any number, with a space where it touches a letter, as in H2O."""
    before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
    words = number(match[0], language)
    return " " * before.isalnum() + words + " " * after.isalnum()


def _money(match: re.Match[str], language: Language) -> str:
    """$1,200.50 is one thousand two hundred dollars and fifty cents."""
    amount, mark = match["amount"], match["mark"]
    whole, decimals = _parts(amount, language)
    if scale := match["scale"]:
        word = SIGNS[language].get(scale.lower(), scale)
        many = language == "fr" and not whole.startswith("1")
        joint = " d'" if language == "fr" and MONEY[language][mark].one[0] in "e" else " "
        joint = " de " if language == "fr" and joint == " " else joint
        return f"{number(amount, language)} {word}{'s' * many}{joint}{MONEY[language][mark].many}"
    unit, coin = MONEY[language][mark], COINS[language][mark]
    if len(decimals) > 2 or len(whole) > MOST:
        return f"{number(amount, language)} {unit.many}"
    cents = int(decimals.ljust(2, "0") or 0)
    said = _counted(int(whole), unit, language) if int(whole) or not cents else ""
    if not cents:
        return said
    if language == "fr" and said:
        return f"{said} {cardinal(cents, language)}"
    return " and ".join(filter(None, [said, _counted(cents, coin, language)]))


def _counted(count: int, unit: Unit, language: Language) -> str:
    one = count == 1 or (language == "fr" and count == 0)
    return f"{cardinal(count, language, unit.feminine)} {unit.one if one else unit.many}"


def _unit(match: re.Match[str], language: Language) -> str:
    unit = UNITS[language][match["unit"]]
    whole, decimals = _parts(match["amount"], language)
    few = whole in ("0", "1") if language == "fr" else whole == "1" and not decimals
    words = number(match["amount"], language, unit.feminine)
    return f"{words} {unit.one if few else unit.many}"


def _date(match: re.Match[str], language: Language) -> str:
    """21/11/2026 or 2026-11-21, with the day first unless it is English and cannot be."""
    first, second, when = int(match["first"]), int(match["second"]), int(match["year"])
    iso = match.string[match.start() :].startswith(match["year"])
    month, day = (first, second) if iso or (language == "en" and first <= 12) else (second, first)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return f"{cardinal(first, language)} {cardinal(second, language)} {year(when, language)}"
    name = MONTHS[language][month - 1]
    if language == "en":
        return f"{name} {ordinal(day, language)}, {year(when, language)}"
    return f"{_first(day)} {name} {year(when, language)}"


def _first(day: int) -> str:
    """A day of the month in French: only the first one is an ordinal."""
    return "premier" if day == 1 else cardinal(day, "fr")


def _english_day(match: re.Match[str], language: Language) -> str:
    """November 21, 2026, or 21 November."""
    month = next(one for one in MONTHS["en"] if one.startswith(match["month"][:3].title()))
    when = f", {year(int(match['year']), language)}" if match["year"] else ""
    day = ordinal(int(match["day"]), language)
    if match["month"] == match[0][: len(match["month"])]:
        return f"{month} {day}{when}"
    return f"{day} of {month}{when}"


def _french_day(match: re.Match[str], language: Language) -> str:
    return f"{_first(int(match['day']))} {match['month']}"


def _english_time(match: re.Match[str], language: Language) -> str:
    """9:05, 14:30, 3 pm."""
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    words = cardinal(hour, language)
    if minute:
        words += f" {'oh ' if minute < 10 else ''}{cardinal(minute, language)}"
    elif not match["half"]:
        words += " o'clock" if hour <= 12 else " hundred"
    half = match["half"]
    stop = "." if half and half.endswith(".") and not match.string[match.end() :].strip() else ""
    return words + (f" {half[0].lower()} m{stop}" if half else "")


def _french_time(match: re.Match[str], language: Language) -> str:
    """14h30, 8 h."""
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    hours = f"{cardinal(hour, language, feminine=True)} heure{'s' * (hour > 1)}"
    return f"{hours} {cardinal(minute, language, feminine=True)}" if minute else hours


def _ordinal(match: re.Match[str], language: Language) -> str:
    return ordinal(int(match["amount"]), language, match["ending"] in ("re", "ère", "nde"))


def _century(match: re.Match[str], language: Language) -> str:
    """XXe siècle."""
    values = [{"I": 1, "V": 5, "X": 10}[one] for one in match["roman"]]
    after = [*values[1:], 0]
    return ordinal(sum(-a if a < b else a for a, b in zip(values, after, strict=True)), language)


def _range(match: re.Match[str], language: Language) -> str:
    return f"{match[1]} {'to' if language == 'en' else 'à'} "


def _points(match: re.Match[str], language: Language) -> str:
    """A version or an address: 3.11.2."""
    return " point ".join(number(one, language) for one in match[0].split("."))


def _telephone(match: re.Match[str], language: Language) -> str:
    """Figure by figure in English; in French by pairs, and other groups as short numbers are."""
    groups = re.findall(r"\d+", match["number"])
    if language == "en":
        read = ", ".join(figures(group, "en") for group in groups)
    else:
        read = " ".join(_dialled(group) for group in groups)
    return match[0].replace(match["number"], read)


def _dialled(group: str) -> str:
    """3114 is trente et un quatorze, 112 is cent douze, and 988 is neuf huit huit."""
    if len(group) == 4:
        return f"{number(group[:2], 'fr')} {number(group[2:], 'fr')}"
    return number(group, "fr") if int(group) < 200 else figures(group, "fr")


def _year(match: re.Match[str], language: Language) -> str:
    return year(int(match[0]), language)


def _minus(match: re.Match[str], language: Language) -> str:
    return "minus " if language == "en" else "moins "


def _sign(match: re.Match[str], language: Language) -> str:
    return f" {SIGNS[language][match[0]]} "


def _any(words: dict[str, Unit]) -> str:
    """One of these, the longest first."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


def _rules(language: Language) -> list[tuple[re.Pattern[str], Read]]:
    space, amount = r"[ \u00a0\u202f]?", f"(?P<amount>{NUMBER})"
    marks, units = _any(MONEY[language]), _any(UNITS[language])
    scale = r"(?P<scale>million|billion|milliard|[kKM](?=[\s$€£.,]|$))?s?"
    months = "|".join(MONTHS[language])
    signs = "".join(re.escape(sign) for sign in SIGNS[language] if not sign.isalpha())
    slash = r"(?P<first>\d\d?)[/.](?P<second>\d\d?)[/.](?P<year>\d{4})"
    rules: list[tuple[str, Read]] = [
        (r"(?<!\d)(?P<year>\d{4})-(?P<first>\d\d)-(?P<second>\d\d)(?!\d)", _date),
        (rf"(?<!\d){slash}(?!\d)", _date),
        *_telephones(),
        *(_english(months) if language == "en" else _french(months)),
        (rf"(?<![\w])(?P<mark>{marks}){space}{amount}{space}{scale}(?!\w)", _money),
        (rf"(?<!\w){amount}{space}{scale}{space}(?P<mark>{marks})(?!\w)", _money),
        (r"(?<![\d.])\d+(?:\.\d+){2,}", _points),
        (rf"(?<=\d)(){space}[-–](?=\d)", _range),
        (r"(?<![\w)])[-−](?=\d)", _minus),
        (rf"(?<![\d.,]){amount}{space}(?P<unit>{units})(?!\w)", _unit),
    ]
    if language == "en":
        rules.append((r"(?<![\w.,])(?:1[1-9]\d\d|20[1-9]\d)(?![\w%]|[.,]\d)", _year))
    rules += [(NUMBER, _plain), (f"[{signs}]", _sign)]
    return [(re.compile(pattern), read) for pattern, read in rules]


def _telephones() -> list[tuple[str, Read]]:
    """Numbers with the shape of a telephone's, and short ones where one is told to call them."""
    call = r"(?i:call|dial|ring|text|phone|appele[rz]|appelle|compose[rz]?)(?: the| le| au)?"
    return [
        (r"(?<![\d.,])(?P<number>0\d{1,4}(?:[ -]\d{2,5})+)(?![\d.,]\d)", _telephone),
        (r"(?<![\d-])(?P<number>(?:\d-)?\d{3}-\d{3}-\d{4})(?!\d)", _telephone),
        (rf"\b{call} (?P<number>{HELP})(?![\d:]|[.,]\d)", _telephone),
        (rf"\b{call} (?P<number>\d{{3,4}})(?![\d:]|[.,]\d| ?[$€£%h]| \w)", _telephone),
        (rf"(?<![\d.,])(?P<number>{HELP})(?= \([A-ZÀ-Ý])", _telephone),
        (r"(?<![\d.,])(?P<number>116 (?:1\d\d|000)|3114|3919)(?!\d|[.,]\d| ?[$€£%k])", _telephone),
    ]


def _english(months: str) -> list[tuple[str, Read]]:
    short = rf"(?P<month>{months}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
    day, when = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?", r"(?:,? (?P<year>\d{4}))?(?!\w|[.,:]\d)"
    clock = r"(?P<hour>[01]?\d|2[0-4])"
    half = r"\s?(?P<half>[ap]\.?m\b\.?|[AP]M\b)"
    return [
        (rf"\b{short} {day}{when}", _english_day),
        (rf"\b{day} {short}{when}", _english_day),
        (rf"(?<![\d:]){clock}:(?P<minute>[0-5]\d)(?![\d:])(?:{half})?", _english_time),
        (rf"(?<![\d:.]){clock}(?P<minute>){half}", _english_time),
        (r"(?<!\w)(?P<amount>\d{1,9})(?P<ending>st|nd|rd|th)(?!\w)", _ordinal),
        (r"(?:#|\bN[o°]\.? ?)(?=\d)", lambda match, language: "number "),
    ]


def _french(months: str) -> list[tuple[str, Read]]:
    clock = r"(?P<hour>[01]?\d|2[0-4])"
    return [
        (rf"(?<!\d)(?P<day>[0-3]?\d)(?:er)? (?P<month>{months})\b", _french_day),
        (rf"(?<![\d:]){clock} ?[h:] ?(?P<minute>[0-5]\d)(?![\d:])", _french_time),
        (rf"(?<![\d:]){clock} ?h(?P<minute>)(?!\w)", _french_time),
        (r"\b(?P<roman>[IVX]+)(?P<ending>e|er|ème)(?= siècle)", _century),
        (r"(?<!\w)(?P<amount>\d{1,9})(?P<ending>ère|ème|ième|nde|nd|er|re|e)(?!\w)", _ordinal),
        (r"(?:#|\b[nN]°|№) ?(?=\d)", lambda match, language: "numéro "),
    ]


RULES: dict[Language, list[tuple[re.Pattern[str], Read]]] = {
    "en": _rules("en"),
    "fr": _rules("fr"),
}
