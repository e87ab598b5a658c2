"""How a client is told no: in OpenAI's form for errors, with the status that fits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from companion.errors import (
    CompanionError,
    ContentFiltered,
    ContextTooLong,
    EverythingFailed,
    InputError,
    ModelBusy,
    ModelError,
    RequestRefused,
)


class Refused(Exception):
    """A request that is not answered: its HTTP status, and what stands in the body.

    `param` is the field that is wrong, `code` the word by which programs tell errors apart, and
    `limit` the tokens that a conversation may have, which llama.cpp's server calls `n_ctx`.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str = "",
        code: str = "",
        limit: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.limit = limit
        self.status, self.param, self.code = status, param, code
        self.headers = dict(headers or {})

    def document(self) -> dict[str, Any]:
        """The body, as OpenAI's reference has it."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        told: dict[str, Any] = {"message": str(self), "type": kind}
        told |= {"param": self.param or None, "code": self.code or None}
        return {"error": told | ({"n_ctx": self.limit} if self.limit else {})}


def refused(error: Exception) -> Refused:
    """What a client is told of an error, by its class. One that we did not foresee stays ours.

    400 is the client's to mend. 503 is everything that keeps the mind from answering, also a key of
    ours that another server refuses: the client's own key is not in question then.
    """
    match error:
        case Refused():
            return error
        case ContextTooLong():
            return _wrong(error, code="context_length_exceeded", limit=error.limit)
        case EverythingFailed() if _too_long(error):
            return _wrong(error, code="context_length_exceeded", limit=_longest(error))
        case InputError():
            return _wrong(error)
        case ContentFiltered():
            return _wrong(error, code="content_filter")
        case RequestRefused():
            return Refused(400, str(error), code=error.code)
        case ModelBusy(retry_after=float(seconds)):
            again = {"Retry-After": str(math.ceil(seconds))}
            return Refused(503, str(error), code="overloaded", headers=again)
        case ModelError():
            return Refused(503, str(error), code="no_model_answered")
        case CompanionError():
            return Refused(500, str(error))
    return Refused(500, "The server made a mistake. Its own output says which.")


def _too_long(error: EverythingFailed) -> bool:
    """Whether a shorter conversation is all that it takes: nobody had another reason."""
    return bool(error.errors) and all(isinstance(one, ContextTooLong) for one in error.errors)


def _longest(error: EverythingFailed) -> int | None:
    """The tokens of the largest context, where servers told theirs."""
    limits = (one.limit for one in error.errors if isinstance(one, ContextTooLong))
    return max((limit for limit in limits if limit), default=None)


def _wrong(error: CompanionError, code: str = "", limit: int | None = None) -> Refused:
    return Refused(400, str(error), param="messages", code=code, limit=limit)
