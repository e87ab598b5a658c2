"""A training in a process of its own, there to be killed: it goes on where the last one was lost.

    process = begin(folder, steps=60)
    process.kill()
    begin(folder, steps=60).wait()
    losses(folder)                      # of both, in the order in which they were written

It is the training of companion-tiny with a smaller network: the same loop, the same checkpoint.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from companion.errors import CompanionError
from companion.training.recipe import Phase, Recipe, Shape

CHECKPOINT = "training.safetensors"
BESIDE = "losses.jsonl"
SAYINGS = "words.txt"
SAVE_SECONDS = 0.5
"""Seldom enough that a kill costs something."""


def begin(folder: Path, steps: int, seed: int = 0) -> subprocess.Popen[bytes]:
    """Start training in `folder`, or go on there; the process ends after step `steps`."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", __name__, str(folder), str(steps), str(seed)]
    with (folder / SAYINGS).open("ab") as words:
        return subprocess.Popen(command, stdout=words, stderr=words)


def losses(folder: Path) -> list[tuple[int, float]]:
    """(step, loss) of every step that was done in `folder`; a step done twice stands here twice."""
    file = folder / BESIDE
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [tuple(json.loads(line)) for line in lines if line.endswith("]")]  # the last may be cut


def wait_for(folder: Path, process: subprocess.Popen[bytes], step: int) -> None:
    """Return as soon as that step is done. Raises CompanionError when the process has ended."""
    while max((done for done, _ in losses(folder)), default=0) < step:
        if process.poll() is not None:
            raise CompanionError(
                "The training ended before its time",
                where=str(folder / SAYINGS),
                repair="That file says why.",
            )
        time.sleep(0.02)


def small(steps: int, seed: int) -> Recipe:
    """Two narrow layers that read short rows of written conversations."""
    return Recipe(
        shape=Shape(width=64, layers=2, heads=2, feed_forward=128, context=128),
        phases=(Phase(1.0, row=64, companion_only=False, shares={"grammar_en": 1.0}),),
        steps=steps,
        minutes=0,  # so that each step is reported
        batch_tokens=1024,
        precision="float32",
        seed=seed,
        checkpoint_minutes=SAVE_SECONDS / 60,
    )


def _train(folder: Path, steps: int, seed: int) -> None:
    from transformers import AutoTokenizer

    from companion.resources import packaged
    from companion.training.corpora import Corpus
    from companion.training.grammar import conversations
    from companion.training.trainer import train

    tokenizer: Any = AutoTokenizer.from_pretrained(packaged("data/companion-tiny"))
    made = Corpus("grammar_en", tuple(conversations("en", 400, seed)))
    with (folder / BESIDE).open("a", encoding="utf-8") as lines:

        def report(values: dict[str, float], step: int) -> None:
            print(json.dumps([step, values["loss"]]), file=lines, flush=True)

        train(small(steps, seed), [made], tokenizer, folder / CHECKPOINT, report)


if __name__ == "__main__":
    _train(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
