"""What a user asks to be forgotten, in the user's words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from companion.memory.folding import bare, folded
from companion.memory.noticing import noticed
from companion.memory.records import Fact, Kind
from companion.memory.words import LANGUAGES, flat, longest_first, words


@dataclass(frozen=True, slots=True)
class ForgetRequest:
    """`what` is to be forgotten: everything, "that" (what was said last), or facts.

    Facts are those of a `kind`, and `about` something, and that tell `words`, as far as each is
    not empty.
    """

    what: Literal["everything", "that", "facts"]
    kind: Kind | None = None
    about: str = ""
    words: str = ""


_ASKING = (
    r"(?:(?:please|ok|okay|hey|now|so|and|well|no|actually|lia|stp|svp|s'il te plait|maintenant|bon"
    r"|alors|non|et|en fait)[\s,!.]+)*"
    r"(?:(?:can|could|would) you (?:please |just )*|i (?:want|need"
    r"|would like) you to |i'd like you to "
    r"|(?:tu peux|peux-tu|pourrais-tu|tu pourrais|pouvez-vous) |(?:je veux|je voudrais|j'aimerais) "
    r"que tu |est-ce que tu peux )?(?:please |just |s'il te plait )*"
)
_FORGET = (
    r"(?P<verb>forget|erase|delete|wipe|remove|unlearn|clear|oublie[rs]?|oubliez"
    r"|efface[rs]?|effacez"
    r"|supprime[rs]?)"
)
_REQUEST = re.compile(rf"{_ASKING}{_FORGET}[ -](?P<rest>.+)")
_POLITE = re.compile(
    r"[\s,]+(?:please|now|right now|again|for me|thanks|thank you|s'il te plait"
    r"|s'il vous plait|stp|svp"
    r"|maintenant|merci|ok|tout de suite)$"
)

_EVERYTHING = re.compile(
    r"(?:about )?(?:absolutely )?(?:everything|all|all of it|all that|it all)"
    r"(?: (?:that )?(?:about me|(?:you|i|we|i've|you've|we've)\b.*|there is .*))?"
    r"|(?:all )?about me|me|who i am"
    r"|(?:all )?(?:of )?(?:my|your) (?:personal )?(?:data|memor(?:y|ies)|information"
    r"|details|history)(?: .*)?"
    r"|(?:all )?(?:what|that|the things) you (?:know|remember|have|learned|learnt)"
    r"(?: (?:about|of) me)?"
    r"|(?:absolument )?tout(?: (?:ce que|ce qu'|de moi|sur moi|a mon sujet"
    r"|ce qui).*)?|moi|qui je suis"
    r"|(?:toutes? )?(?:mes|ta|tes) (?:donnees|informations|memoire|souvenirs)(?: .*)?"
    r"|ce que tu sais (?:de|sur) moi"
)
_THAT = re.compile(
    r"that|this|what i (?:just |have just )?(?:said|told you|wrote)|(?:my|the) last "
    r"(?:message|thing|turn"
    r"|sentence)(?: .*)?|that last (?:part|thing|message)"
    r"|ca|cela|ce que je viens de (?:te )?(?:dire|raconter|ecrire)"
    r"|mon dernier message|la derniere phrase"
)
_WHERE: dict[str, tuple[Kind, str]] = {
    r"where i (?:live|am living)|my (?:home|city|town|address|place)": ("place", "home"),
    r"where i(?:'m| am| come) from|my (?:origin|home ?town)": ("place", "origin"),
    r"where i work|my (?:workplace|employer|company)": ("work", "workplace"),
    r"my (?:job|work|profession)|what i do(?: for a living)?": ("work", "job"),
    r"what i study|my studies": ("work", "studies"),
    r"what i (?:like|love)|my (?:likes|tastes|hobbies|favou?rites)": ("like", ""),
    r"what i (?:don't like|dislike|hate)|my dislikes": ("dislike", ""),
    r"my (?:first |full |last )?name|what i(?:'m| am) called": ("name", ""),
    r"my birthday|when i was born|when my birthday is": ("date", "birthday"),
    r"my pets?": ("pet", ""),
    r"my family": ("family", ""),
    r"ou j'habite|ou je vis|mon adresse|ma ville": ("place", "home"),
    r"d'ou je viens|mes origines|mon origine": ("place", "origin"),
    r"ou je travaille|mon employeur|mon entreprise": ("work", "workplace"),
    r"mon (?:metier|travail|boulot)|ce que je fais(?: dans la vie)?": ("work", "job"),
    r"ce que j'etudie|mes etudes": ("work", "studies"),
    r"ce que j'aime|mes gouts": ("like", ""),
    r"ce que je (?:n'aime pas|deteste)": ("dislike", ""),
    r"mon (?:nom|prenom)|comment je m'appelle": ("name", ""),
    r"mon anniversaire|quand je suis nee?|ma date de naissance": ("date", "birthday"),
    r"mes animaux|mon animal": ("pet", ""),
    r"ma famille": ("family", ""),
}
_NAMED = re.compile(r"(?:about |of |de )?(?P<words>[^,;]{2,60})")
_NOTHING = re.compile(
    r"(?:about )?(?:it|him|her|them|us|dinner|lunch|to|how|why|if|la|le|les|l'|de|d'|du|un|une)\b"
)


def forget_request(text: str) -> ForgetRequest | None:
    """What the user asks to be forgotten, in English or French; None where nothing is.

    "Don't forget my name", "I forget everything" and "Forget it, let's eat" ask for nothing.
    """
    said = " ".join(text.replace("œ", "oe").split()).strip(" .!?…")
    while polite := _POLITE.search(flat(said)):
        said = said[: polite.start()]
    asked = _REQUEST.fullmatch(flat(said))
    if not asked or "?" in said:
        return None
    rest = said[asked.start("rest") :]
    plain = flat(rest)
    if _EVERYTHING.fullmatch(plain):
        return ForgetRequest("everything")
    if _THAT.fullmatch(plain):
        return ForgetRequest("that")
    told = re.match(r"(?:the fact )?that (?=\w)|(?:le fait )?que? |qu'", plain)
    return _told(rest[told.end() :]) if told else _about(rest, plain)


def _told(statement: str) -> ForgetRequest:
    """ "Forget that I live in Lyon": what the statement tells, else its words."""
    for one in noticed(statement, date.today()):
        kind = None if one.kind in ("like", "dislike") else one.kind
        return ForgetRequest("facts", kind, one.about, one.value)
    return ForgetRequest("facts", words=statement)


def _about(rest: str, plain: str) -> ForgetRequest | None:
    plain = re.sub(r"^about ", "", plain)
    for pattern, (kind, about) in _WHERE.items():
        if re.fullmatch(pattern, plain):
            return ForgetRequest("facts", kind, about)
    for language in LANGUAGES:
        if kin := _kin(plain, words(language).kin):
            return ForgetRequest("facts", None, kin)
    named_words = _NAMED.fullmatch(rest)
    if _NOTHING.match(plain) or not named_words or len(plain.split()) > 6:
        return None
    return ForgetRequest("facts", words=re.sub(r"^(?:about|my|mon|ma|mes) ", "", rest))


def _kin(plain: str, kin: dict[str, str]) -> str:
    """The relation or animal in "my sister", "my dog's name", "le nom de ma mère"."""
    named = longest_first(kin)
    ways = rf"(?:my|our|ma|mon|mes) ({named})(?:'s)?(?: names?)?"
    found = re.fullmatch(rf"{ways}|le (?:nom|prenom) de (?:ma|mon|mes) ({named})", plain)
    return kin[found[1] or found[2]] if found else ""


def asked_for(request: ForgetRequest, facts: Sequence[Fact]) -> list[Fact]:
    """The facts that a request is about."""
    return [fact for fact in facts if request.what == "facts" and _is_asked(request, fact)]


def _is_asked(request: ForgetRequest, fact: Fact) -> bool:
    if request.kind and fact.kind != request.kind:
        return False
    if request.about and fact.about != request.about:
        return False
    if not request.words:
        return bool(request.kind or request.about)
    wanted = bare(request.words)
    known = f" {folded(fact.about)} {bare(fact.value)} "
    return bool(wanted) and (f" {wanted} " in known or bare(fact.value) in f" {wanted} ")
