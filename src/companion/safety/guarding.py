"""Whether a message is answered by rule, before any model is asked."""

from __future__ import annotations

from collections.abc import Sequence

from companion.safety.crisis import Need, need, relieved, still_on
from companion.safety.help_lines import Purpose, help_lines
from companion.safety.honesty import asks_if_human
from companion.safety.replies import numbers, written
from companion.types import Guarded, Language, Message

LOOKED_BACK = 12
"""Messages of the user that are counted, so that a text is not said twice in a row."""

_PURPOSE: dict[Need, Purpose] = {
    "suicide": "suicide",
    "self_harm": "suicide",
    "someone": "suicide",
    "abuse": "abuse",
    "danger": "danger",
}


def guard(
    text: str,
    history: Sequence[Message] = (),
    language: Language = "en",
    *,
    name: str,
    country: str | None = None,
) -> Guarded | None:
    """The answer to `text` that no model may give, or None: then ask one.

    It depends on nothing but its arguments. `history` is the conversation before `text`: words of
    crisis in the user's last three messages keep the answers careful, until the user says that they
    are safe. `name` is the companion's, `country` (`settings.safety.country`) leaves help lines of
    one country.
    """
    said = [message.content for message in history if message.role == "user"][-LOOKED_BACK:]
    now, before = need(text, language), still_on(said, language)
    if now:
        turn = sum(need(earlier, language) == now for earlier in said)
        return _careful(("crisis", now), now, language, country, turn)
    if asks_if_human(text, language):
        return _honest(said, language, name, before, country)
    if before and relieved(text):
        return _careful(("relieved",), before, language, country)
    if before:
        turn = sum(need(earlier, language) is None for earlier in said)
        return _careful(("after",), before, language, country, turn)
    return None


def load() -> None:
    """Read and compile the rules, which the first message would wait for."""
    guard("hello", name="")


def _careful(
    path: tuple[str, ...], about: Need, language: Language, country: str | None, turn: int = 0
) -> Guarded:
    """The text under `path`, with the numbers for this need in it, and the lines behind them."""
    lines = help_lines(_PURPOSE[about], language, country)
    emergency = help_lines("danger", language, country)
    reply = written(*path, language=language, turn=turn).format(
        lines=numbers(lines, language), emergency=numbers(emergency, language)
    )
    return Guarded(reply, "crisis", tuple(dict.fromkeys((*lines, *emergency))))


def _honest(
    said: Sequence[str], language: Language, name: str, before: Need | None, country: str | None
) -> Guarded:
    """That this is an AI; in a crisis, with the careful words behind it."""
    turn = sum(asks_if_human(earlier, language) for earlier in said)
    answer = written("human", language=language, turn=turn).format(name=name)
    if before is None:
        return Guarded(answer, "asked if human")
    after = _careful(("after",), before, language, country)
    return Guarded(f"{answer} {after.text}", "crisis", after.help_lines)
