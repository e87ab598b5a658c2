"""What a sentence speaks of: the noun phrase that an answer can take up, by patterns alone.

"I bought a new bike yesterday" speaks of "a new bike", "J'ai perdu mes clés" of "tes clés". Short
everyday sentences need no tagger; where the patterns find nothing sure, they find nothing.
"""

from __future__ import annotations

import re
from types import MappingProxyType

from companion.types import Language

_ENDS = MappingProxyType(
    {
        "en": "and|or|but|with|in|at|for|to|that|of|on|from|by|about|is|are|was|were|isn't|has"
        "|have|had|will|would|can|can't|could|when|who|which|than|as|so|because|if|today"
        "|yesterday|tomorrow|last|this|next|every|again|now|here|there|very|too|yet"
        "|anymore|after|before|since|until|up|down|out|off|into|over|near|behind|without"
        "|does|doesn't|did|didn't|needs|wants|makes|made",
        "fr": "et|ou|mais|avec|dans|à|au|aux|pour|que|qu|qui|de|du|des|d|en|sur|sous|par|chez"
        "|est|sont|a|ont|était|étaient|sera|va|vont|ne|n|me|m|se|s|le|la|les|quand|où|si"
        "|car|parce|comme|aujourd|hier|demain|encore|déjà|très|trop|avant|après|depuis"
        "|sans|plus|pas|fait|y",
    }
)
_NEVER = MappingProxyType(
    {
        "en": "day|days|night|morning|afternoon|evening|week|weekend|month|year|years|hour"
        "|hours|minute|minutes|time|times|moment|while|lot|bit|little|few|couple|way"
        "|thing|things|one|ones|same|only|other|others|first|second|last|next|most|best"
        "|least|more|right|wrong|mood|point|truth|fact|rest|end|beginning|matter|idea"
        "|hurry|world|past|future|man|woman|boy|girl|guy|person",
        "fr": "jour|jours|nuit|matin|soir|soirée|journée|semaine|mois|an|ans|année|heure|heures"
        "|minute|minutes|temps|fois|moment|instant|peu|chose|choses|tout|tous|autre"
        "|autres|même|mêmes|premier|première|dernier|dernière|plus|moins|vie|monde|raison"
        "|tort|fin|droit|homme|femme|fille|type|gens|personne|façon|sorte|voir|faire",
    }
)
_PERHAPS_A_VERB = MappingProxyType(
    {
        "en": re.compile(r" \w+(?:s|ed|ing)$"),  # "my money gives": not worth the risk
        "fr": re.compile(r"^\w+(?:er|ir|re|oir)$|^intention$"),  # "l'attendre"
    }
)
_DETERMINERS = MappingProxyType(
    {"en": "my|our|a|an|the|some", "fr": "mon|ma|mes|un|une|le|la|les|l'|cette|ce|cet|ces"}
)
_YOURS = MappingProxyType({"my": "your", "our": "your", "mon": "ton", "ma": "ta", "mes": "tes"})


def spoken_of(sentence: str, language: Language) -> str:
    """The noun phrase that the sentence is about, as one says it to the speaker; "" for none.

    What follows the verb is told, what stands before it is known already: the former comes first.
    """
    phrases = [
        (found.start(), _to_the_speaker(found[1], found[2]))
        for found in _pattern(language).finditer(sentence)
        if not _is_empty(found[2], language)
    ]
    later = [phrase for start, phrase in phrases if start > 0]
    return next(iter(later or [phrase for _, phrase in phrases]), "")


def _pattern(language: Language) -> re.Pattern[str]:
    word = r"[\w][\w'’-]*" if language == "en" else r"\w[\w-]*"
    return re.compile(
        rf"\b({_DETERMINERS[language]})(?:(?<=')|\s)({word}(?: {word})??)"
        rf"(?=[.,!?;]|$| (?:{_ENDS[language]})\b)",
        re.IGNORECASE,
    )


def _is_empty(words: str, language: Language) -> bool:
    """Whether these words name nothing that one could ask about."""
    named = not re.search(rf"\b(?:{_NEVER[language]}|{_ENDS[language]})\b", words, re.IGNORECASE)
    return not named or bool(_PERHAPS_A_VERB[language].search(words))


def _to_the_speaker(determiner: str, words: str) -> str:
    """ "My old dog" is "your old dog"."""
    article = _YOURS.get(determiner.lower(), determiner.lower())
    return f"{article}{'' if article.endswith(chr(39)) else ' '}{words}"
