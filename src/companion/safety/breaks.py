"""Reminders to take a break, for users who are minors."""

from __future__ import annotations

from companion.safety.replies import written
from companion.sections import Safety
from companion.types import Language


def break_reminder(
    safety: Safety, talked: float, reminded: float, language: Language
) -> str | None:
    """The reminder that is due, or None.

    `talked` is for how many seconds this sitting has lasted, `reminded` the second of it at which
    the last reminder came, 0 for none. Only the age mode "minor" asks for them, every
    `safety.reminder_hours`, which California's SB 243 (Business and Professions Code 22602) sets at
    three hours or less; it wants them to say that the companion is an AI, and they do.
    """
    if safety.age_mode != "minor" or talked - reminded < safety.reminder_hours * 3600:
        return None
    return written("break", language=language)
