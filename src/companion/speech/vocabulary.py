"""What people say to a companion, as a recogniser needs it: words, their sounds, what follows what.

The language model says how likely a word is behind the two before it; it is learnt from the user's
turns of the grammars (`companion.training.spoken` makes it again).
"""

from __future__ import annotations

import json
import lzma
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from companion.errors import MissingExtra, SpeechError
from companion.resources import packaged
from companion.speech.reading import read_aloud

SHIPPED = "data/hearing/companion.json.xz"
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*'?")
_UNIGRAM = re.compile(r"^-[\d.]+ (\S+) -?[\d.]+$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a recogniser expects to hear.

    `model` is a language model of three words in ARPA's format. `sounds` has the pronunciations, in
    ARPAbet, of words that are not in the CMU dictionary. `written` says how a word is written where
    that is not in small letters, such as "Paris" or "I'm".
    """

    model: str
    sounds: Mapping[str, str]
    written: Mapping[str, str]

    @property
    def words(self) -> frozenset[str]:
        """All words that it may hear."""
        return frozenset(_UNIGRAM.findall(self.model)) - {"<s>", "</s>"}

    def in_writing(self, words: Iterable[str]) -> str:
        """The words as one writes them, with a capital at the start."""
        text = " ".join(self.written.get(word, word) for word in words)
        return text[:1].upper() + text[1:]

    def write_decoder_files(self, folder: Path) -> tuple[Path, Path]:
        """The files that PocketSphinx reads: the language model, and the sounds of its words."""
        model, words = folder / "model.arpa", folder / "words.dict"
        own = [f"{word} {sounds}" for word, sounds in self.sounds.items()]
        wanted = self.words
        known = [line for line in _dictionary() if _word(line) in wanted]
        model.write_text(self.model, encoding="utf-8")
        words.write_text("\n".join([*known, *own, ""]), encoding="utf-8")
        return model, words


def spoken(text: str) -> list[str]:
    """The words of an English text as they are said: in small letters, numbers in words.

    >>> spoken("I'm 42, and you?")
    ["i'm", 'forty', 'two', 'and', 'you']
    """
    plain = read_aloud(text, "en").lower().replace("’", "'")
    known = dictionary_words()
    words = (word if word in known else word.strip("'") for word in WORD.findall(plain))
    return [word for word in words if word]


def save(vocabulary: Vocabulary, file: Path) -> int:
    """Write it, compressed; the number of bytes. The same vocabulary gives the same bytes."""
    text = json.dumps(asdict(vocabulary), ensure_ascii=False, sort_keys=True)
    return file.write_bytes(lzma.compress(text.encode(), preset=9))


def load(file: Path | None = None) -> Vocabulary:
    """The shipped vocabulary, or another. Raises SpeechError for a file that is none."""
    path = file or packaged(SHIPPED)
    try:
        return Vocabulary(**json.loads(lzma.decompress(path.read_bytes())))
    except (OSError, ValueError, TypeError, lzma.LZMAError, EOFError) as error:
        why = str(error) or type(error).__name__
        repair = "Make it again: python -m companion.training.spoken"
        raise SpeechError(f"This is no vocabulary: {why}", where=str(path), repair=repair) from None


@cache
def dictionary_words() -> frozenset[str]:
    """The words of the CMU dictionary that comes with pocketsphinx."""
    return frozenset(map(_word, _dictionary()))


def _word(line: str) -> str:
    """The word of a line of the dictionary; "read(2)" is another way to say "read"."""
    return line.split(maxsplit=1)[0].split("(")[0]


def _dictionary() -> list[str]:
    try:
        from pocketsphinx import get_model_path  # type: ignore[import-untyped]
    except ImportError:
        raise MissingExtra("pocketsphinx", "voice") from None
    lines = Path(get_model_path("en-us/cmudict-en-us.dict")).read_text(encoding="utf-8")
    return [line for line in lines.splitlines() if line.strip()]
