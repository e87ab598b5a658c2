"""Events of a stream, for exercises that read one: how to write some, and what they say.

They have the form of OpenAI's chat completions, as far as an exercise needs it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Event = Mapping[str, Any]


def event(delta: Event, finish: str | None = None) -> Event:
    """An event with one choice: what is new, and why the answer ends, if it does."""
    return {"choices": [{"delta": delta, "finish_reason": finish}]}


SAID = [event({"content": "Hel"}), event({"content": "lo you"})]
NULL = event({"role": "assistant", "content": None})
STOP = event({}, "stop")
USAGE: Event = {"choices": [], "usage": {"completion_tokens": 3}}


def texts(events: Sequence[Event]) -> list[str]:
    """What each delta says, in order; an empty string for one that says nothing."""
    deltas = [choice["delta"] for event in events for choice in event.get("choices", [])]
    return [delta.get("content") or "" for delta in deltas]


def contents(events: Sequence[Event], missing: object = None) -> list[Any]:
    """The content of each delta as it stands, and `missing` where there is none.

    Raises KeyError for an event without `choices`.
    """
    return [c["delta"].get("content", missing) for e in events for c in e["choices"]]


def ends(events: Sequence[Event]) -> list[str | None]:
    """Each finish reason, in order."""
    return [choice["finish_reason"] for event in events for choice in event.get("choices", [])]
