"""Exercises on failing well: a whole answer, a server that is busy, a deadline, a breaker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias

from companion.learning.exercises import FunctionExercise, Mistake

NOTEBOOK = "5_routing/02_fallback_under_faults"

Events: TypeAlias = Sequence[Mapping[str, str | None]]
"""What a stream said: each event has a `text`, perhaps an empty one, and a `finish` or None."""

Calls: TypeAlias = Sequence[tuple[float, bool]]
"""Calls, oldest first: the second in which one ended, and whether it was answered."""

ENDS = ("stop", "length")


class IsWhole(FunctionExercise):
    """The rule that no half answer gets past: who speaks to the end says so."""

    variable = "is_whole"
    hints = (
        "An answer that is cut off looks fine as far as it goes. Look for what is missing.",
        'One of the events, not always the last, must have the `finish` "stop" or "length".',
        "And one of them must have a `text` that is not empty. `any(…)` asks all of them.",
    )
    code = """
        def is_whole(events):
            ended = any(event["finish"] in ("stop", "length") for event in events)
            return ended and any(event["text"] for event in events)
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        told = ("The ferry waits.", None)
        return [
            (_events(told, ("", "stop")),),
            (_events(told),),
            (_events(told, ("", "length")),),
            (_events(told, ("", "stop"), ("", None)),),
            (_events(("The ferry", ""), (" waits.", "")),),
            (_events(told, ("", "content_filter")),),
            (_events(("", None), ("", "stop")),),
        ]

    def reference(self) -> Callable[..., bool]:
        return lambda events: _ended(events, ENDS) and any(event["text"] for event in events)

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda events: any(event["text"] for event in events),
                "Half an answer has text as well. How does a server say that it is done?",
            ),
            Mistake(
                lambda events: events[-1]["finish"] in ENDS,
                "The reason need not stand in the last event: a count of tokens may follow it.",
            ),
            Mistake(
                lambda events: _ended(events, ENDS),
                "An answer that ended before its first word is no answer.",
            ),
            Mistake(
                lambda events: any(event["finish"] is not None for event in events),
                "An empty string is no reason, and some servers put it into every event.",
            ),
            Mistake(
                lambda events: any(event["finish"] for event in events),
                "Not every reason is an end: which of these answers was broken off on purpose?",
            ),
            Mistake(
                lambda events: _ended(events, ["stop"]) and any(e["text"] for e in events),
                "With `length` it said as much as it was allowed to. That is an end too.",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        if self.reference()(*arguments):
            return "Something was said, and the server said that it was done."
        return "Either nothing was said, or the server never said that it was done."


class WaitSeconds(FunctionExercise):
    """How long does a busy server want to be left alone?"""

    variable = "wait_seconds"
    hints = (
        "Try the simplest first: `float(said)`. It raises ValueError where that is no number.",
        "`parsedate_to_datetime(said).timestamp()` is the date as seconds since 1970; `now` is "
        "the same moment for us. It raises ValueError as well.",
        "What can be read is never below 0: `max(0.0, …)`. What cannot be read is `otherwise`.",
    )
    code = """
        from email.utils import parsedate_to_datetime

        def wait_seconds(said, now, otherwise):
            try:
                return max(0.0, float(said))
            except ValueError:
                pass
            try:
                return max(0.0, parsedate_to_datetime(said).timestamp() - now)
            except ValueError:
                return otherwise
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        now = parsedate_to_datetime("Fri, 20 Nov 2026 09:00:00 GMT").timestamp()
        dates = ("Fri, 20 Nov 2026 09:01:30 GMT", "Fri, 20 Nov 2026 08:00:00 GMT")
        said = ("60", "1.5", *dates, "soon", "-3")
        return [*((one, now, 5.0) for one in said), ("later", now, 30.0)]

    def reference(self) -> Callable[..., float]:
        return lambda said, now, otherwise: _wait(said, otherwise, lambda at: max(0.0, at - now))

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda said, now, otherwise: float(said),
                "A date is allowed as well, and nonsense happens. Catch the ValueError.",
            ),
            Mistake(
                lambda said, now, otherwise: float(int(said)),
                "`int` reads whole numbers alone, and `float` any. Catch its ValueError, too.",
            ),
            Mistake(
                lambda said, now, otherwise: _wait(said, otherwise, lambda at: otherwise),
                "A date is a good answer too: read it with `parsedate_to_datetime`.",
            ),
            Mistake(
                lambda said, now, otherwise: _wait(said, otherwise, lambda at: at),
                "That is the moment itself, in seconds since 1970. How far is it from `now`?",
            ),
            Mistake(
                lambda said, now, otherwise: _wait(said, otherwise, lambda at: at - now),
                "Nobody can wait for less than nothing: a date in the past means now.",
            ),
            Mistake(
                lambda said, now, otherwise: _wait(said, 0.0, lambda at: max(0.0, at - now)),
                "It did say that it is busy, in words that cannot be read. Take `otherwise`.",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        if "GMT" in arguments[0]:
            return "This is a date. How many seconds is it ahead of `now`, if at all?"
        if arguments[0].isalpha():
            return "This is neither a number nor a date, so nobody knows: take `otherwise`."
        return "This is a number of seconds, which may have a point or be below 0."


class Limit(FunctionExercise):
    """How much of the deadline may the next attempt use up in silence?"""

    variable = "limit"
    hints = (
        "There are two cases: somebody stands behind this model, or nobody does.",
        "While `behind` is not 0, this model gets half of what is left. The last one gets all.",
        "Whatever comes out, `min(most, …)` keeps it below the most.",
    )
    code = """
        def limit(left, behind, most):
            return min(most, left / 2 if behind else left)
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        freely = [(8.0, 2, 30.0), (4.0, 1, 30.0), (2.0, 0, 30.0), (0.6, 2, 30.0)]
        return [*freely, (60.0, 1, 10.0), (60.0, 0, 10.0)]

    def reference(self) -> Callable[..., float]:
        return lambda left, behind, most: min(most, left / 2 if behind else left)

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda left, behind, most: min(most, left),
                "The first silent model would use up all of it, and nobody else gets a turn.",
            ),
            Mistake(
                lambda left, behind, most: min(most, left / 2),
                "When nobody stands behind, there is nobody to leave time for.",
            ),
            Mistake(
                lambda left, behind, most: min(most, left / (behind + 1)),
                "Those are equal shares. Half is for the one that was chosen to be first.",
            ),
            Mistake(
                lambda left, behind, most: left / 2 if behind else left,
                "However much is left, no attempt may be silent for longer than `most`.",
            ),
            Mistake(
                lambda left, behind, most: most,
                "A limit that is the same for all adds up: ten silent models, ten times as long.",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        left, behind, most = arguments
        share = "Somebody stands behind: half of" if behind else "Nobody stands behind: all of"
        return f"{share} the {left:g} s that are left, and then never more than {most:g} s."


class Resting(FunctionExercise):
    """The rule of a circuit breaker: is this server left alone now?"""

    variable = "resting"
    hints = (
        "Only the last `to_open` calls matter: `history[-to_open:]`. Are there that many?",
        "It rests when none of them was answered, and the last one is not long ago.",
        "The last call ended at `history[-1][0]`: compare `now` minus that with `cooldown`.",
    )
    code = """
        def resting(history, now, to_open, cooldown):
            last = history[-to_open:]
            if len(last) < to_open or any(answered for _, answered in last):
                return False
            return now - last[-1][0] < cooldown
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        down = [(0.0, False), (1.0, False)]
        return [
            *((down, now, to_open, 5.0) for now, to_open in ((2.0, 2), (7.0, 2))),
            ([(0.0, False), (1.0, True), (2.0, False)], 3.0, 2, 5.0),
            ([(0.0, False), (4.0, False)], 6.0, 2, 5.0),
            *((calls, 1.0, 2, 5.0) for calls in ([(0.0, False)], [])),
            ([(0.0, True), (1.0, False), (2.0, False)], 3.0, 2, 5.0),
            ([*down, (2.0, True)], 3.0, 2, 5.0),
            *((down, now, to_open, 5.0) for now, to_open in ((2.0, 3), (6.0, 2))),
        ]

    def reference(self) -> Callable[..., bool]:
        return lambda calls, now, n, rest: _down(calls, n) and now - calls[-1][0] < rest

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda calls, now, n, rest: _down(calls, n),
                "It would rest for good. After the cooldown, one call finds out if it is back.",
            ),
            Mistake(
                lambda calls, now, n, rest: (
                    sum(not answered for _, answered in calls) >= n and now - calls[-1][0] < rest
                ),
                "Failures count in a row only: an answer between them starts the count again.",
            ),
            Mistake(
                lambda calls, now, n, rest: _down(calls, n) and now - calls[-n][0] < rest,
                "The rest begins with the last failure, not with the first of the row.",
            ),
            Mistake(
                lambda calls, now, n, rest: (
                    not any(answered for _, answered in calls[-n:]) and now - calls[-1][0] < rest
                ),
                "Are there as many calls as `to_open`? There may be only one yet, or none.",
            ),
            Mistake(
                lambda calls, now, n, rest: (
                    len(calls) >= n and _down(calls, len(calls)) and now - calls[-1][0] < rest
                ),
                "What was answered before the last `to_open` calls no longer counts.",
            ),
            Mistake(
                lambda calls, now, n, rest: _down(calls, n) and now - calls[-1][0] <= rest,
                "When the cooldown is just over, the probe is due: not `<=`.",
            ),
            Mistake(
                lambda calls, now, n, rest: _down(calls, n) and now - calls[-1][0] >= rest,
                "The other way round: while the cooldown lasts, it is left alone.",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        to_open, cooldown = arguments[2:]
        return f"Did the last {to_open} all fail, the very last less than {cooldown:g} s ago?"


def _events(*told: tuple[str, str | None]) -> Events:
    return [{"text": text, "finish": finish} for text, finish in told]


def _ended(events: Events, reasons: Sequence[str]) -> bool:
    return any(event["finish"] in reasons for event in events)


def _wait(said: str, otherwise: float, by_date: Callable[[float], float]) -> float:
    with suppress(ValueError):
        return max(0.0, float(said))
    with suppress(ValueError):
        return by_date(parsedate_to_datetime(said).timestamp())
    return otherwise


def _down(calls: Calls, to_open: int) -> bool:
    last = calls[-to_open:]
    return len(last) >= to_open and not any(answered for _, answered in last)
