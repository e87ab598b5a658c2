"""A model of counts as text, in the format ARPA that recognisers read.

A line has the logarithm to the base 10 of how likely a word is behind the words before it, then
these words, and the logarithm of what is left there for words that were never seen in that place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from companion.training.ngram import KneserNey

if TYPE_CHECKING:
    from companion.training.ngram import Counts, Keys

ORDER = 3
BEGIN, END = "<s>", "</s>"
NEVER, LEAST = -99.0, 1e-9


def arpa(sentences: Sequence[Sequence[str]]) -> str:
    """What follows up to two words in these sentences; one that comes twice counts twice."""
    words = [BEGIN, *sorted({word for sentence in sentences for word in sentence}), END]
    numbers = {word: number for number, word in enumerate(words)}
    told = [[numbers[word] for word in (*sentence, END)] for sentence in sentences]
    counts = KneserNey(told, len(words), ORDER)
    parts = {order: list(_lines(counts, order, words)) for order in range(1, ORDER + 1)}
    text = ["\\data\\", *(f"ngram {order}={len(lines)}" for order, lines in parts.items())]
    for order, lines in parts.items():
        text += ["", f"\\{order}-grams:", *lines]
    return "\n".join([*text, "", "\\end\\", ""])


def _lines(counts: KneserNey, order: int, words: Sequence[str]) -> Iterator[str]:
    """The n-grams of one order.

    Where a sentence begins, `counts` sees number 0 before it, however far it looks back. ARPA has
    one `<s>` there, so its shorter n-grams say what the longest of the counts know.
    """
    import numpy as np

    grams, bits = counts.levels[order - 1].grams, counts.bits
    if order == 1:
        grams = np.insert(grams, 0, 0)
    else:
        grams = grams[grams >> np.uint64(bits * (order - 2)) > 0]  # not two of <s>
    begins = grams >> np.uint64(bits * (order - 1)) == 0
    chances = np.where(begins, counts.chances(grams, ORDER), counts.chances(grams, order))
    left = _left(counts, grams, order) if order < ORDER else None
    for at, gram in enumerate(grams.tolist()):
        said = " ".join(words[number] for number in _numbers(gram, order, bits))
        chance = np.log10(chances[at]) if gram else NEVER
        yield f"{chance:.2f} {said}" + ("" if left is None else f" {left[at]:.2f}")


def _left(counts: KneserNey, grams: Keys, order: int) -> Counts:
    """The logarithm of what is left behind each of them for words that were not seen there."""
    import numpy as np

    share = counts.shared(grams, order + 1)
    if order == 1:  # behind <s>, both longer orders leave something
        share[0] *= counts.shared(grams[:1], ORDER)[0]
    logarithm: Counts = np.log10(np.maximum(share, LEAST))
    return logarithm


def _numbers(gram: int, order: int, bits: int) -> list[int]:
    """The words of a packed n-gram, the first one first."""
    return [gram >> bits * back & (1 << bits) - 1 for back in reversed(range(order))]
