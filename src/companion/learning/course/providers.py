"""Exercises on providers: where a model is, what its stream says, and who is asked for what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import yaml

from companion.config import load
from companion.errors import CompanionError
from companion.learning.exercises import Exercise, FunctionExercise, Mistake

NOTEBOOK = "5_routing/01_providers_and_one_config"
THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
GOOD = {"stop", "length"}

Event = Mapping[str, Any]


@dataclass
class StaysHere(FunctionExercise):
    """Does what is asked at this address stay on this machine?"""

    variable = "stays_here"
    hints = (
        "An address has parts: http, then the host, then a port, then a path. One part decides.",
        "After `from urllib.parse import urlsplit`, `urlsplit(url).hostname` is the host alone.",
        'Is the host one of "127.0.0.1", "localhost" and "::1"? `in` says True or False.',
    )
    code = """
        from urllib.parse import urlsplit

        def stays_here(url):
            return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
    """

    @classmethod
    def example(cls) -> StaysHere:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        there = ("https://api.openai.com/v1", "http://example.com/127.0.0.1/v1")
        more = ("http://192.168.1.20:11434", "https://localhost.example.com/v1")
        here = ("http://localhost:8080/v1", "http://[::1]:8000/v1")
        return [(url,) for url in ("http://127.0.0.1:11434", *there, *here, *more)]

    def reference(self) -> Callable[..., bool]:
        return lambda url: urlsplit(url).hostname in THIS_MACHINE

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda url: "127.0.0.1" in url or "localhost" in url,
                "A foreign address may hold these words too, and ::1 is this machine as well.",
            ),
            Mistake(
                lambda url: urlsplit(url).hostname == "127.0.0.1",
                "That is one name of this machine. It has two more.",
            ),
            Mistake(
                lambda url: urlsplit(url).netloc in THIS_MACHINE,
                "`netloc` has the port behind the host. There is a part without it.",
            ),
            Mistake(
                lambda url: url.startswith("http://"),
                "http or https says whether it is encrypted, and not where it goes.",
            ),
            Mistake(_in_the_house, "Another machine in your house is another machine."),
        ]

    def expected(self, *arguments: Any) -> str:
        return f"The host of this address is {urlsplit(arguments[0]).hostname}."


@dataclass
class TextOf(FunctionExercise):
    """The words of an answer, out of the events that it came in."""

    variable = "text_of"
    hints = (
        "Go through the events; in each, through its `choices`; take the text of each `delta`.",
        'Not every delta has text, and some say that it is None. `delta.get("content") or ""` is '
        "a string in every case.",
        "A second `for` over the choices does the right thing when there is none: nothing. Then "
        '`"".join(…)` makes one string.',
    )
    code = """
        def text_of(events):
            text = ""
            for event in events:
                for choice in event["choices"]:
                    text += choice["delta"].get("content") or ""
            return text
    """

    @classmethod
    def example(cls) -> TextOf:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(SAID,), ([*SAID, STOP],), ([*SAID, STOP, USAGE],), ([NULL, SAID[0], STOP, USAGE],)]

    def reference(self) -> Callable[..., str]:
        return lambda events: "".join(_texts(events))

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda events: "".join(e["choices"][0]["delta"]["content"] for e in events),
                "The event that ends the answer has an empty delta: there is no content in it.",
            ),
            Mistake(
                lambda events: "".join(e["choices"][0]["delta"].get("content", "") for e in events),
                "The event with the usage has no choices, so it has no first one.",
            ),
            Mistake(
                lambda events: "".join(
                    c["delta"].get("content", "") for e in events for c in e["choices"]
                ),
                "Some servers send a content that is None. Put an empty string in its place.",
            ),
            Mistake(
                lambda events: " ".join(_texts(events)),
                "The pieces bring their own spaces. Put nothing between them.",
            ),
            Mistake(_texts, "Those are the pieces. Join them to one string."),
        ]

    def expected(self, *arguments: Any) -> str:
        return "Join the content of every delta that has one, in order."


@dataclass
class Whole(FunctionExercise):
    """Did the server say how the answer ended, and was it a good end?"""

    variable = "whole"
    hints = (
        "The words do not tell. Look in every event, in each of its choices, at `finish_reason`.",
        'Good ends are "stop" and "length". Any other word, or none at all, is no good end.',
        '`event.get("choices", [])` is empty for an event that has none, such as an error.',
    )
    code = """
        def whole(events):
            ends = [c["finish_reason"] for e in events for c in e.get("choices", [])]
            return "stop" in ends or "length" in ends
    """

    @classmethod
    def example(cls) -> Whole:
        return cls()

    def cases(self) -> Sequence[tuple[Any, ...]]:
        length, trouble = _event({}, "length"), _event({}, "error")
        error = {"error": {"message": "overloaded"}}
        ends: list[list[Event]] = [[STOP], [], [STOP, USAGE], [length], [trouble], [error]]
        return [*(([SAID[1], *end],) for end in ends), ([NULL],), ([_event({"content": "stop"})],)]

    def reference(self) -> Callable[..., bool]:
        return lambda events: bool(GOOD & set(_ends(events)))

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda events: bool("".join(_texts(events))),
                "Words prove nothing: half an answer has words too.",
            ),
            Mistake(
                lambda events: bool(GOOD & set(_ends(events[-1:]))),
                "The event with the usage may come behind the end. Look at all events.",
            ),
            Mistake(lambda events: any(_ends(events)), 'Any word counts here, "error" too.'),
            Mistake(
                lambda events: "stop" in _ends(events),
                'With "length", the limit that you set was reached. That is an end as well.',
            ),
            Mistake(
                lambda events: len(_ends(events)) > 0,
                "Every choice has a `finish_reason`. Until the end it is None.",
            ),
            Mistake(
                lambda events: any(
                    c["finish_reason"] in GOOD for e in events for c in e["choices"]
                ),
                "An error comes as an event without choices. Read them with `get`.",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        told = ", ".join(map(repr, filter(None, _ends(arguments[0])))) or "none"
        return f"The finish reasons in these events, without None: {told}."


@dataclass
class Diary(Exercise[str]):
    """An agent of one's own, as a section of YAML."""

    variable = "diary"
    hints = (
        "Look at `romantic_chat` in the cell above: most of the lines are the same.",
        "`privacy: local_only` keeps it here. Then name no model that is elsewhere.",
        "The deadline is `max_response_seconds`, one level deeper, under `thresholds:`.",
    )
    code = '''
        diary = """
        diary:
          task: chat
          local: qwen3.5-9b
          privacy: local_only
          thresholds:
            max_response_seconds: 20
        """
    '''

    @classmethod
    def example(cls) -> Diary:
        return cls()

    def reference(self) -> str:
        return _diary()

    def mistakes(self) -> Sequence[Mistake[Any]]:
        there = _diary().replace("local: qwen3.5-9b", "primary: claude-haiku")
        wrongs = {
            _diary("prefer_local: true"): "Nothing says that what is written stays here.",
            _diary("privacy: allow_cloud"): "`allow_cloud` lets it go elsewhere.",
            _diary("privacy: local"): "should be 'local_only' or 'allow_cloud'",
            there: "is elsewhere, but it is local_only",
            _diary(limit="max_response_seconds: 20"): "Unknown key",
            _diary(limit=""): "The deadline is 60 seconds, and 20 are wanted.",
            _diary().replace("qwen3.5-9b", "qwen"): "which configs/models.yaml does not have",
            _diary().replace("diary:", ""): "The name of the agent, `diary:`, stands",
            "diary:\n\ttask: chat": "This is not valid YAML",
        }
        return [Mistake(text, why) for text, why in wrongs.items()]

    def why_wrong(self, answer: Any) -> str | None:
        why = _not_a_diary(answer)
        return f"`{self.variable}`: {why}" if why else None


def _not_a_diary(answer: Any) -> str | None:
    """What is wrong with the text; whatever the settings themselves say of it comes first."""
    if not isinstance(answer, str):
        return "It should be a string that holds YAML."
    try:
        tree = yaml.safe_load(answer)
        if not isinstance(tree, dict) or not isinstance(tree.get("diary"), dict):
            return "The name of the agent, `diary:`, stands alone on the first line."
        agent = load(agents=tree).agents["diary"]
    except yaml.YAMLError as error:
        return f"This is not valid YAML: {' '.join(str(error).split())}"
    except CompanionError as error:
        return str(error)
    seconds = agent.thresholds.max_response_seconds
    wrongs = {
        "Nothing says that what is written stays here.": "privacy" not in tree["diary"],
        "`allow_cloud` lets it go elsewhere.": agent.privacy != "local_only",
        "Its task is chat.": agent.task != "chat",
        "Its local model is qwen3.5-9b.": agent.local != "qwen3.5-9b",
        f"The deadline is {seconds:g} seconds, and 20 are wanted.": seconds != 20,
    }
    return next((why for why, wrong in wrongs.items() if wrong), None)


def _diary(
    privacy: str = "privacy: local_only", limit: str = "thresholds: {max_response_seconds: 20}"
) -> str:
    lines = ["task: chat", "local: qwen3.5-9b", privacy, limit]
    return "diary:\n" + "\n".join(f"  {line}" for line in lines)


def _in_the_house(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host.startswith("192.168.") or host in THIS_MACHINE


def _event(delta: Event, finish: str | None = None) -> Event:
    return {"choices": [{"delta": delta, "finish_reason": finish}]}


SAID = [_event({"content": "Hel"}), _event({"content": "lo you"})]
NULL = _event({"role": "assistant", "content": None})
STOP = _event({}, "stop")
USAGE: Event = {"choices": [], "usage": {"completion_tokens": 3}}


def _texts(events: Sequence[Event]) -> list[str]:
    """The content of each delta that has one."""
    deltas = [choice["delta"] for event in events for choice in event.get("choices", [])]
    return [delta["content"] for delta in deltas if delta.get("content")]


def _ends(events: Sequence[Event]) -> list[str | None]:
    """Each finish reason, in order."""
    return [choice["finish_reason"] for event in events for choice in event.get("choices", [])]
