"""Advice: ten stated situations with sums by hand, and what holds in any situation whatever."""

from __future__ import annotations

import random
import re
from functools import cache

import pytest

from companion.config import load, profiles
from companion.errors import ConfigError
from companion.planning import PRECISIONS, find, plan
from companion.planning.advice import Situation, Stack, advise
from companion.planning.crowd import at_once
from companion.planning.licences import conflicts
from companion.planning.parts import parts
from companion.planning.situation import described

TEN = {
    "a student with 8 GB and no GPU": Situation(ram_gb=8),
    "an RTX 3060": Situation(
        ram_gb=16, vram_gb=12, gpu="rtx-3060", goal="prototype", wants=("speech",)
    ),
    "an RTX 3090": Situation(
        ram_gb=32, vram_gb=24, gpu="rtx-3090", goal="prototype", wants=("speech", "images")
    ),
    "Colab only": Situation(ram_gb=4, hosting="colab"),
    "100 users without a GPU": Situation(
        ram_gb=64,
        hosting="own-server",
        users=100,
        goal="product",
        use="commercial",
        budget_usd_month=100,
        skills="intermediate",
    ),
    "a startup on g5, spot": Situation(
        ram_gb=16,
        hosting="g5-xlarge",
        users=50,
        goal="product",
        use="commercial",
        budget_usd_month=500,
        wants=("speech",),
        skills="intermediate",
    ),
    "an enterprise with privacy": Situation(
        ram_gb=256,
        gpu="a100-80gb",
        users=300,
        goal="scale",
        use="commercial",
        private=True,
        budget_usd_month=5000,
        wants=("speech",),
        skills="expert",
    ),
    "a Jetson": Situation(
        ram_gb=8,
        hosting="jetson-orin-nano",
        goal="prototype",
        private=True,
        wants=("speech",),
        skills="intermediate",
    ),
    "research with video": Situation(
        ram_gb=64, gpu="rtx-4090", goal="prototype", wants=("video",), skills="expert"
    ),
    "10,000 users": Situation(
        ram_gb=32,
        users=10_000,
        goal="scale",
        use="commercial",
        budget_usd_month=10_000,
        skills="expert",
    ),
}

KWH = 0.2872 * 1.0411
"""US dollars a kWh: Eurostat's euros, at the European Central Bank's rate."""

BY_HAND = {
    "a student with 8 GB and no GPU": ("ram-8gb", [KWH * 0.100 * 40]),
    "an RTX 3060": ("rtx-3060", [KWH * 0.170 * 80, KWH * 0.100 * 80]),
    "an RTX 3090": ("rtx-3060", [KWH * 0.350 * 80, KWH * 0.100 * 80]),
    "Colab only": ("colab-t4", [0.0]),
    "100 users without a GPU": ("ram-8gb", [KWH * 0.100 * 730]),
    "a startup on g5, spot": ("a10g", [2 * 0.30 * 730, 0.03]),
    "an enterprise with privacy": ("vllm", [KWH * 0.450 * 730, KWH * 0.100 * 730]),
    "a Jetson": ("ram-8gb", [KWH * 0.025 * 80]),
    "research with video": ("rtx-3060", [KWH * 0.450 * 80, KWH * 0.100 * 80]),
    "10,000 users": ("vllm", [25 * 0.30 * 730]),
}
"""The profile, and the lines of the bill: price x kilowatts or machines x hours."""


@cache
def stack(name: str) -> Stack:
    return advise(TEN[name])


@pytest.mark.parametrize("name", TEN)
def test_a_stated_situation_gets_its_profile_and_the_bill_that_one_adds_up_by_hand(
    name: str,
) -> None:
    profile, lines = BY_HAND[name]
    assert stack(name).profile == profile
    assert stack(name).bill.total == pytest.approx(sum(round(one, 2) for one in lines))


@pytest.mark.parametrize("name", TEN)
def test_a_stated_situation_keeps_every_promise(name: str) -> None:
    keeps_its_promises(stack(name))


def keeps_its_promises(one: Stack) -> None:
    everything_fits(one)
    everything_is_allowed(one)
    everything_is_current(one)
    the_budget_is_kept_or_told(one)
    the_bill_adds_up(one)
    the_profile_runs_it(one)
    for chosen in (*one.parts, *one.rejected):
        assert chosen.why.strip().endswith((".", ")")), chosen
        assert chosen.part.source
        assert chosen.part.date


def everything_fits(one: Stack) -> None:
    """The model by the memory planner, and beside it all that has figures in the catalogue."""
    best = one.candidate
    place, mind, who = best.place, best.mind, best.crowd
    held = min(-(-who.at_once // (who.machines * place.gpus)), 10_000)
    if not who.served:
        held = 1  # the others wait
    tokens = min(4096, mind.model.longest)
    kind = place.room.kind
    model = plan(find(mind.name), PRECISIONS[mind.precision], tokens, held, kind).total
    others = [chosen.part.needs for chosen in best.senses.chosen]
    if kind == "gpu":
        beside = sum(needs.vram_gb or 0 for needs in others)
        assert sum(needs.ram_gb or 0 for needs in others) <= place.ram_gb
    else:
        beside = sum(max(needs.ram_gb or 0, needs.vram_gb or 0) for needs in others)
        assert not any(chosen.part.needs.gpu for chosen in one.parts)
    assert model + beside * 1e9 <= place.room.bytes_there * (1 + 1e-9)


def everything_is_allowed(one: Stack) -> None:
    chosen = [each.part for each in one.parts]
    assert conflicts(chosen, one.situation.use) == ()
    if one.situation.private:
        assert not any(part.needs.network or part.form == "service" for part in chosen)


def everything_is_current(one: Stack) -> None:
    for chosen in one.parts:
        told = any(chosen.part.title in limit for limit in one.limits)
        assert chosen.part.status == "current" or told


def the_budget_is_kept_or_told(one: Stack) -> None:
    over = one.bill.total > one.situation.budget_usd_month
    assert over == any(limit.startswith("Over the budget") for limit in one.limits)


def the_bill_adds_up(one: Stack) -> None:
    """From the printed lines alone: each is the product that it shows, the total is their sum."""
    *lines, last = one.bill.lines()
    paid = 0.0
    for line in lines:
        amount, times, total = re.search(  # type: ignore[union-attr]
            r": ([\d,.e-]+) [A-Za-z/ -]+?(?: x ([\d,.e-]+))?(?: \(.*\))? = ([\d,.]+) USD \[.+\]$",
            line,
        ).groups(default="1")
        product = float(amount.replace(",", "")) * float(times.replace(",", ""))
        assert float(total.replace(",", "")) == pytest.approx(product, abs=0.0051)
        paid += float(total.replace(",", ""))
    told = re.match(r"Total: ([\d,.]+) USD a month", last)
    assert told
    assert float(told[1].replace(",", "")) == pytest.approx(paid, abs=0.001)


def the_profile_runs_it(one: Stack) -> None:
    assert one.profile in profiles()
    assert load(one.profile).chat.models[0] == one.candidate.mind.name


# ---- any situation whatever ----------------------------------------------------------------------


def anything(seed: int) -> Situation:
    """A situation by chance, from the smallest computer to a cluster's budget."""
    chance = random.Random(seed)
    own = [None, None, None, "rtx-3060", "rtx-3090", "rtx-4090", "h100"]
    places = [None] * 6 + ["colab", "g5-xlarge", "runpod-rtx-4090", "jetson-orin-nano", "rtx-4070"]
    hosting = chance.choice(places)
    alone = hosting == "colab"  # which is lent to one person, and not to sell anything
    private = chance.random() < 0.3 and hosting in (None, "jetson-orin-nano", "rtx-4070")
    return Situation(
        ram_gb=chance.choice([2, 4, 8, 16, 32, 64, 256]),
        vram_gb=chance.choice([0, 0, 0, 4, 6, 8, 12, 16, 24, 48, 80]),
        budget_usd_month=chance.choice([0, 0, 5, 50, 300, 2000, 20_000]),
        goal="learn" if alone else chance.choice(["learn", "prototype", "product", "scale"]),
        use="research" if alone else chance.choice(["research", "commercial"]),
        users=1 if alone else chance.choice([1, 1, 2, 10, 100, 1000, 10_000, 200_000]),
        private=private,
        skills=chance.choice(["beginner", "intermediate", "expert"]),
        wants=tuple(one for one in ("speech", "images", "video") if chance.random() < 0.4),
        gpu=chance.choice(own),
        hosting=hosting,
    )


@pytest.mark.parametrize("block", range(4))
def test_any_situation_gets_what_fits_is_allowed_and_is_paid_or_told(block: int) -> None:
    for seed in range(block * 15, block * 15 + 15):
        situation = anything(seed)
        try:
            keeps_its_promises(advise(situation))
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {described(situation)}") from error


@pytest.mark.parametrize("seed", range(100, 108))
def test_a_larger_budget_never_gives_a_worse_stack(seed: int) -> None:
    found = []
    for budget in (0, 10, 40, 100, 300, 1000, 4000, 20_000, 100_000):
        situation = anything(seed)
        richer = {name: getattr(situation, name) for name in situation.__dataclass_fields__}
        found.append(advise(Situation(**{**richer, "budget_usd_month": budget})))
    ranks = [one.candidate.rank for one in found]
    assert ranks == sorted(ranks), described(anything(seed))


# ---- single promises -----------------------------------------------------------------------------


def left(one: Stack, name: str) -> str:
    return next(each.why for each in one.rejected if each.part.name == name)


def test_what_has_aged_is_left_out_with_what_replaces_it() -> None:
    why = left(stack("a student with 8 GB and no GPU"), "llama2-7b")
    assert "superseded" in why
    assert "Qwen 3.5 4B" in why


def test_a_research_licence_is_refused_to_a_business_and_allowed_to_research() -> None:
    business = Situation(ram_gb=64, gpu="h100", wants=("video",), use="commercial")
    assert "No commercial use" in left(advise(business), "svd")
    study = Situation(ram_gb=64, gpu="h100", wants=("video",), use="research")
    assert "ommercial" not in left(advise(study), "svd")


def test_a_business_is_told_what_may_not_go_into_a_closed_product() -> None:
    told = stack("a startup on g5, spot").limits
    assert any(limit.startswith("Piper 1: Not in a closed product") for limit in told)
    assert not any("closed product" in limit for limit in stack("a Jetson").limits)


def test_what_does_not_fit_says_how_much_is_missing() -> None:
    why = left(stack("a student with 8 GB and no GPU"), "qwen3.5-27b")
    assert re.search(r"takes 1\d\.\d GB here, 4\.5 are there", why)


def test_a_machine_that_is_retired_is_taken_only_when_asked_for_and_said_to_be_so() -> None:
    asked = advise(Situation(hosting="rtx-3060", vram_gb=12))
    assert not any("archived" in limit for limit in asked.limits)
    with_p3 = Situation(budget_usd_month=5000, goal="product", users=20)
    machines = {one.part.name for one in advise(with_p3).parts}
    assert "p3-2xlarge" not in machines
    named = advise(Situation(hosting="p3-2xlarge", budget_usd_month=5000))
    assert any("AWS p3.2xlarge is archived" in limit for limit in named.limits)


def test_spot_is_taken_where_on_demand_is_too_dear_and_told() -> None:
    rich = advise(Situation(hosting="g5-xlarge", goal="product", budget_usd_month=1000))
    poor = advise(Situation(hosting="g5-xlarge", goal="product", budget_usd_month=300))
    assert rich.bill.total == pytest.approx(1.01 * 730)
    assert poor.bill.total == pytest.approx(0.30 * 730 + 0.01)
    assert any("taken back" in limit for limit in poor.limits)
    assert not any("taken back" in limit for limit in rich.limits)


def test_what_has_to_be_bought_is_on_the_bill_and_told() -> None:
    one = advise(Situation(hosting="rtx-3060", budget_usd_month=50))
    assert one.bill.terms[0].total == pytest.approx(329 / 36, abs=0.01)
    assert any("It is bought first, for 329.00 US dollars" in limit for limit in one.limits)


def test_what_is_private_stays_on_ones_own_machine() -> None:
    one = advise(Situation(ram_gb=8, private=True, budget_usd_month=10_000, users=5000))
    assert one.candidate.place.own
    assert any("messages wait" in limit for limit in one.limits)


def test_more_users_need_more_machines() -> None:
    few, many = (
        advise(Situation(users=users, goal="scale", budget_usd_month=1e6, skills="expert"))
        for users in (2_000, 20_000)
    )
    assert at_once(20_000) == 1000
    assert few.candidate.crowd.machines < many.candidate.crowd.machines


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ram_gb": -1}, "-1 is no number of gigabytes"),
        ({"vram_gb": float("nan")}, "nan is no number"),
        ({"budget_usd_month": -5}, "-5 is no number of US dollars"),
        ({"users": -3}, "-3 users"),
        ({"users": 0}, "0 users"),
        ({"goal": "fame"}, "'fame' is not known"),
        ({"wants": ("smell",)}, "'smell' is not known"),
    ],
)
def test_a_situation_that_cannot_be_is_explained(given: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Situation(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("situation", "said"),
    [
        (Situation(ram_gb=0, private=True), "Not even companion-tiny fits"),
        (Situation(hosting="colab", use="commercial"), "No commercial use under A free notebook"),
        (Situation(hosting="colab", private=True), "has to stay private"),
        (Situation(hosting="kaggle", users=20), "lends a machine to one person"),
        (Situation(hosting="aws"), "Nothing says how much memory"),
        (Situation(hosting="the-moon"), "no part named 'the-moon'"),
        (Situation(hosting="ollama"), "is no machine"),
        (Situation(gpu="rtx-9999"), "no hardware named 'rtx-9999'"),
    ],
)
def test_what_cannot_be_advised_is_explained(situation: Situation, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        advise(situation)


def test_every_place_that_costs_has_a_price_with_source_and_date() -> None:
    from companion.planning.places import offered

    machines = [one for one in parts("hosting") if one.gives and one.form == "service"]
    assert machines
    for one in machines:
        if let := offered(one):
            assert let.source
            assert let.date
