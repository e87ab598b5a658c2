"""What a companion costs a month: bought by the token, on a rented machine, or on one's own.

All bills are in US dollars. A month is a twelfth of a year of 365 days: 730 hours.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, fields, replace

from companion.errors import ConfigError
from companion.planning.bills import Bill, Term, figure
from companion.planning.hosting import hosted, own_machine
from companion.planning.interruptions import HOURS
from companion.planning.prices import Assumptions, assumptions, cited, line, llm_price, offer

__all__ = [
    "DAYS",
    "HOURS",
    "Bill",
    "Term",
    "Usage",
    "break_even",
    "commercial",
    "hosted",
    "hours_for",
    "months_to_pay_back",
    "own_machine",
    "users_to_pay_back",
]

DAYS = 365 / 12
"""Days of a month."""

MILLION = 1_000_000

MOST_USERS = 10 * MILLION
"""More users than this are not counted."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What people do: tokens per turn, all else per user and day.

    `prompt_tokens` are all that the model reads for a turn, the conversation before it too.
    `speech_seconds` are spoken by the companion, `listening_seconds` by the user, `video_seconds`
    are made. Raises ConfigError for fewer than one user, and for anything below zero.
    """

    users: int
    turns_per_day: float
    prompt_tokens: float
    answer_tokens: float
    speech_seconds: float = 0.0
    listening_seconds: float = 0.0
    images: float = 0.0
    video_seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.users < 1:
            raise ConfigError(f"{self.users} users cannot be planned for", repair="Give 1 or more.")
        for one in fields(self):
            value = getattr(self, one.name)
            if not (math.isfinite(value) and value >= 0):
                raise ConfigError(f"{one.name} is {value}", repair="Give 0 or more.")

    @property
    def turns(self) -> float:
        """Turns of a month, all users together."""
        return self.users * self.turns_per_day * DAYS

    @classmethod
    def assumed(cls, users: int, told: Assumptions | None = None) -> Usage:
        """So many users, who write, read and hear as the assumptions have it."""
        told = told or assumptions()
        return cls(
            users,
            told["turns-a-day"].value,
            told["prompt-length"].value,
            told["answer-length"].value,
            speech_seconds=told["spoken-a-day"].value,
        )

    def a_month(self, per_user_and_day: float) -> float:
        """All users' share of a month."""
        return self.users * per_user_and_day * DAYS


def commercial(usage: Usage, model: str = "gpt-luna", told: Assumptions | None = None) -> Bill:
    """The bill where each part is a service; `model` is one of `models.yaml` with a price.

    Nothing is taken off for prompts that a service keeps; where it does, you pay less.
    Raises ConfigError for a model without a price.
    """
    told = told or assumptions()
    return Bill((*_words(usage, model), *_senses(usage, told)))


def _words(usage: Usage, model: str) -> tuple[Term, Term]:
    price = llm_price(model)
    who = f"{usage.users:,} users x {usage.turns_per_day:g} turns x 365/12 days"
    lines = (
        ("read", price.input, usage.prompt_tokens),
        ("written", price.output, usage.answer_tokens),
    )
    read, written = (
        Term(
            f"Tokens {what} by {model}",
            amount,
            "USD/million tokens",
            usage.turns * tokens / MILLION,
            count=f"{who} x {tokens:g} tokens, in millions",
            source=price.source,
            date=str(price.date),
        )
        for what, amount, tokens in lines
    )
    return read, written


def _senses(usage: Usage, told: Assumptions) -> tuple[Term, ...]:
    """Voices, ears, pictures and films, as far as they are used."""
    terms: list[Term] = []
    if usage.speech_seconds:
        terms += _speech(usage, told)
    if usage.listening_seconds:
        terms.append(
            _daily("Speech written down", usage, usage.listening_seconds / 60, "listening", told)
        )
    if usage.images:
        terms.append(_daily("Pictures", usage, usage.images, "image", told))
    if usage.video_seconds:
        terms.append(_daily("Films", usage, usage.video_seconds, "video", told))
    return tuple(terms)


def _daily(what: str, usage: Usage, a_day: float, name: str, told: Assumptions) -> Term:
    """What each user has a day, of the assumption of that name."""
    count = f"{usage.users:,} users x {figure(a_day)} a day x 365/12 days"
    return line(what, told, name, usage.a_month(a_day), count)


def _speech(usage: Usage, told: Assumptions) -> tuple[Term, Term]:
    """A plan with so many characters, and those beyond it."""
    included, pace = told["speech-included"], told["speech-pace"]
    seconds = usage.a_month(usage.speech_seconds)
    value, low, high = (
        max(0.0, seconds * one / MILLION - included.value) for one in (pace.value, *pace.ends)
    )
    plan, price = told["speech-plan"], told["speech-beyond"]
    count = (
        f"{seconds:,.0f} seconds x {pace.value:g} characters, in millions, "
        f"without the {included.value:g} of the plan"
    )
    beyond = Term(
        "Speech beyond the plan",
        price.value,
        price.unit,
        value,
        count=count,
        low=price.ends[0] * low,
        high=price.ends[1] * high,
        source=price.source,
        date=str(price.date),
        also=(cited("pace", told["speech-pace"]), cited("plan", included)),
    )
    return line(f"Speech: {plan.what}", told, "speech-plan", 1.0, ""), beyond


def break_even(own: Bill, cloud: Bill) -> float | None:
    """Months after which what was bought has cost less than the cloud; None where it never does.

    Raises ConfigError where nothing was bought, or the bills are not by the month.
    """
    if own.per != "month" or cloud.per != "month":
        raise ConfigError("Only bills by the month can be compared")
    if not own.upfront:
        raise ConfigError("Nothing was bought that could pay for itself", repair="See own_machine.")
    months = months_to_pay_back(own.upfront, cloud.total, own.running)
    return months if math.isfinite(months) else None


def months_to_pay_back(machine: float, cloud: float, running: float) -> float:
    """Months until a machine has earned its price by what it saves; infinite where it never does.

    `machine` is paid once; `cloud` and `running` are what the cloud, and the machine, cost a month.
    """
    return machine / (cloud - running) if cloud > running else math.inf


def users_to_pay_back(own: Bill, usage: Usage, model: str = "gpt-luna") -> int | None:
    """The fewest users from whom on services cost as much as the bill; None up to ten million.

    What each of them does is that of the usage. Raises ConfigError for a model without a price.
    """
    users = bisect_left(
        range(1, MOST_USERS + 1),
        own.total,
        key=lambda many: commercial(replace(usage, users=many), model).total,
    )
    return users + 1 if users < MOST_USERS else None


def hours_for(budget: float, gpu: str, spot: bool = False) -> float:
    """Hours a month that a budget in US dollars rents that machine for, a whole month at most.

    Raises ConfigError for no budget, and for an offer that is unknown, monthly, or without spot.
    """
    if not (math.isfinite(budget) and budget > 0):
        raise ConfigError(
            f"A budget of {budget:g} US dollars rents nothing",
            repair="Use what costs nothing: your own machine, or the free notebooks.",
        )
    chosen = offer(gpu)
    if chosen.per != "hour":
        raise ConfigError(f"{chosen.described} is rented by the {chosen.per}")
    whole = hosted(gpu, HOURS, spot=spot)
    return min(float(HOURS), HOURS * budget / whole.total)
