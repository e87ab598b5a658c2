"""What is read aloud of a written answer, in English and in French."""

# ruff: noqa: RUF001 - dashes and signs that writers use
from __future__ import annotations

import random
import re
import unicodedata

import pytest

from companion.safety.help_lines import Purpose, help_lines
from companion.safety.replies import numbers
from companion.speech.counting import cardinal, ordinal, year
from companion.speech.reading import GUIDES, read_aloud
from companion.training import corpora
from companion.types import Language

ENGLISH = {
    # markdown
    "**How** are *you* and __they__ and ~~we~~?": "How are you and they and we?",
    "un*believ*able": "unbelievable",
    "# Title\n\nText": "Title. Text",
    "## Is it?\nYes.": "Is it? Yes.",
    "- one\n- two\n- three": "one. two. three",
    "1. Wash\n2. Dry": "one, Wash. two, Dry",
    "- [x] done\n- [ ] open": "done. open",
    "> quoted": "quoted",
    "| a | b |\n|---|---|\n| c | d |": "a, b c, d",
    "one\n\n---\n\ntwo": "one. two",
    "\\*not emphasis\\*": "not emphasis",
    "<b>bold</b> and <br/>line": "bold and line",
    # code, links, pictures
    "Run `make demo` first.": "Run make demo first.",
    "Run `x = f(y)` first.": "Run first.",
    "Look:\n```python\nprint('hi')\n```\nDone.": "Look: Done.",
    "Look:\n```python\nprint('hi')": "Look:",
    "See [the page](https://a.org/b_(c)) now.": "See the page now.",
    "See https://a.org/b?c=1#d, then go.": "See, then go.",
    "See <https://a.org>.": "See.",
    "![a cat](cat.png) Nice.": "Nice.",
    "As told[^1] and [2].": "As told and.",
    # faces and stage directions
    "Hello! 😊🎉 👩‍👩‍👧 🇫🇷": "Hello!",
    "Fine :-) and you ;) <3 :D": "Fine and you",
    "*smiles* Hello!": "Hello!",
    "Hi *waves softly* there.": "Hi there.",
    "*She nods slowly.* Yes.": "Yes.",
    "Well (laughs) yes. [sighs deeply] No.": "Well yes. No.",
    "So be it. *a soft breeze blows* Now.": "So be it. Now.",
    "That is *very* good.": "That is very good.",
    "*Never* do that.": "Never do that.",
    "This is *important*.": "This is important.",
    # figures
    "$1,200.50": "one thousand two hundred dollars and fifty cents",
    "It is 3,50 €.": "It is three euros and fifty cents.",
    "£0.99 or €1": "ninety-nine pence or one euro",
    "$3.5 million and 20 USD": "three point five million dollars and twenty dollars",
    "3.14": "three point one four",
    "1,234,567": "one million two hundred and thirty-four thousand five hundred and sixty-seven",
    "12.5 % of 60 km/h": "twelve point five percent of sixty kilometres per hour",
    "1 km, 2 km, 20 °C, -5 °C": (
        "one kilometre, two kilometres, twenty degrees Celsius, minus five degrees Celsius"
    ),
    "on 2026-11-21": "on November twenty-first, twenty twenty-six",
    "on 11/21/2026": "on November twenty-first, twenty twenty-six",
    "on 21/11/2026": "on November twenty-first, twenty twenty-six",
    "November 5, 1984": "November fifth, nineteen eighty-four",
    "Nov. 5 or 5 May": "November fifth or fifth of May",
    "in 1905 and in 2005": "in nineteen oh five and in two thousand and five",
    "at 9:05, 14:30 and 9:00": "at nine oh five, fourteen thirty and nine o'clock",
    "at 3 pm.": "at three p m.",
    "the 1st, 2nd and 21st": "the first, second and twenty-first",
    "No. 5 and #6": "number five and number six",
    "3-5 days": "three to five days",
    "Python 3.11.2": "Python three point eleven point two",
    "call 007": "call zero zero seven",
    "call 911 or 1-800-799-7233 now": (
        "call nine one one or one, eight zero zero, seven nine nine, seven two three three now"
    ),
    "116 123 (United Kingdom), 988 (Canada)": (
        "one one six, one two three (United Kingdom), nine eight eight (Canada)"
    ),
    "call 250 people": "call two hundred and fifty people",
    "call 12 people": "call twelve people",
    "H2O & 5 + 3 = 8": "H two O and five plus three equals eight",
    "1/2 and ½": "one half and one half",
    # short forms
    "Dr. Smith and Mr Jones": "Doctor Smith and Mister Jones",
    "fruit, e.g. apples, etc.": "fruit, for example apples, et cetera.",
    "in the U.S. today": "in the U S today",
    "the letter M. is here": "the letter M. is here",
}
FRENCH = {
    "M. Dupont et Mme Curie": "monsieur Dupont et madame Curie",
    "*sourit* Bonjour !": "Bonjour !",
    "*elle hoche la tête* Oui.": "Oui.",
    "C'est *très* bien.": "C'est très bien.",
    "Ça coûte 3,50 €.": "Ça coûte trois euros cinquante.",
    "1 €, 0,99 €, 1 200 €": "un euro, quatre-vingt-dix-neuf centimes, mille deux cents euros",
    "$1,200.50": "mille deux cents dollars cinquante",
    "3,14 et 3,05": "trois virgule quatorze et trois virgule zéro cinq",
    "12 345 habitants": "douze mille trois cent quarante-cinq habitants",
    "le 21/11/2026": "le vingt et un novembre deux mille vingt-six",
    "le 1er mai, le 1 juin, le 2 août": "le premier mai, le premier juin, le deux août",
    "à 14h30, 8 h et 1h": "à quatorze heures trente, huit heures et une heure",
    "21:05": "vingt et une heures cinq",
    "12,5 % à -5 °C": "douze virgule cinq pour cent à moins cinq degrés Celsius",
    "1,5 km et 2 min": "un virgule cinq kilomètre et deux minutes",
    "la 1re, la 2e, le 21ème": "la première, la deuxième, le vingt et unième",
    "au XIXe siècle": "au dix-neuvième siècle",
    "n° 5": "numéro cinq",
    "06 12 34 56 78": "zéro six douze trente-quatre cinquante-six soixante-dix-huit",
    "appelle le 3114 ou le 15 (France)": "appelle le trente et un quatorze ou le quinze (France)",
    "au 09 72 39 40 50": "au zéro neuf soixante-douze trente-neuf quarante cinquante",
    "p. ex. le pain, c.-à-d. tout, etc.": "par exemple le pain, c'est-à-dire tout, et cetera.",
    "l'ami d'aujourd'hui": "l'ami d'aujourd'hui",
    "« Oui ! » 😊": "« Oui ! »",
}
FIGURES = [cardinal(figure, "en") for figure in range(10)]
CASES = [("en", *case) for case in ENGLISH.items()] + [("fr", *case) for case in FRENCH.items()]


@pytest.mark.parametrize(("language", "written", "read"), CASES)
def test_it_is_read_as_a_person_would(language: Language, written: str, read: str) -> None:
    assert read_aloud(written, language) == read


@pytest.mark.parametrize(
    "text", ["", "😊", "```\nx\n```", "*smiles*", "https://a.org", "---", "...", ":-)"]
)
def test_where_there_is_nothing_to_say_nothing_is_said(text: str) -> None:
    assert read_aloud(text, "en") == ""


def _texts() -> list[str]:
    """What companions and people wrote, and noise made of markup."""
    said = [
        turn
        for corpus in corpora.shipped()
        for one in corpus.conversations[:25]
        for turn in one.turns
    ]
    pieces = "*_`#~|<>[](){}\\/@&^=+%$€£§°²½→™•·🎉\u200d\ufe0f\u20e3\u00a0-–—0123456789abé .,:;!?\n"
    chance = random.Random(8)
    noise = ["".join(chance.choices(pieces, k=chance.randint(1, 120))) for _ in range(1000)]
    return [*said, *noise, *ENGLISH, *FRENCH]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_number_of_a_help_line_is_read_to_be_dialled(language: Language) -> None:
    """In English figure by figure; in French as its numbers are said, never as thousands."""
    purposes: tuple[Purpose, ...] = ("suicide", "abuse", "danger")
    lines = [line for purpose in purposes for line in help_lines(purpose, language)]
    found = {line.number: line for line in lines if line.number[0].isdigit()}
    assert len(found) >= 5
    for number, line in found.items():
        read = read_aloud(numbers([line], language), language)
        assert not re.search(r"hundred|thousand|million|mille|cents", read), read
        if language == "en":
            spelt = [word for word in re.findall(r"\w+", read) if word in FIGURES]
            assert spelt == [FIGURES[int(one)] for one in number if one.isdigit()], read


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_figure_and_no_markup_reaches_the_voice(language: Language) -> None:
    for text in _texts():
        read = read_aloud(text, language)
        wrong = [
            one
            for one in read
            if one not in GUIDES
            and one != " "
            and unicodedata.category(one) not in ("Lu", "Ll", "Lo", "Lm", "Lt", "Mn", "Mc")
        ]
        assert wrong == [], (text, read)
        assert read == "" or any(map(str.isalpha, read))
        assert read == read.strip()
        assert "  " not in read


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_is_read_can_be_read_again(language: Language) -> None:
    """Nothing is left that the rules would still change, in text without short forms."""
    for _, text, read in [case for case in CASES if case[0] == language]:
        assert read_aloud(read, language).strip(".") == read.strip("."), text


def test_long_and_wild_texts_take_no_time() -> None:
    for text in ("*" * 10_000, "[" * 5_000, "`" * 5_000, "1" * 5_000, "<a " * 3_000, "- " * 5_000):
        read_aloud(text, "en")


NUMBERS = {
    0: ("zero", "zéro"),
    17: ("seventeen", "dix-sept"),
    21: ("twenty-one", "vingt et un"),
    71: ("seventy-one", "soixante et onze"),
    80: ("eighty", "quatre-vingts"),
    81: ("eighty-one", "quatre-vingt-un"),
    99: ("ninety-nine", "quatre-vingt-dix-neuf"),
    200: ("two hundred", "deux cents"),
    201: ("two hundred and one", "deux cent un"),
    1000: ("one thousand", "mille"),
    1001: ("one thousand and one", "mille un"),
    80_000: ("eighty thousand", "quatre-vingt mille"),
    200_000: ("two hundred thousand", "deux cent mille"),
    80_000_000: ("eighty million", "quatre-vingts millions"),
    3_000_000_000: ("three billion", "trois milliards"),
}


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_are_counted_in_both_languages(number: int) -> None:
    assert (cardinal(number, "en"), cardinal(number, "fr")) == NUMBERS[number]


def test_no_two_numbers_have_the_same_name() -> None:
    chance = random.Random(9)
    numbers = {*range(3000), *(chance.randrange(10**15) for _ in range(2000))}
    for language in ("en", "fr"):
        assert len({cardinal(number, language) for number in numbers}) == len(numbers)
        assert len({ordinal(number, language) for number in numbers}) == len(numbers)


def test_ordinals_and_years() -> None:
    assert [ordinal(n, "en") for n in (1, 12, 20, 101)] == [
        "first",
        "twelfth",
        "twentieth",
        "one hundred and first",
    ]
    assert [ordinal(n, "fr") for n in (1, 5, 9, 80, 1000)] == [
        "premier",
        "cinquième",
        "neuvième",
        "quatre-vingtième",
        "millième",
    ]
    assert year(1900, "en") == "nineteen hundred"
    assert year(1984, "fr") == "mille neuf cent quatre-vingt-quatre"
