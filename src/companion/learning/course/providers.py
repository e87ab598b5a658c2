"""Exercises on providers: where a model is, what its stream says, and who is asked for what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import yaml

from companion.config import load
from companion.errors import CompanionError
from companion.learning.exercises import Exercise, FunctionExercise, Mistake
from companion.learning.streams import NULL, SAID, STOP, USAGE, Event, contents, ends, event, texts

NOTEBOOK = "5_routing/01_providers_and_one_config"
THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
GOOD = {"stop", "length"}


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

    def cases(self) -> Sequence[tuple[Any, ...]]:
        there = ("https://api.openai.com/v1", "http://example.com/127.0.0.1/v1")
        more = ("http://192.168.1.20:11434", "http://localhost.example.com/v1")
        here = ("http://localhost:8080/v1", "http://[::1]:8000/v1", "http://[::1]/v1")
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
            Mistake(
                lambda url: url.startswith(("http://localhost", "http://127", "http://[::1]")),
                "A foreign host may begin with these words. Look at where the host ends, too.",
            ),
            Mistake(_in_the_house, "Another machine in your house is another machine."),
        ]

    def expected(self, *arguments: Any) -> str:
        return f"The host of this address is {urlsplit(arguments[0]).hostname}."


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

    def cases(self) -> Sequence[tuple[Any, ...]]:
        begun = [NULL, SAID[0], STOP, USAGE]
        spaced = [event({"content": " Well"}), event({"content": " then "})]
        return [(SAID,), ([*SAID, STOP],), ([*SAID, STOP, USAGE],), (begun,), (spaced,)]

    def reference(self) -> Callable[..., str]:
        return lambda events: "".join(texts(events))

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
                lambda events: "".join(contents(events, "")),
                "Some servers send a content that is None. Put an empty string in its place.",
            ),
            Mistake(
                lambda events: "".join(contents(events)),
                "Where there is no content, `get` gives None. Use an empty string instead.",
            ),
            Mistake(
                lambda events: "".join(map(str, contents(events, ""))),
                "`str` makes the word None of a None, and nobody has said that.",
            ),
            Mistake(
                lambda events: "".join(texts(events[:1])),
                "Those are the words of the first event. Does a `return` stand in the loop?",
            ),
            Mistake(
                lambda events: " ".join(texts(events)),
                "The pieces bring their own spaces. Put nothing between them.",
            ),
            Mistake(
                lambda events: "".join(texts(events)).strip(),
                "A space at the beginning or the end was said as well. Take nothing away.",
            ),
            Mistake(texts, "Those are the pieces. Join them to one string."),
        ]

    def expected(self, *arguments: Any) -> str:
        return "Join the content of every delta that has one, in order, with nothing between."


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

    def cases(self) -> Sequence[tuple[Any, ...]]:
        length, trouble = event({}, "length"), event({}, "error")
        error = {"error": {"message": "overloaded"}}
        tails: list[list[Event]] = [[STOP], [], [STOP, USAGE], [length], [trouble], [error]]
        odd = [[NULL], [event({"content": "stop"})]]
        return [(events,) for events in (*([SAID[1], *tail] for tail in tails), *odd)]

    def reference(self) -> Callable[..., bool]:
        return lambda events: bool(GOOD & set(ends(events)))

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        return [
            Mistake(
                lambda events: bool("".join(texts(events))),
                "Words prove nothing: half an answer has words too.",
            ),
            Mistake(
                lambda events: bool(GOOD & set(ends(events[-1:]))),
                "The event with the usage may come behind the end. Look at all events.",
            ),
            Mistake(lambda events: any(ends(events)), 'Any word counts here, "error" too.'),
            Mistake(
                lambda events: "stop" in ends(events),
                'With "length", the limit that you set was reached. That is an end as well.',
            ),
            Mistake(
                lambda events: len(ends(events)) > 0,
                "Every choice has a `finish_reason`. Until the end it is None.",
            ),
            Mistake(
                lambda events: any(
                    c["finish_reason"] in GOOD for e in events for c in e["choices"]
                ),
                "An error comes as an event without choices. Read them with `get`.",
            ),
            Mistake(
                lambda events: events[-1]["choices"][0]["finish_reason"] in GOOD,
                "The last event may be the one with the usage, which has nothing in `choices`.",
            ),
        ]

    def expected(self, *arguments: Any) -> str:
        told = ", ".join(map(repr, filter(None, ends(arguments[0])))) or "none"
        return f"The reasons here, without None: {told}. A good one counts wherever it stands."


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
            _diary(limit="max_response_seconds: 20"): "is a threshold: one level deeper.",
            _diary(limit=""): "The deadline is 60 seconds, and 20 are wanted.",
            there.replace("claude-haiku", "qwen3.5-9b"): "`local` names no model.",
            _diary().replace("qwen3.5-9b", "qwen"): "which configs/models.yaml does not have",
            _diary().replace("diary:", ""): "The first line is the agent's name",
            _diary().replace("  ", ""): "begin with two spaces",
            "diary:\n\ttask: chat": "Indent with spaces",
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
        if why := _not_a_section(tree):
            return why
        agent = load(agents=tree).agents["diary"]
    except yaml.YAMLError as error:
        tabs = " Indent with spaces: YAML takes no tabs." * ("\t" in answer)
        return f"This is not valid YAML: {' '.join(str(error).split())}.{tabs}"
    except CompanionError as error:
        return str(error)
    seconds = agent.thresholds.max_response_seconds
    wrongs = {
        "Nothing says that what is written stays here.": "privacy" not in tree["diary"],
        "`allow_cloud` lets it go elsewhere.": agent.privacy != "local_only",
        "Its task is chat.": agent.task != "chat",
        "`local` names no model.": agent.local is None,
        "Its local model is qwen3.5-9b.": agent.local != "qwen3.5-9b",
        f"The deadline is {seconds:g} seconds, and 20 are wanted.": seconds != 20,
    }
    return next((why for why, wrong in wrongs.items() if wrong), None)


def _not_a_section(tree: Any) -> str | None:
    """What is wrong with the form of it, before the settings read it."""
    if not isinstance(tree, dict) or "diary" not in tree:
        return "The first line is the agent's name, `diary:`, with nothing above it."
    if not isinstance(tree["diary"], dict):
        return "The lines below `diary:` belong to it when they begin with two spaces."
    deeper = "max_response_seconds" in tree["diary"]
    return "`max_response_seconds` is a threshold: one level deeper." if deeper else None


def _diary(
    privacy: str = "privacy: local_only", limit: str = "thresholds: {max_response_seconds: 20}"
) -> str:
    lines = ["task: chat", "local: qwen3.5-9b", privacy, limit]
    return "diary:\n" + "\n".join(f"  {line}" for line in lines)


def _in_the_house(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host.startswith("192.168.") or host in THIS_MACHINE
