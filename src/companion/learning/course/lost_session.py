"""Exercises on losing a session: how many it takes, what must be kept, how it is written, when."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from companion.learning.advice import advice
from companion.learning.exercises import Exercise, FunctionExercise, Mistake
from companion.learning.saving import WRONG_WAYS, Save, saved, why_unsafe
from companion.learning.small_run import State, fresh, pack, same, train, unpack

NOTEBOOK = "2_cloud/03_survive_a_lost_session"
PARTS = {
    "model": "The weights are what training is for.",
    "optimizer": "The optimiser remembers how each weight moved, and begins anew without it.",
    "random": "Where chance stands decides which batches come next, and what dropout drops.",
    "step": "The schedule has to know how far the training is.",
}
"""What a training goes on with, by the names that the notebook gives it, and why."""


class Sessions(FunctionExercise):
    """How many sessions a training takes, when each begins with a time of getting ready."""

    variable = "sessions"
    hints = (
        "How many hours of a session are left for training, once everything is installed?",
        "Half a session cannot be had: a part of one costs one.",
        "`math.ceil` rounds up.",
    )
    code = """
        import math

        def sessions(hours, session_hours, ready_hours):
            return math.ceil(hours / (session_hours - ready_hours))
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(10, 4, 0.5), (10, 12, 0.5), (24, 4, 0.25), (21, 4, 0.5), (10, 4, 1), (11, 4, 1)]

    def reference(self) -> Callable[..., int]:
        return lambda hours, session, ready: math.ceil(hours / (session - ready))

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: dict[str, Callable[..., Any]] = {
            "Getting ready is paid in every session, not once.": (
                lambda h, s, r: math.ceil((h + r) / s)
            ),
            "Each session loses `ready_hours` before it trains.": lambda h, s, r: math.ceil(h / s),
            "A part of a session costs a whole one. Round up.": lambda h, s, r: h / (s - r),
            "Rounded down, the last hours are never trained.": lambda h, s, r: int(h / (s - r)),
            "Rounded to the nearest, the last hours may be missing. Round up.": (
                lambda h, s, r: round(h / (s - r))
            ),
            "Getting ready is taken from a session, not added to it.": (
                lambda h, s, r: math.ceil(h / (s + r))
            ),
            "Rounding down and adding one is one too many where the sessions come out even.": (
                lambda h, s, r: int(h / (s - r)) + 1
            ),
        }
        return [Mistake(answer, why) for why, answer in wrong.items()]

    def expected(self, *arguments: Any) -> str:
        hours, session, ready = arguments
        return f"{session - ready:g} of {session:g} hours train, and {hours:g} are wanted."


@dataclass
class Pack(Exercise[Callable[[Any], State]]):
    """All that a training needs to go on, as if nothing had happened.

    `fresh` makes a run from a seed, `train` takes one to a step and returns the losses, `unpack`
    puts into a run what was kept.
    """

    fresh: Callable[[int], Any]
    train: Callable[[Any, int], list[float]]
    unpack: Callable[[Any, State], None]
    variable = "pack"
    hints = (
        "A dictionary with four keys: `model`, `optimizer`, `random` and `step`.",
        "`state_dict()` tells everything of a model, and of an optimiser; `torch.get_rng_state()` "
        "where chance stands.",
        "What `state_dict()` gives are the tensors themselves, and training goes on to change "
        "them. `copy.deepcopy` makes copies.",
    )
    code = """
        from copy import deepcopy

        import torch

        def pack(run):
            return {
                "model": deepcopy(run.model.state_dict()),
                "optimizer": deepcopy(run.optimizer.state_dict()),
                "random": torch.get_rng_state(),
                "step": run.step,
            }
    """

    @classmethod
    def example(cls) -> Pack:
        return cls(fresh, train, unpack)

    def reference(self) -> Callable[[Any], State]:
        return pack

    def mistakes(self) -> Sequence[Mistake[Any]]:
        without = [
            Mistake(lambda run, part=part: {k: v for k, v in pack(run).items() if k != part}, why)
            for part, why in PARTS.items()
        ]
        return [
            *without,
            Mistake(lambda run: pack(run) | {"model": run.model.state_dict()}, "`model` changed"),
            Mistake(lambda run: pack(run) | {"optimizer": run.optimizer.state_dict()}, "a copy"),
            Mistake(lambda run: run, "dictionary"),
            Mistake(lambda run: pack(run) | {"random": 7}, "put back"),
            Mistake(lambda run: pack(run) | {"step": run.steps}, "raises"),
            Mistake(lambda run: pack(run) | {"step": run.step + 1}, "other losses"),
        ]

    def why_wrong(self, answer: Any) -> str | None:
        run = self.fresh(1)
        self.train(run, 4)
        try:
            state = answer(run)
        except Exception as error:  # whatever a learner's code raises is feedback for them
            return f"`pack` raises {type(error).__name__}: {error}. {advice(error)}".rstrip()
        if not isinstance(state, dict):
            return "`pack` should return a dictionary."
        for part, why in PARTS.items():
            if state.get(part) is None:
                return f"`pack` keeps no `{part}`. {why}"
        return self._why_astray(run, state)

    def _why_astray(self, run: Any, state: State) -> str | None:
        """What is wrong with that state: it changes, it cannot be put back, or others follow."""
        kept = deepcopy(state)
        rest = self.train(run, 8)
        for part in ("model", "optimizer"):
            if not same(state[part], kept[part]):
                return f"`pack`: what it keeps as `{part}` changed with the training. Keep a copy."
        other = self.fresh(2)
        try:
            self.unpack(other, state)
        except Exception as error:  # what cannot be put back
            return f"`unpack` cannot put back what your `pack` keeps: {error}"
        if self.train(other, 8) != rest:
            return "`pack` does not keep what this run goes on with: other losses follow."
        return None


@dataclass
class SaveWhole(Exercise[Save]):
    """A file that is the old one or the new one, whenever the power goes."""

    variable = "save"
    hints = (
        "As long as the new file is not whole, nobody may see it under its name.",
        "Write under another name beside it. Then move it into place: `os.replace` does that in "
        "one step.",
        "`path.with_name(path.name + '.draft')` is a good other name.",
    )
    code = """
        import os

        def save(path, pieces):
            draft = path.with_name(path.name + ".draft")
            with open(draft, "wb") as file:
                for piece in pieces:
                    file.write(piece)
            os.replace(draft, path)
    """

    @classmethod
    def example(cls) -> SaveWhole:
        return cls()

    def reference(self) -> Save:
        return saved

    def mistakes(self) -> Sequence[Mistake[Any]]:
        return [Mistake(way, words) for words, way in WRONG_WAYS.items()]

    def why_wrong(self, answer: Any) -> str | None:
        return why_unsafe(answer)


class Interval(FunctionExercise):
    """How long to train between two checkpoints (Young, 1974)."""

    variable = "interval"
    hints = (
        "Per second, saving every T seconds costs save / T, and a kill every M seconds loses half "
        "of T on average: T / 2 / M.",
        "The sum is least where its two parts are equal: save / T = T / (2 M).",
        "So T squared is 2 times save times M.",
    )
    code = """
        import math

        def interval(save_seconds, mean_seconds):
            return math.sqrt(2 * save_seconds * mean_seconds)
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(2, 3600), (0.5, 10_000), (30, 7200)]

    def reference(self) -> Callable[..., float]:
        return lambda save, mean: math.sqrt(2 * save * mean)

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: dict[str, Callable[..., Any]] = {
            "On average only half an interval is lost; that is where the 2 comes from.": (
                lambda s, m: math.sqrt(s * m)
            ),
            "The square root is missing: this has the unit of seconds squared.": (
                lambda s, m: 2 * s * m
            ),
            "The half of T stands below M, so the 2 comes to the other side.": (
                lambda s, m: math.sqrt(s * m / 2)
            ),
            "That is a share, not seconds.": lambda s, m: math.sqrt(2 * s / m),
            "That is where half the interval equals the mean life: far too seldom.": (
                lambda s, m: 2 * m
            ),
            "A power comes before a division: `** 1 / 2` is half, not the root.": (
                lambda s, m: (2 * s * m) ** 1 / 2
            ),
            "A product of both is wanted below the root, not a quotient.": (
                lambda s, m: math.sqrt(2 * m / s)
            ),
            "The 2 belongs below the root.": lambda s, m: 2 * math.sqrt(s * m),
            "Seconds are wanted, not minutes.": lambda s, m: math.sqrt(2 * s * m) / 60,
            "That is rounded. Return all the digits.": lambda s, m: round(math.sqrt(2 * s * m)),
        }
        return [Mistake(answer, why) for why, answer in wrong.items()]

    def expected(self, save_seconds: float, mean_seconds: float) -> str:
        return (
            f"At the best T both costs are equal, {save_seconds} / T and T / 2 / {mean_seconds}, "
            "to the last digit."
        )
