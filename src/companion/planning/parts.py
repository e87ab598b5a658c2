"""What a stack can be made of: the rows of `configs/catalogue/`, one file for each kind.

part("ollama").licence
[one.title for one in parts("voice") if one.status == "current"]
"""

from __future__ import annotations

import difflib
from functools import cache
from typing import get_args

from companion.errors import ConfigError
from companion.planning.tables import read_table
from companion.resources import configs
from companion.sections.catalogue import Kind, Part, Row

KINDS: tuple[Kind, ...] = get_args(Kind)


def parts(kind: str | None = None) -> tuple[Part, ...]:
    """Each part of that kind, or of all, in the files' order. Raises ConfigError for no kind."""
    wanted = [one for one in KINDS if kind in (None, one)]
    if not wanted:
        raise ConfigError(
            f"There is no kind of part named {kind!r}",
            where=str(configs() / "catalogue"),
            repair=f"Use one of: {', '.join(KINDS)}.",
        )
    return tuple(part for each in wanted for part in _file(each))


def part(name: str) -> Part:
    """The part of that name. Raises ConfigError, naming near ones, where there is none."""
    found = {one.name: one for one in parts()}
    if name.lower() in found:
        return found[name.lower()]
    near = difflib.get_close_matches(name.lower(), found, n=3, cutoff=0.5)
    near += [one for one in found if name.lower() in one and one not in near]
    raise ConfigError(
        f"There is no part named {name!r}",
        where=str(configs() / "catalogue"),
        repair=f"Near are: {', '.join(near)}." if near else "The files there name all parts.",
    )


def successor(one: Part) -> Part:
    """What does the same work today: the end of the chain of `superseded_by`, else itself."""
    seen = {one.name}
    while one.superseded_by and one.superseded_by not in seen:
        one = part(one.superseded_by)
        seen.add(one.name)
    return one


@cache
def _file(kind: Kind) -> tuple[Part, ...]:
    rows = read_table(f"catalogue/{kind}", Row)
    return tuple(Part(name=name, kind=kind, **dict(row)) for name, row in rows.items())
