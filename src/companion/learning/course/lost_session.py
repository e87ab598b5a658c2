"""Exercises on losing a session: how many it takes, what must be kept, how it is written, when."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from companion.learning.exercises import Exercise, FunctionExercise, Mistake
from companion.learning.small_run import State, fresh, pack, same, train, unpack

NOTEBOOK = "2_cloud/03_survive_a_lost_session"
PARTS = {
    "model": "The weights are what training is for.",
    "optimizer": "The optimiser remembers how each weight moved, and begins anew without it.",
    "random": "Where chance stands decides which batches come next, and what dropout drops.",
    "step": "The schedule has to know how far the training is.",
}
"""What a training goes on with, by the names that the notebook gives it, and why."""
Save = Callable[[Path, Iterable[bytes]], None]


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
        ]

    def why_wrong(self, answer: Any) -> str | None:
        run = self.fresh(1)
        self.train(run, 4)
        saved = answer(run)
        if not isinstance(saved, dict):
            return "`pack` should return a dictionary."
        for part, why in PARTS.items():
            if saved.get(part) is None:
                return f"`pack` keeps no `{part}`. {why}"
        kept = deepcopy(saved)
        rest = self.train(run, 8)
        for part in ("model", "optimizer"):
            if not same(saved[part], kept[part]):
                return f"`pack`: what it keeps as `{part}` changed with the training. Keep a copy."
        other = self.fresh(2)
        self.unpack(other, saved)
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
        return _save

    def mistakes(self) -> Sequence[Mistake[Any]]:
        return [
            Mistake(_in_place, "had other bytes in it"),
            Mistake(_deleted_first, "was gone"),
            Mistake(_joined_in_place, "written into"),
            Mistake(_quiet, "quiet"),
            Mistake(_draft_only, "does not hold the new"),
        ]

    def why_wrong(self, answer: Any) -> str | None:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "kept"
            answer(path, iter([b"ol", b"d"]))
            if not path.exists() or path.read_bytes() != b"old":
                return "`save` has returned, and the file does not hold the new bytes."
            return _why_torn(path, answer) or _why_not_replaced(path, answer)


def _why_torn(path: Path, save: Save) -> str | None:
    """What is wrong when the writing breaks off in the middle."""
    seen: list[bytes | None] = []

    def pieces() -> Iterator[bytes]:
        for piece in (b"ne" * 10_000, b"w"):
            yield piece
            seen.append(path.read_bytes() if path.exists() else None)
        raise OSError("no space left on the disk")

    try:
        save(path, pieces())
    except OSError:
        seen.append(path.read_bytes() if path.exists() else None)
        if None in seen:
            return "`save`: the old file was gone before the new one was whole."
        if any(content != b"old" for content in seen):
            return "`save`: the old file had other bytes in it before the new one was whole."
        return None
    return "The disk was full and `save` kept quiet: whoever called it must learn that."


def _why_not_replaced(path: Path, save: Save) -> str | None:
    """A file that was exchanged is another file, and one that was written into is the same."""
    os.link(path, path.with_name("same"))  # so that its place on the disk is not given away
    save(path, iter([b"ne", b"w"]))
    if path.read_bytes() != b"new":
        return "`save` has returned again, and the file does not hold the new bytes."
    if os.path.samefile(path, path.with_name("same")):
        return "`save`: the old file was written into. Killed then, half of each is left."
    return None


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
        }
        return [Mistake(answer, why) for why, answer in wrong.items()]


# ---- ways of saving ------------------------------------------------------------------------------


def _save(path: Path, pieces: Iterable[bytes]) -> None:
    draft = path.with_name(path.name + ".draft")
    with draft.open("wb") as file:
        file.writelines(pieces)
    os.replace(draft, path)


def _in_place(path: Path, pieces: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(pieces)


def _deleted_first(path: Path, pieces: Iterable[bytes]) -> None:
    path.unlink(missing_ok=True)
    _save(path, pieces)


def _joined_in_place(path: Path, pieces: Iterable[bytes]) -> None:
    path.write_bytes(b"".join(pieces))


def _quiet(path: Path, pieces: Iterable[bytes]) -> None:
    try:
        _save(path, pieces)
    except OSError:
        path.with_name(path.name + ".draft").unlink()


def _draft_only(path: Path, pieces: Iterable[bytes]) -> None:
    path.with_name(path.name + ".draft").write_bytes(b"".join(pieces))
