"""The local engine beside what it replaces: batches, prompts that come back, number formats.

    python -m tests.benchmarks.local_engine [ROUNDS] [batches] [prompts] [formats] [quality]

Sides take turns in every round, so that a busy machine is busy for each; times are the best of all
rounds, for the same reason. Fails when a limit is not kept. The figures are kept as an MLflow run
named `bench local engine`.

batches: 16 requests of different lengths that come together, on companion-tiny: one after another,
    in static batches of 8 padded to the longest, and continuously, by transformers and by us.
    Tokens are counted that somebody asked for; completion is the mean time until a request has its
    last token.
prompts: time to the first token at the tenth turn, with and without what was read before.
formats: a turn (128 tokens read, 40 written) and a token of it in each number format, on random
    weights, and whether the automatic choice is the fastest of them.
quality: the perplexity of companion-tiny in each of them, on conversations kept from its training.
"""

from __future__ import annotations

import asyncio
import gc
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from companion.chat import precision
from companion.chat.batch import Batch
from companion.chat.engine import Engine
from companion.chat.loading import load as load_network
from companion.chat.local import LocalModel
from companion.chat.precision import Choice, Format, choose, look
from companion.config import TransformersModel
from companion.learning.batches import continuous, engine, mixed, one_by_one, paged, static
from companion.learning.batches import network as load_tiny
from companion.learning.queueing import Request, Served
from companion.planning import find
from companion.resources import choose_device, packaged
from companion.types import ChatRequest, Message, Text
from tests.benchmarks.reporting import report

TINY = packaged("data/companion-tiny")
READ, WRITTEN = 128, 40

LIMITS = {
    "continuous_over_one_by_one": (">=", 2.0),
    "continuous_completion_over_static": ("<=", 1.0),
    "first_token_tiny_reuse_share": ("<=", 0.25),
    "first_token_long_reuse_share": ("<=", 0.25),
    "nf4_over_bfloat16_tokens_per_second": (">=", 1.5),
    "automatic_over_fastest_turn": ("<=", 1.1),
    "automatic_over_fastest_turn_unfused": ("<=", 1.1),
}
"""What each must be. The one on NF4 is for processors whose AVX512_BF16 bitsandbytes uses."""

Times = tuple[float, float]
"""Seconds until everybody has an answer, and on average."""


# ---- batches -------------------------------------------------------------------------------------


def alone(serving: Engine, network: Any, asked: Sequence[Request]) -> list[Served]:
    """Our engine, asked for one after another."""
    began, served = 0.0, list[Served]()
    for one in asked:
        [only] = continuous(serving, network, [one])
        served.append(Served(one, began + only.first, began + only.done))
        began += only.done
    return served


def _times(served: Sequence[Served]) -> Times:
    return max(one.done for one in served), statistics.mean(one.done for one in served)


def batches(rounds: int) -> dict[str, float]:
    """Tokens per second and mean seconds to completion of each side."""
    network, theirs, asked = load_tiny(TINY), load_tiny(TINY), mixed()
    ours = engine(network)
    sides: dict[str, Callable[[], Times]] = {
        "one_by_one": lambda: _times(one_by_one(network, asked)),
        "alone": lambda: _times(alone(ours, network, asked)),
        "static": lambda: _times(static(network, asked)),
        "transformers": lambda: _times(paged(theirs, asked)),
        "continuous": lambda: _times(continuous(ours, network, asked)),
    }
    best = {name: min(times) for name, times in _in_turn(sides, rounds).items()}
    tokens = sum(one.said for one in asked)
    figures = {f"{name}_tokens_per_second": tokens / whole for name, (whole, _) in best.items()}
    figures |= {f"{name}_completion_seconds": mean for name, (_, mean) in best.items()}
    quickest = min(best["one_by_one"][0], best["alone"][0])
    figures["continuous_over_one_by_one"] = quickest / best["continuous"][0]
    figures["continuous_over_transformers"] = best["transformers"][0] / best["continuous"][0]
    figures["continuous_over_static"] = best["static"][0] / best["continuous"][0]
    figures["continuous_completion_over_static"] = best["continuous"][1] / best["static"][1]
    return figures


def _in_turn(sides: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[Any]]:
    runs: dict[str, list[Any]] = {name: [] for name in sides}
    for number in range(rounds + 1):  # the first warms up
        for name, side in sides.items():
            run = side()
            runs[name] += [run] if number else []
    return runs


# ---- prompts that come back ----------------------------------------------------------------------


def talk(turns: int, words: int, mark: str) -> Iterator[tuple[Message, ...]]:
    """The messages of each turn of a conversation, with all that was said before."""
    said = [Message("system", "You are Lia, a friendly virtual companion.")]
    for number in range(turns):
        said.append(Message("user", f"{mark} {number}. " + "I like the sea. " * words))
        yield tuple(said)
        said.append(Message("assistant", "So do I. " * words))


def first_token(model: LocalModel, messages: tuple[Message, ...]) -> float:
    """Seconds from the question to the first text."""
    request = ChatRequest(messages, max_tokens=8, temperature=0)

    async def listen() -> float:
        began, first = time.perf_counter(), 0.0
        async with aclosing(model.stream(request)) as chunks:
            async for chunk in chunks:
                if isinstance(chunk, Text):
                    first = first or time.perf_counter() - began
        return first

    return asyncio.run(listen())


def tenth_turn(folder: Path, words: int, rounds: int) -> dict[str, float]:
    """Seconds to the first token at the tenth turn, and tokens of its prompt."""
    reusing, forgetting = _model(folder), _model(folder)
    forgetting._generator().engine._service.batch.prefixes.most = 0
    times: dict[str, list[float]] = {"reuse": [], "without": []}
    for number in range(rounds + 1):
        for messages in talk(10, words, f"Talk {number}"):
            seconds = {"reuse": first_token(reusing, messages)}
        seconds["without"] = first_token(forgetting, messages)
        for name, taken in seconds.items():
            times[name] += [taken] if number else []
    best = {name: min(taken) for name, taken in times.items()}
    tokens = len(reusing._generator().prompt(messages, 8).ids)
    share = best["reuse"] / best["without"]
    told = {f"{name}_ms": seconds * 1e3 for name, seconds in best.items()}
    return told | {"reuse_share": share, "prompt_tokens": float(tokens)}


def prompts(rounds: int) -> dict[str, float]:
    """On companion-tiny, and on a random model whose context holds longer conversations."""
    with tempfile.TemporaryDirectory() as place:
        long = random_model(
            Path(place), hidden_size=512, num_hidden_layers=8, intermediate_size=1408
        )
        found = {"tiny": tenth_turn(TINY, 2, rounds), "long": tenth_turn(long, 16, rounds)}
    return {
        f"first_token_{model}_{name}": value
        for model, told in found.items()
        for name, value in told.items()
    }


# ---- number formats ------------------------------------------------------------------------------


def random_model(place: Path, **sizes: int) -> Path:
    """A Llama of random weights in bfloat16, with the tokenizer of companion-tiny."""
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(TINY, model_max_length=4096)
    told = {"vocab_size": len(tokenizer), "max_position_embeddings": 4096, "eos_token_id": 2}
    heads = {"num_attention_heads": sizes["hidden_size"] // 64}
    torch.manual_seed(0)
    network = LlamaForCausalLM(LlamaConfig(**told | heads | sizes)).to(torch.bfloat16)  # type: ignore[arg-type]
    network.save_pretrained(place)
    tokenizer.save_pretrained(place)
    return place


def turn(batch: Batch) -> Times:
    """Seconds for reading the prompt, and for the quickest token: others work on this machine."""
    batch.clear()
    began = time.perf_counter()
    lane = batch.begin(list(range(100, 100 + READ)))
    batch.read(lane)
    read = time.perf_counter() - began
    batch.join(lane)
    tokens = []
    for _ in range(WRITTEN):
        began = time.perf_counter()
        batch.step([100])
        tokens.append(time.perf_counter() - began)
    return read, min(tokens)


def measured(folder: Path, names: Sequence[Format], rounds: int) -> dict[str, Times]:
    """Seconds of a turn and of a token of each format, one loaded after another."""
    device, best = choose_device(), dict[str, Times]()
    for name in names:
        _, network = load_network(folder, Choice(name, "", 4096, 1, 0), device)
        batch = Batch(network, 1, 4096, 0)
        with torch.inference_mode():
            runs = _in_turn({name: lambda batch=batch: turn(batch)}, rounds)[name]  # type: ignore[misc]
        read, token = (min(times) for times in zip(*runs, strict=True))
        best[name] = read + WRITTEN * token, token
        print(f"{name:<12}{best[name][0]:8.2f} s a turn{token * 1e3:8.1f} ms a token", flush=True)
        del network, batch
        gc.collect()
    return best


def formats(rounds: int) -> dict[str, float]:
    """Each format with the kernel for packed weights, then NF4 without, and what is chosen."""
    every: tuple[Format, ...] = ("float32", "bfloat16", "float16", "int8", "nf4")
    sizes = {"hidden_size": 1024, "num_hidden_layers": 20, "intermediate_size": 2816}
    with tempfile.TemporaryDirectory() as place:
        folder = random_model(Path(place), **sizes, vocab_size=32000)
        model, machine = find(str(folder)), look(choose_device())
        best = measured(folder, every, rounds)
        chosen = choose(model, machine, 8)
        figures = {f"{name}_turn_seconds": whole for name, (whole, _) in best.items()}
        figures |= {f"{name}_tokens_per_second": 1 / token for name, (_, token) in best.items()}
        figures["automatic_over_fastest_turn"] = _over_fastest(chosen, best)
        print(f"chosen: {chosen.reason}")
        if machine.device.kind == "cpu" and precision.fused():
            figures["nf4_over_bfloat16_tokens_per_second"] = best["bfloat16"][1] / best["nf4"][1]
            with (
                patch("bitsandbytes.nn.modules.has_avx512bf16", return_value=False),
                patch.object(precision, "fused", return_value=False),
            ):
                best |= measured(folder, ("nf4",), rounds)
                chosen = choose(model, machine, 8)
            print(f"chosen without the kernel: {chosen.reason}")
            figures["nf4_unfused_turn_seconds"] = best["nf4"][0]
            figures["automatic_over_fastest_turn_unfused"] = _over_fastest(chosen, best)
    return figures


def _over_fastest(chosen: Choice, best: dict[str, Times]) -> float:
    """How many times the fastest turn the chosen format's takes."""
    return best[chosen.format][0] / min(whole for whole, _ in best.values())


# ---- what a format costs -------------------------------------------------------------------------


def quality(rounds: int) -> dict[str, float]:
    """Perplexity of companion-tiny on held-out conversations, `10 * rounds` of each corpus."""
    from companion.training.corpora import shipped
    from companion.training.evaluation import Network, held_out_scores

    def perplexity(choice: Choice) -> float:
        tokenizer, network = load_network(TINY, choice, choose_device())
        scores = held_out_scores(Network(network), tokenizer, shipped(), 512, 10 * rounds)
        return math.exp(statistics.mean(one.loss for one in scores.values()))

    every: tuple[Format, ...] = ("float32", "bfloat16", "int8", "nf4")
    told: dict[str, float] = {name: perplexity(Choice(name, "", 512, 1, 0)) for name in every}
    packed = Choice("nf4", "", 512, 1, 0, packs_embeddings=True)
    told["nf4_and_embeddings"] = perplexity(packed)
    with patch("companion.chat.loading._pack_ends"):
        told["nf4_without_head"] = perplexity(Choice("nf4", "", 512, 1, 0))
    return {f"{name}_perplexity": value for name, value in told.items()}


# ---- all -----------------------------------------------------------------------------------------


def _model(folder: Path) -> LocalModel:
    told = {"kind": "transformers", "path": str(folder), "languages": ["en"]}
    model = LocalModel(folder.name, TransformersModel.model_validate(told))
    model.load()
    return model


PARTS: dict[str, Callable[[int], dict[str, float]]] = {
    "batches": batches,
    "prompts": prompts,
    "formats": formats,
    "quality": quality,
}


def main(arguments: list[str]) -> int:
    """Measure, record, print, and say whether the limits are kept."""
    rounds = next((int(one) for one in arguments if one.isdecimal()), 3)
    wanted = [name for name in PARTS if name in arguments] or list(PARTS)
    figures: dict[str, float] = {}
    for name in wanted:
        figures |= PARTS[name](rounds)
    report("bench local engine", "companion-tiny and random weights", figures, f"{rounds} rounds")
    broken = [name for name in LIMITS if name in figures and not _kept(name, figures[name])]
    for name in broken:
        print(f"NOT KEPT: {name} must be {' '.join(map(str, LIMITS[name]))}")
    return 1 if broken else 0


def _kept(name: str, value: float) -> bool:
    bound, limit = LIMITS[name]
    return value >= limit if bound == ">=" else value <= limit


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
