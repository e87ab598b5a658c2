"""Who is worth asking: a circuit breaker for each provider, shared by all threads and event loops.

A provider that keeps failing, or that asks for time, rests; after that one call at a time finds out
whether it is back, and the others go elsewhere meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from companion.config import Routing

LONGEST_PAUSE = 3600.0
"""Seconds; whoever asks for more time than this is asked again all the same."""

PROBE_PEEK = 0.25
"""Seconds until it is worth looking again whether another call found the provider to be back."""


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """May the provider be asked now? Yes where `wait` is 0; else why not, and for how many seconds.

    `asked` is True where the provider itself wants that rest, because it is busy.
    """

    wait: float = 0.0
    why: str = ""
    asked: bool = False


class Breaker:
    """What one provider's last answers tell about the next one.

    Whoever was let in by `enter` tells how it went: `succeeded`, `failed`, `paused` or `left`, and
    before that, where words came, `spoke`.
    """

    def __init__(self, rules: Routing, clock: Callable[[], float] = time.monotonic) -> None:
        self._rules, self._clock = rules, clock
        self._lock = threading.Lock()
        self._failures = self._openings = 0  # in a row
        self._shut = Gate()  # why it rests, until `_until`
        self._until = self._probe_until = 0.0
        self._trusted = True  # else one call at a time
        self._probe: Gate | None = None

    def enter(self, nobody_else: bool = False) -> Gate:
        """Ask to be let in; a gate that is open and not trusted is taken by this one call.

        A caller who has `nobody_else` to ask need not wait for a rest that is our own idea.
        """
        with self._lock:
            if shut := self._closed(nobody_else):
                return shut
            gate = Gate()
            if not self._trusted:
                self._probe = gate  # and should it never report, it is forgotten in the end
                self._probe_until = self._clock() + self._rules.deadline_seconds
            return gate

    def wait(self, nobody_else: bool = False) -> float:
        """Seconds until it is worth asking to be let in; 0 is now."""
        with self._lock:
            shut = self._closed(nobody_else)
            return shut.wait if shut else 0.0

    def spoke(self, gate: Gate) -> None:
        """The first words came, so others may ask as well."""
        with self._lock:
            self._leave(gate)
            self._trusted = self._trusted or self._clock() >= self._until

    def succeeded(self, gate: Gate) -> None:
        """The provider did its part, be it by a refusal."""
        with self._lock:
            self._leave(gate)
            self._failures = self._openings = 0
            self._trusted = self._trusted or self._clock() >= self._until

    def failed(self, gate: Gate) -> None:
        """It did not answer, or not to the end."""
        with self._lock:
            self._leave(gate)
            self._failures += 1
            if self._failures >= self._rules.failures_to_open:
                self._open(f"it failed {self._failures} times in a row")

    def paused(self, gate: Gate, seconds: float | None) -> None:
        """It is busy, and asked for that many seconds; None where it did not say how many."""
        with self._lock:
            self._leave(gate)
            if seconds is None:
                self._open("it is busy", asked=True)
                return
            seconds = min(max(seconds, 0.0), LONGEST_PAUSE)
            why = f"it is busy, and asked for {seconds:.3g} s"
            self._rest(Gate(seconds, why, asked=True), seconds)

    def left(self, gate: Gate) -> None:
        """The caller went away before anything could be told."""
        with self._lock:
            self._leave(gate)

    def _closed(self, nobody_else: bool) -> Gate | None:
        now = self._clock()
        if now < self._until and (self._shut.asked or not nobody_else):
            return Gate(self._until - now, self._shut.why, self._shut.asked)
        if self._probe and now < self._probe_until:
            return Gate(PROBE_PEEK, "another call is finding out whether it is back")
        return None

    def _leave(self, gate: Gate) -> None:
        if self._probe is gate:
            self._probe = None

    def _open(self, why: str, asked: bool = False) -> None:
        """Rest longer each time; what failed while it rests already began before, and is old."""
        if self._clock() >= self._until:
            longest = self._rules.longest_cooldown_seconds
            seconds = min(self._rules.cooldown_seconds * 2**self._openings, longest)
            self._rest(Gate(seconds, why, asked), seconds)
            self._openings = min(self._openings + 1, 32)

    def _rest(self, shut: Gate, seconds: float) -> None:
        until = self._clock() + seconds
        if until > self._until:
            self._until, self._shut = until, shut
        self._trusted = False


class Health:
    """The breakers of all providers, made as they are asked for."""

    def __init__(
        self, rules: Routing | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rules, self.clock = rules or Routing(), clock
        self._breakers: dict[str, Breaker] = {}
        self._lock = threading.Lock()

    def of(self, provider: str) -> Breaker:
        """The one breaker of this provider."""
        with self._lock:
            if provider not in self._breakers:
                self._breakers[provider] = Breaker(self.rules, self.clock)
            return self._breakers[provider]
