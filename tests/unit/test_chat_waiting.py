"""How long a server asks to wait, in all the forms in which servers say it."""

from __future__ import annotations

import pytest

from companion.chat.waiting import retry_after

NOW = 1_780_000_000.0  # Thu, 28 May 2026 20:26:40 GMT


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "60"}, 60.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "Thu, 28 May 2026 20:27:10 GMT"}, 30.0),
        ({"retry-after": "Thu, 28 May 2026 20:26:10 GMT"}, 0.0),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "60"}, 0.25),
        ({"retry-after-ms": "oops", "retry-after": "60"}, 60.0),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-remaining-requests": "0"}, 1.0),
        ({"x-ratelimit-reset-tokens": "6m0s", "x-ratelimit-remaining-tokens": "0"}, 360.0),
        ({"x-ratelimit-reset-tokens": "120ms", "x-ratelimit-remaining-tokens": "0"}, 0.12),
        ({"x-ratelimit-reset-tokens": "6m0s", "x-ratelimit-remaining-tokens": "9"}, None),
        ({"x-ratelimit-reset": "12"}, 12.0),
        ({"x-ratelimit-reset": "1780000020"}, 20.0),
        ({"x-ratelimit-reset": "1780000020000"}, 20.0),
    ],
)
def test_every_form_is_read_and_nothing_is_guessed(
    headers: dict[str, str], seconds: float | None
) -> None:
    told = retry_after(headers, NOW)
    assert told == (None if seconds is None else pytest.approx(seconds))


def test_of_two_limits_that_are_used_up_the_later_one_counts() -> None:
    headers = {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "2s",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "1m30s",
    }
    assert retry_after(headers, NOW) == 90.0
