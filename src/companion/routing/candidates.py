"""Who may answer, in which order, and why: the list that a router walks along."""

from __future__ import annotations

from dataclasses import dataclass

from companion.chat import ChatModel, build
from companion.config import HttpModel, Price, Settings


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that may answer. `reason` says why it stands where it stands, "" for its place alone.

    `price` None is free where the model is local, and unknown elsewhere. Candidates that break
    together have one `place` between them: the same model on the same server. Another model there
    may well answer while this one is too large, too busy or not there.
    """

    model: ChatModel
    reason: str = ""
    price: Price | None = None
    place: str = ""

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    @property
    def provider(self) -> str:
        """What it shares its health with."""
        return self.place or self.model.name

    @property
    def local(self) -> bool:
        """Whether what it is asked stays on this machine."""
        return self.model.capabilities.local

    @property
    def context(self) -> int | None:
        """Its context in tokens, None where it is not known."""
        return self.model.capabilities.context


def candidate(name: str, settings: Settings, reason: str = "") -> Candidate:
    """The model of that name in `configs/models.yaml`. Raises ConfigError when there is none."""
    model = build(name, settings)
    known = settings.models[name]
    if isinstance(known, HttpModel):
        return Candidate(model, reason, known.price, f"{known.model} at {known.base_url}")
    return Candidate(model, reason)


def candidates(settings: Settings) -> list[Candidate]:
    """The models of `chat.models`, in that order."""
    return [candidate(name, settings) for name in settings.chat.models]
