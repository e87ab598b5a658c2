"""What somebody likes or not: one thing or a list; nothing that only the moment makes clear."""

from __future__ import annotations

import re
from collections.abc import Iterator

from companion.memory.limits import VALUE
from companion.memory.words import Words, cut, flat

_THING_ENDS = re.compile(
    r"\s*[;:(.!?…\"]|\s+[-—\u2013]\s|,?\s+(?:but|because|cause|since|so|though|although"
    r"|while|when|if|even"
    r"|unless|until|mais|parce|car|puisque|donc|alors|quand|lorsque|si|meme|depuis que|surtout"
    r"|especially|as long as|by the way|btw|au fait|than|rather than|plutot que)\b"
)
_TRAILING = re.compile(
    r"\s+(?:too|also|as well|a lot|very much|so much|much|though|any ?more|nowadays|these days|now"
    r"|right now|lately|by the way|please|the best|best|by far|quite a bit|the most"
    r"|most|more|better|myself|actually|really|again"
    r"|haha|lol|anyway|as a child|most of all|above all|honestly|in general|generally|at all|either"
    r"|aussi|beaucoup|enormement|du tout|vraiment|non plus|en general|en ce moment|maintenant|bien"
    r"|plus que tout|par-dessus tout|mdr|haha|over here|regardless|of course|bien sur|!+)$"
)
_DEICTIC = re.compile(
    r"\b(?:you|your|yours|u|yourself|vous|toi|tes|votre|vos)\b"
    r"|^all(?: of)? (?:the|that|this|them|those|these)\b|\b(?:those|these|such)\b"
    r"|(?:^|\s)(?:it|this|that|them|him|her|there|here|these|those|ca|cela|one|ones"
    r"|part|lui|elles?|eux|ainsi)$"
    r"|^(?:that|this) |^(?:the|le|la|les) (?:way|fact|idea|fait|facon|maniere|moment|movie|film"
    r"|song|book|same|one|first|last|second|other|new|old|meme|autres?|premiere?|derniere?)\b"
)


def things(text: str, words: Words) -> list[str]:
    """The thing, or each of "tea, milk and coffee"; nothing that only the moment makes clear."""
    said = cut(text, _THING_ENDS)
    found = [list(_thing(one, words)) for one in _listed(said, words)]
    return [thing for one in found for thing in one] if found[0] else []


def thing(text: str, words: Words) -> list[str]:
    """The same as one, "comedy and horror", where there is one at a time of its kind."""
    return list(_thing(cut(text, _THING_ENDS), words))


def _listed(said: str, words: Words) -> list[str]:
    if flat(said) in words.pairs:
        return [said]
    parts = re.split(r"\s*,\s*(?:and |et |or |ou )?|\s+(?:and|et|or|ou|ni|&|nor)\s+", said)
    joined = re.search(r"\s(?:and|et|or|ou|ni|&|nor)\s", said)
    longest = 6 if len(parts) > 2 else 3
    short = all(1 <= len(part.split()) <= longest for part in parts)
    plain = not any(_begins_anew(flat(part), words) for part in parts)
    if joined and short and plain:
        return parts
    said = said.split(",")[0]
    for joint in re.finditer(r"\s(?:and|et)\s+(\S+)", said):
        if flat(joint[1]) in words.verbs:
            return [said[: joint.start()]]
    return [said]


def _begins_anew(part: str, words: Words) -> bool:
    """Whether it is no further thing: another clause, or one about the thing before."""
    first = part.split()[:1]
    return bool(re.search(r"\b(?:them|it|him|her|they)\b", part)) or bool({*first} & words.verbs)


def _thing(said: str, words: Words) -> Iterator[str]:
    while trailing := _TRAILING.search(flat(said)):
        said = said[: trailing.start()]
    said = said.strip(" .,'*_-")
    said = re.sub(r"^to\s+", "", said)
    plain = flat(said)
    tokens = plain.split()
    if (
        not tokens
        or len(tokens) > 20
        or len(said) > VALUE
        or len(plain) < 2
        or not re.search(r"[^\W\d_]", plain)
    ):
        return
    first = re.split(r"(?<=qu')|'", tokens[0])[0]
    unclear = {"them", "it", "him", "her"} & {*tokens[:3]}
    if {plain, tokens[0], first} & words.value_not or unclear or _DEICTIC.search(plain):
        return
    if tokens[0] == "the" and words.language == "en" and not _general(said, words):
        return
    yield re.sub(r"^the (?=(?:cold|hot|warm) weather)", "", said)


def _general(said: str, words: Words) -> bool:
    """Whether "the …" is the same for everybody, and not the one that was just spoken of."""
    rest = said.split()[1:]
    plain = flat(" ".join(rest))
    senses = re.match(r"(?:smell|sound|taste|feeling|sight) of |colou?r \w", plain)
    return bool(rest) and (plain in words.generic or bool(senses) or rest[0][0].isupper())
