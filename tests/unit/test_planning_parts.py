"""The catalogue: complete, each row with source and date, and no old part without its successor."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from companion.config import load, profiles
from companion.errors import ConfigError
from companion.planning import room
from companion.planning.catalogue import _shapes
from companion.planning.licences import licence
from companion.planning.parts import KINDS, part, parts, successor
from companion.sections.catalogue import Licence, Node, Part, Row

NAMED = {
    "engine": "ollama localai fastchat llama-cpp vllm tgi transformers",
    "model": "llama2-7b llama2-13b llama2-70b mistral-7b phi-2 deepseek-r1-7b gpt-4 mixtral-8x7b",
    "image": "sdxl sd-1.5 dalle-mini",
    "video": "svd animatediff deforum classic-animation",
    "voice": "coqui-tts piper espeak-ng mimic3 xtts-v2",
    "recognizer": "whisper wav2vec2 speech-recognition",
    "interface": "nextjs-ollama-ui own-interface plain-api gradio streamlit",
    "hosting": "aws gcp azure oracle on-demand spot reserved g5-xlarge g4dn-xlarge p3-2xlarge "
    "p4d-24xlarge runpod-rtx-4090 vast-rtx-3090 colab kaggle studio-lab vps jetson-orin-nano "
    "rtx-3060 rtx-4060-ti rtx-4070 rtx-4080 rtx-3090 rtx-4090 own-pc own-cluster",
    "iac": "terraform cloudformation aws-cdk pulumi",
    "configuration": "ansible chef puppet salt",
    "ci": "gitlab-ci github-actions jenkins circleci",
    "mlops": "databricks sagemaker vertex-ai azure-ml kubeflow mlflow",
    "storage": "redis postgresql rabbitmq minio",
    "operations": "prometheus grafana kubernetes cdn",
}
"""What the documents compare; the rows beside these are what took the place of some of them."""

ROW: dict[str, Any] = {
    "title": "A part",
    "licence": "mit",
    "form": "program",
    "skills": "beginner",
    "strengths": ["works"],
    "weaknesses": ["new"],
    "source": "https://example.org",
    "date": date(2026, 11, 21),
}

EVERY = pytest.mark.parametrize("one", parts(), ids=lambda one: one.name)


@pytest.mark.parametrize("kind", KINDS)
def test_it_has_all_that_the_documents_name(kind: str) -> None:
    assert set(NAMED[kind].split()) <= {one.name for one in parts(kind)}


def test_each_kind_is_a_file_and_each_name_is_used_once() -> None:
    names = [one.name for one in parts()]
    assert len(names) == len(set(names))
    assert {one.kind for one in parts()} == set(KINDS)


@pytest.mark.parametrize("key", ["source", "date", "licence", "strengths", "weaknesses"])
def test_a_row_without_it_is_refused(key: str) -> None:
    Row.model_validate(ROW)
    for content in ({k: v for k, v in ROW.items() if k != key}, {**ROW, key: ""}):
        with pytest.raises(ValidationError, match=key):
            Row.model_validate(content)


@pytest.mark.parametrize("section", [Licence, Node, Row])
def test_whatever_is_told_has_a_source_and_a_date(section: Any) -> None:
    assert {"source", "date"} <= {
        name for name, field in section.model_fields.items() if field.is_required()
    }


@EVERY
def test_its_source_can_be_looked_up(one: Part) -> None:
    ours = one.source.endswith("of this project")
    assert one.source.startswith("https://") or one.source == "documents" or ours
    assert one.documents or one.source != "documents"
    assert date(2015, 1, 1) < one.date


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"needs": {"ram_gb": 8}}, "a figure needs its source"),
        ({"status": "archived"}, "why it is no longer current"),
        ({"status": "superseded", "why": "old"}, "what supersedes it"),
        ({"scores": {"beauty": 3}}, "beauty"),
        ({"scores": {"cost": 6}}, "less than or equal to 5"),
    ],
)
def test_what_does_not_hold_is_refused(content: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Row.model_validate({**ROW, **content})


@EVERY
def test_what_has_aged_leads_to_something_current_of_its_kind(one: Part) -> None:
    heir = successor(one)
    assert heir.status == "current"
    assert heir.kind == one.kind
    assert (heir == one) == (one.status == "current")
    assert one.superseded_by is None or one.status != "current"


@EVERY
def test_each_name_in_it_exists(one: Part) -> None:
    licence(one.licence)
    assert one.profile is None or one.profile in profiles()
    assert one.shape is None or one.shape in {*_shapes(), "companion-tiny"}
    if one.instead:
        assert part(one.instead).kind == one.kind


def test_models_age_here_as_in_models_yaml() -> None:
    models = load().models
    both = [one for one in parts("model") if one.name in models]
    assert len(both) > 8
    assert {one.name: one.superseded_by for one in both} == {
        one.name: models[one.name].superseded_by for one in both
    }


def test_models_have_the_weights_that_their_shapes_have() -> None:
    shapes = _shapes()
    for one in parts("model"):
        if one.shape in shapes:
            assert one.billions == pytest.approx(shapes[one.shape].billions, rel=0.1), one.name


def test_a_machine_has_the_memory_that_models_are_planned_for() -> None:
    planned = {one.room: one.gives for one in parts("hosting") if one.room}
    assert len(planned) > 5
    for name, gives in planned.items():
        assert gives is not None
        assert room(name).bytes_there <= (gives.vram_gb or 0) * 1e9


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("llama2-13b", "qwen3.5-9b"),
        ("llama3-8b", "qwen3.5-9b"),
        ("mimic3", "piper1-gpl"),
        ("coqui-tts", "coqui-tts-idiap"),
        ("mlflow-files", "mlflow"),
        ("tgi", "vllm"),
        ("redis", "valkey"),
        ("terraform", "opentofu"),
        ("minio", "seaweedfs"),
        ("sd-1.5", "sdxl"),
        ("p3-2xlarge", "g5-xlarge"),
        ("ollama", "ollama"),
    ],
)
def test_the_documents_choices_that_have_aged_name_their_successor(old: str, new: str) -> None:
    assert successor(part(old)).name == new


def test_an_unknown_name_is_answered_with_near_ones() -> None:
    with pytest.raises(ConfigError, match=r"no part named 'olama'.*Near are: ollama"):
        part("olama")
    with pytest.raises(ConfigError, match=r"no kind of part named 'voices'.*voice, recognizer"):
        parts("voices")
    assert part("Ollama").name == "ollama"
