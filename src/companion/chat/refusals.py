"""Why a server said no: by its status and by the fields of its answer, never by its wording.

The codes are those of the published references: OpenAI's error codes, Azure's content filter,
Anthropic's error types, and what llama.cpp's server and vLLM put into the same fields.
"""

from __future__ import annotations

import json
from collections.abc import KeysView, Mapping
from typing import Any

from companion.chat.waiting import retry_after
from companion.errors import (
    ContentFiltered,
    ContextTooLong,
    IncompleteAnswer,
    KeyRefused,
    ModelBusy,
    ModelError,
    ModelUnavailable,
    RequestRefused,
)

TOO_LONG = {"context_length_exceeded", "exceed_context_size_error", "input_tokens"}
FILTERED = {"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"}
BUSY = {"overloaded_error", "rate_limit_error", "rate_limit_exceeded"}

REPAIRS = {
    401: "Check the key.",
    402: "The account has no credit left.",
    403: "Check the key and its rights.",
    404: "Check base_url and the model's name.",
    429: "Wait, or use another model.",
}


def refusal(status: int, headers: Mapping[str, str], body: str, url: str) -> ModelError:
    """The error for an answer whose status is not 200; `body` must be free of our key."""
    what = f"The server answered {status}: {body.strip()[:200] or 'nothing'}"
    repair, wait = REPAIRS.get(status, ""), retry_after(headers)
    fields = _fields(body)
    if status == 401 or (status == 403 and not FILTERED & _codes(fields)):
        return KeyRefused(what, where=url, repair=repair, status=status)
    if error := _by_code(fields, what, url):
        return error
    if status == 413:
        return ContextTooLong(what, where=url, status=status)
    if status in (429, 529) or (status == 503 and wait is not None):
        return ModelBusy(what, where=url, repair=repair, status=status, retry_after=wait)
    if status in (400, 422) and "html" not in headers.get("content-type", ""):
        code = next(iter(_codes(fields)), "")
        return RequestRefused(what, where=url, repair=repair, status=status, code=code)
    return ModelUnavailable(what, where=url, repair=repair, status=status)


def reported(error: object, said: str, url: str) -> ModelError:
    """The error for one that stands in the middle of an answer whose status was 200."""
    fields = error if isinstance(error, dict) else {}
    what = f"The server reports an error: {said}"
    if BUSY & _codes(fields) or fields.get("code") in (429, 529):
        return ModelBusy(what, where=url)
    return _by_code(fields, what, url) or IncompleteAnswer(what, where=url)


def _by_code(fields: Mapping[str, Any], what: str, url: str) -> ModelError | None:
    """What the fields of an error say more exactly than its status does."""
    codes = _codes(fields)
    if FILTERED & codes:
        return ContentFiltered(what, where=url)
    if TOO_LONG & codes:
        limit = fields.get("n_ctx")  # llama.cpp tells it
        repair = "Choose a model with a longer context."
        limit = limit if isinstance(limit, int) else None
        return ContextTooLong(what, where=url, repair=repair, limit=limit)
    return None


def _fields(body: str) -> Mapping[str, Any]:
    """The error object of a response: under `error`, or the response itself."""
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    inner = told.get("error") if isinstance(told, dict) else None
    return inner if isinstance(inner, dict) else told if isinstance(told, dict) else {}


def _codes(fields: Mapping[str, Any]) -> KeysView[str]:
    """The words by which servers tell errors apart, the most exact first."""
    inner = fields.get("innererror")
    names = [fields.get("code"), fields.get("type"), fields.get("param")]
    names += [inner.get("code")] if isinstance(inner, dict) else []
    return dict.fromkeys(name for name in names if isinstance(name, str) and name).keys()
