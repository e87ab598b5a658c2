"""What a visitor really heard of a reply, from how far its sound was played."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from companion.types import SentenceReady, Spoken

WORD = re.compile(r"\w+")


@dataclass
class Performance:
    """The sound of one reply as it is sent to the page, word by word; seconds count from its start.

    Words of a voice that tells no times are spread evenly over the sound of their sentence. It is
    `whole` when nothing more comes.
    """

    seconds: float = 0.0
    words: list[str] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    whole: bool = False
    _sentence: str = ""
    _since: float = 0.0
    _timed: bool = True

    def sentence(self, ready: SentenceReady) -> None:
        """The next sentence begins."""
        self._close()
        self._sentence, self._since, self._timed = ready.text, self.seconds, False

    def add(self, spoken: Spoken) -> None:
        """The next stretch of sound."""
        for word in spoken.speech.words:
            self._timed = True
            self._ended(self.seconds + word.start)
            self.words.append(word.text)
        audio = spoken.speech.audio
        self.seconds += len(audio.pcm) / 2 / audio.rate

    def heard(self, seconds: float) -> list[str] | None:
        """The words that had been said to their end when it was played so far; None for all."""
        self._close()
        said = bisect_right(self.ends, seconds)
        return None if self.whole and said == len(self.words) else self.words[:said]

    def _ended(self, moment: float) -> None:
        """A word lasts until the next one begins."""
        if len(self.ends) < len(self.words):
            self.ends.append(moment)

    def _close(self) -> None:
        self._ended(self.seconds)
        if self._timed:
            return
        words = WORD.findall(self._sentence)
        lasts = (self.seconds - self._since) / max(1, len(words))
        self.ends += [self._since + lasts * (number + 1) for number in range(len(words))]
        self.words += words
        self._timed = True


def kept(reply: str, heard: list[str]) -> str:
    """The beginning of `reply` that was heard; what was read otherwise than written counts with it.

    Words are matched in order, so that "3 km", read as "three kilometres", is kept with the word
    behind it.
    """
    spots = list(WORD.finditer(reply))
    written = [spot[0].casefold() for spot in spots]
    spoken = [part.casefold() for word in heard for part in WORD.findall(word)]
    matcher = SequenceMatcher(None, spoken, written, autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    if not blocks:
        return ""
    end = spots[blocks[-1].b + blocks[-1].size - 1].end()
    closing = re.match(r"[^\w\s]*", reply[end:])
    return reply[: end + (closing.end() if closing else 0)]
