"""Where an answer goes on behind a beginning that was already said."""

from __future__ import annotations


class Seam:
    """The white space between the beginning and what is new: never sent, and never said twice.

    Tokens carry the space in front of their word, so a beginning that ends in one confuses models,
    and some servers refuse it. `sent` is the beginning without it.
    """

    def __init__(self, prefill: str) -> None:
        self.sent = prefill.rstrip()
        self._said = self.sent != prefill

    def join(self, text: str) -> str:
        """The next piece of the answer, as it fits behind what was said."""
        if self._said:
            text = text.lstrip()
            self._said = not text
        return text
