"""How long a busy server asks to be left alone, in every form in which servers say it."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds to wait by the headers of a response, None where they do not say.

    `retry-after-ms` (OpenAI), `retry-after` as seconds or as a date (RFC 9110), then OpenAI's
    `x-ratelimit-reset-*` of the limits that are used up ("1s", "6m0s"), then `x-ratelimit-reset` as
    seconds or as a moment since 1970. `now` is that moment now, in seconds.
    """
    now = time.time() if now is None else now
    for wait in (
        _number(headers.get("retry-after-ms"), unit=0.001),
        _number(headers.get("retry-after")),
        _date(headers.get("retry-after"), now),
        _used_up(headers),
        _moment(headers.get("x-ratelimit-reset"), now),
    ):
        if wait is not None:
            return max(0.0, wait)
    return None


def _number(said: str | None, unit: float = 1.0) -> float | None:
    try:
        number = float(said or "")
    except ValueError:
        return None
    return number * unit if math.isfinite(number) else None


def _date(said: str | None, now: float) -> float | None:
    try:
        return parsedate_to_datetime(said or "").timestamp() - now
    except ValueError:
        return None


def _used_up(headers: Mapping[str, str]) -> float | None:
    waits = [
        _duration(headers.get(f"x-ratelimit-reset-{what}"))
        for what in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{what}") == "0"
    ]
    return max((wait for wait in waits if wait is not None), default=None)


def _duration(said: str | None) -> float | None:
    """ "6m0s" is 360 seconds."""
    parts = DURATION.findall(said or "")
    return sum(float(number) * SECONDS[unit] for number, unit in parts) if parts else _number(said)


def _moment(said: str | None, now: float) -> float | None:
    """Small numbers are seconds from now, large ones a moment, in seconds or milliseconds."""
    number = _number(said)
    if number is None or number < 1e9:
        return number if number is not None else _duration(said)
    return (number / 1000 if number > 1e12 else number) - now
