"""Every model there is a name for: its kind, where it is, and whether it could answer now."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import BaseModel, ValidationError

from companion.chat.local import LocalModel
from companion.chat.server import Server
from companion.config import HttpModel, ModelSettings, Settings, TransformersModel
from companion.errors import CompanionError, ModelUnavailable

SECONDS = 2.0
"""A server on this machine answers within milliseconds; a wrong address costs no more than this."""


Place: TypeAlias = tuple[str, str, str | None]
Offers: TypeAlias = Mapping[Place, set[str] | BaseException]


@dataclass(frozen=True, slots=True)
class Listed:
    """One model. `turn` is its place among those that are asked, from 1, None where it is not.

    `ready` None is "not known": it was not contacted.
    """

    name: str
    kind: str
    where: str
    local: bool
    turn: int | None
    ready: bool | None
    state: str


async def listed(settings: Settings) -> list[Listed]:
    """All of them, in the order of the file; each server is asked once, all at the same time.

    A server elsewhere is contacted only where the settings want its answers.
    """
    places = {_place(model): model for model in _contacted(settings)}
    told = await asyncio.gather(*map(offered, places.values()), return_exceptions=True)
    offers = dict(zip(places, told, strict=True))
    return [_look(name, settings, offers) for name in settings.models]


def _place(model: HttpModel) -> Place:
    """What models on one server have in common."""
    return model.base_url, model.list_path, model.key_env


def _contacted(settings: Settings) -> Iterator[HttpModel]:
    cloud = settings.routing.privacy == "allow_cloud"
    for name, model in settings.models.items():
        wanted = cloud and name in settings.chat.models
        if isinstance(model, HttpModel) and (model.is_local or wanted):
            yield model


def _look(name: str, settings: Settings, offers: Offers) -> Listed:
    model, asked = settings.models[name], settings.chat.models
    turn = asked.index(name) + 1 if name in asked else None
    ready, state = _state(name, model, offers)
    return Listed(name, model.kind, _where(model), model.is_local, turn, ready, state)


def _where(model: ModelSettings) -> str:
    if isinstance(model, HttpModel):
        return f"{model.model} at {model.base_url}"
    return model.path if isinstance(model, TransformersModel) else "in this package"


def _state(name: str, model: ModelSettings, offers: Offers) -> tuple[bool | None, str]:
    """Whether it could answer, and what is known of it.

    Weights are not loaded: that they load is for `companion doctor` to say.
    """
    if isinstance(model, HttpModel):
        return _served(model, offers)
    try:
        if isinstance(model, TransformersModel):
            LocalModel(name, model).folder()
    except CompanionError as error:
        return False, error.what
    return True, "ready"


def _served(model: HttpModel, offers: Offers) -> tuple[bool | None, str]:
    offer = offers.get(_place(model))
    if offer is None:
        unset = model.key_env and not model.key()
        return None, "not contacted" + (f"; {model.key_env} is not set" if unset else "")
    if isinstance(offer, ModelUnavailable) and offer.status is None:
        return False, "no answer"
    if isinstance(offer, CompanionError):
        return False, offer.what
    if isinstance(offer, BaseException):
        raise offer
    if {model.model, f"{model.model}:latest"} & offer:
        return True, "ready"
    others = ", ".join(sorted(offer)[:3])
    return False, f"the server answers without it; it has {others or 'no model'}"


async def offered(model: HttpModel) -> set[str]:
    """The names that its server lists. Raises ModelError when the server cannot be asked."""
    server = Server(model)
    try:
        async with asyncio.timeout(SECONDS), server.asked(model.list_path) as response:
            told = _Offer.model_validate_json(await response.aread())
    except TimeoutError:
        raise ModelUnavailable(f"No answer within {SECONDS:g} s", where=model.base_url) from None
    except ValidationError:
        raise ModelUnavailable("It answers with no list", where=model.base_url) from None
    finally:
        await server.close()
    return {name for one in (*told.data, *told.models) for name in (one.id, one.name) if name}


class _Name(BaseModel):
    """One model in a list: OpenAI and Anthropic call it `id`, Ollama `name`."""

    id: str = ""
    name: str = ""


class _Offer(BaseModel):
    data: list[_Name] = []
    models: list[_Name] = []
