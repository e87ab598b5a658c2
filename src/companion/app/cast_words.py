"""The words about whom one talks with, in English and French."""

from __future__ import annotations

from companion.types import Language

CAST_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "cast": "You talk with {name}",
        "cast_voice_f": "a woman’s voice",
        "cast_voice_m": "a man’s voice",
        "cast_models_chat": "models that converse",
        "cast_models_general": "all-round models",
        "cast_models_code": "models that code",
        "cast_models_reasoning": "models that reason",
        "cast_models_classification": "quick models",
        "cast_brought": "your card",
        "cast_bring": "Bring a character card…",
        "cast_formats": "A character card is a JSON or PNG file. It is kept for this browser "
        "alone.",
        "cast_remove": "Remove {name}",
        "cast_came": "{name} is here.",
        "cast_brief": "The model that is asked first reads too little for a whole card: of yours "
        "it is told the name alone.",
        "language_en": "English",
        "language_fr": "French",
        "ahead": "{name} is busy with others: {count} ahead of you",
    },
    "fr": {
        "cast": "Tu parles avec {name}",
        "cast_voice_f": "voix de femme",
        "cast_voice_m": "voix d’homme",
        "cast_models_chat": "modèles qui conversent",
        "cast_models_general": "modèles généralistes",
        "cast_models_code": "modèles qui codent",
        "cast_models_reasoning": "modèles qui raisonnent",
        "cast_models_classification": "modèles rapides",
        "cast_brought": "ta carte",
        "cast_bring": "Apporter une carte de personnage…",
        "cast_formats": "Une carte de personnage est un fichier JSON ou PNG. Elle est gardée pour "
        "ce navigateur seul.",
        "cast_remove": "Retirer {name}",
        "cast_came": "{name} est là.",
        "cast_brief": "Le modèle interrogé d’abord lit trop peu pour une carte entière : de la "
        "tienne, il ne reçoit que le nom.",
        "language_en": "anglais",
        "language_fr": "français",
        "ahead": "{name} répond à d’autres : {count} avant toi",
    },
}

FRENCH_OF_CARDS: list[tuple[str, str]] = [
    (
        r"The file has ([\d,]+) bytes; at most ([\d,]+) are read",
        r"Le fichier a \1 octets ; \2 au plus sont lus",
    ),
    (r"Make its picture smaller\.", "Réduis son image."),
    (
        r"A card is read from JSON or PNG, and this is a zip \(CHARX\), JPEG or WebP",
        "Une carte se lit en JSON ou en PNG, et ceci est un zip (CHARX), un JPEG ou un WebP",
    ),
    (r"Export it as PNG or JSON\.", "Exporte-la en PNG ou en JSON."),
    (r"There is no card in this picture", "Il n’y a pas de carte dans cette image"),
    (
        r"Choose the original file: pictures that were shown on a page often lose it\.",
        "Choisis le fichier d’origine : les images montrées sur une page la perdent souvent.",
    ),
    (
        r"The card in this picture \((\w+)\) is not base64",
        r"La carte de cette image (\1) n’est pas en base64",
    ),
    (r"Export it again\.", "Exporte-la de nouveau."),
    (r"The card's JSON is nested too deeply", "Le JSON de la carte est trop imbriqué"),
    (
        r"The card is not valid JSON: [^(]*: line (\d+) column (\d+) \(char \d+\)",
        r"La carte n’est pas du JSON valable : ligne \1, colonne \2",
    ),
    (r"The card is not valid JSON: ", "La carte n’est pas du JSON valable : "),
    (
        r"The card has lists and objects more than (\d+) levels deep",
        r"La carte a des listes et des objets sur plus de \1 niveaux",
    ),
    (
        r"Save it again in the program that made it\.",
        "Enregistre-la de nouveau dans le programme qui l’a faite.",
    ),
    (r"This is no character card: ", "Ceci n’est pas une carte de personnage : "),
    (r"\bit holds (.+) and no object", r"elle contient \1 et pas d’objet"),
    (
        r"\bit has neither `spec` nor the fields of V1",
        "elle n’a ni `spec` ni les champs de la V1",
    ),
    (
        r"Choose a card as JSON, or a PNG with a card in it\.",
        "Choisis une carte en JSON, ou un PNG qui en contient une.",
    ),
    (r"The card follows (.+), which is not known here", r"La carte suit \1, inconnu ici"),
    (
        r"Save it as one of: (.+), or without `spec`\.",
        r"Enregistre-la comme l’un de : \1, ou sans `spec`.",
    ),
    (
        r"(data[\w.\[\]]*) must be (.+), and is (.+?)(?= \(|\.)",
        r"\1 doit être \2, et c’est \3",
    ),
    (r"Correct this key in the card's JSON\.", "Corrige cette clé dans le JSON de la carte."),
    (r"\ba text that is not empty\b", "un texte non vide"),
    (r"\ba list of texts\b", "une liste de textes"),
    (r"(?<=être |’est )a list\b|(?<=contient )a list\b", "une liste"),
    (r"(?<=être |’est )a text\b|(?<=contient )a text\b", "un texte"),
    (r"(?<=être |’est )a number\b|(?<=contient )a number\b", "un nombre"),
    (r"(?<=être |’est )an object\b", "un objet"),
    (r"(?<=’est )missing\b", "absent"),
    (r"(?<=’est )empty\b", "vide"),
    (r"\btrue or false\b", "vrai ou faux"),
    (r"The PNG is damaged: ", "Le PNG est abîmé : "),
    (r"\bit ends in the middle of a chunk", "il s’arrête au milieu d’un morceau"),
    (
        r"\ba chunk says that it is ([\d,]+) bytes long, which is more than there are",
        r"un morceau dit avoir \1 octets, plus qu’il n’y en a",
    ),
    (
        r"\bthe checksum of a text in it is wrong",
        "la somme de contrôle d’un de ses textes est fausse",
    ),
    (
        r"\ba compressed text in it cannot be unpacked(?: to its end)?",
        "un de ses textes compressés ne se décompresse pas",
    ),
    (
        r"\ba text in it unpacks to more than ([\d,]+) bytes",
        r"un de ses textes dépasse \1 octets une fois décompressé",
    ),
    (
        r"Download or export the card again; programs that shrink pictures break it\.",
        "Télécharge ou exporte de nouveau la carte ; réduire l’image la casse.",
    ),
    (r"The picture is too large: ", "L’image est trop grande : "),
    (r"\b(\d+) by (\d+) pixels", r"\1 sur \2 pixels"),
    (r"So many pixels", "trop de pixels"),
    (r", where (.+) are allowed", r", alors que \1 sont permis"),
    (r"\b(\d+) a side\b", r"\1 par côté"),
    (r"Make it smaller and try again\.", "Réduis-la et réessaie."),
    (
        r"The picture is broken and cannot be read",
        "L’image est abîmée et ne peut pas être lue",
    ),
    (
        r"Save it again in another program, or choose another file\.",
        "Enregistre-la de nouveau dans un autre programme, ou choisis un autre fichier.",
    ),
    (
        r"Nothing is kept here, so no card can be brought",
        "Rien n’est gardé ici, donc aucune carte ne peut être apportée",
    ),
    (r"There are (\d+) cards of yours already", r"Il y a déjà \1 cartes de toi"),
    (r"Remove one first\.", "Retires-en une d’abord."),
    (r"This cannot be kept: ", "Ceci ne peut pas être gardé : "),
    (
        r"Free some disk, or make the folder writable\.",
        "Libère de la place sur le disque, ou rends le dossier accessible en écriture.",
    ),
    (
        r"The optional library (\S+) is not installed",
        r"La bibliothèque facultative \1 n’est pas installée",
    ),
    (r"Install it with: ", "Installe-la avec : "),
]
"""What is said of cards and pictures that cannot be used, in French."""
