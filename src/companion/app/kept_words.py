"""The words about what is kept and remembered, in English and French."""

from __future__ import annotations

from companion.types import Language

KEPT_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "kept": "Kept on the computer that runs this page, for this browser alone.",
        "not_kept": "Nothing is kept: it is gone when you close the page.",
        "not_kept_why": "Your last message is not kept: {why}",
        "search": "Search",
        "search_none": "Nothing found.",
        "export": "Export all",
        "export_one": "Export this conversation",
        "import": "Import…",
        "imported": "Conversations added: {count}.",
        "recalled": "Remembered",
    },
    "fr": {
        "kept": "Gardées sur l’ordinateur qui sert cette page, pour ce navigateur seul.",
        "not_kept": "Rien n’est gardé : tout part quand tu fermes la page.",
        "not_kept_why": "Ton dernier message n’est pas gardé : {why}",
        "search": "Chercher",
        "search_none": "Rien trouvé.",
        "export": "Tout exporter",
        "export_one": "Exporter cette conversation",
        "import": "Importer…",
        "imported": "Conversations ajoutées : {count}.",
        "recalled": "Souvenir",
    },
}
