"""What a reader says that they have and want: the question that advice answers."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from companion.errors import ConfigError

Goal: TypeAlias = Literal["learn", "prototype", "product", "scale"]
Use: TypeAlias = Literal["research", "commercial"]
Skills: TypeAlias = Literal["beginner", "intermediate", "expert"]
Want: TypeAlias = Literal["speech", "images", "video"]

MOST_USERS = 10_000_000
"""More users than this are not planned for."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What there is, in gigabytes of 10^9 bytes and US dollars a month, and what it is for.

    `users` talk to the companion in a month, and a few of them at once. With `private`, nothing
    that is said may leave machines of one's own. `gpu` is a name that `companion fit` knows, and
    says what `vram_gb` leaves open. `hosting` is a part of that kind; None: whatever suits.

    Raises ConfigError for what is negative, no number, or an unknown word.
    """

    ram_gb: float = 8
    vram_gb: float = 0
    budget_usd_month: float = 0
    goal: Goal = "learn"
    use: Use = "research"
    users: int = 1
    private: bool = False
    skills: Skills = "beginner"
    wants: tuple[Want, ...] = ()
    gpu: str | None = None
    hosting: str | None = None

    @property
    def for_others(self) -> bool:
        """Whether others than the reader talk with it."""
        return self.users > 1 or self.goal in ("product", "scale")

    def __post_init__(self) -> None:
        _number("--ram", self.ram_gb, "gigabytes of memory")
        _number("--vram", self.vram_gb, "gigabytes of a GPU's memory")
        _number("--budget", self.budget_usd_month, "US dollars a month")
        if not 1 <= self.users <= MOST_USERS:
            what = f"{self.users} users cannot be planned for"
            raise ConfigError(what, where="--users", repair=f"Give 1 to {MOST_USERS}.")
        _word("--goal", self.goal, get_args(Goal))
        _word("--use", self.use, get_args(Use))
        _word("--skills", self.skills, get_args(Skills))
        for want in self.wants:
            _word("--wants", want, get_args(Want))


def _number(flag: str, value: float, unit: str) -> None:
    if not math.isfinite(value) or value < 0:
        raise ConfigError(f"{value:g} is no number of {unit}", where=flag, repair="Give 0 or more.")


def _word(flag: str, word: str, known: Collection[str]) -> None:
    if word not in known:
        repair = f"Give one of: {', '.join(known)}."
        raise ConfigError(f"{word!r} is not known here", where=flag, repair=repair)


def described(one: Situation) -> str:
    """The situation in a line."""
    gpu = one.gpu or (f"a GPU with {one.vram_gb:g} GB" if one.vram_gb else "no GPU")
    said = [
        f"{one.ram_gb:g} GB of RAM",
        gpu,
        f"{one.budget_usd_month:g} US dollars a month",
        f"goal: {one.goal}",
        f"{one.use} use",
        f"{one.users:,} users" if one.users > 1 else "one user",
        f"{one.skills} skills",
    ]
    said += [f"with {', '.join(one.wants)}"] if one.wants else []
    said += ["private"] if one.private else []
    said += [f"on {one.hosting}"] if one.hosting else []
    return ", ".join(said)
