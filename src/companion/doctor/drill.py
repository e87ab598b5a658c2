"""The fault drill: servers that really break, the real router, and who answers in the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from companion.breaking import (
    Fault,
    FaultServer,
    broken,
    end,
    hang,
    healthy,
    nobody,
    refusing,
    reset,
    sending,
    streaming,
    words,
)
from companion.config import HttpModel, Routing, Settings
from companion.doctor.findings import Check
from companion.doctor.standing import (
    BEHIND_THEM,
    Wrong,
    ask,
    examine,
    listed,
    permitted,
    stand_in,
    what,
    who_is_asked,
    whole,
)
from companion.errors import CompanionError, EverythingFailed, KeyRefused, RequestRefused
from companion.learning.drill import Told
from companion.routing import Router

FALLS_OVER: Mapping[str, Fault] = {
    "connection refused": healthy,  # asked where nobody listens
    "500": refusing(500),
    "429, Retry-After 60": refusing(429, "rate_limit_exceeded", Retry_After="60"),
    "200 with HTML": sending(b"<html><body>It works!</body></html>", "text/html"),
    "silence": hang,
    "stall in mid-stream": streaming(words(0, 5), hang),
    "reset in mid-stream": streaming(words(0, 5), reset),
    "no terminal event": streaming(words(0, 5), end),
}
"""What happens to the first model; the second one must end with the whole answer."""

REFUSED: Mapping[str, tuple[Fault, type[CompanionError]]] = {
    "401": (refusing(401, "invalid_api_key"), KeyRefused),
    "400": (refusing(400, "invalid_value"), RequestRefused),
}
"""What the caller has to mend: it is told so, and nobody else is asked."""


@dataclass(frozen=True, slots=True)
class Drilled:
    """How one fault ended, and how often each of both models was asked."""

    told: Told
    first: int
    second: int


def fallback(settings: Settings) -> Iterator[Check]:
    """A check for each fault, then what is left when all servers are gone."""
    rules = _rules(settings)
    faults = {**FALLS_OVER, **{name: fault for name, (fault, _) in REFUSED.items()}}
    with broken({**faults, **{_behind(name): healthy for name in faults}}) as server:
        drilled = _drill(server, list(faults), rules)
    for name in FALLS_OVER:
        yield examine("fallback", name, _fell_over, name, drilled[name])
    for name, (_, kind) in REFUSED.items():
        yield examine("fallback", name, _told, drilled[name], kind)
    yield examine("fallback", "local to elsewhere", _to_elsewhere, rules)
    yield examine("fallback", "everything fails", _everything, rules)
    yield _last_resort(settings, rules)


def _rules(settings: Settings) -> Routing:
    """With limits that suit a drill: short, and long enough for a machine that is busy."""
    own = settings.routing
    limits = {
        "deadline_seconds": min(own.deadline_seconds, 12.0),
        "first_token_seconds": min(own.first_token_seconds, 3.0),
        "stall_seconds": min(own.stall_seconds, 2.0),
    }
    return permitted(settings).model_copy(update=limits)


def _behind(name: str) -> str:
    return f"behind {name}"


def _drill(server: FaultServer, names: list[str], rules: Routing) -> dict[str, Drilled]:
    """Every fault at once, each with a router of its own: a model elsewhere, then a local one."""

    def one(name: str) -> Drilled:
        url = nobody() if name == "connection refused" else server.url
        both = [
            stand_in(name, url, local=False),
            stand_in(_behind(name), server.url, local=True),
        ]
        told = ask(Router(both, rules))
        return Drilled(told, len(server.of(name)), len(server.of(_behind(name))))

    with ThreadPoolExecutor(len(names)) as pool:
        return dict(zip(names, pool.map(one, names), strict=True))


def _fell_over(name: str, one: Drilled) -> str:
    if not whole(one.told) or one.told.by != _behind(name):
        raise Wrong(f"the next model should have answered, but {what(one.told)}")
    if one.second != 1:
        raise Wrong(f"the next model was asked {one.second} times for one answer")
    return f"the next model gave the whole answer, after {one.told.seconds:.2f} s"


def _told(one: Drilled, kind: type[CompanionError]) -> str:
    if not isinstance(one.told.error, kind):
        raise Wrong(f"{kind.__name__} should have been told, but {what(one.told)}")
    if one.second or one.first != 1:
        raise Wrong(f"{one.first + one.second} requests were sent where one is enough")
    return f"{kind.__name__} is told, and nobody else is asked"


def _to_elsewhere(rules: Routing) -> str:
    """The other way round: a local model is down, and one elsewhere answers."""
    with broken({"elsewhere": healthy}) as server:
        both = [stand_in("here", nobody(), local=True)]
        both += [stand_in("elsewhere", server.url, local=False)]
        heard = ask(Router(both, rules))
    if not whole(heard):
        raise Wrong(f"the model elsewhere should have answered, but {what(heard)}")
    return f"a model elsewhere gave the whole answer, after {heard.seconds:.2f} s"


def _everything(rules: Routing) -> str:
    """No answer at all is one error that names everyone."""
    with broken({"second": refusing(503)}) as server:
        both = [stand_in("first", nobody(), local=True)]
        both += [stand_in("second", server.url, local=False)]
        heard = ask(Router(both, rules))
    named = [name for name, _ in getattr(heard.error, "attempts", [])]
    if not isinstance(heard.error, EverythingFailed) or not {"first", "second"} <= set(named):
        raise Wrong(f"one error should name both, but {what(heard)}")
    return "one error names every model with its cause, and no text passes for an answer"


def _last_resort(settings: Settings, rules: Routing) -> Check:
    """What this profile has in its own process, behind a server that is gone."""
    own = [
        one
        for one in who_is_asked(settings)
        if not isinstance(settings.models.get(one.name), HttpModel)
    ]
    if not own:
        fact = "every model needs a server"
        return Check("fallback", "last resort", "missing", fact, BEHIND_THEM)

    def look() -> str:
        heard = ask(Router([stand_in("gone", nobody(), local=True), *own], rules))
        if heard.error or not heard.text.strip():
            raise Wrong(
                f"{listed([one.name for one in own])} should have answered, but {what(heard)}"
            )
        return f"{heard.by} answers when every server is gone"

    return examine("fallback", "last resort", look)
