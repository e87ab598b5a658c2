"""Sentences in two languages as conversations: asked how one is said, the companion says it.

What the model gains is less translating, for which it is too small, than French: a sentence whose
meaning it has to keep ties the words of the language it knows less to those it knows better.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from companion.resources import packaged
from companion.training.corpora import Conversation, Corpus, load
from companion.types import Language

NAME = "translations"
PAIRS = "data/corpora/pairs/tatoeba_fra_eng.jsonl.xz"

_ASKED: dict[Language, tuple[str, ...]] = {
    "en": (
        'How do you say "{}" in French?',
        'What is "{}" in French?',
        'Say it in French: "{}"',
        'Can you put this into French? "{}"',
        'And "{}"?',
    ),
    "fr": (
        "Comment dit-on « {} » en anglais ?",
        "Que veut dire « {} » en anglais ?",
        "Traduis en anglais : « {} »",
        "Tu peux me dire ça en anglais ? « {} »",
        "Et « {} » ?",
    ),
}


def sentence_pairs() -> list[tuple[str, str]]:
    """The (English, French) sentences in the package.

    Raises CorpusError where the file is missing or damaged.
    """
    return [(one.turns[0], one.turns[1]) for one in load(packaged(PAIRS)).conversations]


def corpus(seed: int = 0) -> Corpus:
    """Every pair once, in one of the two directions, one to four to a conversation."""
    return Corpus(NAME, tuple(_conversations(sentence_pairs(), random.Random(f"pairs {seed}"))))


def _conversations(pairs: list[tuple[str, str]], chance: random.Random) -> Iterator[Conversation]:
    chance.shuffle(pairs)
    while pairs:
        language: Language = chance.choice(("en", "fr"))
        amount = chance.randint(1, 4)
        some, pairs = pairs[:amount], pairs[amount:]
        yield Conversation(tuple(_turns(some, language, chance)), language)


def _turns(
    pairs: Sequence[tuple[str, str]], language: Language, chance: random.Random
) -> Iterator[str]:
    """The short question only follows a full one."""
    for at, (english, french) in enumerate(pairs):
        said, translated = (english, french) if language == "en" else (french, english)
        frames = _ASKED[language]
        yield chance.choice(frames if at else frames[:-1]).format(said)
        yield translated
