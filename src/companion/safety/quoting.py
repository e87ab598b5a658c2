"""Text from cards, memory and files is data: it is marked as such and cannot pass as instructions.

What chat templates and readers of prompts take for a change of speaker is taken out: their tokens,
role words at the start of a line, and characters that are not seen. What is left stands between
marks that the text itself cannot hold.
"""

from __future__ import annotations

import re
import unicodedata

OPEN, CLOSE = "⟦", "⟧"
"""The marks; `neutral` takes both out of any text."""

_NAMES = r"s|bos|eos|pad|unk|mask|start_of_turn|end_of_turn|start_header_id|end_header_id|eot_id"
_BAR = r"[|\uff5c]"  # DeepSeek's tokens have the wide one
_TOKENS = re.compile(
    rf"<{_BAR}[^<>\n]{{0,80}}?{_BAR}>"  # <|im_start|>, <|user|>
    rf"|<{_BAR}|{_BAR}>"  # half of one
    rf"|</?(?:{_NAMES}|think|tool_call|tool_response|system|assistant|user|human)>"
    r"|\[/?(?:INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|BOS|EOS)\]"
    r"|<</?SYS>>",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"^([^\w\n]*)"
    r"(system|assistant|user|human|developer|tool|function|ipython|ai|model"
    r"|système|systeme|utilisateur|utilisatrice|développeur|assistante|humain|outil)"
    r"([ \t\u00a0\u202f*_`'\")\]]*)(?:[ \t]*[:\uff1a])+",
    re.IGNORECASE | re.MULTILINE,
)
_HEADING = re.compile(r"^[ \t]*#+[ \t]*(?=(?:instruction|response|input|réponse)s?\b)", re.I | re.M)
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories of what is not seen: controls, zero widths, directions, halves, unassigned."""


def neutral(text: str) -> str:
    """`text` without anything that could pass for a turn, a role or a mark of ours.

    Ordinary prose comes back as it was. Doing it twice changes nothing more.
    """
    text = _TOKENS.sub(" ", _seen(text))  # a space, so that the halves of another do not join
    text = _HEADING.sub("", text)
    return _ROLE.sub(r"\1“\2”\3 —", text).strip()


def quoted(text: str, label: str) -> str:
    """`text` as data, between marks that name it: ⟦label⟧ … ⟦/label⟧."""
    name = one_line(label)
    return f"{OPEN}{name}{CLOSE}\n{neutral(text)}\n{OPEN}/{name}{CLOSE}"


def one_line(text: str, limit: int = 60) -> str:
    """A name or label out of foreign text: one line of at most `limit` characters."""
    return " ".join(neutral(" ".join(text.split())).split())[:limit].strip()


def _seen(text: str) -> str:
    """The characters that a reader sees, composed, with line ends and tabs as they are."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(
        character
        for character in text
        if character in "\n\t"
        or (character not in OPEN + CLOSE and unicodedata.category(character) not in _UNSEEN)
    )
