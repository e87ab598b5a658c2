"""The one quiet line under a reply, which opens to everything that is known about it."""

from __future__ import annotations

from collections.abc import Iterator
from math import floor, log10

from companion.app.conversation import Truth, Turn, Weakness
from companion.app.strings import plain, translated, word
from companion.pipeline import RULES
from companion.types import Language

PARTS = {"tracking": "tracking", "memory": "memory", "voice": "a_voice", "espeak": "a_voice"}
"""What else than a model may be weaker, and the word for it."""


def truth_line(turn: Turn, language: Language) -> str:
    """`<details>` of one turn: model, time to first token, speed, cost, and its marks."""
    marks = "".join(f'<span class="mark">{plain(mark)}</span>' for mark in _marks(turn, language))
    told = "".join(f"<span>{plain(fact)}</span>" for fact in facts(turn.truth, language))
    rows = "".join(
        f"<dt>{plain(name)}</dt><dd>{plain(value)}</dd>" for name, value in _rows(turn, language)
    )
    return f'<details class="truth"><summary>{told}{marks}</summary><dl>{rows}</dl></details>'


def facts(truth: Truth, language: Language) -> Iterator[str]:
    """The few figures of the closed line, in the order they are read."""
    unknown = word(language, "unknown")
    yield word(language, "rules") if truth.model == RULES else truth.model or unknown
    if truth.first_token_seconds is not None:
        yield word(language, "first_token", time=seconds(truth.first_token_seconds, language))
    if truth.tokens_per_second is not None:
        rate = number(truth.tokens_per_second, language)
        yield word(language, "speed", rate=rate)
    if truth.total_seconds is not None:
        yield _price(truth.cost, language, "free", "unknown_cost")


def _marks(turn: Turn, language: Language) -> Iterator[str]:
    if turn.state == "stopped":
        yield word(language, "stopped")
    if turn.state == "open":
        yield word(language, "cut_off")
    if turn.truth.degraded:
        yield word(language, "weaker")


def _rows(turn: Turn, language: Language) -> Iterator[tuple[str, str]]:
    """What the open line says, as (name, value)."""
    truth = turn.truth
    if truth.reason:
        yield word(language, "why"), _chosen(truth.reason, language)
    for weakness in truth.degraded:
        yield _weakness(weakness, truth, language)
    if truth.total_seconds is not None and truth.first_token_seconds is not None:
        yield from _measured(truth, language)
    if truth.recalled:
        yield word(language, "recalled"), truth.recalled
    yield from _sound(truth, language)
    yield word(language, "end"), word(language, f"end_{_end(turn)}")


def _chosen(reason: str, language: Language) -> str:
    """Why it was chosen, then how it runs: the two halves of the reason, as sentences."""
    why, _, how = reason.partition("; ")
    first = why == "first choice"
    why = word(language, "first_choice") if first else translated(why, language)
    return f"{why}. {translated(how, language)}"


def _weakness(weakness: Weakness, truth: Truth, language: Language) -> tuple[str, str]:
    """A model that failed before this one answered, or what was weak in the answer."""
    kind = "weakness" if weakness.what in (*PARTS, truth.model) else "tried"
    return word(language, kind), weakness_value(weakness, language)


def weakness_value(weakness: Weakness, language: Language) -> str:
    """What was weak, and why, in the language of the page."""
    what = word(language, PARTS.get(weakness.what, "itself"), name=weakness.what)
    return word(language, "weakness_value", what=what, why=translated(weakness.why, language))


def _measured(truth: Truth, language: Language) -> Iterator[tuple[str, str]]:
    read, written = (
        word(language, "unknown") if count is None else str(count)
        for count in (truth.prompt_tokens, truth.completion_tokens)
    )
    known = truth.prompt_tokens is not None or truth.completion_tokens is not None
    key = "tokens_value" if known else "tokens_unknown"
    yield word(language, "tokens"), word(language, key, read=read, written=written)
    total, first = (
        seconds(time or 0.0, language) for time in (truth.total_seconds, truth.first_token_seconds)
    )
    yield word(language, "time"), word(language, "time_value", total=total, first=first)
    yield word(language, "cost"), _price(truth.cost, language, "free_value", "unknown_value")


def _sound(truth: Truth, language: Language) -> Iterator[tuple[str, str]]:
    """How a spoken turn was heard, and when its answer could be."""
    if truth.heard_seconds is not None:
        took = seconds(truth.heard_seconds, language)
        value = word(language, "heard_value", time=took, name=truth.recognizer)
        yield word(language, "heard"), value
    if truth.first_audio_seconds is not None:
        took = seconds(truth.first_audio_seconds, language)
        yield word(language, "sound"), word(language, "sound_value", time=took)


def _end(turn: Turn) -> str:
    if turn.truth.finish_reason:
        return turn.truth.finish_reason
    return "stopped" if turn.state == "stopped" else "cut_off"


def _price(cost: float | None, language: Language, free: str, unknown: str) -> str:
    """US dollars to the cent, or to two telling digits below it; nothing and unknown in words."""
    if cost is None:
        return word(language, unknown)
    if cost == 0:
        return word(language, free)
    dollars = f"{cost:.{max(2, 1 - floor(log10(cost)))}f}"
    return f"${dollars}" if language == "en" else f"{_comma(dollars)} $"


def number(value: float, language: Language) -> str:
    """Two telling digits or more: 0.18, 2.4, 57."""
    digits = 0 if value >= 10 else 1 if value >= 1 else 2
    text = f"{value:.{digits}f}"
    return text if language == "en" else _comma(text)


def seconds(value: float, language: Language) -> str:
    """A time as it is read: 1.3 s, 240 ms, 0.4 ms."""
    if value >= 1:
        return f"{number(value, language)} s"
    return f"{number(value * 1000, language)} ms"


def _comma(text: str) -> str:
    return text.replace(".", ",")
