"""What stands in double braces in a card, replaced when it is read out and never when it is kept.

The curly braced syntaxes of Character Card V3, and the <USER> and <BOT> of V1, in any case.
"""

from __future__ import annotations

import re
from random import Random

_MACRO = re.compile(r"\{\{([^{}]*)\}\}")
_V1 = re.compile(r"<(USER|BOT|CHAR)>", re.IGNORECASE)


def rendered(text: str, *, char: str, user: str) -> str:
    """`text` with its macros replaced: {{char}} and {{user}} by names, {{random:a,b}} by a or b.

    The same text always gets the same dice, so that an answer can be repeated. Names are put in as
    they are, and are not read for macros again. What is no macro stays as it stands.
    """
    dice = Random(text)
    names = {"char": char, "bot": char, "user": user}
    text = _V1.sub(lambda found: "{{" + found[1] + "}}", text)
    return _MACRO.sub(lambda found: _value(found[1], names, dice, found[0]), text)


def _value(inside: str, names: dict[str, str], dice: Random, whole: str) -> str:
    """What one macro stands for."""
    if (name := inside.strip().lower()) in names:
        return names[name]
    if inside.lstrip().startswith("//"):
        return ""
    kind, colon, rest = inside.partition(":")
    match kind.strip().lower() if colon else "":
        case "random" | "pick":
            choices = re.split(r"(?<!\\),", rest.removeprefix(":"))
            return dice.choice(choices).replace("\\,", ",").strip()
        case "roll":
            sides = rest.strip().lower().removeprefix("d")
            return (
                str(dice.randint(1, int(sides))) if re.fullmatch(r"[1-9]\d{0,8}", sides) else whole
            )
        case "hidden_key" | "comment":
            return ""
        case "reverse":
            return rest[::-1]
    return whole
