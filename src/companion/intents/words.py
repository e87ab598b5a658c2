"""Latent semantic analysis: which words and letter groups a text has, in a few hundred numbers.

An embedding knows what words mean and forgets which ones they were. "Cancel my card" and "cancel my
order" are near each other, and one word tells them apart: this is where it is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from companion.errors import MissingExtra
from companion.intents.data import ExamplesError

if TYPE_CHECKING:
    from companion.embeddings import Vectors

DIMENSION = 384
ANALYSERS: dict[str, dict[str, Any]] = {
    "words": {"ngram_range": (1, 2), "token_pattern": r"\S+"},
    "letters": {"analyzer": "char_wb", "ngram_range": (3, 4)},
}
RARE = {"words": 3, "letters": 5}
"""What fewer texts than this have is left out, unless nothing else is there."""


class LatentSemantics:
    """TF-IDF of words and letter groups, then a truncated singular value decomposition."""

    def __init__(self, state: dict[str, Any]) -> None:
        """From a `state` that `learn` made: vocabulary and idf of each analyser, and the axes."""
        self.state = state
        self._counters = [_counter(name, state[name]) for name in ANALYSERS]
        self._axes = state["axes"].astype("float32")
        self.dimension = int(self._axes.shape[1])

    @classmethod
    def learn(cls, texts: Sequence[str], seed: int = 0) -> LatentSemantics:
        """Learn from these texts which words there are and which ones go together.

        Raises ExamplesError when they share no words at all.
        """
        import numpy as np

        sparse, state = _counted(texts)
        rank = min(DIMENSION, sparse.shape[0] - 1, sparse.shape[1] - 1)
        if rank < 1:
            raise ExamplesError(
                f"{len(texts)} texts with {sparse.shape[1]} words and letter groups are too few",
                repair="Give more and longer texts.",
            )
        from sklearn.decomposition import TruncatedSVD

        svd = TruncatedSVD(rank, n_iter=0, random_state=seed).fit(sparse)
        # Half the bytes in the file; rounded now, so that a loaded model is exactly this one.
        state["axes"] = np.ascontiguousarray(svd.components_.T, dtype=np.float16)
        return cls(state)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, float32 of shape (texts, dimension); zeros where no word is known."""
        import numpy as np
        from scipy.sparse import hstack

        sparse = hstack([counter.transform(texts) for counter in self._counters]).tocsr()
        dense = np.asarray(sparse @ self._axes, np.float32)
        lengths = np.linalg.norm(dense, axis=1, keepdims=True)
        vectors: Vectors = dense / np.maximum(lengths, 1e-9)
        return vectors


def _counted(texts: Sequence[str]) -> tuple[Any, dict[str, Any]]:
    """The texts' TF-IDF as one sparse matrix, and vocabulary and idf of each analyser."""
    try:
        from scipy.sparse import hstack
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError:
        raise MissingExtra("scikit-learn", "search") from None
    columns, state = [], {}
    for name, options in ANALYSERS.items():
        rare = RARE[name] if len(texts) > 1000 else 1
        counter = TfidfVectorizer(sublinear_tf=True, min_df=rare, **options)
        columns.append(counter.fit_transform(texts))
        known = [str(word) for word in counter.get_feature_names_out()]
        state[name] = {"vocabulary": known, "idf": counter.idf_.astype("float32")}
    return hstack(columns).tocsr(), state


def _counter(name: str, learnt: dict[str, Any]) -> Any:
    """A vectoriser that knows what another one learnt."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    counter = TfidfVectorizer(
        sublinear_tf=True, vocabulary=learnt["vocabulary"], dtype="float32", **ANALYSERS[name]
    )
    counter.idf_ = learnt["idf"]
    return counter
