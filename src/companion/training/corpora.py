"""The conversations that companion-tiny learns from, as they are shipped in the package.

Each corpus is one `.jsonl.xz` file; each line is one conversation in which the turns alternate and
the user speaks first. `personas`, where there are any, hold sentences about the first speaker, then
about the second. Licences stand in SOURCES.md beside the files.
"""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from companion.errors import CompanionError
from companion.resources import packaged

HELD_OUT_PERCENT = 2
MADE = ("grammar_", "answers_", "translations")
"""How the names of corpora begin that are made when training begins, not people's conversations."""


class CorpusError(CompanionError):
    """A corpus file is missing, empty, or not what its name says."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns that alternate, the user's first. `system` is set when the corpus brings its own."""

    turns: tuple[str, ...]
    language: str = "en"
    personas: tuple[tuple[str, ...], ...] = ()
    system: str = ""

    @property
    def is_held_out(self) -> bool:
        """Whether this conversation is kept from training: the same answer on every machine."""
        digest = hashlib.sha256("\n".join(self.turns).encode()).digest()
        return int.from_bytes(digest[:4], "big") % 100 < HELD_OUT_PERCENT


@dataclass(frozen=True, slots=True)
class Corpus:
    """A named set of conversations."""

    name: str
    conversations: tuple[Conversation, ...]

    def split(self) -> tuple[list[Conversation], list[Conversation]]:
        """(training part, held-out part); no conversation is in both."""
        held_out = [one for one in self.conversations if one.is_held_out]
        return [one for one in self.conversations if not one.is_held_out], held_out


def shipped() -> list[Corpus]:
    """Every corpus in the package, by name."""
    return [load(path) for path in sorted(packaged("data/corpora").glob("*.jsonl.xz"))]


def licences() -> dict[str, str]:
    """Corpus name -> licence, from the table in SOURCES.md."""
    table = packaged("data/corpora/SOURCES.md").read_text(encoding="utf-8")
    cells = (line.split("|") for line in table.splitlines() if line.startswith("| `"))
    return {cell[1].strip(" `"): cell[3].strip() for cell in cells}


def load(path: Path) -> Corpus:
    """Read one corpus file.

    Raises:
        CorpusError: the file is not there, is empty, or holds something other than conversations.
    """
    try:
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            conversations = tuple(_parsed(line, path, at) for at, line in enumerate(lines, 1))
    except (OSError, EOFError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise CorpusError(
            f"The corpus cannot be read: {error}",
            where=str(path),
            repair="It must be xz-compressed UTF-8, one JSON conversation a line; "
            "make it again with `python -m companion.training --import RAW --output FOLDER`.",
        ) from error
    if not conversations:
        raise CorpusError(
            "The corpus holds no conversation", where=str(path), repair="Remove it or fill it."
        )
    return Corpus(path.name.removesuffix(".jsonl.xz"), conversations)


def save(conversations: Iterable[Conversation], path: Path) -> int:
    """Write one corpus file whole or not at all; returns the number of conversations."""
    lines = [_line(one) for one in conversations]
    draft = path.with_name(path.name + ".draft")
    with lzma.open(draft, "wt", encoding="utf-8", preset=9 | lzma.PRESET_EXTREME) as out:
        out.writelines(lines)
    draft.replace(path)
    return len(lines)


def _line(conversation: Conversation) -> str:
    """One JSON line; what has its default value is left out."""
    record = {key: value for key, value in asdict(conversation).items() if value}
    if conversation.language == "en":
        del record["language"]
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"


def _parsed(line: str, path: Path, number: int) -> Conversation:
    """One line back into a conversation."""
    try:
        record: dict[str, Any] = json.loads(line)
        turns = tuple(str(turn) for turn in record.pop("turns"))
        personas = tuple(tuple(sentences) for sentences in record.pop("personas", ()))
        if len(turns) < 2:
            raise ValueError("fewer than two turns")
        return Conversation(turns, personas=personas, **record)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorpusError(
            f"This line is not a conversation: {error}",
            where=f"{path}, line {number}",
            repair='A line looks like {"turns": ["Hi.", "Hello!"]}.',
        ) from error
