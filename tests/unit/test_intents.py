"""From text to intent on a slice of the real data: learnt, kept, rejected, refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from companion.embeddings import minilm
from companion.errors import ModelUnavailable
from companion.intents import Corpus, Examples, IntentClassifier, banking77, clinc150, measure
from companion.intents.data import ExamplesError, load


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return clinc150().sliced(intents=6, each=20)


@pytest.fixture(scope="module")
def classifier(corpus: Corpus) -> IntentClassifier:
    return IntentClassifier.train(corpus.train, minilm(), corpus.validation)


def test_the_shipped_data_is_whole() -> None:
    clinc, banking = clinc150(), banking77()
    assert [len(part) for part in (clinc.train, clinc.validation, clinc.test)] == [
        15100,
        3100,
        5500,
    ]
    assert len(clinc.train.labels) == 150
    assert (len(banking.train), len(banking.test), len(banking.train.labels)) == (10003, 3080, 77)


def test_it_tells_a_few_intents_apart_on_unseen_texts(
    corpus: Corpus, classifier: IntentClassifier
) -> None:
    scores = classifier.scores(corpus.test.texts)
    found = measure(scores, classifier.labels, corpus.test, classifier.threshold)
    assert found.accuracy > 80
    assert found.out_of_scope_recall is not None
    assert found.out_of_scope_recall > 50


def test_what_is_kept_predicts_the_same(
    corpus: Corpus, classifier: IntentClassifier, tmp_path: Path
) -> None:
    classifier.save(tmp_path / "intents.safetensors")
    again = IntentClassifier.load(tmp_path / "intents.safetensors", minilm())
    texts = corpus.test.texts[:20]
    kept = [intent for intent, _ in again.predict_all(texts)]
    assert kept == [intent for intent, _ in classifier.predict_all(texts)]
    assert not list(tmp_path.glob("*.draft"))
    assert again.predict_all([]) == []


def test_a_file_that_is_no_classifier_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "intents.safetensors"
    file.write_bytes(b"rubbish")
    with pytest.raises(ModelUnavailable, match="no intent classifier"):
        IntentClassifier.load(file, minilm())


def test_nothing_to_tell_apart_is_refused() -> None:
    with pytest.raises(ExamplesError, match="nothing to tell apart: 1 intents"):
        IntentClassifier.train(Examples(("hello",), ("greeting",)), minilm())
    with pytest.raises(ExamplesError, match="2 texts cannot have 1 intents"):
        Examples(("hello", "bye"), ("greeting",))
    with pytest.raises(ExamplesError, match=r"empty \(example 1\)"):
        Examples(("hello", " "), ("greeting", "bye"))


def test_an_intent_that_was_never_learnt_is_named(corpus: Corpus) -> None:
    strange = Examples(("hello",), ("never seen",))
    with pytest.raises(ExamplesError, match="'never seen'"):
        IntentClassifier.train(corpus.train, minilm(), strange)


def test_a_broken_file_of_examples_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "examples.json.xz"
    file.write_bytes(b"rubbish")
    with pytest.raises(ExamplesError, match="cannot be read"):
        load(file, "broken", "nowhere")
