"""Which stack suits what there is: `companion plan`, by questions or by flags."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, get_args

from companion.errors import ConfigError
from companion.learning.display import table
from companion.planning.advice import Chosen, Stack, advise
from companion.planning.licences import conditions
from companion.planning.situation import Goal, Situation, Skills, Use, Want, described
from companion.planning.writing import write_profile

QUESTIONS = {
    "ram_gb": "Gigabytes of RAM",
    "vram_gb": "Gigabytes of the GPU's memory, 0 without one",
    "budget_usd_month": "US dollars a month for machines",
    "goal": f"What for: {', '.join(get_args(Goal))}",
    "use": f"Used for: {', '.join(get_args(Use))}",
    "users": "Users in a month",
    "private": "Must all that is said stay on your machines: yes, no",
    "skills": f"Your skills: {', '.join(get_args(Skills))}",
    "wants": f"Besides words, by commas: {', '.join(get_args(Want))}",
}
"""What is asked in a terminal, in this order."""

FLAGS = {
    "ram": "ram_gb",
    "vram": "vram_gb",
    "budget": "budget_usd_month",
    **{
        one: one for one in ("goal", "use", "users", "private", "skills", "wants", "gpu", "hosting")
    },
}
"""The field of a situation that each flag says."""


def main(argv: Sequence[str]) -> int:
    """Print the stack for what the flags say, or for what is answered; write it where asked to.

    Raises ConfigError for what cannot be, and for a profile that is there already.
    """
    options = _parser().parse_args(argv)
    said = {name: getattr(options, flag) for flag, name in FLAGS.items()}
    given = {name: _read(name, value) for name, value in said.items() if value is not None}
    situation = Situation(**given) if given or not sys.stdin.isatty() else asked(input)
    stack = advise(situation)
    file = None
    if options.write is not None:
        file = write_profile(options.write, stack, overwrite=options.overwrite)
    print("\n".join(as_json(stack) if options.json else report(stack, options.rejected)))
    if file:
        print(
            f"Written: {file}\nStart it: companion chat --profile {options.write}", file=sys.stderr
        )
    return 0


def _parser() -> argparse.ArgumentParser:
    """The flags; one that is left out is at the default of `Situation`."""
    parser = argparse.ArgumentParser(
        prog="companion plan", description="A stack for what you have. Without flags, it asks."
    )
    add = parser.add_argument
    add("--ram", type=float, metavar="GB", help="gigabytes of RAM (default: 8)")
    add("--vram", type=float, metavar="GB", help="gigabytes of the GPU's memory (default: 0)")
    add("--budget", type=float, metavar="USD", help="US dollars a month (default: 0)")
    add("--goal", choices=get_args(Goal), help="what it is for (default: learn)")
    add("--use", choices=get_args(Use), help="what licences have to allow (default: research)")
    add("--users", type=int, metavar="N", help="people in a month (default: 1)")
    add("--private", action="store_true", default=None, help="what is said stays on your machines")
    add("--skills", choices=get_args(Skills), help="what you can look after (default: beginner)")
    add("--wants", metavar="LIST", help="besides words, by commas: speech,images,video")
    add("--gpu", help="your GPU, by its name in `companion fit`")
    add("--hosting", help="where it has to run (configs/catalogue/hosting.yaml)")
    add("--rejected", action="store_true", help="say what was left out, and why")
    add("--json", action="store_true", help="for programs")
    add("--write", metavar="NAME", help="write it as a profile of that name")
    add("--overwrite", action="store_true", help="even where there is one of that name")
    return parser


def asked(ask: Callable[[str], str]) -> Situation:
    """A situation from answers; an empty one is the default, a wrong one is asked again."""
    situation = Situation()
    for name, question in QUESTIONS.items():
        situation = _answered(ask, situation, name, question)
    return situation


def _answered(
    ask: Callable[[str], str], situation: Situation, name: str, question: str
) -> Situation:
    default = _shown(getattr(situation, name))
    while True:
        try:
            answer = ask(f"{question} [{default}]: ").strip()
        except EOFError:
            raise ConfigError("The questions ended before the answers", where=question) from None
        if not answer:
            return situation
        try:
            return Situation(**{**asdict(situation), name: _read(name, answer)})
        except ConfigError as error:
            print(error, file=sys.stderr)


def _read(name: str, value: Any) -> Any:
    """What somebody typed, as the field of a situation wants it."""
    if not isinstance(value, str):
        return value
    try:
        if name == "users":
            return int(value)
        if name in ("ram_gb", "vram_gb", "budget_usd_month"):
            return float(value)
    except ValueError:
        raise ConfigError(f"{value!r} is no number", where=name, repair="Use digits.") from None
    if name == "private":
        return _yes(value)
    if name == "wants":
        return tuple(one.strip() for one in value.split(",") if one.strip() not in ("", "none"))
    return value


def _yes(value: str) -> bool:
    if value.lower() not in ("y", "yes", "n", "no"):
        raise ConfigError(f"{value!r} is neither yes nor no", where="private", repair="Say one.")
    return value.lower() in ("y", "yes")


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(value) or "none" if isinstance(value, tuple) else str(value)


def report(stack: Stack, rejected: bool = False) -> Iterator[str]:
    """The stack as it is read: what to start, what to take and why, the bill, the limits."""
    yield f"For {described(stack.situation)}:"
    yield f"  companion chat --profile {stack.profile}"
    yield ""
    yield repr(table([_row(one) for one in stack.parts]))
    yield ""
    yield "What it costs a month, in US dollars:"
    yield from (f"  {line}" for line in stack.bill.lines())
    yield ""
    yield "Limits:"
    yield from (f"  - {one}" for one in stack.limits or ("none that is known.",))
    yield ""
    yield "What the licences ask:"
    told = conditions([one.part for one in stack.parts])
    yield from (f"  - {title}: {what}" for title, what in told.items())
    yield ""
    if rejected:
        yield "Left out:"
        yield from (f"  - {one.part.kind} {one.part.name}: {one.why}" for one in stack.rejected)
    else:
        yield f"{len(stack.rejected)} parts were left out; --rejected says why."


def _row(one: Chosen) -> dict[str, object]:
    return {"kind": one.part.kind, "take": one.part.title, "because": one.why}


def as_json(stack: Stack) -> Iterator[str]:
    """The same for programs: US dollars, gigabytes of 10^9 bytes."""
    best = stack.candidate
    told = {
        "situation": asdict(stack.situation),
        "profile": stack.profile,
        "parts": [_told(one) for one in stack.parts],
        "machines": best.crowd.machines,
        "users_at_once": best.crowd.at_once,
        "usd_month": stack.bill.total,
        "usd_month_to_pay": best.to_pay,
        "terms": [{**asdict(term), "total": term.total} for term in stack.bill.terms],
        "limits": stack.limits,
        "rejected": [_told(one) for one in stack.rejected],
    }
    yield json.dumps(told, indent=1, ensure_ascii=False)


def _told(one: Chosen) -> dict[str, str]:
    part = one.part
    date = str(part.date)
    told = {"kind": part.kind, "name": part.name, "title": part.title, "licence": part.licence}
    return {**told, "why": one.why, "source": part.source, "date": date}
