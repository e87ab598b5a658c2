"""`python -m companion.training.spoken`: make the vocabulary of the companion's ear again.

It is learnt from what users say in the conversations of the grammars, and from the short words with
which one interrupts or shows that one listens. Of the sentences, two in a hundred are kept out, so
that hearing can be measured with sentences of the same kind that the vocabulary has never seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from companion.resources import packaged
from companion.sections.hearing import ENGLISH
from companion.speech import vocabulary
from companion.training import grammar

CONVERSATIONS = 40_000
HELD_OUT_PERCENT = 2
SOUNDS = "data/hearing/sounds.txt"
COMMANDS = (
    *("Stop.", "Stop it.", "Stop, please.", "Wait.", "Wait a moment.", "Wait a second."),
    *(
        "Hold on.",
        "Hang on.",
        "One moment.",
        "Excuse me.",
        "Listen.",
        "Enough.",
        "No.",
        "No, wait.",
    ),
    *("That's enough.", "Be quiet.", "Quiet, please.", "Let me say something."),
    *("Sorry, I have a question.", "That's not what I meant."),
)


def sentences(conversations: int = CONVERSATIONS, seed: int = 0) -> Iterator[str]:
    """What users say in so many conversations, in order, again and again where they do."""
    for one in grammar.conversations("en", conversations, seed):
        yield from one.turns[::2]


def is_held_out(sentence: str) -> bool:
    """Whether no vocabulary learns this sentence; case, figures and marks change nothing."""
    words = " ".join(vocabulary.spoken(sentence))
    digest = hashlib.sha256(words.encode()).digest()
    return int.from_bytes(digest[:4], "big") % 100 < HELD_OUT_PERCENT


def unseen(count: int, seed: int, known: vocabulary.Vocabulary | None = None) -> list[str]:
    """Different sentences of four words or more that were held out, as often as users say such.

    All of their words are in the vocabulary: what is unknown cannot be heard, which is counted
    apart.
    """
    words = (known or vocabulary.load()).words
    found: dict[str, None] = {}
    for one in filter(lambda said: _fits(said, words), sentences(CONVERSATIONS, seed)):
        found[one] = None
        if len(found) >= count:
            break
    return list(found)


def _fits(sentence: str, words: frozenset[str]) -> bool:
    spoken = vocabulary.spoken(sentence)
    return len(spoken) > 3 and words.issuperset(spoken) and is_held_out(sentence)


def own_sounds() -> dict[str, str]:
    """The pronunciations, in ARPAbet, of words that people say and the CMU dictionary lacks."""
    lines = packaged(SOUNDS).read_text(encoding="utf-8").splitlines()
    entries = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return {word: sounds for word, _, sounds in entries}


def main() -> None:
    """Write the vocabulary into the package."""
    learnt = [one for one in sentences() if not is_held_out(one)]
    short = [word.capitalize() for word in ENGLISH]
    made = vocabulary.trained([*learnt, *COMMANDS, *short], own_sounds())
    target = packaged("data/hearing") / "companion.json.xz"
    size = vocabulary.save(made, target)
    print(f"{target}: {len(made.words)} words in {size:,} bytes")


if __name__ == "__main__":
    main()
