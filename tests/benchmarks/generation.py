"""Our stream beside plain `model.generate` and, where it is installed, llama.cpp.

    python -m tests.benchmarks.generation [ROUNDS]

All have the same weights and always take the likeliest word. They answer in turn, so that a busy
machine is busy for each. `stream` and `plain` say the same; `guided` is our stream as the settings
have it, led to the topic by one more row a token. The figures, medians, are kept as an MLflow run
named `bench generation`.
For llama.cpp, `pip install llama-cpp-python gguf`, which compiles for ten minutes or more.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch

from companion.chat.local import LocalModel
from companion.config import TransformersModel, load
from companion.types import ChatRequest, End, Message, Text
from tests.benchmarks.reporting import report
from tests.benchmarks.turn_cost import MODEL, QUESTIONS
from tests.other_servers import LLAMA_CPP

FOLDER = "data/companion-tiny"
TOKENS = 60


class Run(NamedTuple):
    """One answer: its text, the seconds to its first token and to its end, and its tokens."""

    text: str
    first: float
    whole: float
    tokens: int


def streamed(model: LocalModel, request: ChatRequest) -> Run:
    """The answer as the page gets it, piece by piece."""

    async def listen() -> Run:
        began, first, said = time.perf_counter(), 0.0, ""
        async for chunk in model.stream(request):
            if isinstance(chunk, Text):
                first = first or time.perf_counter() - began
                said += chunk.text
            if isinstance(chunk, End):
                tokens = chunk.usage.completion_tokens or 0
        return Run(said, first, time.perf_counter() - began, tokens)

    return asyncio.run(listen())


def plain(model: Any, tokenizer: Any, request: ChatRequest) -> Run:
    """The same by transformers alone; its first token is an answer of one token."""
    turns = [{"role": one.role, "content": one.content} for one in request.messages]

    def answer(tokens: int) -> tuple[float, Any]:
        began = time.perf_counter()
        prompt = tokenizer.apply_chat_template(
            turns, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        with torch.inference_mode():
            output = model.generate(**prompt, max_new_tokens=tokens, do_sample=False)
        said = output[0, prompt["input_ids"].shape[1] :]
        tokenizer.decode(said, skip_special_tokens=True)
        return time.perf_counter() - began, said

    first, _ = answer(1)
    whole, said = answer(TOKENS)
    return Run(tokenizer.decode(said, skip_special_tokens=True), first, whole, len(said))


def measured(rounds: int) -> dict[str, float]:
    """The figures by name. Raises AssertionError when the two do not say the same."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from companion.resources import packaged

    settings = load().models[MODEL]
    assert isinstance(settings, TransformersModel)
    unguided, folder = settings.model_copy(update={"guidance": 1.0}), packaged(FOLDER)
    ours, guided = LocalModel(MODEL, unguided), LocalModel(MODEL, settings)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModelForCausalLM.from_pretrained(folder).eval()
    sides: dict[str, Callable[[ChatRequest], Run]] = {
        "stream": lambda request: streamed(ours, request),
        "plain": lambda request: plain(network, tokenizer, request),
        "guided": lambda request: streamed(guided, request),
    }
    if LLAMA_CPP:
        sides["llama_cpp"] = _llama_cpp(folder)
    runs: dict[str, list[Run]] = {name: [] for name in sides}
    for number in range(rounds + 1):  # the first warms up
        request = _request(QUESTIONS[number % len(QUESTIONS)])
        answers = {name: side(request) for name, side in sides.items()}
        assert answers["stream"].text == answers["plain"].text, answers
        for name, run in answers.items():
            runs[name] += [run] if number else []
    return _figures(runs)


def _llama_cpp(folder: Path) -> Callable[[ChatRequest], Run]:
    """The same weights in float16 on llama.cpp, two threads; rounding may choose another word."""
    from llama_cpp import Llama

    from tests import gguf_file

    with tempfile.TemporaryDirectory() as place:
        path = gguf_file.write(folder, Path(place) / "model.gguf")
        model = Llama(str(path), n_ctx=512, n_threads=2, verbose=False)

    def answer(request: ChatRequest) -> Run:
        turns = [{"role": one.role, "content": one.content} for one in request.messages]
        began, first, said, tokens = time.perf_counter(), 0.0, "", 0
        for chunk in model.create_chat_completion(
            turns, max_tokens=TOKENS, temperature=0, repeat_penalty=1, stream=True
        ):
            if text := chunk["choices"][0]["delta"].get("content"):
                first = first or time.perf_counter() - began
                said, tokens = said + text, tokens + 1
        return Run(said, first, time.perf_counter() - began, tokens)

    return answer


def _request(question: str) -> ChatRequest:
    about = Message("system", load().persona.about["en"])
    return ChatRequest((about, Message("user", question)), max_tokens=TOKENS, temperature=0)


def _figures(runs: dict[str, list[Run]]) -> dict[str, float]:
    middle = statistics.median
    figures = {}
    for name, done in runs.items():
        figures[f"{name}_first_token_ms"] = middle(run.first for run in done) * 1e3
        figures[f"{name}_tokens_per_second"] = middle(run.tokens / run.whole for run in done)
    ours = figures["stream_tokens_per_second"]
    others = [name for name in runs if name != "stream"]
    ratios = {f"stream_over_{name}": ours / figures[f"{name}_tokens_per_second"] for name in others}
    return figures | ratios


def main(arguments: list[str]) -> int:
    """Measure, record and print."""
    rounds = int(arguments[0]) if arguments else 20
    report("bench generation", MODEL, measured(rounds), f"{rounds} rounds")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
