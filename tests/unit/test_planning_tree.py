"""The decision tree: every way leads to a profile that exists, and it is drawn as it is walked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from matplotlib import colors
from matplotlib.figure import Figure

from companion.config import load, profiles
from companion.errors import ConfigError
from companion.learning.decision import TAKEN, draw_tree, places
from companion.planning.tree import check, follow, leaves, mermaid, nodes, questions, walk
from companion.sections.catalogue import Branch, Node


def _ways(name: str, answers: dict[str, str]) -> Iterator[dict[str, str]]:
    """Every set of answers that leads to an end."""
    node = nodes()[name]
    if not node.answers:
        yield answers
    for key, branch in node.answers.items():
        yield from _ways(branch.then, {**answers, name: key})


WAYS = list(_ways("goal", {}))


@pytest.mark.parametrize("answers", WAYS, ids=str)
def test_every_way_ends_in_a_profile_that_loads(answers: dict[str, str]) -> None:
    leaf = walk(answers)
    assert load(leaf.profile).profile == leaf.profile
    assert [one.status for one in leaf.parts] == ["current"] * len(leaf.parts)
    assert len(leaf.path) == len(answers)
    assert "" not in (leaf.why, leaf.source, leaf.date)


def test_every_leaf_is_reached_and_every_question_asked() -> None:
    assert {walk(answers).name for answers in WAYS} == leaves().keys()
    assert {asked for answers in WAYS for asked in answers} == questions().keys()


@pytest.mark.parametrize(
    ("answers", "profile", "made_of"),
    [
        ({"goal": "learn", "local": "no"}, "colab-t4", "colab"),
        ({"goal": "learn", "local": "yes", "memory": "little"}, "offline", "companion-tiny"),
        ({"goal": "learn", "local": "yes", "memory": "ram-8gb"}, "ram-8gb", "qwen3.5-4b"),
        ({"goal": "learn", "local": "yes", "memory": "gpu-12gb"}, "rtx-3060", "qwen3.5-9b"),
        ({"goal": "fast", "team": "small"}, "openai", "vertex-ai"),
        ({"goal": "fast", "team": "dedicated"}, "vllm", "kubernetes"),
        ({"goal": "scale", "data": "yes"}, "vllm", "databricks"),
        ({"goal": "scale", "data": "no"}, "vllm", "mlflow"),
    ],
)
def test_the_documents_answers_lead_where_the_documents_say(
    answers: dict[str, str], profile: str, made_of: str
) -> None:
    leaf = walk(answers)
    assert leaf.profile == profile
    assert made_of in {one.name for one in leaf.parts}


def test_a_leaf_names_the_model_that_its_profile_asks_first() -> None:
    for leaf in map(walk, WAYS):
        models = {one.name for one in leaf.parts if one.kind == "model" and one.form == "weights"}
        assert models <= {load(leaf.profile).chat.models[0]}


def test_answers_off_the_way_do_not_matter() -> None:
    assert walk({"goal": "fast", "team": "small", "local": "no"}).profile == "openai"


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({}, r"'goal' is not answered.*Answer learn \(learn and prototype\)"),
        ({"goal": "learn"}, "'local' is not answered"),
        ({"goal": "learnn"}, "no answer to 'goal' 'learnn'.*Did you mean learn"),
        ({"gaol": "learn"}, "no question 'gaol'.*Did you mean goal"),
    ],
)
def test_what_cannot_be_walked_is_an_error_that_names_the_choices(
    answers: dict[str, str], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        walk(answers)


def test_a_leaf_without_a_profile_that_exists_is_refused() -> None:
    broken = {**nodes(), "modular": nodes()["modular"].model_copy(update={"profile": "rtx-5090"})}
    with pytest.raises(ConfigError, match=r"in which 'modular' could end, named 'rtx-5090'"):
        check(broken)
    assert "rtx-5090" not in profiles()


def test_parts_that_do_not_exist_are_refused() -> None:
    broken = {**nodes(), "modular": nodes()["modular"].model_copy(update={"parts": ("kafka",)})}
    with pytest.raises(ConfigError, match="no part named 'kafka'"):
        check(broken)


@pytest.mark.parametrize(
    ("then", "says"),
    [
        ("nowhere", "no node 'nowhere'"),
        ("goal", "'goal' hangs on 1 answers instead of 0"),
        ("lakehouse", "'lakehouse' hangs on 2 answers instead of 1"),
    ],
)
def test_what_is_no_tree_is_refused(then: str, says: str) -> None:
    answers = {**nodes()["data"].answers, "no": Branch(says="no", then=then)}
    broken = {**nodes(), "data": nodes()["data"].model_copy(update={"answers": answers})}
    with pytest.raises(ConfigError, match=says):
        check(broken)


def test_a_node_that_neither_asks_nor_ends_is_refused() -> None:
    with pytest.raises(ValueError, match="either answers or a profile"):
        Node.model_validate({"says": "Hm?", "source": "ours", "date": "2026-11-21"})


def test_mermaid_draws_each_node_and_the_way_thick() -> None:
    answers = {"goal": "learn", "local": "no"}
    text = mermaid(answers)
    assert text.startswith("flowchart LR\n")
    assert text.count("-->") + text.count("==>") == len(nodes()) - 1
    assert text.count("==>") == len(answers)
    assert "==>|no| managed-notebooks" in text
    assert "==>" not in mermaid()
    assert "style" not in mermaid()


def test_the_picture_shows_every_node_and_colours_the_way() -> None:
    axes = Figure().add_subplot()
    draw_tree(axes, {"goal": "learn", "local": "no"})
    words = " ".join(text.get_text().replace("\n", " ") for text in axes.texts)
    assert all(node.says in words for node in nodes().values())
    orange = [line for line in axes.lines if colors.same_color(line.get_color(), TAKEN)]
    assert len(orange) == 2
    assert len(axes.lines) == len(nodes()) - 1


def test_no_two_nodes_stand_in_one_place() -> None:
    spots = places()
    assert len(set(spots.values())) == len(spots) == len(nodes())
    rows = sorted(row for name, (_, row) in spots.items() if name in leaves())
    assert rows == [float(number) for number in range(len(leaves()))]


def test_the_way_stops_where_an_answer_is_missing() -> None:
    assert follow({"goal": "scale"}) == ((("goal", "scale"),), "data")
