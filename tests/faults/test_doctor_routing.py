"""The examination of routing: 100 where all is well, and each category falls with its own part."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from companion.breaking import nobody
from companion.config import Settings, load
from companion.doctor import Check, main, score, show
from companion.doctor.drill import FALLS_OVER, REFUSED, fallback
from companion.doctor.findings import ROUTING, Category
from companion.doctor.integration import integration
from companion.doctor.routing import configuration, local_generation
from companion.doctor.selection import selection
from companion.errors import IncompleteAnswer, TrackingError
from companion.routing import Candidate, Choice, Ledger, Router, choose
from companion.routing.continuing import answer
from companion.routing.judging import Judgement
from companion.types import ChatRequest, Chunk, End, Usage
from tests.chat_server import ChatServer, event

KEY = "sk-planted-0123456789"
OFFLINE = """
import sys
from companion.notebooks.offline import load_ipython_extension
load_ipython_extension(None)
from companion.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def scripted() -> Settings:
    """Settings that ask for nothing but written replies."""
    return load(chat={"models": ["scripted"]})


def found(checks: Iterable[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def wrong(checks: Iterable[Check]) -> set[str]:
    """The names of those that cost points."""
    return {check.name for check in checks if check.counts and check.status != "ok"}


def points(checks: Iterable[Check], category: Category) -> int:
    return score(list(checks), ROUTING).categories[category]


def served(url: str, **more: Any) -> dict[str, Any]:
    return {"kind": "openai", "base_url": url, "model": "m", "languages": ["en"]} | more


# ---- the whole -----------------------------------------------------------------------------------


def test_points_are_a_hundred() -> None:
    assert sum(ROUTING.values()) == 100


def test_offline_earns_all_of_them_and_writes_nothing_into_the_project(
    own_place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main("offline", as_json=True, routing=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["total"], told["categories"], told["points"]) == (100, ROUTING, ROUTING)
    assert {check["category"] for check in told["checks"]} == set(ROUTING)
    assert told["works"]
    assert list(own_place.rglob("*")) == [], "a drill is no part of anybody's accounts"


def test_nothing_is_sent_off_this_machine_where_a_cloud_and_its_key_are_set(
    own_place: Path,
) -> None:
    """The kernel of a notebook at its smallest size refuses every other machine; so it is here."""
    keys = {"OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY, "HTTP_PROXY": "http://192.0.2.1:1"}
    ran = subprocess.run(
        [sys.executable, "-c", OFFLINE, "doctor", "--routing", "--json", "--profile", "openai"],
        env={**os.environ, **keys, "COMPANION_SERVE_KEY": KEY},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert json.loads(ran.stdout)["total"] == 100
    assert KEY not in ran.stdout + ran.stderr


def test_settings_that_do_not_load_earn_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMPANION_CHAT__MAX_TOKEN", "80")
    assert main(routing=True) == 1
    told = capsys.readouterr().out
    assert "Did you mean max_tokens?" in told
    assert "Total: 0 of 100 (configuration 0/20, local generation 0/30, " in told


def test_it_runs_in_a_notebook_where_an_event_loop_is_running(
    scripted: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    async def cell() -> None:
        show(scripted, routing=True)

    asyncio.run(cell())
    assert "Total: 100 of 100" in capsys.readouterr().out


# ---- configuration -------------------------------------------------------------------------------


def test_configuration_falls_with_a_key_that_is_wanted_and_not_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    checks = list(configuration(load(chat={"models": ["openai", "scripted"]})))
    assert wrong(checks) == {"OPENAI_API_KEY"}
    assert points(checks, "configuration") < ROUTING["configuration"]


def test_configuration_falls_where_nobody_can_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    checks = found(configuration(load(chat={"models": ["openai"]}, hardware={"memory_gb": 0})))
    assert checks["agents"].status == "fail"
    assert "nobody can be asked for" in checks["agents"].fact
    assert (checks["last of all"].status, checks["last of all"].counts) == ("missing", True)


@pytest.mark.parametrize(("budget", "counts"), [({}, False), ({"daily": 1}, True)])
def test_a_price_that_is_not_known_counts_where_there_is_a_budget(
    budget: dict[str, float], counts: bool
) -> None:
    far = {"far": served("https://example.org/v1")}
    prices = found(configuration(load(models=far, routing={"budget": budget})))["prices"]
    assert (prices.status, prices.fact, prices.counts) == ("missing", "no price for far", counts)


# ---- local generation ----------------------------------------------------------------------------


def test_local_generation_falls_with_broken_weights(tiny_folder: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(tiny_folder, tmp_path / "broken"))
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    mine = {"kind": "transformers", "path": str(broken), "languages": ["en"]}
    checks = list(local_generation(load(models={"mine": mine}, chat={"models": ["mine"]})))
    assert found(checks)["mine"].status == "fail"
    assert points(checks, "local generation") == 0


def test_local_generation_falls_by_half_with_one_server_of_two(chat_server: ChatServer) -> None:
    models = {"near": served(chat_server.url), "gone": served(nobody())}
    checks = list(local_generation(load(models=models, chat={"models": list(models)})))
    assert found(checks)["near"].status == "ok"
    assert found(checks)["gone"].status == "missing", "a server that is not running is no failure"
    assert points(checks, "local generation") == ROUTING["local generation"] // 2


@pytest.mark.parametrize("pieces", [[event("Hel")], [event(finish="stop"), b"data: [DONE]\n\n"]])
def test_local_generation_falls_with_half_an_answer_and_with_none(
    pieces: list[bytes], chat_server: ChatServer
) -> None:
    chat_server.pieces = pieces
    near = {"near": served(chat_server.url)}
    [check] = local_generation(load(models=near, chat={"models": ["near"]}))
    assert check.status == "fail"


def test_local_generation_wants_a_model_on_this_machine() -> None:
    far = {"far": served("https://example.org/v1")}
    checks = list(local_generation(load(models=far, chat={"models": ["far"]})))
    assert points(checks, "local generation") == 0
    assert "chat.models" in checks[0].repair


# ---- cloud selection -----------------------------------------------------------------------------


class Careless(Router):
    """A router that forgets what must stay here."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._allowed = list(self.candidates)


def backwards(settings: Settings, agent: str, **more: Any) -> Choice:
    choice = choose(settings, agent, **more)
    return Choice(choice.candidates[::-1], choice.rules, {})


def test_cloud_selection_is_whole(scripted: Settings) -> None:
    checks = list(selection(scripted))
    assert wrong(checks) == set()
    assert points(checks, "cloud selection") == ROUTING["cloud selection"]


def test_cloud_selection_falls_when_models_are_chosen_in_a_wrong_order_without_a_reason(
    scripted: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("companion.doctor.selection.choose", backwards)
    checks = list(selection(scripted))
    assert wrong(checks) == {"first choice", "local first", "reasons"}
    assert points(checks, "cloud selection") == 8


def test_cloud_selection_falls_when_something_private_is_sent_elsewhere(
    scripted: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("companion.doctor.selection.Router", Careless)
    assert wrong(selection(scripted)) == {"local_only"}


def test_cloud_selection_falls_when_a_budget_is_not_kept(
    scripted: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("companion.routing.bookkeeping.Page.overdrawn", lambda page, one: "")
    assert wrong(selection(scripted)) == {"spent budget"}


def test_agents_that_name_nobody_elsewhere_lose_nothing() -> None:
    agents = {name: {"primary": None, "fallback": None} for name in load().agents}
    settings = load(agents={name: one | {"local": "qwen3.5-4b"} for name, one in agents.items()})
    checks = list(selection(settings))
    assert points(checks, "cloud selection") == ROUTING["cloud selection"]
    assert not found(checks)["first choice"].counts


# ---- fallback ------------------------------------------------------------------------------------


def test_fallback_is_whole(scripted: Settings) -> None:
    checks = list(fallback(scripted))
    assert wrong(checks) == set()
    assert set(FALLS_OVER) | set(REFUSED) < set(found(checks))
    assert points(checks, "fallback") == ROUTING["fallback"]


def test_fallback_falls_with_a_router_that_asks_the_first_alone(
    scripted: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def alone(candidates: list[Candidate], *more: Any) -> Router:
        return Router(candidates[:1], *more)

    monkeypatch.setattr("companion.doctor.drill.Router", alone)
    checks = list(fallback(scripted))
    others = {"local to elsewhere", "everything fails", "last resort"}
    assert wrong(checks) == set(FALLS_OVER) | others
    assert points(checks, "fallback") < 4


def test_fallback_falls_with_a_router_that_hides_what_the_caller_has_to_mend(
    scripted: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("companion.routing.router.judged", lambda error: Judgement())
    assert wrong(fallback(scripted)) == set(REFUSED)


def test_fallback_falls_where_half_an_answer_passes_for_a_whole_one(
    scripted: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def credulous(
        model: Any, request: ChatRequest, first: float, stall: float
    ) -> AsyncGenerator[Chunk, None]:
        try:
            async for chunk in answer(model, request, first, stall):
                yield chunk
        except IncompleteAnswer:
            yield End(model.name, "stop", Usage(None, None))

    monkeypatch.setattr("companion.routing.router.answer", credulous)
    assert {"no terminal event", "reset in mid-stream"} <= wrong(fallback(scripted))


def test_a_profile_of_servers_alone_has_no_last_resort(chat_server: ChatServer) -> None:
    near = {"near": served(chat_server.url)}
    checks = list(fallback(load(models=near, chat={"models": ["near"]})))
    assert wrong(checks) == {"last resort"}


# ---- integration ---------------------------------------------------------------------------------


class Twice(Router):
    """A router that asks a second time for what it already has."""

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        async with aclosing(super().stream(request)) as once:
            async for chunk in once:
                yield chunk
        async for _ in super().stream(request):
            pass


class Deaf(Router):
    """A router that goes on when nobody listens any more."""

    kept: list[Any] = []  # noqa: RUF012

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        asking = super().stream(request)
        self.kept.append(asking)
        async for chunk in asking:
            yield chunk


def not_written(ledger: Ledger, entry: object) -> None:
    raise TrackingError("The disk is full")


def not_served(body: bytes) -> None:
    raise ValueError(body)


BROKEN = {
    "a turn": ("companion.chat.scripted.Scripted.stream", lambda model, request: quiet(request)),
    "ledger": ("companion.routing.ledger.Ledger.record", not_written),
    "endpoint": ("companion.serving.application.understood", not_served),
    "threads and loops": ("companion.doctor.integration.Router", Twice),
    "leaving": ("companion.doctor.integration.Router", Deaf),
}


async def quiet(request: ChatRequest) -> AsyncGenerator[Chunk, None]:
    nothing: tuple[Chunk, ...] = ()
    for chunk in nothing:
        yield chunk


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("companion.doctor.integration.PATIENCE", 1.0)
    yield
    Deaf.kept.clear()


@pytest.mark.parametrize("part", BROKEN)
def test_integration_falls_with_its_parts(
    part: str, short: None, scripted: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, instead = BROKEN[part]
    monkeypatch.setattr(place, instead)
    checks = list(integration(scripted))
    # without an answer there is nothing to write down and nothing to serve
    follow = {"ledger", "endpoint"} if part == "a turn" else set()
    assert wrong(checks) == {part} | follow
    assert points(checks, "integration") == ROUTING["integration"] - 3 * (1 + len(follow))


def test_integration_needs_somebody_on_this_machine() -> None:
    far = {"far": served("https://example.org/v1")}
    checks = list(integration(load(models=far, chat={"models": ["far"]})))
    assert wrong(checks) == {"a turn", "ledger", "endpoint"}
    assert {check.status for check in checks} == {"ok", "missing"}
