"""What a user asks to be forgotten, in the user's words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from companion.memory.folding import bare, folded
from companion.memory.records import Fact, Kind


@dataclass(frozen=True, slots=True)
class ForgetRequest:
    """`what` is to be forgotten: everything, "that" (what was said last), or facts.

    Facts are those of a `kind`, or narrowed by what they are `about`, or those that tell `words`.
    """

    what: Literal["everything", "that", "facts"]
    kind: Kind | None = None
    about: str = ""
    words: str = ""


def forget_request(text: str) -> ForgetRequest | None:
    """What the user asks to be forgotten, in English or French; None where nothing is.

    "Don't forget my name", "I forget everything" and "Forget it, let's eat" ask for nothing.
    """
    plain = folded(text).strip(" .!?…")
    return None


def asked_for(request: ForgetRequest, facts: Sequence[Fact]) -> list[Fact]:
    """The facts that a request is about."""
    return []
