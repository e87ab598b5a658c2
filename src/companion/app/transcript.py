"""A conversation as the messages that Gradio's Chatbot shows.

What the two said goes in as text; truth lines and notices are HTML of ours, and never leave here
for the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from companion.app.conversation import Conversation, Turn
from companion.app.strings import plain, translated, word
from companion.app.truth import truth_line, weakness_value
from companion.types import Language

if TYPE_CHECKING:
    from gradio.components.chatbot import MessageDict, OptionDict


SHOWN = 30
"""The turns of a long conversation that a page shows at least, unless it is asked for all. Each
takes its browser 90 kB, and each paint lets the server look at all of them again."""

STEP = 10
"""How many turns go at once when it has grown: what is left is drawn anew then."""


def beginning(turns: int) -> int:
    """The turn with which a page begins to show so many."""
    return max(0, (turns - SHOWN) // STEP * STEP)


def messages(
    conversation: Conversation, name: str, language: Language, live: bool = False, first: int = 0
) -> list[MessageDict]:
    """The conversation from that turn on; `live` where an open last turn is being answered."""
    last = len(conversation.turns) - 1
    return [
        message
        for number, turn in enumerate(conversation.turns[first:], first)
        for message in _turn(turn, name, language, live and number == last, number == last)
    ]


def turn_at(conversation: Conversation, index: int, first: int = 0) -> int:
    """Which turn the message of that index belongs to: each begins with the user's.

    `first` is the turn with which the messages begin.
    """
    shown = messages(conversation, "", "en", first=first)[: index + 1]
    return first + sum(message["role"] == "user" for message in shown) - 1


def _turn(
    turn: Turn, name: str, language: Language, live: bool, last: bool
) -> Iterator[MessageDict]:
    yield {"role": "user", "content": turn.user}
    if turn.reply:
        yield {"role": "assistant", "content": turn.reply}
    if live and turn.state == "open":
        if not turn.reply:
            yield {"role": "assistant", "content": _thinking(turn, name, language)}
    elif turn.reply:
        yield {"role": "assistant", "content": truth_line(turn, language)}
    else:
        yield _notice(turn, name, language, last)


def _thinking(turn: Turn, name: str, language: Language) -> str:
    """Dots, with words for screen readers; everybody reads them where the turn has to wait."""
    waits = turn.ahead is not None and turn.ahead > 0
    key, state = ("ahead", " waiting") if waits else ("thinking", "")
    words = plain(word(language, key, name=name, count=str(turn.ahead)))
    return f'<div class="thinking{state}"><span>{words}</span><i></i><i></i><i></i></div>'


def _notice(turn: Turn, name: str, language: Language, last: bool) -> MessageDict:
    """Why a message has no reply; the last one can be tried again."""
    key = turn.state if turn.state in ("failed", "stopped") else "cut_off"
    causes = "".join(f"<li>{plain(cause)}</li>" for cause in _causes(turn, language))
    content = (
        f'<div class="notice" role="alert"><strong>'
        f"{plain(word(language, f'{key}_notice', name=name))}</strong><ul>{causes}</ul>"
        f"<p>{plain(word(language, f'{key}_hint'))}</p></div>"
    )
    retry: list[OptionDict] = [{"value": "retry", "label": word(language, "retry")}] if last else []
    return {"role": "assistant", "content": content, "options": retry}


def _causes(turn: Turn, language: Language) -> list[str]:
    """What each model that was tried said, or the one thing that went wrong."""
    if turn.state != "failed":
        return []
    tried = [weakness_value(weakness, language) for weakness in turn.truth.degraded]
    return tried or [translated(turn.trouble, language)]
