"""The decision matrix against sums by hand, and its sensitivity against trying."""

from __future__ import annotations

import random

import pytest

from companion.errors import ConfigError
from companion.planning.matrix import Marks, rank, sensitivity

ENGINES: Marks = {
    "ollama": {"simplicity": 5, "speed": 3},
    "vllm": {"simplicity": 2, "speed": 5},
    "patience": {"simplicity": 1, "speed": 1},
}


def winner(weights: dict[str, float]) -> str:
    return rank(ENGINES, weights)[0].option


def test_the_score_is_the_weighted_mean_of_the_marks() -> None:
    first, second, last = rank(ENGINES, {"simplicity": 3, "speed": 1})
    assert (first.option, first.score) == ("ollama", (3 * 5 + 1 * 3) / 4)
    assert (second.option, second.score) == ("vllm", (3 * 2 + 1 * 5) / 4)
    assert (last.option, last.score) == ("patience", 1)


def test_only_proportions_of_weights_matter() -> None:
    once, tenfold = {"simplicity": 3, "speed": 1}, {"simplicity": 30, "speed": 10}
    assert rank(ENGINES, once) == rank(ENGINES, tenfold)


def test_sensitivity_names_the_weight_beyond_which_another_wins() -> None:
    """5a + 3b = 2a + 5b where b = 1.5a: with a = 3 at 4.5, with b = 1 at 2/3."""
    found = sensitivity(ENGINES, {"simplicity": 3, "speed": 1})
    told = {(one.criterion, one.winner): (one.now, one.at) for one in found}
    assert told[("speed", "vllm")] == pytest.approx((1, 4.5))
    assert told[("simplicity", "vllm")] == pytest.approx((3, 2 / 3))
    assert [one.criterion for one in found] == ["simplicity", "speed"], "the most fragile first"
    assert winner({"simplicity": 3, "speed": 4.4}) == "ollama"
    assert winner({"simplicity": 3, "speed": 4.6}) == "vllm"


def test_an_option_that_is_best_in_everything_cannot_be_overtaken() -> None:
    assert sensitivity({"good": {"a": 5, "b": 5}, "bad": {"a": 1, "b": 4}}, {"a": 1, "b": 1}) == ()


def test_of_equals_the_first_wins_and_any_change_of_weight_decides() -> None:
    marks = {"one": {"a": 4, "b": 2}, "other": {"a": 2, "b": 4}}
    assert [one.option for one in rank(marks, {"a": 1, "b": 1})] == ["one", "other"]
    found = sensitivity(marks, {"a": 1, "b": 1})
    assert {(one.criterion, one.at, one.winner) for one in found} == {
        ("a", 1, "other"),
        ("b", 1, "other"),
    }


@pytest.mark.parametrize("seed", range(20))
def test_just_before_a_change_the_winner_stays_and_just_after_it_goes(seed: int) -> None:
    chance = random.Random(seed)
    criteria = ["simplicity", "cost", "speed", "maturity"]
    marks = {
        f"option {n}": {one: float(chance.randint(1, 5)) for one in criteria} for n in range(6)
    }
    weights = {one: chance.uniform(0.1, 5) for one in criteria}
    best = rank(marks, weights)[0]
    for change in sensitivity(marks, weights):
        step = (change.at - change.now) * 1e-6 or 1e-6
        before = rank(marks, {**weights, change.criterion: change.at - step})[0]
        after = rank(marks, {**weights, change.criterion: change.at + step})
        scores = {one.option: one.score for one in after}
        assert before.option == best.option
        assert scores[change.winner] >= scores[best.option]


@pytest.mark.parametrize("seed", range(20))
def test_no_other_weight_changes_the_winner(seed: int) -> None:
    """Between the two changes that are told, whatever the weight of the criterion, it stays."""
    chance = random.Random(seed)
    marks = {f"option {n}": {c: float(chance.randint(1, 5)) for c in "abc"} for n in range(5)}
    weights = {c: chance.uniform(0.1, 5) for c in "abc"}
    best, changes = rank(marks, weights)[0].option, sensitivity(marks, weights)
    for criterion in "abc":
        told = [one for one in changes if one.criterion == criterion]
        low = max((one.at for one in told if one.at < one.now), default=0.0)
        high = min((one.at for one in told if one.at > one.now), default=50.0)
        for share in (0.01, 0.3, 0.6, 0.99):
            between = low + share * (high - low)
            assert rank(marks, {**weights, criterion: between})[0].option == best


@pytest.mark.parametrize(
    ("marks", "weights", "said"),
    [
        ({}, {"a": 1}, "nothing to choose from"),
        ({"one": {"a": 1}}, {"a": -1}, "weight of a is -1"),
        ({"one": {"a": 1}}, {"a": 0}, "all weights are 0"),
        ({"one": {"a": 1}}, {}, "all weights are 0"),
        ({"one": {"a": 1}}, {"a": 1, "b": 2}, "one has no mark for b"),
    ],
)
def test_what_cannot_be_weighed_is_explained(
    marks: Marks, weights: dict[str, float], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        rank(marks, weights)
