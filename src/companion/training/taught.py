"""Everything that companion-tiny is taught from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from companion.training import answers, grammar, translations
from companion.training.corpora import Corpus, shipped

if TYPE_CHECKING:
    from companion.embeddings import Embedder


def everything(seed: int, embedder: Embedder) -> list[Corpus]:
    """The shipped corpora, sentence pairs as conversations, and what is made from templates."""
    made = [translations.corpus(seed), *grammar.corpora(seed), *answers.corpora(seed, embedder)]
    return [*shipped(), *made]
