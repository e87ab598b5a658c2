"""One router, many event loops and threads: no answer is lost, and no request is sent twice."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from companion.breaking import ANSWER, FaultServer, broken, healthy
from companion.routing import Ledger, Router
from tests.faults.test_failover_bench import PREFILL, REQUEST
from tests.faults.test_failover_matrix import CASES, heard, router, whole


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with broken({"primary": healthy, "fallback": healthy}) as server:
        yield server


def in_threads(threads: int, times: int, ask: Callable[[], str]) -> list[str]:
    """What each thread heard, all of them beginning together."""
    ready = threading.Barrier(threads)

    def one() -> list[str]:
        ready.wait()
        return [ask() for _ in range(times)]

    with ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(one) for _ in range(threads)]
        return [text for each in running for text in each.result()]


def counted(server: FaultServer, router: Router, threads: int, times: int) -> None:
    texts = in_threads(threads, times, lambda: whole(heard(router)))
    assert texts == [ANSWER] * threads * times
    assert (len(server.of("primary")), len(server.of("fallback"))) == (threads * times, 0)
    assert [one.outcome for one in Ledger().entries()] == ["answered"] * threads * times


def test_six_event_loops_one_after_another(server: FaultServer) -> None:
    counted(server, router(server, PREFILL), threads=1, times=6)


@pytest.mark.parametrize("threads", [8, 16])
def test_threads_with_an_event_loop_for_each_call(server: FaultServer, threads: int) -> None:
    asked = router(server, PREFILL, first_token_seconds=20, deadline_seconds=60)
    counted(server, asked, threads, times=10)


def test_one_event_loop_with_many_answers_at_once(server: FaultServer) -> None:
    asked = router(server, PREFILL, first_token_seconds=20, deadline_seconds=60)

    async def one() -> str:
        return whole([chunk async for chunk in asked.stream(REQUEST)])

    async def many() -> list[str]:
        return await asyncio.gather(*(one() for _ in range(20)))

    assert asyncio.run(many()) == [ANSWER] * 20
    assert len(server.seen) == 20


def test_one_thread_finds_out_whether_a_server_is_back_and_the_others_go_elsewhere() -> None:
    with broken({"primary": CASES["503"].fault, "fallback": healthy}) as server:
        asked = router(server, PREFILL, cooldown_seconds=0.5, failures_to_open=1)
        heard(asked)
        server.faults["primary"] = CASES["hang"].fault
        time.sleep(0.6)
        texts = in_threads(8, 1, lambda: whole(heard(asked)))
        assert texts == [ANSWER] * 8
        assert len(server.of("primary")) == 2, "the first failure, and one probe"
