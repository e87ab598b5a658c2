"""French for the sentences that the package says in English: reasons, failures, repairs."""

from __future__ import annotations

from companion.app.cast_words import FRENCH_OF_CARDS
from companion.app.kept_words import FRENCH_OF_KEPT

FRENCH_SENTENCES: list[tuple[str, str]] = [
    *FRENCH_OF_CARDS,
    *FRENCH_OF_KEPT,
    (r"^([a-z_]+): its first choice$", r"\1 : son premier choix"),
    (r"^([a-z_]+): its fallback$", r"\1 : son second choix"),
    (r"^([a-z_]+): its local model$", r"\1 : son modèle sur cette machine"),
    (r"^([a-z_]+): the best local one for \w+$", r"\1 : le meilleur d’ici pour ce travail"),
    (r"^([a-z_]+): behind them$", r"\1 : derrière tous les siens"),
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
