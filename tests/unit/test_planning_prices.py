"""Every price has its source and its day; a wrong name is answered with the right one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from companion import config
from companion.errors import ConfigError
from companion.planning import tables
from companion.planning.capacity import speeds
from companion.planning.claims import claims
from companion.planning.prices import (
    assumptions,
    cheapest,
    convert,
    llm_price,
    machine,
    machines,
    offer,
    offers,
    rate,
)
from companion.planning.tables import read_table
from companion.resources import configs, packaged
from companion.sections.assumptions import Assumption, Machine, Rental, Speed
from companion.sections.base import Section
from companion.sections.claims import Claim

TABLES: dict[type[Section], dict[str, Section]] = {
    Assumption: dict(assumptions()),
    Machine: dict(machines()),
    Rental: dict(read_table("catalogue/rentals", Rental)),
    Speed: dict(speeds()),
    Claim: dict(claims()),
}
ROWS = [(section, name) for section, rows in TABLES.items() for name in rows]


@pytest.mark.parametrize(("section", "name"), ROWS, ids=lambda one: getattr(one, "__name__", one))
def test_a_row_without_source_or_date_is_refused(section: type[Section], name: str) -> None:
    told = TABLES[section][name].model_dump()
    assert section.model_validate(told) == TABLES[section][name]
    assert told["date"] <= date.today()
    for wrong in ({"source": ""}, {"date": None}, {"date": ""}):
        with pytest.raises(ValidationError):
            section.model_validate(told | wrong)
    for key in ("source", "date"):
        with pytest.raises(ValidationError):
            section.model_validate({k: v for k, v in told.items() if k != key})


def test_ends_are_around_their_figure() -> None:
    told = assumptions()["electricity"].model_dump()
    with pytest.raises(ValidationError, match="not between"):
        Assumption.model_validate(told | {"value": 1.0})
    assert assumptions()["storage"].ends == (0.08, 0.08)


def test_every_offer_says_of_whom_and_of_when_it_is() -> None:
    assert len({one.key for one in offers()}) == len(offers()) > 250
    for one in offers():
        assert one.source
        assert date.fromisoformat(one.date) <= date.today()
        assert 0 < one.low <= one.usd <= one.high
        assert one.spot_usd is None or 0 < one.spot_usd < one.usd
        assert (one.gpus == 0) == (one.gpu_gb == 0)


def test_the_packaged_table_holds_what_its_page_says() -> None:
    folder = packaged("data/prices")
    rows = [one for one in offers() if "cloud-gpus.csv" in one.source]
    spot = [one for one in rows if one.spot_usd]
    told = (folder / "SOURCES.md").read_text(encoding="utf-8")
    assert f"{len(rows)} machines with GPUs" in told
    assert f"{len(spot)} of them with a price for spot" in told
    assert "Full Stack Deep Learning" in (folder / "LICENSE.txt").read_text(encoding="utf-8")
    assert {one.date for one in rows} == {"2025-03-07"}


@pytest.mark.parametrize(
    ("name", "usd", "spot", "memory"),
    [
        ("g5.xlarge", 1.01, 0.30, 24),
        ("g4dn.xlarge", 0.53, 0.16, 16),
        ("p3.2xlarge", 3.06, 0.92, 16),
        ("P4D.24xlarge", 32.77, 9.83, 40),
        ("lambda-1x-h100-80gb", 1.99, None, 80),
        ("gcp-n1-highmem-8-1x-t4-16gb", 0.82, 0.21, 16),
        ("fluidstack-8x-h100-80gb", 38.08, None, 80),
        ("runpod-rtx-4090", 0.5, None, 24),
    ],
)
def test_machines_of_the_table(name: str, usd: float, spot: float | None, memory: float) -> None:
    one = offer(name)
    assert (one.usd, one.spot_usd, one.gpu_gb) == (usd, spot, memory)


def test_the_cheapest_has_the_memory() -> None:
    one, lent = cheapest(40), cheapest(24, spot=True)
    able = [each for each in offers() if each.gpus == 1 and each.gpu_gb >= 40]
    assert one.usd == min(each.usd for each in able if each.per == "hour")
    assert lent.key == "aws-g5.xlarge"
    with pytest.raises(ConfigError, match="1000 GB"):
        cheapest(1000)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: offer("g5.xlarg"), "aws-g5.xlarge"),
        (lambda: offer("n1-highmem-8"), "gcp-n1-highmem-8-1x-t4-16gb"),
        (lambda: machine("rtx-4900"), "rtx-4090"),
        (lambda: llm_price("gtp"), "gpt-luna"),
        (lambda: llm_price("ollama"), "There is no price for 'ollama'"),
        (lambda: convert(1, "GBP"), "'GBP' is not known"),
        (lambda: convert(1, "USD", "usd"), "'usd' is not known. Use USD or EUR"),
    ],
)
def test_a_wrong_name_is_told_the_right_one(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ask()


def test_money_changes_there_and_back() -> None:
    dollars = convert(100, "EUR")
    assert dollars == pytest.approx(100 * rate("EUR").value)
    assert convert(dollars, "USD", "EUR") == pytest.approx(100)
    assert convert(7, "USD") == convert(7, "EUR", "EUR") == 7


def test_tokens_cost_what_models_yaml_says() -> None:
    price = llm_price("gpt-luna")
    assert price.of(1_000_000, 1_000_000) == pytest.approx(price.input + price.output)
    assert "genai-prices" in price.source
    assert llm_price("openai").source == "configs/models.yaml"


def test_what_follows_from_the_settings_is_kept_while_they_stand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = list[str]()

    @tables.while_settings_stand
    def price(model: str) -> float:
        asked.append(model)
        return llm_price(model).input

    before = price("gpt-luna")
    assert [price("gpt-luna"), *asked] == [before, "gpt-luna"]
    monkeypatch.setenv("COMPANION_MODELS__GPT-LUNA__PRICE__INPUT", "77")
    assert price("gpt-luna") == 77 != before
    monkeypatch.delenv("COMPANION_MODELS__GPT-LUNA__PRICE__INPUT")
    assert price("gpt-luna") == before
    assert len(asked) == 2


def test_a_changed_file_changes_what_was_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(configs(), tmp_path, dirs_exist_ok=True)
    for module in (tables, config):
        monkeypatch.setattr(module, "configs", lambda: tmp_path)
    models = yaml.safe_load((tmp_path / "models.yaml").read_text(encoding="utf-8"))
    assert llm_price("gpt-luna").input == models["gpt-luna"]["price"]["input"] != 77
    models["gpt-luna"]["price"]["input"] = 77
    (tmp_path / "models.yaml").write_text(yaml.safe_dump(models), encoding="utf-8")
    assert llm_price("gpt-luna").input == 77
