"""A conversation as Markdown: for people to read, and for `read` to take back.

    # The title
    <!-- companion conversation, version 1 -->

    ## You, 2026-05-17 12:00:00 UTC

    > What was said, each line quoted.

    ## companion-tiny

    > What was answered, each line quoted.

Every line that was said begins with ">", so that no text can pass for a heading. Figures and
reasons are not in it: JSON keeps all.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import uuid4

from companion.errors import JournalError
from companion.memory import limits
from companion.memory.exchange import (
    FORMAT,
    VERSION,
    AnswerFile,
    ConversationFile,
    MemoryFile,
    TurnFile,
)
from companion.memory.records import Conversation, State, Turn
from companion.types import Language

MARK = "<!-- companion conversation, version 1 -->"
TIME = "%Y-%m-%d %H:%M:%S UTC"
YOU: dict[Language, str] = {"en": "You", "fr": "Toi"}
STATES: dict[Language, dict[State, str]] = {
    "en": {"open": "no answer", "stopped": "interrupted", "failed": "failed"},
    "fr": {"open": "sans réponse", "stopped": "interrompu", "failed": "en échec"},
}
NOBODY = "—"

_SAID = re.compile(r"## (?:You|Toi|Vous), (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC)")
_ANSWERED = re.compile(r"## (?P<model>.*?)(?: \((?P<state>[^()]*)\))?")
_STATE = {name: state for names in STATES.values() for state, name in names.items()}


def written(seen: Conversation, language: Language) -> str:
    """The conversation, with the headings in that language."""
    lines = [f"# {limits.line(seen.title, limits.TITLE)}", MARK, ""]
    for turn in seen.turns:
        when = datetime.fromtimestamp(turn.at, UTC).strftime(TIME)
        lines += [f"## {YOU[language]}, {when}", "", *_quoted(turn.said)]
        lines += [_heading(turn, language), "", *_quoted(turn.answer.reply or turn.trouble)]
    return "\n".join(lines)


def _heading(turn: Turn, language: Language) -> str:
    state = STATES[language].get(turn.state)
    name = limits.line(turn.answer.model, limits.TITLE) or NOBODY
    return f"## {name} ({state})" if state else f"## {name}"


def _quoted(text: str) -> list[str]:
    return [
        *(f"> {line}".rstrip(" ") if not line else f"> {line}" for line in text.split("\n")),
        "",
    ]


def read(text: str | bytes) -> MemoryFile:
    """What `written` wrote. Raises JournalError that names the line it cannot use."""
    if len(text) > limits.IMPORT:
        raise JournalError(f"The file is larger than {limits.IMPORT >> 20} MB")
    try:
        lines = (text.decode("utf-8") if isinstance(text, bytes) else text).split("\n")
    except UnicodeDecodeError:
        raise JournalError("This file is no text in UTF-8") from None
    if len(lines) < 2 or not lines[0].startswith("# ") or lines[1].rstrip("\r") != MARK:
        raise JournalError("This Markdown is none that the companion exported", where="line 1")
    return _file(lines[0].removeprefix("# ").strip(), _blocks(lines))


def _blocks(lines: list[str]) -> list[tuple[int, str, str]]:
    """The headings with the text quoted under each: (line number, heading, text)."""
    blocks: list[tuple[int, str, list[str]]] = []
    for number, line in enumerate(lines[2:], start=3):
        line = line.removesuffix("\r")
        if line.startswith("## "):
            blocks.append((number, line, []))
        elif line.startswith(">") and blocks:
            blocks[-1][2].append(line[1:].removeprefix(" "))
        elif line.strip():
            raise JournalError("This line is neither heading nor quoted", where=f"line {number}")
    return [(number, heading, "\n".join(quoted)) for number, heading, quoted in blocks]


def _file(title: str, blocks: list[tuple[int, str, str]]) -> MemoryFile:
    turns: list[TurnFile] = []
    for asked, answered in zip(blocks[::2], [*blocks[1::2], (0, "", "")], strict=False):
        turns.append(_turn(asked, answered))
    opened = turns[0].at if turns else 0.0
    changed = turns[-1].at if turns else 0.0
    conversation = ConversationFile(
        id=uuid4().hex,
        title=title[: limits.TITLE],
        named=True,
        opened=opened,
        changed=changed,
        turns=tuple(turns),
    )
    return MemoryFile(format=FORMAT, version=VERSION, conversations=(conversation,))


def _turn(asked: tuple[int, str, str], answered: tuple[int, str, str]) -> TurnFile:
    said, heading = _SAID.fullmatch(asked[1]), _ANSWERED.fullmatch(answered[1])
    if not said or not heading:
        place = asked if not said else answered
        raise JournalError("This heading begins no turn", where=f"line {place[0]}: {place[1][:80]}")
    at = datetime.strptime(said[1], TIME).replace(tzinfo=UTC).timestamp()
    state = _STATE.get(heading["state"] or "", "done")
    model = "" if heading["model"] == NOBODY else heading["model"]
    failed = state == "failed"
    answer = AnswerFile(reply="" if failed else answered[2], model=model)
    trouble = answered[2] if failed else ""
    return TurnFile(at=at, said=asked[2], state=state, answer=answer, trouble=trouble)
