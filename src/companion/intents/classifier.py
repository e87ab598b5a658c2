"""One object from text to intent: meaning (embedding) and wording (LSA) into small networks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from companion.embeddings import Embedder
from companion.errors import CompanionError, ModelUnavailable
from companion.intents.data import Examples, ExamplesError
from companion.intents.head import network, probabilities, train_head
from companion.intents.scoring import rejection_threshold
from companion.intents.words import ANALYSERS, LatentSemantics

if TYPE_CHECKING:
    from companion.embeddings import Vectors

FORMAT = "2"
WORDING = 0.5
"""How much the wording counts beside the meaning; chosen on the validation part of CLINC150."""

NETWORKS = 3
"""How many are trained, from different beginnings."""


class Prediction(NamedTuple):
    """The intent, or None when the text is out of scope, and the score of the best intent."""

    intent: str | None
    confidence: float


class IntentClassifier:
    """Knows `labels`, and rejects a text whose best score is below `threshold`."""

    def __init__(
        self,
        embedder: Embedder,
        wording: LatentSemantics,
        nets: Sequence[Any],
        labels: tuple[str, ...],
        threshold: float = 0.0,
    ) -> None:
        self.labels, self.threshold = labels, threshold
        self._embedder, self._wording, self._nets = embedder, wording, nets

    @classmethod
    def train(
        cls,
        examples: Examples,
        embedder: Embedder,
        validation: Examples | None = None,
        *,
        may_lose: float = 0.005,
        seed: int = 0,
    ) -> IntentClassifier:
        """Learn from examples; those out of scope are a class of their own that is never answered.

        With a `validation` part, the threshold is set so that at most the share `may_lose` of its
        right answers is rejected; without one, nothing is rejected. Raises ExamplesError for fewer
        than two intents, or for a validation part with intents that training lacks.
        """
        import numpy as np

        labels = examples.labels
        _check(labels, validation)
        wording = LatentSemantics.learn(examples.texts, seed)
        numbers = {label: number for number, label in enumerate(labels)}
        classes = np.array([numbers.get(str(i), len(labels)) for i in examples.intents], np.int64)
        features = _features(embedder, wording, examples.texts)
        nets = [train_head(features, classes, seed + number) for number in range(NETWORKS)]
        classifier = cls(embedder, wording, nets, labels)
        if validation is not None and len(validation):
            scores = classifier.scores(validation.texts)
            classifier.threshold = rejection_threshold(scores, labels, validation, may_lose)
        return classifier

    def predict(self, text: str) -> Prediction:
        """What one text is about."""
        return self.predict_all([text])[0]

    def predict_all(self, texts: Sequence[str]) -> list[Prediction]:
        """What each text is about, in the same order."""
        if not texts:
            return []
        scores = self.scores(texts)
        pairs = zip(scores.argmax(1), scores.max(1), strict=True)
        return [
            Prediction(self.labels[number] if best >= self.threshold else None, float(best))
            for number, best in pairs
        ]

    def scores(self, texts: Sequence[str]) -> Vectors:
        """The probability of each label, of shape (texts, labels); the rest is out of scope."""
        features = _features(self._embedder, self._wording, texts)
        return probabilities(self._nets, features)[:, : len(self.labels)]

    def save(self, path: Path) -> None:
        """Write everything but the embedder into one safetensors file, whole or not at all.

        Raises CompanionError when the disk is full or the folder cannot be written.
        """
        from safetensors.torch import save_file

        state = self._wording.state
        facts = {
            "format": FORMAT,
            "embedder": self._embedder.name,
            "labels": self.labels,
            "threshold": self.threshold,
            "networks": len(self._nets),
            "vocabulary": {name: state[name]["vocabulary"] for name in ANALYSERS},
        }
        draft = path.with_name(path.name + ".draft")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            save_file(self._tensors(), draft, metadata={"intents": json.dumps(facts)})
            draft.replace(path)
        except Exception as error:  # safetensors has its own error class for a full disk
            draft.unlink(missing_ok=True)
            raise CompanionError(
                f"The classifier cannot be written: {error}", where=str(path)
            ) from error

    @classmethod
    def load(cls, path: Path, embedder: Embedder) -> IntentClassifier:
        """Read what `save` wrote. `embedder` must be the one it was trained with.

        Raises ModelUnavailable for a broken or foreign file, or another embedder.
        """
        facts, tensors = _read(path)
        if facts["embedder"] != embedder.name:
            raise ModelUnavailable(
                f"This classifier was trained on vectors of {facts['embedder']}, not of "
                f"{embedder.name}",
                where=str(path),
                repair="Give it that embedder, or train it again.",
            )
        nets = [_network(tensors, number) for number in range(facts["networks"])]
        state: dict[str, Any] = {"axes": tensors["axes"].numpy()}
        for name in ANALYSERS:
            idf = tensors[f"idf.{name}"].numpy()
            state[name] = {"vocabulary": facts["vocabulary"][name], "idf": idf}
        labels, threshold = tuple(facts["labels"]), float(facts["threshold"])
        return cls(embedder, LatentSemantics(state), nets, labels, threshold)

    def _tensors(self) -> dict[str, Any]:
        import torch

        state = self._wording.state
        arrays = {"axes": state["axes"]} | {f"idf.{name}": state[name]["idf"] for name in ANALYSERS}
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        for number, net in enumerate(self._nets):
            tensors |= {f"net.{number}.{name}": value for name, value in net.state_dict().items()}
        return tensors


def _check(labels: tuple[str, ...], validation: Examples | None) -> None:
    if len(labels) < 2:
        raise ExamplesError(
            f"There is nothing to tell apart: {len(labels)} intents in the training part",
            repair="Give examples of two intents at least.",
        )
    unknown = set(validation.labels) - set(labels) if validation else set()
    if unknown:
        raise ExamplesError(
            f"The validation part has {len(unknown)} intents that training lacks, such as "
            f"{min(unknown)!r}",
            repair="Add examples of them to the training part.",
        )


def _features(embedder: Embedder, wording: LatentSemantics, texts: Sequence[str]) -> Vectors:
    """Meaning beside wording; the factors bring each number to about 1, which training likes."""
    import numpy as np

    meaning = embedder.encode(texts) * embedder.dimension**0.5
    words = wording.encode(texts) * (WORDING * wording.dimension**0.5)
    features: Vectors = np.concatenate([meaning, words], axis=1, dtype=np.float32)
    return features


def _network(tensors: dict[str, Any], number: int) -> Any:
    """One of the networks, from its tensors."""
    prefix = f"net.{number}."
    weights = {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
    net = network(weights["1.weight"].shape[1], len(weights["4.bias"]))
    net.load_state_dict(weights)
    return net.eval()


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the file says in words, and its tensors."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            facts: dict[str, Any] = json.loads(file.metadata()["intents"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if facts["format"] != FORMAT:
            raise ValueError(f"format {facts['format']}, expected {FORMAT}")
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ModelUnavailable(
            f"This is no intent classifier: {error}", where=str(path), repair="Train it again."
        ) from None
    return facts, tensors
