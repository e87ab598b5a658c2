"""Whether somebody sincerely asks if this is a human, and whether a model claims to be one."""

from __future__ import annotations

import re

from companion.safety.folding import folded
from companion.types import Language

_KIND = (
    r"(?:a |an )?(?:real |actual |true |living |genuine |flesh and blood )*"
    r"(?:human(?: being)?s?|person|people|man|woman|girl|guy|boy|somebody|someone|real|alive"
    r"|bot|chatbot|robot|machine|computer|program|software|ai|a\.i\.|artificial intelligence|llm)"
)
_REALLY = r"(?:really |actually |truly |even |just |in fact |maybe |perhaps |by any chance |only )*"
_GENRE = (
    r"(?:une? )?(?:vrai(?:e|ment)? |veritable |reel(?:le)? |simple )*"
    r"(?:humaine?s?|etre humain|personne|quelqu un|homme|femme|fille|garcon|robot|bot|machine|ia"
    r"|intelligence artificielle|programme|ordinateur|logiciel|chatbot|vivante?|reel(?:le)?|vraie?)"
)
_VRAIMENT = r"(?:vraiment |bien |reellement |en fait |juste |seulement |toi |donc |pas )*"
_END = (
    r"(?=\s*(?:$|[,.!?;:]|(?:or|ou|right|there|behind|typing|answering|reading|writing|then|too"
    r"|at all|hein|non|derriere|qui|instead|like|and|et|in there|made of|really)\b))"
)
"""What may stand behind the kind of being: a "human resources expert" is none."""

_ASKS: dict[Language, tuple[re.Pattern[str], ...]] = {
    "en": (
        re.compile(rf"\b(?:are|r) (?:yo)?u {_REALLY}{_KIND}{_END}"),
        re.compile(
            rf"\b(?<!are )(?<!r )(?:youre|you are|u r|ur|u|you) {_REALLY}(?:not )?{_KIND}{_END}"
            r"[^.!?]*\?"
        ),
        re.compile(
            r"\bam i (?:really |actually |just )?(?:talking|speaking|chatting|writing|typing"
            rf"|texting) (?:to|with) {_KIND}\b"
        ),
        re.compile(
            rf"\b(?:is|was) (?:this|that|there|it) {_REALLY}(?!real\b|alive\b){_KIND}{_END}"
            r"|\bis (?:there )?(?:really )?(?:a (?:real )?(?:human|person)|anybody|anyone|somebody"
            r"|someone) (?:\w+ )?(?:behind|typing|answering|reading|writing|on the other)"
        ),
        re.compile(
            r"\b(?:nobody|no one|somebody|someone|anybody) (?:\w+ )?behind (?:the|this|your) screen"
        ),
        re.compile(r"\b(?:human|person|real|man) or (?:an? )?(?:bot|robot|machine|ai|computer)\b"),
        re.compile(r"\b(?:bot|robot|machine|ai|computer) or (?:an? )?(?:real |human|person|man\b)"),
    ),
    "fr": (
        re.compile(
            rf"\b(?:es tu|etes vous|est ce que (?:tu es|t es|vous etes)) {_VRAIMENT}{_GENRE}{_END}"
        ),
        re.compile(rf"\b(?:tu es|t es|vous etes|tu serais) {_VRAIMENT}{_GENRE}\b[^.!?]*\?"),
        re.compile(
            r"\b(?:je parle|je discute|j ecris|parle je|je suis en train de parler) "
            rf"(?:bien |vraiment )*(?:a|avec) {_GENRE}\b[^.!]*\?"
            rf"|\best ce que je parle (?:bien |vraiment )*(?:a|avec) {_GENRE}\b"
        ),
        re.compile(
            r"\b(?:y a t il|il y a|y a) (?:bien |vraiment )*(?:quelqu un|une (?:vraie )?personne"
            r"|un (?:etre )?humain|du monde) (?:derriere|de l autre cote|qui (?:ecrit|repond|lit))"
        ),
        re.compile(
            r"\bc est (?:bien |vraiment )*(?:une? )?(?:vraie? )?(?:robot|humaine?|etre humain"
            r"|personne|machine|ia|ordinateur|quelqu un) (?:qui (?:me )?(?:repond|ecrit|parle|lit))"
        ),
        re.compile(
            r"\b(?:humaine?|personne|reelle?|homme) ou (?:une? )?(?:robot|machine|ia|bot)\b"
        ),
        re.compile(r"\b(?:robot|machine|ia|bot) ou (?:une? )?(?:vraie? |humaine?|etre|personne)"),
    ),
}
_PLAY = re.compile(
    r"\b(?:pretend\w*|imagin\w+|if you were|role ?play\w*|suppos\w+|let us play|lets play|act as"
    r"|wish you were|fais semblant|si tu etais|jouons|joue le role|faire comme si)\b"
)

_CLAIMS = re.compile(
    r"\bI(?:'m| am) (?:a )?(?:human|person|real|man|woman|student|teacher|nurse)\b"
    r"|\bI(?:'m| am) not an? (?:AI|robot|program|machine)\b"
    r"|\bmy (?:wife|husband|kids?|son|daughter|mom|mum|dad|mother|father|parents|girlfriend"
    r"|boyfriend)\b"
    r"|\bI (?:was born|grew up) in\b"
    r"|\bje suis (?:humaine?|une vraie|un vrai|une femme|un homme)\b"
    r"|\bm(?:on mari|a femme|es enfants|es parents|a mère|on père|a fille|on fils)\b",
    re.IGNORECASE,
)


def asks_if_human(text: str, language: Language) -> bool:
    """Whether the user sincerely asks if they talk to a human, or to a machine.

    The rules of `language` are tried first, then the other's. A game ("pretend that you are
    human") is no such question.
    """
    other: Language = "fr" if language == "en" else "en"
    return any(
        not _PLAY.search(said) and any(pattern.search(said) for pattern in _ASKS[one])
        for one in (language, other)
        for said in [folded(text, one)]
    )


def claims_to_be_human(text: str) -> bool:
    """Whether these finished sentences of a model claim to be a human, or a human's life.

    Both languages are looked for, because a model may slip from one into the other.
    """
    return bool(_CLAIMS.search(text.replace("\u2019", "'")))
