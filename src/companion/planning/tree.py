"""The decision tree of `configs/catalogue/tree.yaml`: a few questions that end in a profile.

walk({"goal": "learn", "local": "no"}).profile
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from companion.config import profiles
from companion.errors import ConfigError
from companion.planning.parts import part
from companion.planning.tables import read_table
from companion.resources import configs
from companion.sections.catalogue import Node, Part

Answers = Mapping[str, str]
"""For the name of a question, the name of an answer; questions off the way do not matter."""

Path = tuple[tuple[str, str], ...]
"""Questions and answers by name, in the order in which they are asked."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """Where the answers lead: a profile of `configs/profiles`, why, and what the stack is made of.

    `path` are the questions that were asked and their answers, as people read them.
    """

    name: str
    says: str
    profile: str
    why: str
    parts: tuple[Part, ...]
    path: Path
    source: str
    date: str


def questions() -> dict[str, Node]:
    """Each question by its name, the first one first."""
    return {name: node for name, node in nodes().items() if node.answers}


def leaves() -> dict[str, Node]:
    """Each end by its name."""
    return {name: node for name, node in nodes().items() if node.profile}


def walk(answers: Answers) -> Leaf:
    """The leaf that the answers lead to.

    Raises ConfigError for an unknown question or answer, and for a question without an answer.
    """
    path, name = follow(answers)
    node = nodes()[name]
    if node.profile is None:
        choices = {key: branch.says for key, branch in node.answers.items()}
        raise ConfigError(
            f"The question {name!r} is not answered: {node.says}",
            where=_where(),
            repair="Answer " + ", ".join(f"{key} ({says})" for key, says in choices.items()) + ".",
        )
    read = tuple((nodes()[asked].says, nodes()[asked].answers[key].says) for asked, key in path)
    made_of = tuple(part(one) for one in node.parts)
    return Leaf(name, node.says, node.profile, node.why, made_of, read, node.source, str(node.date))


def follow(answers: Answers) -> tuple[Path, str]:
    """How far the answers lead: the way, by name, and the node at its end."""
    for asked in answers:
        _known(asked, questions(), "question")
    tree, path = nodes(), []
    name = next(iter(tree))
    while tree[name].answers and name in answers:
        key = answers[name]
        _known(key, tree[name].answers, f"answer to {name!r}")
        path.append((name, key))
        name = tree[name].answers[key].then
    return tuple(path), name


def mermaid(answers: Answers | None = None) -> str:
    """The tree as a Mermaid flowchart; the way that the answers lead is drawn thick."""
    path, end = follow(answers or {})
    lines = ["flowchart LR"]
    for name, node in nodes().items():
        text = node.says.replace('"', "'")
        lines.append(f'  {name}["{text}"]' if node.answers else _end(name, text, node.profile))
        lines += [
            f"  {name} {'==>' if (name, key) in path else '-->'}|{branch.says}| {branch.then}"
            for key, branch in node.answers.items()
        ]
    lines += [f"  style {name} stroke-width:4px" for name in (*dict(path), end) if answers]
    return "\n".join(lines) + "\n"


def _end(name: str, text: str, profile: str | None) -> str:
    return f'  {name}(["{text}<br/><b>{profile}</b>"])'


@cache
def nodes() -> dict[str, Node]:
    """All nodes by name, the first question first. Raises ConfigError for what is no tree."""
    tree: dict[str, Node] = read_table("catalogue/tree", Node)
    check(tree)
    return tree


def check(tree: Mapping[str, Node]) -> None:
    """Raise ConfigError unless each node but the first hangs on one answer, and each leaf exists.

    A leaf names a profile of `configs/profiles`, and parts of the catalogue.
    """
    first, *others = tree
    reached = [branch.then for node in tree.values() for branch in node.answers.values()]
    for name in reached:
        _known(name, tree, "node")
    for name, times in [(first, 0), *((one, 1) for one in others)]:
        if reached.count(name) != times:
            what = f"{name!r} hangs on {reached.count(name)} answers instead of {times}"
            raise ConfigError(what, where=_where(), repair="Lead to it once, and never back.")
    for name, node in tree.items():
        if node.profile:
            _known(node.profile, profiles(), f"profile, in which {name!r} could end, named")
        for one in node.parts:
            part(one)


def _known(name: str, known: Collection[str], what: str) -> None:
    """Raise ConfigError, with what there is instead, for a name that is not known."""
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise ConfigError(
            f"There is no {what} {name!r}",
            where=_where(),
            repair=f"{hint}Use one of: {', '.join(known)}.",
        )


def _where() -> str:
    return str(configs() / "catalogue" / "tree.yaml")
