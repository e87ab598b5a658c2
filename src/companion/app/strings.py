"""Every word of the page in English and French.

The browser picks the language: Gradio's own I18n for what stands still on the page, the request's
Accept-Language for what Python writes into it.
"""

from __future__ import annotations

import re
from html import escape

from companion.app.cast_words import CAST_WORDS
from companion.app.french import FRENCH_SENTENCES
from companion.app.kept_words import KEPT_WORDS
from companion.app.stage_words import STAGE_WORDS
from companion.errors import CompanionError
from companion.types import Language

WORDS: dict[Language, dict[str, str]] = {
    "en": {
        **CAST_WORDS["en"],
        **KEPT_WORDS["en"],
        **STAGE_WORDS["en"],
        "greeting": "Hello, I am {name}, an AI.",
        "invitation": "What would you like to talk about?",
        "here": "{name} is an AI on your own computer; it can be wrong.",
        "elsewhere": "{name} is an AI; it can be wrong. What you write may be sent to {hosts}.",
        "example_1": "Who are you?",
        "example_2": "Tell me a little story",
        "example_3": "I had a long day",
        "you": "You",
        "message": "Your message",
        "placeholder": "Write a message…",
        "send": "Send",
        "stop": "Stop",
        "unfold": "Show from the beginning",
        "retry": "Try again",
        "new": "New conversation",
        "conversations": "Conversations",
        "rename": "Rename “{title}”",
        "title": "Title",
        "drop": "Delete “{title}”",
        "thinking": "{name} is thinking",
        "stopped": "stopped",
        "cut_off": "interrupted",
        "weaker": "weaker than configured",
        "first_token": "first token after {time}",
        "speed": "{rate} tokens/s",
        "free": "free",
        "unknown_cost": "cost unknown",
        "why": "Why this model",
        "first_choice": "First choice",
        "tried": "Could not answer",
        "weakness": "Weaker",
        "weakness_value": "{what}: {why}",
        "tokens": "Tokens",
        "tokens_value": "{read} read, {written} written",
        "tokens_unknown": "not counted",
        "time": "Time",
        "time_value": "{total} in all, {first} to the first token",
        "cost": "Cost",
        "free_value": "nothing: it ran on this computer",
        "unknown_value": "not known",
        "end": "End",
        "end_stop": "the reply is complete",
        "end_length": "cut off at the limit of length",
        "end_stopped": "you stopped it",
        "end_cut_off": "the page was closed before the end",
        "failed_notice": "{name} could not answer",
        "failed_hint": "Your message is kept. In a terminal, companion doctor tells what is "
        "missing.",
        "cut_off_notice": "The page was closed before {name} answered",
        "cut_off_hint": "Your message is kept.",
        "stopped_notice": "You stopped {name} before the first word",
        "stopped_hint": "Your message is kept.",
        "forget": "Delete “{title}”?",
        "forget_hint": "It is kept nowhere else, and cannot be brought back.",
        "forget_yes": "Delete",
        "forget_no": "Keep it",
        "cut": "The connection was cut. This page comes back by itself, with what you typed.",
        "tracking": "run tracking",
        "memory": "memory",
        "rules": "rules",
        "unknown": "unknown",
    },
    "fr": {
        **CAST_WORDS["fr"],
        **KEPT_WORDS["fr"],
        **STAGE_WORDS["fr"],
        "greeting": "Bonjour, je suis {name}, une IA.",
        "invitation": "De quoi veux-tu parler ?",
        "here": "{name} est une IA sur ton propre ordinateur ; elle peut se tromper.",
        "elsewhere": "{name} est une IA ; elle peut se tromper. Ce que tu écris peut être "
        "envoyé à {hosts}.",
        "example_1": "Qui es-tu ?",
        "example_2": "Raconte-moi une petite histoire",
        "example_3": "J’ai eu une longue journée",
        "you": "Toi",
        "message": "Ton message",
        "placeholder": "Écris un message…",
        "send": "Envoyer",
        "stop": "Arrêter",
        "unfold": "Montrer depuis le début",
        "retry": "Réessayer",
        "new": "Nouvelle conversation",
        "conversations": "Conversations",
        "rename": "Renommer «\u00a0{title}\u00a0»",
        "title": "Titre",
        "drop": "Supprimer «\u00a0{title}\u00a0»",
        "thinking": "{name} réfléchit",
        "stopped": "arrêtée",
        "cut_off": "interrompue",
        "weaker": "plus faible que prévu",
        "first_token": "premier jeton après {time}",
        "speed": "{rate} jetons/s",
        "free": "gratuit",
        "unknown_cost": "coût inconnu",
        "why": "Pourquoi ce modèle",
        "first_choice": "Premier choix",
        "tried": "N’ont pas pu répondre",
        "weakness": "Plus faible",
        "weakness_value": "{what} : {why}",
        "tokens": "Jetons",
        "tokens_value": "{read} lus, {written} écrits",
        "tokens_unknown": "non comptés",
        "time": "Temps",
        "time_value": "{total} en tout, {first} jusqu’au premier jeton",
        "cost": "Coût",
        "free_value": "rien : il a tourné sur cet ordinateur",
        "unknown_value": "inconnu",
        "end": "Fin",
        "end_stop": "la réponse est complète",
        "end_length": "coupée à la longueur maximale",
        "end_stopped": "tu l’as arrêtée",
        "end_cut_off": "la page a été fermée avant la fin",
        "failed_notice": "{name} n’a pas pu répondre",
        "failed_hint": "Ton message est gardé. Dans un terminal, companion doctor dit ce qui "
        "manque.",
        "cut_off_notice": "La page a été fermée avant la réponse de {name}",
        "cut_off_hint": "Ton message est gardé.",
        "stopped_notice": "Tu as arrêté {name} avant le premier mot",
        "stopped_hint": "Ton message est gardé.",
        "forget": "Supprimer «\u00a0{title}\u00a0» ?",
        "forget_hint": "Elle n’est gardée nulle part ailleurs, et ne reviendra pas.",
        "forget_yes": "Supprimer",
        "forget_no": "La garder",
        "cut": "La connexion a été coupée. Cette page revient d’elle-même, avec ton texte.",
        "tracking": "le suivi des exécutions",
        "memory": "la mémoire",
        "rules": "règles",
        "unknown": "inconnu",
    },
}


def word(language: Language, key: str, **values: str) -> str:
    """One of the page's words, with its blanks filled."""
    return WORDS[language][key].format(**values)


def plain(text: str) -> str:
    """Text as HTML, on one line: a blank line would hand it to Markdown."""
    return escape(" ".join(text.split()))


def translated(sentence: str, language: Language) -> str:
    """A sentence of the package in that language; what has no translation stays English."""
    if language == "en":
        return sentence
    for english, french in FRENCH_SENTENCES:
        sentence = re.sub(english, french, sentence)
    return sentence


def refusal(error: CompanionError, language: Language) -> str:
    """What a visitor can do about it; where the limit stands is for whoever runs the page."""
    return translated(f"{error.what}. {error.repair}", language)


def preferred(accept_language: str | None, otherwise: Language) -> Language:
    """The first of our languages in an Accept-Language header (RFC 9110, 12.5.4)."""
    ranked = sorted((accept_language or "").split(","), key=_quality, reverse=True)
    for choice in ranked:
        tag = choice.split(";")[0].strip().lower().split("-")[0]
        if tag in ("en", "fr") and _quality(choice) > 0:
            return "fr" if tag == "fr" else "en"
    return otherwise


def _quality(choice: str) -> float:
    """The weight of one language of the header: `;q=0.8`, or 1 where none stands."""
    found = re.search(r";\s*q=([01](?:\.\d+)?)", choice)
    return float(found[1]) if found else 1.0
