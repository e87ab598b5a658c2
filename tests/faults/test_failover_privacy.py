"""`local_only` sends no byte off this machine, whatever breaks: a listening server sees nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from companion.breaking import FaultServer, broken, healthy, nobody
from companion.config import load
from companion.errors import EverythingFailed
from companion.pipeline import mind
from companion.routing import Router
from companion.types import Attempt, Chunk, End
from tests.faults.test_failover_bench import PREFILL, REQUEST
from tests.faults.test_failover_matrix import CASES


@pytest.fixture
def far() -> Iterator[FaultServer]:
    """A server that answers, at an address that is not one of this machine's own."""
    with broken({"far": healthy}) as server:
        yield server


def stack(far: FaultServer, near: str, privacy: str) -> Router:
    """Two models at `near`, then the far one, as the settings name them."""
    http = {"kind": "openai", "languages": ["en"], "features": PREFILL}
    elsewhere = far.url.replace("127.0.0.1", "0.0.0.0")  # reaches us, and is no loopback address
    models: dict[str, Any] = {
        "near": {**http, "base_url": near, "model": "near"},
        "also near": {**http, "base_url": near, "model": "also near"},
        "far": {**http, "base_url": elsewhere, "model": "far"},
    }
    settings = load(
        models=models,
        chat={"models": list(models)},
        routing={"privacy": privacy, "stall_seconds": 1},
    )
    router = mind(settings)
    assert isinstance(router, Router)
    return router


def heard(router: Router) -> list[Chunk]:
    async def collect() -> list[Chunk]:
        return [chunk async for chunk in router.stream(REQUEST)]

    return asyncio.run(collect())


def test_the_far_model_would_answer_if_it_were_allowed(far: FaultServer) -> None:
    end = heard(stack(far, nobody(), "allow_cloud"))[-1]
    assert isinstance(end, End)
    assert end.model == "far"
    assert far.connections == 1


@pytest.mark.parametrize("fault", ["down", "breaks off"])
def test_local_only_sends_nothing_also_when_everything_local_fails(
    far: FaultServer, fault: str
) -> None:
    with broken({"near": CASES["cut"].fault, "also near": CASES["stalls"].fault}) as local:
        router = stack(far, nobody() if fault == "down" else local.url, "local_only")
        for _ in range(3):
            with pytest.raises(EverythingFailed, match="nothing is sent off this machine") as why:
                heard(router)
    assert [model for model, _ in why.value.attempts] == ["near", "also near", "far"]
    assert far.connections == 0


def test_local_only_is_no_weakness_that_is_told_of(far: FaultServer) -> None:
    with broken({"near": healthy}) as local:
        chunks = heard(stack(far, local.url, "local_only"))
    assert not any(isinstance(chunk, Attempt) and chunk.model == "far" for chunk in chunks)
    assert far.connections == 0
