"""Texts with their intents: two public data sets, shipped in the package, and yours.

Licences stand in SOURCES.md beside the files.
"""

from __future__ import annotations

import json
import lzma
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from companion.errors import CompanionError
from companion.resources import packaged

OUT_OF_SCOPE = "oos"
"""The files' name for what belongs to no intent; everywhere else it is None."""


class ExamplesError(CompanionError):
    """Nothing can be learnt from these texts and intents."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Texts, and the intent of each; None is out of scope."""

    texts: tuple[str, ...]
    intents: tuple[str | None, ...]

    def __post_init__(self) -> None:
        if len(self.texts) != len(self.intents):
            raise ExamplesError(
                f"{len(self.texts)} texts cannot have {len(self.intents)} intents",
                repair="Give each text one intent, or None where it is out of scope.",
            )
        blank = next((n for n, text in enumerate(self.texts) if not text.strip()), None)
        if blank is not None:
            raise ExamplesError("A text is empty", where=f"example {blank}", repair="Remove it.")

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def labels(self) -> tuple[str, ...]:
        """The intents that occur, sorted; out of scope is none of them."""
        return tuple(sorted({intent for intent in self.intents if intent is not None}))

    def sliced(self, labels: tuple[str, ...], each: int) -> Examples:
        """The first `each` texts of these intents, and as many that are out of scope."""
        taken: Counter[str | None] = Counter()
        kept = []
        for text, intent in zip(self.texts, self.intents, strict=True):
            taken[intent] += 1
            if taken[intent] <= each and (intent is None or intent in labels):
                kept.append((text, intent))
        return Examples(tuple(text for text, _ in kept), tuple(intent for _, intent in kept))


@dataclass(frozen=True, slots=True)
class Corpus:
    """One data set in three parts; `validation` is empty where its authors made none."""

    name: str
    source: str
    train: Examples
    validation: Examples
    test: Examples

    def sliced(self, intents: int, each: int) -> Corpus:
        """Its first intents, with at most `each` texts of every one in every part."""
        labels = self.train.labels[:intents]
        parts = [part.sliced(labels, each) for part in (self.train, self.validation, self.test)]
        return Corpus(self.name, self.source, *parts)


def clinc150() -> Corpus:
    """150 intents of ten domains, and questions out of scope (Larson et al. 2019, D19-1131)."""
    source = "https://github.com/clinc/oos-eval/raw/828f809/data/data_full.json"
    return load(packaged("data/intents/clinc150.json.xz"), "CLINC150", source)


def banking77() -> Corpus:
    """77 intents of bank customers, finely divided (Casanueva et al. 2020, arXiv 2003.04807)."""
    source = (
        "https://github.com/PolyAI-LDN/task-specific-datasets/raw/57ec275/banking_data/train.csv"
    )
    return load(packaged("data/intents/banking77.json.xz"), "BANKING77", source)


def load(path: Path, name: str, source: str) -> Corpus:
    """Read `{part: {intent: [texts]}}` from an xz file.

    Raises ExamplesError for a file that is broken or holds something else.
    """
    try:
        with lzma.open(path, "rt", encoding="utf-8") as file:
            parts = json.load(file)
        return Corpus(
            name,
            source,
            *(_examples(parts.get(part, {})) for part in ("train", "validation", "test")),
        )
    except (OSError, EOFError, lzma.LZMAError, ValueError, AttributeError, TypeError) as error:
        raise ExamplesError(
            f"The examples cannot be read: {error}",
            where=str(path),
            repair='It must be xz-compressed JSON: {"train": {"greeting": ["hello"]}}.',
        ) from error


def _examples(grouped: Mapping[str, list[str]]) -> Examples:
    pairs = [
        (text, None if intent == OUT_OF_SCOPE else intent)
        for intent, texts in grouped.items()
        for text in texts
    ]
    return Examples(tuple(text for text, _ in pairs), tuple(intent for _, intent in pairs))
