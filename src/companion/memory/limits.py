"""How much is kept, and what a user may be called: checks on all that comes from outside."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from companion.errors import InputError

SAID = 100_000
REPLY = 400_000
FIGURES = 200_000
"""Characters of one message, of one reply, and of its figures as JSON."""
TITLE = 120
TURNS = 10_000
"""Turns of one conversation."""
FACTS = 2_000
"""Facts about one user, with those that were superseded."""
VALUE = 120
"""Characters of one fact."""
IMPORT = 64 * 1024 * 1024
"""Bytes of a file that is imported."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def new_token() -> str:
    """A user's secret, of 256 random bits, for the browser to keep: who shows it is that user."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> bytes:
    """How a user is named in the file, from which the token cannot be had: 32 bytes.

    Raises InputError for what `new_token` did not make.
    """
    if not _TOKEN.fullmatch(token):
        raise InputError("This is no user's token", repair="Take one from new_token().")
    return hashlib.sha256(token.encode("ascii")).digest()


def conversation_id(name: str) -> str:
    """The id, if it may be one: up to 64 letters, digits, hyphens, underscores. Else InputError."""
    if not _ID.fullmatch(name):
        raise InputError("This is no conversation's id", where=repr(name[:80]))
    return name


def text(value: str, longest: int, what: str) -> str:
    """The text, as it can be stored. Raises InputError when it is longer."""
    if len(value) > longest:
        raise InputError(f"{what} has {len(value):,} characters; {longest:,} are kept at most")
    return value.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no text


def line(value: str, longest: int) -> str:
    """The text as one line without control characters, cut to that many characters."""
    plain = "".join(c if c.isprintable() else " " for c in value)
    return " ".join(plain.split())[:longest].rstrip()


def figures(values: Mapping[str, Any]) -> dict[str, Any]:
    """The figures as JSON would give them back. Raises InputError when it cannot hold them."""
    try:
        written = json.dumps(dict(values), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(f"The figures cannot be kept: {error}") from None
    text(written, FIGURES, "What is known about the reply")
    kept: dict[str, Any] = json.loads(written)
    return kept
