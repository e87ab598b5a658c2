"""Every word of the page in English and French, and French for the sentences of the package.

The browser picks the language: Gradio's own I18n for what stands still on the page, the request's
Accept-Language for what Python writes into it.
"""

from __future__ import annotations

import re
from html import escape

from companion.app.kept_words import KEPT_WORDS
from companion.app.stage_words import STAGE_WORDS
from companion.types import Language

WORDS: dict[Language, dict[str, str]] = {
    "en": {
        **KEPT_WORDS["en"],
        **STAGE_WORDS["en"],
        "greeting": "Hello, I am {name}, an AI.",
        "invitation": "What would you like to talk about?",
        "here": "{name} is an AI on your own computer; it can be wrong.",
        "elsewhere": "{name} is an AI; it can be wrong. What you write may be sent to {hosts}.",
        "example_1": "Who are you?",
        "example_2": "Tell me a little story",
        "example_3": "I had a long day",
        "message": "Your message",
        "placeholder": "Write a message…",
        "send": "Send",
        "stop": "Stop",
        "retry": "Try again",
        "new": "New conversation",
        "conversations": "Conversations",
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
        "forget": "Delete this conversation?",
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
        "message": "Ton message",
        "placeholder": "Écris un message…",
        "send": "Envoyer",
        "stop": "Arrêter",
        "retry": "Réessayer",
        "new": "Nouvelle conversation",
        "conversations": "Conversations",
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
        "forget": "Supprimer cette conversation ?",
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

FRENCH_SENTENCES: list[tuple[str, str]] = [
    (r"^([^:]+) could not answer$", r"\1 n’a pas pu répondre"),
    (r"^([^:]+) was passed over$", r"\1 n’a pas été interrogé"),
    (
        r"No GPU found: (\d+) CPU cores in float32, exact and fast for a small model\.",
        r"Pas de GPU : \1 cœurs de processeur en float32, exacts et rapides pour un petit modèle.",
    ),
    (
        r"(\S.*) found: compute capability ([\d.]+) has bfloat16\.",
        r"\1 trouvé : la capacité de calcul \2 connaît bfloat16.",
    ),
    (
        r"(\S.*) found: compute capability ([\d.]+) lacks bfloat16\.",
        r"\1 trouvé : la capacité de calcul \2 ne connaît pas bfloat16.",
    ),
    (
        r"Apple GPU found: float16 halves its memory\.",
        "GPU Apple trouvé : float16 réduit sa mémoire de moitié.",
    ),
    (r"It reads only the last (\d+) messages\.", r"Il ne lit que les \1 derniers messages."),
    (
        r"It chooses among replies written in advance\.",
        "Il choisit parmi des réponses écrites à l’avance.",
    ),
    (r"\bit has hardly learnt French\b", "il n’a presque pas appris le français"),
    (r"\bit has hardly learnt English\b", "il n’a presque pas appris l’anglais"),
    (r"^The message is empty\.", "Le message est vide."),
    (r"Write something first\.", "Écris d’abord quelque chose."),
    (
        r"The message has ([\d,]+) characters; at most ([\d,]+) are read",
        r"Le message a \1 caractères ; \2 au plus sont lus",
    ),
    (r"Send a shorter one, or several\.", "Envoie-en un plus court, ou plusieurs."),
    (
        r"The message needs (\d+) tokens and there is room for (\d+)",
        r"Le message demande \1 jetons et il y a de la place pour \2",
    ),
    (
        r"Send a shorter message or choose a model with a longer context\.",
        "Envoie un message plus court ou choisis un modèle au contexte plus long.",
    ),
    (r"^Written beforehand", "Écrite d’avance"),
    (r"^No model was asked\.", "Aucun modèle n’a été interrogé."),
    (
        r"^it claimed to be human, so its words were replaced from there on",
        "il s’est dit humain, et ses mots ont été remplacés à partir de là",
    ),
    (r"The memory cannot be used: ", "La mémoire ne peut pas être utilisée : "),
    (r"^No model could answer\b", "Aucun modèle n’a pu répondre"),
    (r"See `companion doctor`\.", "Vois `companion doctor`."),
    (r"The server cannot be reached: ", "Le serveur est injoignable : "),
    (r"Is it running\?", "Est-il lancé ?"),
    (r"No answer within ([\d.]+) s\b", r"Pas de réponse en \1 s"),
    (r"The server answered (\d{3}): nothing\b", r"Le serveur a répondu \1, sans un mot"),
    (r"The server answered (\d{3}): ", r"Le serveur a répondu \1 : "),
    (
        r"The server answered something that is not an event stream: ",
        "La réponse du serveur n’est pas un flux d’événements : ",
    ),
    (
        r"Does base_url end in /v1, and is it the right server\?",
        "base_url finit-elle par /v1, et est-ce le bon serveur ?",
    ),
    (
        r"An event is not what this server sends: ",
        "Un événement n’est pas de ceux que ce serveur envoie : ",
    ),
    (r"The server answered with a web page", "Le serveur a répondu par une page web"),
    (
        r"Is base_url right, and is it the right server\?",
        "base_url est-elle juste, et est-ce le bon serveur ?",
    ),
    (r"The answer broke off: ", "La réponse s’est interrompue : "),
    (r"The server broke off: ", "Le serveur s’est interrompu : "),
    (r"The server never ends its line", "Le serveur ne finit jamais sa ligne"),
    (
        r"The server's content filter ended the answer",
        "Le filtre de contenu du serveur a mis fin à la réponse",
    ),
    (
        r"The key in (\S+) has characters that no key has",
        r"La clé dans \1 a des caractères qu’aucune clé n’a",
    ),
    (r"Copy it again\.", "Copie-la de nouveau."),
    (r"Check the key\.", "Vérifie la clé."),
    (r"Check the key and its rights\.", "Vérifie la clé et ses droits."),
    (r"Check base_url and the model's name\.", "Vérifie base_url et le nom du modèle."),
    (r"Wait, or use another model\.", "Attends, ou utilise un autre modèle."),
    (r"The account has no credit left\.", "Le compte n’a plus de crédit."),
    (r"Choose a model with a longer context\.", "Choisis un modèle au contexte plus long."),
    (r"The server reports an error: ", "Le serveur signale une erreur : "),
    (
        r"The answer ended without saying that it is complete",
        "La réponse s’est terminée sans dire qu’elle est complète",
    ),
    (r"The answer was empty", "La réponse était vide"),
    (r"The answer broke off without its end", "La réponse s’est interrompue avant sa fin"),
    (
        r"The environment variable (\S+) is not set",
        r"La variable d’environnement \1 n’est pas définie",
    ),
    (r"Set it to your key for this server\.", "Donne-lui ta clé pour ce serveur."),
    (r"There is no such model folder", "Ce dossier de modèle n’existe pas"),
    (r"The model cannot be loaded: ", "Le modèle ne peut pas être chargé : "),
    (
        r"The tracking store cannot be opened: ",
        "La base de suivi ne peut pas être ouverte : ",
    ),
    (r"\bit is read-only\b", "elle est en lecture seule"),
    (
        r"Something unexpected went wrong\. The terminal shows the details\.",
        "Une erreur inattendue est survenue. Le terminal en montre les détails.",
    ),
    (
        r"Make the folder writable and free some disk, or set COMPANION_TRACKING__URI\.",
        "Rends le dossier accessible en écriture, libère de la place sur le disque, ou "
        "définis COMPANION_TRACKING__URI.",
    ),
    (r"([(;] ?)([\w./-]+): (?=[A-ZÀ-Ý])", r"\1\2 : "),  # a model, and what it said
    (r"(?<=\d),(?=\d{3}\b)", "\u202f"),  # 8,000
]
"""Patterns of what the package says in English, and their French; replaced wherever they stand."""


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
