"""What the user's own words tell about the user, by rules and no guess, English and French."""

from __future__ import annotations

from datetime import date

from companion.memory.records import Noticed


def noticed(text: str, today: date) -> list[Noticed]:
    """What the text tells, in order.

    Questions, quotations, other people's words, wishes and what-ifs tell nothing. `today` is the
    day on which it was said, so that "tomorrow" becomes a date.
    """
    return []
