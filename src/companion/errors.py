"""Every error this package raises on purpose: what went wrong, where, and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Sequence

SHORTEST_SECRET = 8
"""Characters. A shorter value is a word such as "none", which servers without keys are told."""

_variables: set[str] = set()  # names only: what they hold stays in the environment


def keep_secret(variable: str) -> None:
    """From now on, no error tells what this environment variable holds: it is a key."""
    _variables.add(variable)


def secrets() -> list[str]:
    """The keys that are set, whoever they are for; the longest first, as one may hold another."""
    values = (os.environ.get(variable, "").strip() for variable in tuple(_variables))
    return sorted((one for one in values if len(one) >= SHORTEST_SECRET), key=len, reverse=True)


def without_secrets(text: str) -> str:
    """The text with `[key]` in the place of each key."""
    for secret in secrets():
        text = text.replace(secret, "[key]")
    return text


class CompanionError(Exception):
    """Base of all our errors. `str(error)` is a whole sentence a user can act on.

    `what` happened, `where` (a file, key, address or value), and the `repair` that mends it. None
    of them tells a key, though a server may have repeated one, or a user put it in a wrong place.
    """

    def __init__(self, what: str, *, where: str = "", repair: str = "") -> None:
        what, where, repair = map(without_secrets, (what, where, repair))
        self.what, self.where, self.repair = what, where, repair
        place = f" ({where})" if where else ""
        mend = f" {repair}" if repair else ""
        super().__init__(f"{what}{place}.{mend}")


class ConfigError(CompanionError):
    """A setting is unknown, of the wrong type, or points at nothing."""


class MissingExtra(CompanionError):
    """An optional library is not installed."""

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(
            f"The optional library {library} is not installed",
            repair=f"Install it with: pip install 'companion-lab[{extra}]'",
        )
        self.library, self.extra = library, extra


class InputError(CompanionError):
    """What the user said cannot be used: empty, or far too long."""


class ModelError(CompanionError):
    """A chat model could not answer.

    What a server told with it, where it did: the HTTP `status`, its own `code` for the mistake, the
    seconds after which it may be tried again, the `limit` of its context in tokens.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        repair: str = "",
        status: int | None = None,
        code: str = "",
        retry_after: float | None = None,
        limit: int | None = None,
    ) -> None:
        super().__init__(what, where=where, repair=repair)
        self.status, self.code = status, without_secrets(code)
        self.retry_after, self.limit = retry_after, limit


class ModelUnavailable(ModelError):
    """The model is not there: no folder, no server, no such model, a server in trouble."""


class ModelBusy(ModelUnavailable):
    """Too many requests, or a server that asks for time: try it again after `retry_after` seconds.

    None when the server did not say how long.
    """


class IncompleteAnswer(ModelError):
    """The answer broke off or made no sense; nothing of it may pass as whole."""


class RequestRefused(ModelError):
    """The request itself is wrong, so that another model would refuse it too."""


class KeyRefused(ModelError):
    """The key is not set (`status` None), not valid (401), or may not do this (403)."""


class ContentFiltered(ModelError):
    """The server's content policy refuses what was asked, or what it was about to say."""


class ContextTooLong(ModelError):
    """The conversation does not fit the model's context of `limit` tokens; None is not told."""


class EverythingFailed(ModelError):
    """No candidate answered. `attempts` holds (model, cause) for each one, asked or passed over.

    `errors` are those of who was asked, and of who rests because of earlier ones. Who was left out
    by a rule, such as a budget, has none.
    """

    def __init__(
        self, attempts: list[tuple[str, str]], errors: Sequence[CompanionError] = ()
    ) -> None:
        self.attempts = [(model, without_secrets(cause)) for model, cause in attempts]
        self.errors = tuple(errors)
        causes = "; ".join(f"{model}: {cause}" for model, cause in self.attempts)
        super().__init__("No model could answer", where=causes, repair="See `companion doctor`.")


class PictureError(CompanionError):
    """A picture cannot be shown: broken, too large, or with something in it that is no picture."""


class SpeechError(CompanionError):
    """A voice could not speak, or a recogniser could not listen; another one may."""


class CardError(CompanionError):
    """A character card is broken, or is none."""


class TrackingError(CompanionError):
    """The tracking store cannot be opened or written."""


class JournalError(CompanionError):
    """The memory cannot be opened, read or written, or a part of it is not there."""


class ServerError(CompanionError):
    """The page cannot be served."""


class NotebookError(CompanionError):
    """A notebook breaks a rule of the house, or did not run to its end."""
