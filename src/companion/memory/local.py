"""The user of this machine's terminal, whose token lies beside the journal."""

from __future__ import annotations

import os
from pathlib import Path

from companion.errors import JournalError
from companion.memory.limits import new_token


def local_user(journal: Path) -> str:
    """The token of whoever talks in a terminal here; the first time, it is made.

    Only the file's owner can read it. Raises JournalError when it can be neither read nor written.
    """
    path = journal.with_suffix(".user")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text(encoding="ascii").strip()
        with os.fdopen(file, "w", encoding="ascii") as written:
            token = new_token()
            written.write(token)
        return token
    except (OSError, UnicodeDecodeError) as error:
        raise JournalError(
            f"The token of this machine's user cannot be used: {error}",
            where=str(path),
            repair="Make the file and its folder readable and writable.",
        ) from error
