"""What stands behind a rule's opening words: names, places, jobs, days; or nothing of it."""

from __future__ import annotations

import re
from datetime import date, timedelta

from companion.memory.words import Words, cut, flat, longest_first

_ENDS = re.compile(
    r"\s*[,;:(.!?…\"/]|\s+[-—\u2013]\s|\s+(?:and|but|because|cause|since|so|though"
    r"|although|while|by the way"
    r"|btw|not|from|who|which|nice|what|how|et|mais|parce|car|puisque|donc|alors|pas"
    r"|qui|these days|nowadays|now|enchantee?"
    r"|ravie?|au fait|depuis|too|aussi|here|speaking|if|or|ou|with|avec)\b"
)
_PLACE_IN = re.compile(
    r"(?:a|an|une?) (?:\w+ ){0,2}?(?:town|village|city|island|suburb|farm|ville|ile|ferme|hameau)"
    r" (?:in|near|outside|called|on|of|en|pres de|a|dans|du|de|sur)(?: (?:the|la|le))? "
)
_WORKPLACE_ENDS = re.compile(
    r"\s*[,;.!(]|\s+(?:and|but|as|because|since|on|every|et|mais|depuis|comme|tous|now|part-time"
    r"|full-time|right now)\b"
)
_TIMES = re.compile(r"\d|\b(?:hours?|days?|years?|weeks?|heures?|jours?|ans|semaine)\b")
_STUDIES_END = re.compile(
    r"\s*[,;.!(]|\s+(?:at|in|for|and i|but|with|because|since|a|au|aux|dans|chez|avec|pour|depuis"
    r"|mais|to)\b"
)
_JOB_ENDS = re.compile(
    r"\s+(?:at|in|from|with|by|who|and|but|on|for|during|because|since|chez|dans|pour|depuis|et"
    r"|mais|qui|a|au|aux|en)\b|[,;:.!(]"
)


def names(text: str, words: Words, strict: bool, lower: bool) -> list[str]:
    """The name that the text begins with, else nothing.

    A strict one has a capital and nothing behind it. Without, a name is one word, or in capitals.
    """
    said = cut(text, _ENDS)
    tokens = said.split()
    if not tokens or not all(re.fullmatch(r"[^\W\d_][\w'’.-]*", token) for token in tokens[:1]):
        return []
    if any(part in words.not_names for part in re.split(r"[-']", flat(tokens[0]))):
        return []
    if lower or not tokens[0][0].isupper():
        alone = len(tokens) == 1 and not strict and len(tokens[0]) > 1
        return [_titled(said)] if alone else []
    run = _capitalised(tokens, words)
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


def places(text: str, words: Words, lower: bool) -> list[str]:
    """The place, which has a name: "Lyon", "a small town in Ohio"; else nothing."""
    said = cut(text, _ENDS)
    inside = _PLACE_IN.match(flat(said))
    tokens = said[inside.end() :].split() if inside else said.split()
    if tokens and flat(tokens[0]) == "the" and len(tokens) > 1:
        tokens = tokens[1:]
    if not tokens or flat(tokens[0]) in words.places_not:
        return []
    if lower:
        known = len(tokens) == 1 or (len(tokens) <= 3 and flat(tokens[0]) in words.place_begins)
        word = re.fullmatch(r"[^\W\d_]{3,}(?:[ '-][^\W\d_]+)*", " ".join(tokens))
        common = flat(tokens[0]) in {"my", "our", "this", "that", "his", "her", "your", "mon", "ma"}
        return [_titled(" ".join(tokens))] if known and word and not common else []
    run = _capitalised(tokens, words)
    if not run or flat(run[0]) in {"i", "i'm"}:
        return []
    return [(said[: inside.end()] if inside else "") + " ".join(run)]


def jobs(text: str, words: Words, opened: bool = False) -> list[str]:
    """What somebody is by trade; only trades that are known, unless the rule has said it is one."""
    said = cut(text, _JOB_ENDS)
    said = re.sub(r"^(?:an?|the|une?|l[ae]) ", "", said, flags=re.IGNORECASE).strip()
    tokens = flat(said).split()
    if not 1 <= len(tokens) <= 5 or tokens[0] in words.praise or tokens[0] in words.value_not:
        return []
    heads = {tokens[0], tokens[-1], " ".join(tokens[-2:]), tokens[-1].removesuffix("s")}
    heads = heads if words.language == "en" else {tokens[0]}
    if words.language == "en":
        heads.discard(tokens[0] if len(tokens) > 1 else "")
    return [said] if opened or heads & words.jobs else []


def workplaces(text: str, words: Words) -> list[str]:
    """Where somebody works: a name, or "the post office"; no times and manners."""
    said = cut(text, _WORKPLACE_ENDS)
    tokens = flat(said).split()
    if not 1 <= len(tokens) <= 6 or {tokens[0], " ".join(tokens)} & words.no_workplaces:
        return []
    return [] if _TIMES.search(flat(said)) else [said]


def studies(text: str, words: Words) -> list[str]:
    """What somebody studies; no places, times or manners."""
    said = cut(text, _STUDIES_END)
    tokens = flat(said).split()
    return [said] if 1 <= len(tokens) <= 4 and tokens[0] not in words.no_studies else []


def days(text: str, words: Words, today: date) -> list[str]:
    """The day at the start, as it was said; one that is relative is counted from `today`."""
    plain = flat(text)
    month, weekday = longest_first(words.months), longest_first(words.weekdays)
    written = (
        rf"(?:\d{{1,2}}(?:st|nd|rd|th|er)?(?: of)? (?:{month})|(?:{month}) "
        rf"(?:the )?\d{{1,2}}(?:st|nd|rd|th)?)"
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


def _capitalised(tokens: list[str], words: Words) -> list[str]:
    """The words with capitals at the start, with small ones between them."""
    run: list[str] = []
    for token in tokens:
        if (
            not token[0].isupper()
            and flat(token) not in words.particles
            and flat(token)[:2] not in ("d'", "l'")
        ):
            break
        run.append(token)
    while run and not run[-1][:1].isupper() and run[-1][:2] not in ("d'", "l'"):
        run.pop()
    return run if run and (run[0][0].isupper() or len(run) > 1) else []


def _titled(said: str) -> str:
    return re.sub(r"(?<![\w'’])\w", lambda one: one[0].upper(), said.lower())
