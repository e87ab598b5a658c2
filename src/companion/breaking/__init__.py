"""Servers that break on purpose, so that what survives them can be seen, in a drill or a lesson."""

from companion.breaking.faults import (
    close,
    end,
    finished,
    hang,
    raw,
    refusing,
    reset,
    sending,
    streaming,
    words,
)
from companion.breaking.server import (
    ANSWER,
    Exchange,
    Fault,
    FaultServer,
    Seen,
    broken,
    healthy,
    nobody,
)

__all__ = [
    "ANSWER",
    "Exchange",
    "Fault",
    "FaultServer",
    "Seen",
    "broken",
    "close",
    "end",
    "finished",
    "hang",
    "healthy",
    "nobody",
    "raw",
    "refusing",
    "reset",
    "sending",
    "streaming",
    "words",
]
