"""What stands behind a rule's opening words: names, things, places, jobs, days; or nothing of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from companion.memory.words import Words, flat, longest_first

PARTICLES = frozenset(
    "de la le les du des d of the van von der den bin al el di da ben y upon on sur en sous".split()
)
"""Words that are small even in the names of people and places."""

_ENDS = re.compile(
    r"\s*[,;:(.!?…\"/]|\s+[-—–]\s|\s+(?:and|but|because|cause|since|so|though|although|while|by the way"
    r"|btw|not|from|who|which|nice|what|how|et|mais|parce|car|puisque|donc|alors|pas|qui|these days|nowadays|now|enchantee?"
    r"|ravie?|au fait|depuis|too|aussi|here|speaking|if|or|ou|with|avec)\b"
)
_THING_ENDS = re.compile(
    r"\s*[;:(.!?…\"]|\s+[-—–]\s|,?\s+(?:but|because|cause|since|so|though|although|while|when|if|even"
    r"|unless|until|mais|parce|car|puisque|donc|alors|quand|lorsque|si|meme|depuis que|surtout"
    r"|especially|as long as|by the way|btw|au fait|than|rather than|plutot que)\b"
)
_TRAILING = re.compile(
    r"\s+(?:too|also|as well|a lot|very much|so much|though|any ?more|nowadays|these days|now"
    r"|right now|lately|by the way|please|best|the most|most|more|better|myself|actually|really|again"
    r"|haha|lol|anyway|as a child|most of all|above all|honestly|in general|generally|at all|either"
    r"|aussi|beaucoup|enormement|du tout|vraiment|non plus|en general|en ce moment|maintenant|bien"
    r"|plus que tout|par-dessus tout|mdr|haha|over here|regardless|of course|bien sur|!+)$"
)
_DEICTIC = re.compile(
    r"\b(?:you|your|yours|u|yourself|vous|toi|tes|votre|vos)\b"
    r"|(?:^|\s)(?:it|this|that|them|him|her|there|here|these|those|ca|cela|one|ones|part|lui|elles?|eux)$"
    r"|^(?:that|this) |^(?:the|le|la|les) (?:way|fact|idea|fait|facon|maniere|moment|movie|film"
    r"|song|book|same|one|first|last|second|other|new|old|meme|autres?|premiere?|derniere?)\b"
)
_PLACE_IN = re.compile(
    r"(?:a|an|une?) (?:\w+ ){0,2}?(?:town|village|city|island|suburb|farm|ville|ile|ferme|hameau)"
    r" (?:in|near|outside|called|on|of|en|pres de|a|dans|du|de|sur)(?: (?:the|la|le))? "
)
_PRAISE = frozenset(
    "good great terrible bad decent better big total fast slow natural born".split()
)
_PREFIXES = frozenset("new san santa los las saint st south north cape el la le les".split())


def names(text: str, words: Words, strict: bool, lower: bool) -> list[str]:
    """The name that the text begins with, else nothing.

    A strict one has a capital and nothing behind it. Without, a name is one word, or in capitals.
    """
    said = _cut(text, _ENDS)
    tokens = said.split()
    if not tokens or not all(re.fullmatch(r"[^\W\d_][\w'’.-]*", token) for token in tokens[:1]):
        return []
    if any(part in words.not_names for part in re.split(r"[-']", flat(tokens[0]))):
        return []
    if lower or not tokens[0][0].isupper():
        alone = len(tokens) == 1 and not strict and len(tokens[0]) > 1
        return [_titled(said)] if alone else []
    run = _capitalised(tokens)
    looks_like_a_verb = flat(run[0]).endswith("ing") and len(run[0]) > 5
    if strict and (len(run) < len(tokens) or len(run) > 3 or looks_like_a_verb):
        return []
    return [" ".join(run).rstrip(".'")] if len(run) <= 4 else []


def several_names(text: str, words: Words, lower: bool) -> list[str]:
    """The names in "Max", "Max and Leo" or "Ana, Max et Leo"."""
    said = re.split(r"\s*,\s*(?:and|et)?\s*|\s+(?:and|et|&)\s+", text.strip(" :,-"))
    found = []
    for one in said:
        name = names(one, words, not lower and len(said) > 1, lower)
        if not name:
            break
        found += name
    return found


def things(text: str, words: Words) -> list[str]:
    """The thing, or each of "tea, milk and coffee"; nothing that only the moment makes clear."""
    said = _cut(text, _THING_ENDS)
    listed = _listed(said, words)
    return [thing for one in listed for thing in _thing(one, words)]


def _listed(said: str, words: Words) -> list[str]:
    if flat(said) in words.pairs:
        return [said]
    parts = re.split(r"\s*,\s*(?:and |et |or |ou )?|\s+(?:and|et|or|ou|ni|&|nor)\s+", said)
    joined = re.search(r"\s(?:and|et|or|ou|ni|&|nor)\s", said)
    short = all(1 <= len(part.split()) <= 3 for part in parts)
    plain = not any(
        flat(part).split()[:1] and flat(part).split()[0] in words.verbs for part in parts
    )
    if joined and short and plain:
        return parts
    said = said.split(",")[0]
    for cut in re.finditer(r"\s(?:and|et)\s+(\S+)", said):
        if flat(cut[1]) in words.verbs or not plain:
            return [said[: cut.start()]]
    return [said]


def _thing(said: str, words: Words) -> Iterator[str]:
    while trailing := _TRAILING.search(flat(said)):
        said = said[: trailing.start()]
    said = said.strip(" .,'*_-")
    said = re.sub(r"^to\s+", "", said)
    plain = flat(said)
    tokens = plain.split()
    if not tokens or len(tokens) > 12 or len(plain) < 2 or not re.search(r"[^\W\d_]", plain):
        return
    first = re.split(r"(?<=qu')|'", tokens[0])[0]
    if {plain, tokens[0], first} & words.value_not or _DEICTIC.search(plain):
        return
    if tokens[0] == "the" and words.language == "en":
        known = said.split()[1:2] and said.split()[1][0].isupper() and tokens[1] in words.generic
        if not known and " ".join(tokens[1:]) not in words.generic:
            head = " ".join(tokens[1:])
            if not any(head.startswith(f"{one} of ") for one in ("smell", "sound", "taste")):
                return
    yield re.sub(r"^the (?=(?:cold|hot|warm) weather)", "", said)


def places(text: str, words: Words, lower: bool) -> list[str]:
    """The place, which has a name: "Lyon", "a small town in Ohio"; else nothing."""
    said = _cut(text, _ENDS)
    inside = _PLACE_IN.match(flat(said))
    tokens = said[inside.end() :].split() if inside else said.split()
    if tokens and flat(tokens[0]) == "the" and len(tokens) > 1:
        tokens = tokens[1:]
    if not tokens or flat(tokens[0]) in words.places_not:
        return []
    if lower:
        known = len(tokens) == 1 or (len(tokens) <= 3 and flat(tokens[0]) in _PREFIXES)
        word = re.fullmatch(r"[^\W\d_]{3,}(?:[ '-][^\W\d_]+)*", " ".join(tokens))
        common = flat(tokens[0]) in {"my", "our", "this", "that", "his", "her", "your", "mon", "ma"}
        return [_titled(" ".join(tokens))] if known and word and not common else []
    run = _capitalised(tokens)
    if not run or flat(run[0]) in {"i", "i'm"}:
        return []
    return [(said[: inside.end()] if inside else "") + " ".join(run)]


def jobs(text: str, words: Words, opened: bool = False) -> list[str]:
    """What somebody is by trade; only trades that are known, unless the rule has said it is one."""
    cut = r"\s+(?:at|in|from|with|by|who|and|but|on|for|because|since|chez|dans|pour|depuis|et|mais|qui|a|au|aux|en)\b|[,;:.!(]"
    said = _cut(text, re.compile(cut))
    said = re.sub(r"^(?:an?|the|une?|l[ae]) ", "", said, flags=re.IGNORECASE).strip()
    tokens = flat(said).split()
    if not 1 <= len(tokens) <= 5 or tokens[0] in _PRAISE or tokens[0] in words.value_not:
        return []
    heads = {tokens[0], tokens[-1], " ".join(tokens[-2:]), tokens[-1].removesuffix("s")}
    heads = heads if words.language == "en" else {tokens[0]}
    if words.language == "en":
        heads.discard(tokens[0] if len(tokens) > 1 else "")
    return [said] if opened or heads & words.jobs else []


def workplaces(text: str, words: Words) -> list[str]:
    """Where somebody works: a name, or "the post office"; no times and manners."""
    said = _cut(
        text,
        re.compile(
            r"\s*[,;.!(]|\s+(?:and|but|as|because|since|on|every|et|mais|depuis|comme|tous|le|now|part-time|full-time|right now)\b"
        ),
    )
    tokens = flat(said).split()
    never = {
        "home",
        "night",
        "nights",
        "weekends",
        "least",
        "myself",
        "free",
        "hours",
        "it",
        "this",
        "that",
        "me",
        "my",
        "a living",
        "fun",
        "moi",
        "mon",
        "ma",
        "la maison",
        "distance",
        "domicile",
        "tomorrow",
        "now",
        "him",
        "her",
        "them",
        "you",
        "your",
        "years",
        "temps",
        "plein",
        "mi-temps",
        "progress",
        "peace",
        "general",
        "both",
        "two",
        "three",
        "rien",
    }
    if not tokens or len(tokens) > 6 or {tokens[0], " ".join(tokens)} & never:
        return []
    return (
        []
        if re.search(r"\d|\b(?:hours?|days?|years?|weeks?|heures?|jours?|ans)\b", flat(said))
        else [said]
    )


def studies(text: str, words: Words) -> list[str]:
    """What somebody studies; no places, times or manners."""
    said = _cut(
        text,
        re.compile(
            r"\s*[,;.!(]|\s+(?:at|in|for|and i|but|with|because|since|a|au|aux|dans|chez|avec|pour|depuis|mais|to)\b"
        ),
    )
    tokens = flat(said).split()
    never = {
        "hard",
        "a",
        "all",
        "every",
        "abroad",
        "at",
        "for",
        "with",
        "my",
        "your",
        "it",
        "this",
        "that",
        "the",
        "more",
        "here",
        "there",
        "too",
        "now",
        "tonight",
        "beaucoup",
        "encore",
        "ca",
        "bien",
        "tous",
        "to",
        "alone",
        "together",
        "everything",
        "mes",
        "ce",
        "cette",
        "ici",
    }
    return [said] if tokens and len(tokens) <= 4 and tokens[0] not in never else []


def days(text: str, words: Words, today: date) -> list[str]:
    """The day at the start: as it was said, and counted from `today` where it was said relatively."""
    plain = flat(text)
    month, weekday = longest_first(words.months), longest_first(words.weekdays)
    written = (
        rf"(?:\d{{1,2}}(?:st|nd|rd|th|er)?(?: of)? (?:{month})|(?:{month}) (?:the )?\d{{1,2}}(?:st|nd|rd|th)?)"
        rf"(?:,? \d{{4}})?(?!\w)|\d{{4}}-\d\d-\d\d|\d{{1,2}}[/.]\d{{1,2}}(?:[/.]\d{{2,4}})?(?!\d)"
    )
    start = re.match(r"(?:on |for |pour |this |ce |cette )*(?:the (?=\d)|le (?=\d|\w+ \d))?", plain)
    begin = start.end() if start else 0
    if absolute := re.match(rf"(?:(?:{weekday}) )?({written})", plain[begin:]):
        return [text[begin + absolute.start(1) : begin + absolute.end(1)]]
    if soon := re.match(rf"({longest_first(words.tomorrow)})\b", plain[begin:]):
        return [str(today + timedelta(days=words.tomorrow[soon[1]]))]
    if named := re.match(rf"(?:next |coming )?({weekday})\b", plain[begin:]):
        ahead = (words.weekdays.index(named[1]) - today.weekday() - 1) % 7 + 1
        return [str(today + timedelta(days=ahead))]
    return []


def _cut(text: str, ends: re.Pattern[str]) -> str:
    end = ends.search(flat(text))
    return (text[: end.start()] if end else text).strip(" .,!*_")


def _capitalised(tokens: list[str]) -> list[str]:
    """The words with capitals at the start, with small ones between them."""
    run: list[str] = []
    for token in tokens:
        if (
            not token[0].isupper()
            and flat(token) not in PARTICLES
            and flat(token)[:2] not in ("d'", "l'")
        ):
            break
        run.append(token)
    while run and not run[-1][:1].isupper() and run[-1][:2] not in ("d'", "l'"):
        run.pop()
    return run if run and (run[0][0].isupper() or len(run) > 1) else []


def _titled(said: str) -> str:
    return re.sub(r"(?<![\w'’])\w", lambda one: one[0].upper(), said.lower())
