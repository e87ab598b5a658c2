"""A ladder of changes on a minuscule model: one setting each, kept only where it pays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from companion.training import dataset
from companion.training.corpora import Corpus
from companion.training.grammar import conversations
from companion.training.ladder import Ladder, Rung, best
from companion.training.recipe import Phase, Recipe, Shape, TrainingError
from companion.training.tokenizer import train_tokenizer

START = Recipe(
    shape=Shape(vocabulary=300, width=32, layers=1, heads=2, feed_forward=48, context=128),
    phases=(Phase(1.0, 128, False, {}),),
    steps=4,
    batch_tokens=512,
    precision="float32",
    optimizer="adamw",
    packed=False,
)
CHANGES: dict[str, dict[str, Any]] = {
    "muon": {"optimizer": "muon"},
    "packed": {"packed": True},
    "larger batch": {"batch_tokens": 1024},
}


@pytest.fixture(scope="module")
def ladder() -> Ladder:
    corpora = [Corpus("small", tuple(conversations("en", 200)))]
    return Ladder(corpora, train_tokenizer(dataset.texts(corpora), 300, 128), judged_on=3)


def test_each_change_is_tried_on_the_best_rung_so_far(ladder: Ladder) -> None:
    asked: list[tuple[float, float]] = []

    def second_only(best: float, bits: float) -> bool:
        asked.append((best, bits))
        return len(asked) == 2

    start = ladder.rung("start", START)
    rungs = ladder.climb(start, CHANGES, second_only)
    assert [(rung.change, rung.kept) for rung in rungs] == [
        ("start", True),
        ("muon", False),
        ("packed", True),
        ("larger batch", False),
    ]
    assert [rung.recipe for rung in rungs] == [
        START,
        replace(START, optimizer="muon"),
        replace(START, packed=True),
        replace(START, packed=True, batch_tokens=1024),
    ]
    bits = [rung.bits_per_byte for rung in rungs]
    assert asked == [(bits[0], bits[1]), (bits[0], bits[2]), (bits[2], bits[3])]
    assert best(rungs) is rungs[2]


def test_the_same_recipe_gives_the_same_figure(ladder: Ladder) -> None:
    first, again = ladder.rung("one", START), ladder.rung("two", START)
    assert first.bits_per_byte == again.bits_per_byte
    assert first.steps == again.steps == 4


def test_more_training_foresees_more(ladder: Ladder) -> None:
    short = ladder.rung("short", replace(START, packed=True, vector_rate=2e-2))
    long = ladder.rung("long", replace(START, packed=True, vector_rate=2e-2, steps=40))
    assert long.bits_per_byte < 0.9 * short.bits_per_byte


def test_an_unknown_setting_is_named(ladder: Ladder) -> None:
    start = Rung("start", START, 1, 1.0, 1.0)
    with pytest.raises(TrainingError, match=r"no setting optimiser.*batch_tokens"):
        ladder.climb(start, {"typo": {"optimiser": "muon"}}, lambda best, bits: True)


def test_corpora_without_a_held_out_part_are_refused(ladder: Ladder) -> None:
    reading, _ = ladder.corpora[0].split()
    bare = replace(ladder, corpora=[Corpus("bare", tuple(reading))])
    with pytest.raises(TrainingError, match="nothing can be compared"):
        bare.rung("start", START)
