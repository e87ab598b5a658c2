"""The classifier in MLflow's registry, in a real store: put there, taken out, asked, or missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from companion import intents, tracking
from companion.config import load
from companion.embeddings import minilm
from companion.errors import ModelUnavailable, TrackingError
from companion.intents import Corpus, IntentClassifier, registry


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return intents.clinc150().sliced(intents=4, each=12)


@pytest.fixture(scope="module")
def classifier(corpus: Corpus) -> IntentClassifier:
    return IntentClassifier.train(corpus.train, intents.embedder(), corpus.validation)


def test_what_is_registered_comes_out_and_names_its_data(
    store: Path, corpus: Corpus, classifier: IntentClassifier, capfd: pytest.CaptureFixture[str]
) -> None:
    assert intents.registered("some") is None
    with tracking.start_run("registering") as run:
        versions = [intents.register(run, classifier, corpus, "some") for _ in range(2)]
    assert versions == ["1", "2"]
    assert capfd.readouterr().err == "", "a learner would take it for a warning"
    again = intents.registered("some")
    assert again is not None
    texts = corpus.test.texts[:10]
    assert again.predict_all(texts) == classifier.predict_all(texts)
    mlflow, _ = tracking.open_store(load())
    data = mlflow.get_run(run.id).inputs.dataset_inputs[0].dataset
    assert data.name == corpus.name
    assert corpus.source in data.source
    served = mlflow.pyfunc.load_model("models:/some/latest").predict(list(texts))
    found = classifier.predict_all(texts)
    assert [list(one) for one in served] == [[i] if i else [] for i, _ in found]


def test_a_task_is_chosen_by_what_was_trained_once(
    store: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "clinc150", lambda: corpus)  # of which a slice is enough here
    first = intents.ready()
    assert first.predict("wake me up at six with an alarm").intent == "alarm"
    monkeypatch.setattr(IntentClassifier, "train", None)  # from now on training is impossible
    texts = corpus.test.texts[:10]
    assert intents.ready().predict_all(texts) == first.predict_all(texts)


def test_it_is_trained_in_a_process_of_its_own_and_taken_from_the_registry(store: Path) -> None:
    train_a_slice = """
from companion.intents import registry
whole = registry.clinc150()
registry.clinc150 = lambda: whole.sliced(intents=4, each=12)
registry.ready()
"""
    first = intents.ready_beside((sys.executable, "-c", train_a_slice))
    assert first.predict("wake me up at six with an alarm").intent == "alarm"
    again = intents.ready_beside(("a command", "that nobody has"))
    assert again.labels == first.labels
    done = subprocess.run(
        [sys.executable, "-m", "companion.intents"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "Ready: 4 intents\n"


def test_training_beside_that_fails_says_why(store: Path) -> None:
    with pytest.raises(ModelUnavailable, match="could not be trained: no power"):
        intents.ready_beside((sys.executable, "-c", "raise SystemExit('no power')"))


def test_a_registered_file_that_is_gone_is_an_error_and_not_a_missing_model(
    store: Path, corpus: Corpus, classifier: IntentClassifier
) -> None:
    with tracking.start_run("registering") as run:
        intents.register(run, classifier, corpus, "some")
    file = tracking.registered("some")
    assert file is not None
    file.unlink()
    with pytest.raises(TrackingError, match=r"'some' cannot be read.*Register it again"):
        intents.registered("some")


def test_another_embedder_is_refused(classifier: IntentClassifier, tmp_path: Path) -> None:
    classifier.save(tmp_path / "intents.safetensors")
    with pytest.raises(ModelUnavailable, match="layers 4 and 6, not of all-MiniLM-L6-v2"):
        IntentClassifier.load(tmp_path / "intents.safetensors", minilm())
