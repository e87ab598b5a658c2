"""Exercises on serving: whole blocks, one section for every server, speed, how many listeners."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from companion.learning.exercises import FunctionExercise, Mistake

NOTEBOOK = "3_quantized/04_serve_it_locally"
Wrong = dict[str, Callable[..., Any]]
"""What to tell a learner -> the wrong answer that it fits."""
UNFILLED = "http://127.0.0.1:{port}/v1"


class Whole(FunctionExercise):
    """The next width that is a whole number of blocks."""

    variable = "whole"
    hints = (
        "How many blocks are begun? 100 of 64 are one and a bit, so two.",
        "`-(-width // block)` rounds up, because `//` rounds down.",
        "The blocks that are begun, times the size of one.",
    )
    code = """
        def whole(width, block):
            return -(-width // block) * block
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(100, 64), (864, 64), (128, 64), (1, 32), (33, 32)]

    def reference(self) -> Callable[..., int]:
        return lambda width, block: -(-width // block) * block

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "That cuts weights off. It has to become wider, not narrower.": (
                lambda width, block: width // block * block
            ),
            "What is whole already needs no further block.": (
                lambda width, block: (width // block + 1) * block
            ),
            "That is how much is missing. How wide is it then?": (
                lambda width, block: -width % block
            ),
            "Those are blocks, with a part of one. How wide are the whole ones together?": (
                lambda width, block: width / block
            ),
            "That adds what stands in the last block. Add what is missing in it.": (
                lambda width, block: width + width % block
            ),
            "That may be as far as one more block reaches, and is not whole blocks.": (
                lambda width, block: width + block - 1
            ),
            "That is the number of blocks. How wide are they together?": (
                lambda width, block: -(-width // block)
            ),
            "The nearest whole number of blocks may be narrower: always round up.": (
                lambda width, block: round(width / block) * block
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        width, block = arguments
        return f"{width} are {width / block:.3g} blocks of {block}, and whole blocks are wanted."


class Section(FunctionExercise):
    """What stands in `models.yaml` of a server on this machine, as a dictionary."""

    variable = "section"
    hints = (
        "Four keys are enough: kind, base_url, model and languages. See `vllm` in models.yaml.",
        "`kind` is `openai` for every server that speaks its API, whoever wrote it.",
        "`base_url` is `http://127.0.0.1:<port>/v1`; the adapter adds the rest.",
    )
    code = """
        def section(port, model):
            return {
                "kind": "openai",
                "base_url": f"http://127.0.0.1:{port}/v1",
                "model": model,
                "languages": ["en"],
            }
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(8000, "tiny"), (11434, "llama3.2:3b")]

    def reference(self) -> Callable[..., dict[str, Any]]:
        return _section

    def why_wrong(self, answer: Any) -> str | None:
        return super().why_wrong(_tidy(answer) if callable(answer) else answer)

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "The API stands under `/v1`, and that belongs to `base_url`.": (
                lambda port, model: _section(port, model, path="")
            ),
            "The adapter adds `/chat/completions` itself: end at `/v1`.": (
                lambda port, model: _section(port, model, path="/v1/chat/completions")
            ),
            "An address begins with `http://`.": (
                lambda port, model: _section(port, model) | {"base_url": f"127.0.0.1:{port}/v1"}
            ),
            "`transformers` loads a folder into this process. A server is asked: `openai`.": (
                lambda port, model: _section(port, model) | {"kind": "transformers"}
            ),
            "The port is in what you are given; servers do not agree on one.": (
                lambda port, model: _section(8000, model)
            ),
            "A server on this machine is asked without encryption: `http`, not `https`.": (
                lambda port, model: (
                    _section(port, model) | {"base_url": f"https://127.0.0.1:{port}/v1"}
                )
            ),
            "`{port}` was not filled in: an `f` is missing in front of the string.": (
                lambda port, model: _section(port, model) | {"base_url": UNFILLED}
            ),
            "`kind` says how it is asked, not who wrote it: `openai`.": (
                lambda port, model: _section(port, model) | {"kind": "vllm"}
            ),
            "`languages` is a list, also with one language in it.": (
                lambda port, model: _section(port, model) | {"languages": "en"}
            ),
            "Which model is asked for? The server may have several.": (
                lambda port, model: _section(port, "default")
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        return f"Four keys: kind, base_url, model, languages. The port is {arguments[0]}."


class Speed(FunctionExercise):
    """Tokens a second behind the first one."""

    variable = "speed"
    hints = (
        "The first token waits for the prompt to be read: that is another figure.",
        "How many tokens came after it, and in how many seconds?",
        "One less than there are, divided by the time from the first to the last.",
    )
    code = """
        def speed(times):
            return (len(times) - 1) / (times[-1] - times[0])
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [([1.0, 1.5],), ([0.5, 0.7, 0.9, 1.1, 1.3],), ([2.0, 2.1, 2.7],)]

    def reference(self) -> Callable[..., float]:
        return lambda times: (len(times) - 1) / (times[-1] - times[0])

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "Between so many tokens there is one gap less.": (
                lambda times: len(times) / (times[-1] - times[0])
            ),
            "Waiting for the first token is another figure: begin at it.": (
                lambda times: len(times) / times[-1]
            ),
            "Waiting for the first token is in there still: begin the clock at it, too.": (
                lambda times: (len(times) - 1) / times[-1]
            ),
            "Those are seconds a token. How many tokens has a second?": (
                lambda times: (times[-1] - times[0]) / (len(times) - 1)
            ),
            "Do not round: a slow server says only a few a second.": (
                lambda times: round((len(times) - 1) / (times[-1] - times[0]))
            ),
            "Do not round to tenths: of a median, the digits count.": (
                lambda times: round((len(times) - 1) / (times[-1] - times[0]), 1)
            ),
            "The moments are not to be added up: each counts from the question.": (
                lambda times: (len(times) - 1) / sum(times)
            ),
            "The clock begins at the first token, which is `times[0]`.": (
                lambda times: (len(times) - 1) / (times[-1] - times[1])
            ),
            "Those are tokens, not tokens a second.": lambda times: len(times) - 1,
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        times = arguments[0]
        gone = times[-1] - times[0]
        return f"After the first, {len(times) - 1} more came within {gone:.3g} s."


class Listeners(FunctionExercise):
    """How many people can be answered at once, none slower than they read."""

    variable = "listeners"
    hints = (
        "How many words does one of them read in a second?",
        "How many tokens are that? A word has `tokens_per_word` of them.",
        "All tokens of a second, divided by those of one reader, and rounded down.",
    )
    code = """
        def listeners(tokens_per_second, words_per_minute, tokens_per_word):
            one = words_per_minute / 60 * tokens_per_word
            return int(tokens_per_second // one)
    """

    def cases(self) -> Sequence[tuple[Any, ...]]:
        return [(100, 240, 1.25), (47, 200, 1.3), (3, 240, 1.5), (900, 180, 1.1)]

    def reference(self) -> Callable[..., int]:
        return lambda speed, words, each: int(speed // (words / 60 * each))

    def mistakes(self) -> Sequence[Mistake[Callable[..., Any]]]:
        wrong: Wrong = {
            "Words are told for a minute, and tokens for a second.": (
                lambda speed, words, each: int(speed // (words * each))
            ),
            "A minute has sixty seconds, so a second has fewer words: divide by 60.": (
                lambda speed, words, each: int(speed / (words * 60 * each))
            ),
            "A reader too many: the last of them would be answered more slowly. Round down.": (
                lambda speed, words, each: round(speed / (words / 60 * each))
            ),
            "If it is too slow for one, it is nobody: 0.": (
                lambda speed, words, each: max(1, int(speed // (words / 60 * each)))
            ),
            "A word has more than one token.": (
                lambda speed, words, each: int(speed // (words / 60))
            ),
            "The last of them would be answered more slowly than they read: round down.": (
                lambda speed, words, each: math.ceil(speed / (words / 60 * each))
            ),
            "There are no halves of people: round down.": (
                lambda speed, words, each: speed / (words / 60 * each)
            ),
            "A word has several tokens, so a reader needs more of them: multiply.": (
                lambda speed, words, each: int(speed // (words / 60 / each))
            ),
        }
        return _mistakes(wrong)

    def expected(self, *arguments: Any) -> str:
        speed, words, each = arguments
        one = words / 60 * each
        return f"One reader needs {one:.3g} tokens a second, and there are {speed}."


def _section(port: int, model: str, path: str = "/v1") -> dict[str, Any]:
    told = {"kind": "openai", "base_url": f"http://127.0.0.1:{port}{path}", "model": model}
    return told | {"languages": ["en"]}


def _tidy(answer: Callable[..., Any]) -> Callable[..., Any]:
    """The same answer, its address spelt as here: `localhost` and a `/` at the end are as right."""

    def tidied(*arguments: Any) -> Any:
        told = answer(*arguments)
        if not isinstance(told, dict) or not isinstance(told.get("base_url"), str):
            return told
        url = told["base_url"].rstrip("/").replace("//localhost:", "//127.0.0.1:")
        return told | {"base_url": url}

    return tidied


def _mistakes(wrong: Wrong) -> list[Mistake[Callable[..., Any]]]:
    return [Mistake(answer, why) for why, answer in wrong.items()]
