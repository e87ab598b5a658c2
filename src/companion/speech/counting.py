"""Whole numbers in words, in English and French: one, first, nineteen eighty-four."""

from __future__ import annotations

from companion.types import Language

EN_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
EN_SMALL = EN_WORDS.split()
EN_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
EN_LARGE = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"))
EN_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
FR_WORDS = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize "
    "dix-sept dix-huit dix-neuf"
)
FR_SMALL = FR_WORDS.split()
FR_TENS = (
    *("", "", "vingt", "trente", "quarante", "cinquante"),
    *("soixante", "soixante", "quatre-vingt", "quatre-vingt"),
)
FR_STEMS = {"cinq": "cinqu", "neuf": "neuv"}
"""How two numbers change in front of "ième"."""

FR_LARGE = ((10**12, "billion"), (10**9, "milliard"), (10**6, "million"))

MOST = 15
"""Figures that have a name together; a longer number is read figure by figure."""


def cardinal(number: int, language: Language, feminine: bool = False) -> str:
    """One, two, three… of at most `MOST` figures; French knows a feminine one."""
    if language == "en":
        return _english(number)
    words = _french(number)
    return f"{words}e" if feminine and words.endswith("un") else words


def ordinal(number: int, language: Language, feminine: bool = False) -> str:
    """First, second… and in French premier or première, deuxième…"""
    if language == "en":
        head, dash, last = _english(number).rpartition("-")
        start, space, last = last.rpartition(" ")
        ending = last[:-1] + "ieth" if last.endswith("y") else last + "th"
        return head + dash + start + space + EN_ORDINALS.get(last, ending)
    if number == 1:
        return "première" if feminine else "premier"
    words = _french(number)
    if words.endswith(("vingts", "cents", "ons", "ards")):
        words = words[:-1]
    words = words.removesuffix("e") if words.endswith(("re", "ze", "te", "lle")) else words
    for last, stem in FR_STEMS.items():
        words = words.removesuffix(last) + stem if words.endswith(last) else words
    return f"{words}ième"


def year(number: int, language: Language) -> str:
    """A year as it is said: by hundreds in English, as any number in French."""
    hundreds, rest = divmod(number, 100)
    if language == "fr" or not (1100 <= number < 2000 or 2010 <= number < 2100):
        return cardinal(number, language)
    if not rest:
        return f"{_english(hundreds)} hundred"
    return f"{_english(hundreds)} {'oh ' if rest < 10 else ''}{_english(rest)}"


def figures(digits: str, language: Language) -> str:
    """Figure by figure, as one reads the number of a telephone."""
    return " ".join(cardinal(int(one), language) for one in digits)


def _english(number: int) -> str:
    if number < 20:
        return EN_SMALL[number]
    if number < 100:
        tens, one = divmod(number, 10)
        return EN_TENS[tens] + (f"-{EN_SMALL[one]}" if one else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{EN_SMALL[hundreds]} hundred" + (f" and {_english(rest)}" if rest else "")
    size, name = next(one for one in EN_LARGE if number >= one[0])
    many, rest = divmod(number, size)
    joint = " and " if 0 < rest < 100 else " " if rest else ""
    return f"{_english(many)} {name}" + joint + (_english(rest) if rest else "")


def _french(number: int) -> str:
    if number < 20:
        return FR_SMALL[number]
    if number < 100:
        return _french_tens(number)
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        many = f"{FR_SMALL[hundreds]} cent" if hundreds > 1 else "cent"
        return f"{many} {_french(rest)}" if rest else many + "s" * (hundreds > 1)
    if number < 10**6:
        thousands, rest = divmod(number, 1000)
        many = (
            _french(thousands).removesuffix("s")
            if thousands % 100 in (0, 80)
            else _french(thousands)
        )
        many = f"{many} mille" if thousands > 1 else "mille"
        return f"{many} {_french(rest)}" if rest else many
    size, name = next(one for one in FR_LARGE if number >= one[0])
    times, rest = divmod(number, size)
    plural = "s" * (times > 1)
    return f"{_french(times)} {name}{plural}" + (f" {_french(rest)}" if rest else "")


def _french_tens(number: int) -> str:
    """From 20 to 99: seventy is sixty-ten, and eighty four twenties."""
    tens, one = divmod(number, 10)
    if tens in (7, 9):
        one += 10
    if number == 80:
        return "quatre-vingts"
    if one in (1, 11) and tens < 8:
        return f"{FR_TENS[tens]} et {FR_SMALL[one]}"
    return FR_TENS[tens] + (f"-{FR_SMALL[one]}" if one else "")
