"""Where one sentence ends and the next begins, told while the text is still being written.

Each cut depends on what stands before it and, where that leaves a doubt, on the next character. So
the same text is cut in the same places however it arrives, and the pieces joined are the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from companion.speech.abbreviations import MAY_END, NEVER_END

LONGEST = 300
"""Characters after which a text without an end is cut at a space."""

EARLY = 3
"""Words after which a comma is end enough for the first thing that is said."""

CLOSERS = "\"'”’»)\\]*_~`"
END = re.compile(rf"(?P<stop>[.!?…]+)(?P<after>[{CLOSERS}]*)\s|(?P<line>\n)|(?P<pause>[,;:])\s")
FENCE = "```"
OPEN = re.compile(r"(?:^|[\s(])\*[^\s*][^*\n]*$|«[^»\n]*$")
"""*A stage direction* or « a quotation » that is not closed yet."""

LAST_WORD = re.compile(r"([^\s(«\"“]*)$")
NUMBERED = re.compile(r"(?:^|\n)\s*\d+$")
INITIALS = re.compile(r"(?:[^\W\d_]\.-?)*(?!I\b)[A-ZÀ-Ý]")
"""What stands before the last full stop of J. or of U.S. and a.k.a., and not of "so do I."."""


class Cutter:
    """Takes a text as it comes and gives its sentences as soon as they are complete."""

    def __init__(self, early: bool = False) -> None:
        """With `early`, the first piece may be a clause, so that the voice begins sooner."""
        self._text, self._early = "", early
        self._seen = 0  # no end was found before this character

    def feed(self, text: str) -> list[str]:
        """The sentences that are complete with `text`, with the space behind them."""
        self._text += text
        cut = []
        while at := self._end():
            cut.append(self._text[:at])
            self._text, self._early, self._seen = self._text[at:], False, 0
        return cut

    def rest(self) -> str:
        """What has no end of its own; nothing is left after it."""
        rest, self._text, self._seen = self._text, "", 0
        return rest

    def _end(self) -> int:
        """Where the first sentence ends; 0 where that cannot be told yet."""
        for match in END.finditer(self._text, self._seen):
            if match.end() > LONGEST and (at := self._by_force()):
                return at
            verdict = self._verdict(match)
            if verdict is None:
                return 0
            if verdict:
                return match.end()
            self._seen = match.end()
        return self._by_force()

    def _by_force(self) -> int:
        """Where a text that is too long is cut; listings are not, for nobody reads them aloud."""
        start = self._text[:LONGEST]
        if len(self._text) <= LONGEST or _listing(start):
            return 0
        return max(start.rfind(" "), start.rfind("\n")) + 1 or LONGEST

    def _verdict(self, match: re.Match[str]) -> bool | None:
        """Whether a sentence ends here; None where the next character will tell."""
        before = self._text[: match.start()]
        if not before.strip() or _listing(before) or OPEN.search(self._text[: match.end()]):
            return False
        if match["pause"]:
            return self._early and len(before.split()) >= EARLY
        if match["line"]:
            return self._ahead(match, r"[^\S\n]*(?:\n|\S)", r"[^\S\n]*[a-zà-ÿ]")
        stop, after = match["stop"], match["after"]
        word = LAST_WORD.search(before)
        last = word[1] if word else ""
        if stop == "." and (last in NEVER_END or INITIALS.fullmatch(last)):
            return False
        if stop == "." and NUMBERED.search(before):
            return False
        if after or stop == "…" or ".." in stop or last.lower() in MAY_END:
            return self._ahead(match, r"\s*\S", r"\s*[a-zà-ÿ\d]")
        return True

    def _ahead(self, match: re.Match[str], enough: str, goes_on: str) -> bool | None:
        """What the text behind a doubtful end says: nothing as long as there is not enough."""
        if not re.compile(enough).match(self._text, match.end()):
            return None
        return not re.compile(goes_on).match(self._text, match.end())


def _listing(text: str) -> bool:
    """Whether the text ends within a listing of code."""
    return text.count(FENCE) % 2 == 1


def split(text: str) -> list[str]:
    """The sentences of a whole text; joined, they are the text."""
    cutter = Cutter()
    pieces: Iterable[str] = (*cutter.feed(text), cutter.rest())
    return [piece for piece in pieces if piece]
