"""`python -m companion.training.spoken`: make the vocabulary of the companion's ear again.

It is learnt from what users say in the conversations of the grammars, and from the short words with
which one interrupts or shows that one listens. Of the sentences, two in a hundred are kept out, so
that hearing can be measured with sentences of the same kind that the vocabulary has never seen.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from companion.resources import packaged
from companion.sections.hearing import ENGLISH
from companion.speech import vocabulary
from companion.speech.vocabulary import Vocabulary
from companion.training import grammar
from companion.training.arpa import arpa

CONVERSATIONS = 120_000
"""How many are learnt from: with three times the 40,000 of before, the sentences that were kept out
surprise the model less (perplexity 13.7, not 15.0), and fewer of their words are misheard."""

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


def unseen(count: int, seed: int, known: Vocabulary | None = None) -> list[str]:
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


def trained(sentences: Iterable[str], sounds: Mapping[str, str]) -> Vocabulary:
    """What is learnt from English sentences; one with a word that has no sounds is left out.

    What is said four times counts twice, what is said nine times three times: people repeat more
    greetings than anything else, and say more than greetings. The same sentences in the same order
    give the same vocabulary.
    """
    known = vocabulary.dictionary_words() | sounds.keys()
    told = Counter(sentences)
    words = {text: tuple(vocabulary.spoken(text)) for text in told}
    said = {text: some for text, some in words.items() if some and known.issuperset(some)}
    often = Counter[tuple[str, ...]]()
    for text, some in said.items():
        often[some] += told[text]
    used = {word for some in often for word in some}
    own = {word: sounds[word] for word in sorted(used & sounds.keys())}
    model = arpa([some for some, times in often.items() for _ in range(math.isqrt(times))])
    return Vocabulary(model, own, written(said))


def written(texts: Iterable[str]) -> dict[str, str]:
    """How words are written that mostly have a capital where no sentence begins."""
    seen: dict[str, Counter[str]] = {}
    for text in texts:
        for match in re.finditer(
            r"(?<=[\w,;'] )" + vocabulary.WORD.pattern, text.replace("’", "'")
        ):
            seen.setdefault(match[0].lower(), Counter())[match[0]] += 1
    usual = {word: forms.most_common(1)[0][0] for word, forms in seen.items()}
    return {word: form for word, form in sorted(usual.items()) if form != word} | {"i": "I"}


def main() -> None:
    """Write the vocabulary into the package."""
    learnt = [one for one in sentences() if not is_held_out(one)]
    short = [word.capitalize() for word in ENGLISH]
    made = trained([*learnt, *COMMANDS, *short], own_sounds())
    target = packaged("data/hearing") / "companion.json.xz"
    size = vocabulary.save(made, target)
    print(f"{target}: {len(made.words)} words in {size:,} bytes")


if __name__ == "__main__":
    main()
