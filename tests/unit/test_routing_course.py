"""What people write in the exercises on providers and on falling back, and what they are told."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import pytest

from companion.learning import Exercise, Verdict
from companion.learning.course.fallback import IsWhole, Limit, Resting, WaitSeconds
from companion.learning.course.providers import Diary, StaysHere, TextOf, Whole

LINES = ["  task: chat", "  local: qwen3.5-9b", "  privacy: local_only", "  thresholds:"]
DIARY = "\n".join(["diary:", *LINES, "    max_response_seconds: 20"])


def by_address(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "localhost" or (host[-1:].isdigit() and ip_address(host).is_loopback)


def resting(history: Any, now: float, to_open: int, cooldown: float) -> Any:
    last = history[-to_open:]
    if len(last) < to_open or any(answered for _, answered in last):
        return False
    return now - last[-1][0] < cooldown


def contents(events: Any) -> list[str]:
    choices = [event["choices"][0] for event in events if event.get("choices")]
    return [choice["delta"].get("content") or "" for choice in choices]


def last_reason(events: Any) -> bool:
    told = [event["choices"][0]["finish_reason"] for event in events if event.get("choices")]
    return bool(told) and told[-1] in ("stop", "length")


def wait(said: str, now: float, otherwise: float) -> float:
    try:
        return max(0, float(said))
    except ValueError:
        pass
    try:
        return max(0, parsedate_to_datetime(said).timestamp() - now)
    except (ValueError, TypeError):
        return otherwise


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        (StaysHere, by_address),
        (TextOf, lambda events: "".join(contents(events))),
        (Whole, last_reason),
        (Diary, DIARY + "\n  prefer_local: false"),
        (
            IsWhole,
            lambda events: (
                "".join(e["text"] for e in events) != ""
                and any(e["finish"] in {"stop", "length"} for e in events)
            ),
        ),
        (WaitSeconds, wait),
        (Resting, resting),
        (Limit, lambda left, behind, most: min(left / 2, most) if behind else min(left, most)),
    ],
)
def test_another_way_to_the_same_is_as_right(exercise: type[Exercise[Any]], answer: Any) -> None:
    assert exercise.example().judge(answer)[0] is Verdict.RIGHT


@pytest.mark.parametrize(
    ("exercise", "answer", "told"),
    [
        (
            StaysHere,
            lambda url: url.startswith(("http://localhost", "http://127.0.0.1", "http://[::1]")),
            "where the host ends",
        ),
        (
            StaysHere,
            lambda url: url.split("/")[2].rsplit(":", 1)[0] in ("localhost", "127.0.0.1", "[::1]"),
            "host of this address is ::1",
        ),
        (TextOf, lambda events: "".join(contents(events)).strip(), "beginning or the end was said"),
        (TextOf, lambda events: " ".join(contents(events)), "bring their own spaces"),
        (
            TextOf,
            lambda events: "".join(
                e["choices"][0]["delta"].get("content") for e in events if e["choices"]
            ),
            "`get` gives None",
        ),
        (
            TextOf,
            lambda events: "".join(
                str(c["delta"].get("content", "")) for e in events for c in e["choices"]
            ),
            "the word None",
        ),
        (TextOf, lambda events: contents(events)[0], "`return` stand in the loop"),
        (
            Whole,
            lambda events: events[-1]["choices"][0]["finish_reason"] == "stop",
            "which has nothing in `choices`",
        ),
        (Whole, lambda events: events[-2:] == [], "counts wherever it stands"),
        (Diary, "agents:\n  diary:\n    task: chat", "with nothing above it"),
        (Diary, "diary:\ntask: chat", "begin with two spaces"),
        (Diary, "diary:\n\ttask: chat", "takes no tabs"),
        (Diary, "diary:\n  max_response_seconds: 20", "one level deeper"),
        (Diary, DIARY.replace("local: qwen", "primary: qwen"), "`local` names no model"),
    ],
)
def test_a_wrong_answer_on_providers_is_told_its_own_reason(
    exercise: type[Exercise[Any]], answer: Any, told: str
) -> None:
    verdict, why = exercise.example().judge(answer)
    assert verdict is Verdict.WRONG
    assert told in why


@pytest.mark.parametrize(
    ("exercise", "answer", "told"),
    [
        (WaitSeconds, lambda said, now, otherwise: int(said), "`float` any"),
        (WaitSeconds, lambda said, now, otherwise: -1.0, "a number of seconds"),
        (
            WaitSeconds,
            lambda said, now, otherwise: wait(said, now, 5.0),
            "take `otherwise`",
        ),
        (
            WaitSeconds,
            lambda said, now, otherwise: (
                float(said) if said[-1].isdigit() else wait(said, now, otherwise)
            ),
            "below 0",
        ),
        (
            WaitSeconds,
            lambda said, now, otherwise: (
                wait(said, now, otherwise)
                if "GMT" not in said
                else max(0, now - parsedate_to_datetime(said).timestamp())
            ),
            "ahead of `now`",
        ),
        (
            Resting,
            lambda history, now, to_open, cooldown: (
                len(history) >= to_open
                and not any(answered for _, answered in history)
                and now - history[-1][0] < cooldown
            ),
            "no longer counts",
        ),
        (
            Resting,
            lambda history, now, to_open, cooldown: resting(
                history[:to_open], now, to_open, cooldown
            ),
            "Did the last 2 all fail",
        ),
        (
            Resting,
            lambda history, now, to_open, cooldown: resting(history, now, 2, cooldown),
            "Did the last 3 all fail",
        ),
        (
            Resting,
            lambda history, now, to_open, cooldown: resting(history, now - 1e-6, to_open, cooldown),
            "the probe is due",
        ),
        (Limit, lambda left, behind, most: left / (behind + 1), "half of the 8 s"),
        (
            Limit,
            lambda left, behind, most: min(left // 2 if behind else left, most),
            "half of the 0.6 s",
        ),
        (Limit, lambda left, behind, most: left / 2, "Nobody stands behind: all of the 2 s"),
    ],
)
def test_a_wrong_answer_on_falling_back_is_told_its_own_reason(
    exercise: type[Exercise[Any]], answer: Any, told: str
) -> None:
    verdict, why = exercise.example().judge(answer)
    assert verdict is Verdict.WRONG
    assert told in why
