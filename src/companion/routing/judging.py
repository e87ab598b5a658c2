"""What an error means for whoever asks next, told by its class and status, never by its words."""

from __future__ import annotations

from dataclasses import dataclass

from companion.errors import (
    CompanionError,
    ContentFiltered,
    ContextTooLong,
    KeyRefused,
    MissingExtra,
    ModelBusy,
    ModelError,
    ModelUnavailable,
    RequestRefused,
    SpeechError,
)

FAILURES = (ModelError, SpeechError, MissingExtra)
"""What another option may mend. Everything else is a mistake of ours, or the caller who leaves."""

PASSING = (500, 502)
"""Statuses of troubles that are often gone the next moment. 503 and 504 say that they are not."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """`falls_over`: another option may be asked; `again`: the same one may, once, after a moment.

    `healthy`: the provider did its part. `busy`: it wants to rest, for `pause` seconds if it said.
    """

    falls_over: bool = True
    again: bool = False
    healthy: bool = False
    busy: bool = False
    pause: float | None = None


def judged(error: CompanionError) -> Judgement:
    """What follows from an error.

    A request that is wrong in itself (400, 422), a key that the server refuses (401, 403) and the
    refusal of a content policy are the caller's to mend: whoever is asked next would say the same,
    or would say what the first one's policy keeps back. None of them falls over. A key that is not
    set at all is another thing: nobody was asked and nothing was refused, so the next one answers
    and the attempt tells which variable to set. A model that is not there (404) falls over without
    blame, because its server is well and may have others.
    """
    match error:
        case ModelBusy():
            return Judgement(busy=True, pause=error.retry_after)
        case RequestRefused() | ContentFiltered():
            return Judgement(falls_over=False, healthy=True)
        case KeyRefused():
            return Judgement(falls_over=error.status is None, healthy=True)
        case ContextTooLong() | ModelUnavailable(status=404):
            return Judgement(healthy=True)
        case ModelUnavailable(status=status) if status in PASSING:
            return Judgement(again=True)
    return Judgement()
