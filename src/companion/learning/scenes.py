"""What may be wrong with a scene that a learner writes for the grammar of conversations."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

SLOT = re.compile(r"\{(\w+)\}")
CHOICE = re.compile(r"\[([^\[\]]*)\]")
LEAST_LINES = 6
NOT_TOLD = {"dear", "companion"}
"""Slots that say nothing which a user could want to be remembered."""


def first_fault(scene: object, words: Collection[str]) -> str | None:
    """What is wrong with a scene that should teach to remember, or None.

    A right one is a list of lines, the user's and the companion's in turn; `words` are the slots
    that can be filled.
    """
    if not isinstance(scene, (list, tuple)) or not scene:
        return "It should be a list of lines."
    if odd := [line for line in scene if not isinstance(line, str)]:
        return f"Each line is a text in quotes, and {odd[0]!r} is not."
    faults = _of_form(scene, words) | _of_memory(scene)
    return next((why for why, wrong in faults.items() if wrong), None)


def _of_form(lines: Sequence[str], words: Collection[str]) -> dict[str, bool]:
    """What may be wrong with how it is written -> whether it is."""
    broken = next((line for line in lines if re.search(r"[][{}|]", _plain(line))), "")
    unknown = ", ".join(f"{{{slot}}}" for slot in sorted(_slots(" ".join(lines)) - set(words)))
    empty = next((at for at, line in enumerate(lines, 1) if not _always(line, r"\S", "word")), 0)
    return {
        f"A bracket or brace has no partner, or a `|` no brackets, in: {broken}": bool(broken),
        f"There are no words for {unknown}. Take a slot that the grammar has.": bool(unknown),
        f"Line {empty} may come out empty.": bool(empty),
        "That is soon remembered. Write six lines or more.": len(lines) < LEAST_LINES,
        "The companion has the last word, so the number of lines is even.": len(lines) % 2 == 1,
        "Nothing to choose from. Give some wordings, as in [Hi|Hello].": "|" not in str(lines),
    }


def _of_memory(lines: Sequence[str]) -> dict[str, bool]:
    """What may keep it from teaching to remember -> whether it does."""
    asked = lines[-2:][0]
    common = sorted((_slots(lines[0]) & _slots(lines[-1])) - NOT_TOLD)
    sure = [slot for slot in common if all(_says(line, slot) for line in (lines[0], lines[-1]))]
    slot, given = "".join(common[:1]), sure[:1] and _slots(asked) & set(sure)
    return {
        "The last line should have the same slot as the first one.": not common,
        f"First and last line say {{{slot}}} in some wordings only. It must be in all.": not sure,
        "The user's last line does not say `remember`.": "remember" not in asked.lower(),
        f"The question gives {{{slot}}} away, so nothing need be remembered.": bool(given),
    }


def _slots(line: str) -> set[str]:
    return {slot.lower() for slot in SLOT.findall(line)}


def _plain(line: str) -> str:
    """The line with one wording of each choice, and without its slots."""
    while found := CHOICE.search(line):
        line = line[: found.start()] + found[1].split("|")[0] + line[found.end() :]
    return SLOT.sub("", line)


def _says(line: str, slot: str) -> bool:
    return _always(line, rf"\{{{slot}\}}", f"{{{slot}}}")


def _always(line: str, pattern: str, sample: str) -> bool:
    """Whether it holds the pattern however its choices fall; `sample` is a text that does."""
    while found := CHOICE.search(line):
        each = all(re.search(pattern, one, re.IGNORECASE) for one in found[1].split("|"))
        line = line[: found.start()] + (sample if each else "") + line[found.end() :]
    return re.search(pattern, line, re.IGNORECASE) is not None
