"""The section on the user's safety."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from companion.sections.base import Section


class Safety(Section):
    """How the user is looked after.

    `age_mode` "minor" reminds of a break every `reminder_hours` of talking. `country`, an ISO
    3166-1 code such as FR, leaves the help lines of that country; None names those of several.
    `endpoint`: what no model is asked on the page is not asked by `companion serve` either.
    """

    age_mode: Literal["adult", "minor"] = "adult"
    reminder_hours: float = Field(default=3, gt=0, le=24)
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    endpoint: bool = True
