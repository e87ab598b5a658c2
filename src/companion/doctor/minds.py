"""The models that may answer: embedded ones are loaded, servers are asked, keys are looked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx

from companion.chat import build
from companion.config import HttpModel, Settings, TransformersModel
from companion.doctor.findings import Check, Status
from companion.errors import CompanionError, MissingExtra
from companion.routing.discovering import discover

SERVER_SECONDS = 2.0
"""A server on this machine answers within milliseconds; a wrong address costs no more than this."""


def keys(settings: Settings) -> Iterator[Check]:
    """Whether each key that a model names is in the environment; never what it is."""
    for name, model in _shown(settings, lambda model: model.key_env):
        if model.key_env:
            asked = name in settings.chat.models
            if model.key():
                yield Check("settings", model.key_env, "ok", f"is set, for {name}", counts=asked)
                continue
            repair = f"export {model.key_env}=…  (only to use {name})"
            fact = "is not set in the environment"
            yield Check("settings", model.key_env, "missing", fact, repair, asked)


def minds(settings: Settings) -> Iterator[Check]:
    """Every configured model; those that the settings ask to answer count."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        servers = {
            name: pool.submit(_server, name, model, name in settings.chat.models)
            for name, model in _shown(settings, lambda model: model.base_url)
        }
        for name, model in settings.models.items():
            if isinstance(model, TransformersModel):
                yield _local(name, settings)
            elif not isinstance(model, HttpModel):
                counts = name in settings.chat.models
                yield Check("models", name, "ok", "written replies, needs nothing", counts=counts)
        for server in servers.values():
            yield server.result()


def _shown(
    settings: Settings, what: Callable[[HttpModel], str | None]
) -> Iterator[tuple[str, HttpModel]]:
    """The models that the settings ask, and of the others the first of each key, or server."""
    served = [(n, m) for n, m in settings.models.items() if isinstance(m, HttpModel)]
    served.sort(key=lambda one: one[0] not in settings.chat.models)
    known = set[str | None]()
    for name, model in served:
        if name in settings.chat.models or what(model) not in known:
            known.add(what(model))
            yield name, model


def discovered(settings: Settings) -> Iterator[Check]:
    """What the settings would find on this machine, and how to get a better one."""
    if settings.chat.discover:
        found = discover(settings)
        one = found.found
        fact = f"{one.name}, {one.where}" if one else "no other model is present: our own answers"
        yield Check("models", "present", "ok", fact, found.advice, counts=False)


def _local(name: str, settings: Settings) -> Check:
    """Load the weights, as the first answer would."""
    counts = name in settings.chat.models
    started = time.perf_counter()
    try:
        build(name, settings).load()
    except MissingExtra as error:
        return Check("models", name, "missing", error.what, error.repair, counts)
    except CompanionError as error:
        status: Status = "fail" if counts else "missing"
        return Check("models", name, status, f"{error.what} ({error.where})", error.repair, counts)
    except Exception as error:  # a broken library must not end the examination
        return Check("models", name, "fail", f"{type(error).__name__}: {error}", counts=counts)
    seconds = time.perf_counter() - started
    return Check("models", name, "ok", f"loads in {seconds:.1f} s", counts=counts)


def _server(name: str, model: HttpModel, asked: bool) -> Check:
    """Ask for the server's list of models; one elsewhere only when the settings want its answers.

    Errors are told by their kind alone, because their text may hold the key.
    """
    if not asked and not model.is_local:
        fact = f"{model.base_url} is not asked by this profile, so it was not contacted"
        return Check("models", name, "missing", fact, counts=False)
    url, proxied = model.url(model.list_path), not model.is_local
    try:
        status = httpx.get(
            url, headers=model.headers(), timeout=SERVER_SECONDS, trust_env=proxied
        ).status_code
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        fact = f"no answer from {model.base_url} ({type(error).__name__})"
        repair = "Start it, or correct its base_url in configs/models.yaml" if asked else ""
        return Check("models", name, "missing", fact, repair, asked)
    if status in (401, 403):
        repair = f"Check {model.key_env}" if model.key_env else "Name its key_env"
        return Check("models", name, "missing", f"{model.base_url} wants a key", repair, asked)
    return Check("models", name, "ok", f"{model.base_url} answers ({status})", counts=asked)
