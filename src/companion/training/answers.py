"""What people really say, with the companion's answers: conversations beside those of the grammar.

Templates teach a small model the wordings of whoever wrote them. Here the user's turns are people's
own: the questions of CLINC150, the sentences of Tatoeba, the self-descriptions of persona chat. The
questions of CLINC150 come with their intents; the others are matched by meaning to examples of each
kind (`like`, in English, by MiniLM; a French sentence by its translation). So a little of what a
larger model knows of meaning reaches the small one through its data (compare Hinton et al., 2015).
The answers are this project's own: `data/corpora/answers.<language>.yaml`.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import yaml

from companion import intents
from companion.resources import packaged
from companion.training import grammar, translations
from companion.training.corpora import Conversation, Corpus, load
from companion.training.phrases import spoken_of
from companion.types import Language

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from companion.embeddings import Embedder, Vectors

    Flags = npt.NDArray[np.bool_]

NEAR = 0.52  # mean cosine to the two nearest examples from which a sentence is of that kind
AHEAD = 0.02  # of the next kind, so that what lies between two is left out
AT_MOST = 900  # sentences of a kind, so that none drowns the others
ROUNDS = 2  # times that each sentence is used, with other answers

_QUESTION, _STATEMENT = re.compile(r"\?$"), re.compile(r"[^?]$")
_OF_ONESELF = re.compile(r"^(?!You\b).*\b(?:I|me|my|we|us|our)\b.*[^?]$", re.IGNORECASE)

Scene = list[str]


@dataclass(frozen=True, slots=True)
class Kind:
    """Sentences that deserve the same answers: known by `intents`, or by being `like` these.

    `knows` is whether the user's name has to be known, None where it does not matter. `tells` is
    whether people say it of themselves.
    """

    replies: tuple[str, ...]
    then: tuple[tuple[str, tuple[str, ...]], ...] = ()
    intents: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    knows: bool | None = None
    tells: bool = False


def corpora(seed: int, embedder: Embedder) -> list[Corpus]:
    """The conversations of each language, named "answers_en" and "answers_fr"."""
    import numpy as np

    pairs = [pair for pair in translations.sentence_pairs() if not grammar.is_examined(pair)]
    english = [pair[0] for pair in pairs]
    vectors = embedder.encode(english)
    told = _self_descriptions()
    all_vectors = np.concatenate([vectors, embedder.encode(told)])
    in_english = matched("en", english + told, all_vectors, embedder)
    said = [*asked(), *(((english + told)[at], kind) for at, kind in in_english)]
    in_french = matched("fr", english, vectors, embedder)
    said_in_french = [(pairs[at][1], kind) for at, kind in in_french]
    return [conversing("en", said, seed), conversing("fr", said_in_french, seed)]


@cache
def kinds(language: Language) -> tuple[Kind, ...]:
    """The kinds of sentences for which answers are written in this language."""
    text = packaged(f"data/corpora/answers.{language}.yaml").read_text(encoding="utf-8")
    parts = yaml.safe_load(text)
    return tuple(_kind(entry, part == "reactions") for part in parts for entry in parts[part])


def _kind(entry: Mapping[str, Any], tells: bool) -> Kind:
    then = tuple((one["user"], tuple(one["replies"])) for one in entry.get("then", ()))
    known = {name: tuple(map(str, entry.get(name, ()))) for name in ("replies", "intents", "like")}
    return Kind(then=then, knows=entry.get("knows"), tells=tells, **known)


def _self_descriptions() -> list[str]:
    """What the people of persona chat say about themselves."""
    path = packaged("data/corpora/synthetic_persona_chat.jsonl.xz")
    sentences = {one for talk in load(path).conversations for part in talk.personas for one in part}
    return sorted(one for one in sentences if not grammar.is_examined([one]))


def asked() -> list[tuple[str, Kind]]:
    """The questions of CLINC150 whose intent has answers."""
    answered: dict[str, list[Kind]] = defaultdict(list)
    for kind in kinds("en"):
        for intent in kind.intents:
            answered[intent].append(kind)
    training = intents.clinc150().train
    return [
        (text, kind)
        for text, intent in zip(training.texts, training.intents, strict=True)
        for kind in answered[intent or intents.data.OUT_OF_SCOPE]
        if not grammar.is_examined([text])
    ]


def matched(
    language: Language, english: Sequence[str], vectors: Vectors, embedder: Embedder
) -> list[tuple[int, Kind]]:
    """Positions of the sentences that are clearly of one kind, each with it; the nearest of each.

    `vectors` are those of the English sentences, by which they are matched in any language.
    """
    import numpy as np

    known = [kind for kind in kinds(language) if kind.like]
    forms = {
        form: np.array([bool(form.search(sentence)) for sentence in english])
        for form in (_QUESTION, _STATEMENT, _OF_ONESELF)
    }
    nearness = np.stack([_nearness(vectors, forms, kind, embedder) for kind in known], axis=1)
    best = nearness.argmax(axis=1)
    first, second = -np.sort(-nearness, axis=1)[:, :2].T
    found: dict[int, list[int]] = defaultdict(list)
    for at in np.flatnonzero((first >= NEAR) & (first - second >= AHEAD)):
        found[int(best[at])].append(int(at))
    nearest = {of: sorted(some, key=lambda at: -first[at])[:AT_MOST] for of, some in found.items()}
    return [(at, known[of]) for of, some in nearest.items() for at in some]


def _nearness(
    vectors: Vectors, forms: Mapping[re.Pattern[str], Flags], kind: Kind, embedder: Embedder
) -> Vectors:
    """Mean cosine of each sentence to the two nearest examples of its form; shape (sentences,).

    To ask whether it rains and to say that it does are near in meaning, and want other answers.
    """
    import numpy as np

    nearness = np.full(len(vectors), -1.0, dtype=np.float32)
    for pattern, examples in _by_form(kind):
        if len(examples) > 1:
            of_form = forms[pattern]
            likeness = vectors[of_form] @ embedder.encode(examples).T
            nearness[of_form] = np.sort(likeness, axis=1)[:, -2:].mean(axis=1)
    return nearness


def _by_form(kind: Kind) -> list[tuple[re.Pattern[str], list[str]]]:
    """What sentences must look like, and the examples that those are compared with."""
    if kind.tells:
        return [(_OF_ONESELF, list(kind.like))]
    return [
        (form, [one for one in kind.like if form.search(one)]) for form in (_QUESTION, _STATEMENT)
    ]


def conversing(language: Language, said: Sequence[tuple[str, Kind]], seed: int = 0) -> Corpus:
    """Conversations in which these sentences are said, each as often as there are `ROUNDS`."""
    chance = random.Random(f"answers {language} {seed}")
    rounds = [one for _ in range(ROUNDS) for one in chance.sample(said, len(said))]
    return Corpus(f"answers_{language}", tuple(_conversations(language, iter(rounds), chance)))


def _conversations(
    language: Language, said: Iterator[tuple[str, Kind]], chance: random.Random
) -> Iterator[Conversation]:
    """One to three sentences to a conversation, each with its answer and perhaps what came then."""
    while some := list(islice(said, chance.choice((1, 1, 2, 3)))):
        knows = some[0][1].knows
        fitting = [one for one in some if one[1].knows == knows]
        turns = [turn for one in fitting for turn in _scene(*one, language, chance)]
        needs = {} if knows is None else {"knows": knows}
        made = grammar.performed({"turns": turns} | needs, language, chance.randrange(2**31))
        if not grammar.is_examined(made.turns):
            yield made


def _scene(sentence: str, kind: Kind, language: Language, chance: random.Random) -> Scene:
    """The sentence, an answer, and in half of the scenes what may be said next."""
    phrase = _safe(spoken_of(sentence, language))
    scene = [_safe(sentence), _one_of(kind.replies, phrase, chance)]
    if kind.then and chance.random() < 0.5:
        user, replies = chance.choice(kind.then)
        scene += [_filled(user, phrase), _one_of(replies, phrase, chance)]
    return scene


def _one_of(replies: Sequence[str], phrase: str, chance: random.Random) -> str:
    """A reply; one that takes up the phrase only where there is one."""
    return _filled(
        chance.choice([one for one in replies if phrase or "{it}" not in one.lower()]), phrase
    )


def _safe(sentence: str) -> str:
    """Without the marks that mean a choice or a slot to the grammar."""
    return sentence.translate(str.maketrans("", "", "[]{}|"))


def _filled(line: str, phrase: str) -> str:
    return line.replace("{it}", phrase).replace("{It}", phrase[:1].upper() + phrase[1:])
